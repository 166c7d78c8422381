--- The contact centres of gateway.conf as the set-up names them.
local core = require "gateway.core"

local center = {}

local function read_centers(given)
  local centers = {}
  for index, described in ipairs(given) do
    local names = {}
    for _, queue in ipairs(described.queues) do
      names[queue.id] = queue.name
    end
    centers[index] = {
      index = index - 1,
      name = described.name,
      edition = described.edition,
      default = described.default,
      queues = described.queues,
      names = names,
    }
  end
  return centers
end

local centers = read_centers(core.setup.centers)

--- The centre that bare gw.* means: { index (from 0), name, edition, queues = { { id,
--- name, tags } … }, names = { [id] = name } }; nil when there is none.
function center.default()
  for _, candidate in ipairs(centers) do
    if candidate.default then
      return candidate
    end
  end
end

--- The name of the centre at `index` (from 0).
function center.name(index)
  return centers[index + 1].name
end

--- What people call a queue of the centre at `index`: "sales", else "skill 7".
function center.queue_name(index, id)
  return centers[index + 1].names[id] or "skill " .. tostring(id)
end

return center
