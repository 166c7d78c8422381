--- The contact centres of gateway.conf as the set-up names them.
local core = require "gateway.core"

local center = {}

-- The set-up was read from JSON, where every number is a float.
local function integer(number)
  return math.tointeger(number) or number
end

local function read_queue(queue)
  local tags = {}
  for index, tag in ipairs(queue.tags or {}) do
    tags[index] = tag
  end
  return { id = integer(queue.id), name = queue.name, tags = tags }
end

local function read_centers(given)
  local centers = {}
  for index, described in ipairs(given) do
    local queues, names = {}, {}
    for position, queue in ipairs(described.queues or {}) do
      queues[position] = read_queue(queue)
      names[queues[position].id] = queue.name
    end
    centers[index] = {
      index = index - 1,
      name = described.name,
      edition = integer(described.edition),
      default = described.default == true,
      queues = queues,
      names = names,
    }
  end
  return centers
end

local centers = read_centers(core.setup.centers)

--- The centre that bare gw.* means: { index (from 0), name, edition, queues = { { id,
--- name, tags } … } }; nil when there is none.
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
