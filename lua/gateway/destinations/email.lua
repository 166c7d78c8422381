--- E-mail: a letter to a mail server. All letters about one alert are one thread.

local card = require("gateway.card")
local cut = require("gateway.cut")
local grid = require("gateway.grid")
local letter = require("gateway.letter")
local markup = require("gateway.markup")
local networked = require("gateway.networked")

-- Our own, in characters: what is more is no letter any more.
local LIMITS <const> = { subject = 200, text = 100000, rows = 500 }

-- What contacts of [people] may be; gateway.conf has been checked.
local ADDRESS <const> = "^[%w.!#$%%&'*+/=?^_`{|}~-]+@%w[%w.-]*$"

local function fitted(text, most)
  return cut.text(text, most, cut.characters, markup.plain)
end

-- Who is mentioned gets it, too, each once.
local function recipients(shown, options)
  local list, known = {}, {}
  local function add(address)
    if address and address:find(ADDRESS) and not known[address] then
      known[address] = true
      list[#list + 1] = address
    end
  end
  for address in options.to:gmatch "[^%s,]+" do
    add(address)
  end
  for _, name in ipairs(shown.mention) do
    add(options.people[name])
  end
  return list
end

local function subject_of(shown)
  local line = card.line(shown):gsub("%s+", " ")
  if shown.is_cleared then
    line = "[over] " .. line
  elseif shown.severity then
    line = ("[%s] %s"):format(shown.severity, line)
  end
  return fitted(line, LIMITS.subject)
end

local function text_of(shown)
  local lines = {}
  local function add(text)
    lines[#lines + 1] = text
  end
  add(card.line(shown))
  add(shown.title and shown.text)
  for _, field in ipairs(shown.fields) do
    add(field[1] .. ": " .. field[2])
  end
  if #shown.columns > 0 then
    add ""
    for _, line in ipairs(grid.lines(shown.columns, shown.rows, LIMITS.rows)) do
      add(line)
    end
  end
  add(markup.link(shown.link))
  add ""
  add(shown.state)
  add(shown.origin)
  return fitted(table.concat(lines, "\n"):gsub("\n", "\r\n"), LIMITS.text) .. "\r\n"
end

-- An id is the message's own, the same at each attempt: a reader that gets a letter twice
-- shows it once.
local function ids_of(event, options)
  local domain = options.from:match "@(.*)$"
  local alert = type(event.data.id) == "string" and event.data.id
  return ("<%s@%s>"):format(options.id, domain), alert and ("<%s@%s>"):format(alert, domain) or nil
end

return {
  doc = "Writes a letter, by a mail server; all about one alert are one thread.",

  options = networked {
    url = "required",
    from = "required",
    to = "required",
    user = "optional",
    password = "optional",
    starttls = "optional",
  },

  -- Our own: servers differ, and people read this.
  rate = 1,
  merges = true,
  is_mail = true,

  render = function(event, options)
    local shown = card.of(event)
    local to = recipients(shown, options)
    local id, thread = ids_of(event, options)
    return {
      to = to,
      body = letter.write {
        from = options.from, to = to, subject = subject_of(shown), text = text_of(shown),
        date = letter.date(event.timestamp or ""), id = id, thread = thread,
      },
    }
  end,

  -- RFC 5321: 4xx may pass, 5xx will not, except that people can mend a password.
  classify = function(answer)
    local status = answer.status
    if answer.error or status < 200 then
      return "retry"
    elseif status == 530 or status == 534 or status == 535 or status == 538 then
      return "slow"
    end
    return status < 300 and "done" or status < 500 and "retry" or "dead"
  end,

  played = function()
    return 250, "250 2.0.0 queued"
  end,
}
