--- The contact centres of gateway.conf as the set-up names them.
local core = require "gateway.core"
local wording = require "gateway.wording"

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
      zone = described.zone,
      default = described.default,
      agent_gateway = described.agent_gateway,
      queues = described.queues,
      names = names,
    }
  end
  return centers
end

local centers = read_centers(core.setup.centers)

--- The centre that bare gw.* means: { index (from 0), name, edition, zone, agent_gateway =
--- whether it has one, queues = { { id, name, tags } … }, names = { [id] = name } }; nil
--- and a sentence when there is none.
function center.default()
  for _, candidate in ipairs(centers) do
    if candidate.default then
      return candidate
    end
  end
  if #centers == 0 then
    return nil, "gateway.conf has no centre that could be asked; add a section [center main]"
  end
  local first = centers[1].name
  return nil, string.format("gateway.conf has several centres and none is the default; write "
    .. 'gw.center "%s".queues { … }, or default = yes in [center %s]', first, first)
end

--- The centre of this name; nil and a sentence when there is none.
function center.named(name)
  if type(name) ~= "string" then
    return nil, 'a centre is a name such as "main", not ' .. wording.show(name)
  end
  local known = {}
  for index, candidate in ipairs(centers) do
    if candidate.name == name then
      return candidate
    end
    known[index] = candidate.name
  end
  return nil, string.format("no centre '%s' in gateway.conf%s", name,
    wording.guess_or_list(name, known))
end

--- The first centre that gives a queue this name; nil when none does.
function center.of_queue(name)
  for _, candidate in ipairs(centers) do
    for _, queue in ipairs(candidate.queues) do
      if queue.name == name then
        return candidate
      end
    end
  end
end

--- Whether there are several, so that people have to be told which.
function center.are_several()
  return #centers > 1
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
