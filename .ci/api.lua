-- What scripts can say, as tables for README.md, read from the stubs for editors: .ci/api.lua STUBS.
-- Each function of `gw`, and each method of what these give, with the first sentence of its comment.
local path = assert(arg[1], "usage: api.lua lua/types/gateway.lua")

-- The classes whose fields are keys that scripts write.
local KEYED <const> = {
  { class = "gateway.Rule", title = '`gw.rule "name" { … }`' },
  { class = "gateway.Job", title = '`gw.job "name" { … }`' },
}
-- The questions are functions of `gw`, and of what gw.center gives.
local OWNERS <const> = { gateway = "gw.", questions = "gw." }

local function first_sentence(text)
  return text:match "^(.-%.) %u" or text
end

-- Readers of the kinds of lines that count; each takes what its pattern finds.
local function read(lines)
  local sections, classes = {}, {}
  local comment, class = {}, nil
  local kinds <const> = {
    { "^%-%- %-%-%-%- (.-) %-%-%-%-$", function (title) sections[#sections + 1] = { title = title } end },
    { "^%-%-%-@class ([%w.]+)", function (name)
      class = {}
      classes[name] = class
    end },
    -- Types have no capital behind a blank: there the sentence begins.
    { "^%-%-%-@field ([%w_]+)%??(.*)$", function (name, rest)
      class[#class + 1] = { name = name, says = rest:match " (%u.*)$" }
    end },
    { "^%-%-%- (.*)$", function (text) comment[#comment + 1] = text end },
    { "^function (%w+)([.:])([%w_]+%b())", function (owner, sign, call)
      local prefix = OWNERS[owner] or owner:gsub("^%u", string.lower) .. sign
      table.insert(sections[#sections], { name = prefix .. call, says = first_sentence(table.concat(comment, " ")) })
    end },
    { "^gateway%.([%w_]+) = [{n]", function (name)
      table.insert(sections[#sections], { name = "gw." .. name, says = first_sentence(table.concat(comment, " ")) })
    end },
  }
  for line in lines do
    for _, kind in ipairs(kinds) do
      if line:find(kind[1]) then
        kind[2](line:match(kind[1]))
        break
      end
    end
    if line:sub(1, 3) ~= "---" then comment = {} end
  end
  return sections, classes
end

local function print_table(title, entries)
  print(("\n| %s | |\n|---|---|"):format(title))
  for _, entry in ipairs(entries) do
    assert(entry.says and entry.says ~= "", path .. ": '" .. entry.name .. "' has no sentence")
    print(("| `%s` | %s |"):format(entry.name, (entry.says:gsub("|", "\\|"))))
  end
end

-- What all queries and windows share is told once.
local function without_twins(entries)
  local list, seen = {}, {}
  for _, entry in ipairs(entries) do
    local name = entry.name:gsub("^%l+Query:", "query:")
    if not seen[name] then list[#list + 1] = { name = name, says = entry.says } end
    seen[name] = true
  end
  return list
end

local sections, classes = read(assert(io.lines(path)))
for _, keyed in ipairs(KEYED) do print_table(keyed.title, classes[keyed.class]) end
for _, section in ipairs(sections) do
  if section[1] then print_table(section.title, without_twins(section)) end
end
