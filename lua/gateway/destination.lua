--- Destinations of gateway.conf: their names, and where a task sends messages.
local core = require "gateway.core"
local failure = require "gateway.failure"
local json = require "gateway.json"
local problem = require "gateway.problem"
local receipt = require "gateway.receipt"
local secret = require "gateway.secret"
local shape = require "gateway.shape"
local value = require "gateway.value"
local wording = require "gateway.wording"

local destination = {}

local KEY_MAX <const> = 255

local names = {}
for index, described in ipairs(core.setup.destinations) do
  names[index] = described.name
end

local function read(given, fail)
  if type(given) ~= "string" then
    return fail('a destination is a name such as "floor-chat", not ' .. wording.show(given))
  end
  if core.setup.open then
    return given
  end
  for _, name in ipairs(names) do
    if name == given then
      return name
    end
  end
  return fail(string.format("no destination '%s' in gateway.conf%s", given, #names > 0
    and wording.guess_or_list(given, names)
    or "; there is none at all: add a section [destination NAME]"))
end

--- A check for shapes: the name of a destination.
destination.check = read

-- ---- gw.destination "name":send(message, { key = }) ----

local OPTIONS <const> = {
  {
    "key", kinds = { "string" }, needs = "a text that makes the message unique",
    check = function(given, fail)
      if given == "" or #given > KEY_MAX or string.find(given, "%c") then
        return fail(string.format("1 to %d bytes without control characters are needed", KEY_MAX))
      end
      return given
    end,
  },
}

local methods = {}

local new_destination = value.kind("destination", methods, function(inside)
  return "destination " .. tostring(inside.name)
end)

local function misused(text)
  problem.raise("destination:send: " .. text)
end

--- Queues a text or a table durably; a receipt, or nil and what went wrong.
function methods.send(self, message, options)
  problem.only_task "destination:send"
  local inside = value.inside(self, "destination")
  if not inside then
    misused 'send is called with a colon: gw.destination "floor-chat":send(message)'
  elseif type(message) ~= "string" and value.kind_of(message) ~= "table" then
    misused("a message is a text or a table, not " .. wording.show(message))
  end
  local checked = shape.check(OPTIONS, options == nil and {} or options, misused)
  local ok, text = pcall(json.encode, message)
  if not ok then
    misused(tostring(text))
  elseif secret.is_in(text) then
    misused "a secret is for gw.http; what a destination needs is in its section of gateway.conf"
  end
  local id, err = core.send(inside.name, checked.key, text)
  return failure.results(id and receipt.new(id, inside.name), err)
end

--- gw.destination "name".
function destination.named(name)
  local found = read(name, function(text)
    problem.report("gw.destination: " .. text)
  end)
  return new_destination { name = found }
end

return destination
