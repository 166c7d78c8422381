--- gw.http { method, url, headers, json | body, timeout }: one request, at once and not
--- queued.
---
--- Nothing of it is kept: a run that is repeated after a death makes it again, so that the
--- receiver should bear that, or be given a key of its own (Idempotency-Key).
local answer = require "gateway.answer"
local core = require "gateway.core"
local duration = require "gateway.duration"
local failure = require "gateway.failure"
local json = require "gateway.json"
local problem = require "gateway.problem"
local secret = require "gateway.secret"
local shape = require "gateway.shape"
local value = require "gateway.value"
local wording = require "gateway.wording"

local LONGEST_MS <const> = 300000

-- Those that say where the request ends, or what the connection is: the gateway's own.
local OWN <const> = {
  ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["host"] = true, ["te"] = true,
  ["trailer"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
}

local function check_method(given, fail)
  if type(given) ~= "string" or not string.find(given, "^%u+$") then
    return fail('a method such as "GET" is needed, not ' .. wording.show(given))
  end
  return given
end

local function check_text(given, fail)
  local text = secret.text(given) or given
  if type(text) ~= "string" or string.find(text, "\0", 1, true) or not utf8.len(text) then
    return fail("a text in UTF-8 is needed, not " .. wording.show(given))
  end
  return text
end

local function check_url(given, fail)
  local text = check_text(given, fail)
  if text and not string.find(text, "^https?://[^%s%c]+$") then
    return fail('an address such as "https://crm.example.com/calls" is needed, not ' .. wording.show(text))
  end
  return text
end

local function check_header(name, given, fail)
  if type(name) ~= "string" or not string.find(name, "^[%w!#$%%&'*+.^_`|~-]+$") then
    return fail(wording.show(name) .. " is no name of a header", name)
  elseif OWN[string.lower(name)] then
    return fail(name .. " is the gateway's own", name)
  end
  local text = secret.text(given) or math.type(given) and tostring(given) or given
  if type(text) ~= "string" or string.find(text, "%c") then
    return fail(string.format("%s: a text without line ends is needed, not %s", name, wording.show(given)), name)
  end
  return text
end

local function check_headers(given, fail)
  local headers = {}
  for name, text in next, given do
    headers[#headers + 1] = { name, check_header(name, text, fail) }
  end
  table.sort(headers, function(a, b)
    return tostring(a[1]) < tostring(b[1])
  end)
  return headers
end

local function check_timeout(given, fail)
  local ms, mistake = duration.read(given)
  if not ms or ms < 1 or ms > LONGEST_MS then
    return fail(mistake or wording.show(given) .. ' is not "1ms" to "5m"')
  end
  return ms
end

local SHAPE <const> = {
  { "method", check = check_method },
  { "url", needs = 'an address such as url = "https://crm.example.com/calls"', required = true, check = check_url },
  { "headers", kinds = { "table" }, needs = 'headers such as { Accept = "text/csv" }', default = {},
    check = check_headers },
  { "json" },
  { "body", check = check_text },
  { "timeout", default = "10s", check = check_timeout },
}

local function misused(text)
  problem.raise("gw.http: " .. text)
end

local function encode(given)
  local ok, text = pcall(json.encode, given)
  return ok and text or misused("json: " .. tostring(text))
end

local function has_header(headers, name)
  for _, header in ipairs(headers) do
    if string.lower(header[1]) == name then
      return true
    end
  end
  return false
end

-- What the core is asked: the words of core/script/resident_ask.h.
local function question_of(given)
  local checked = shape.check(SHAPE, given, misused)
  local body = given.json ~= nil and encode(given.json) or nil
  if body and checked.body then
    misused "json and body stand together: a request has one of them"
  elseif body and not has_header(checked.headers, "content-type") then
    table.insert(checked.headers, { "content-type", "application/json" })
  end
  return {
    method = checked.method or (body or checked.body) and "POST" or "GET", url = checked.url,
    headers = json.object(checked.headers), json = body, body = checked.body, ms = checked.timeout,
  }
end

--- An answer { status, headers, body, json } of any status, or nil and what went wrong.
return function(given)
  problem.only_task "gw.http"
  if value.kind_of(given) ~= "table" then
    misused('a table such as { url = "https://crm.example.com/calls" } is needed, not ' .. wording.show(given))
  end
  local question = question_of(given)
  if not core.may_send() then
    return nil, failure.new("limit", "", "more sends than the script may make")
  end
  return answer.ask("http", "gw.http", question)
end
