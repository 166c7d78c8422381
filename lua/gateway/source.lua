--- Where in the script, or in a module of it, something is written: a spot, one number
--- for file and line (script/frame.h). A spot of the script's own file is its line.
---
--- Lua reports the line of the call for everything inside a table that spans lines, so
--- the line of a key is looked up in the source: it is cut into tokens once, at the
--- first mistake, and the constructor behind the call is walked.
local core = require "gateway.core"

local source = {}

local OPENS <const> = {
  ["("] = true, ["["] = true, ["{"] = true,
  ["function"] = true, ["if"] = true, ["do"] = true, ["repeat"] = true,
}
local CLOSES <const> = {
  [")"] = true, ["]"] = true, ["}"] = true, ["end"] = true, ["until"] = true,
}

-- ---- tokens: { line, text, quoted = true for strings } ----

-- Both ends of the content of a long bracket that begins here, and what follows it.
local function long_bracket(text, at)
  local _, opened, level = string.find(text, "^%[(=*)%[", at)
  if opened then
    local close, stop = string.find(text, "]" .. level .. "]", opened + 1, true)
    return opened + 1, (close or #text + 1) - 1, (stop or #text) + 1
  end
end

local function read_comment(text, at)
  if string.sub(text, at, at + 1) == "--" then
    local _, _, after = long_bracket(text, at + 2)
    return after or string.find(text, "\n", at, true) or #text + 1
  end
end

local function read_long_string(text, at)
  local first, last, after = long_bracket(text, at)
  if first then
    return after, string.sub(text, first, last), true
  end
end

local function read_string(text, at)
  local quote = string.match(text, "^[\"']", at)
  local stop = at + 1
  while quote do
    stop = string.find(text, "[\\" .. quote .. "]", stop) or #text + 1
    if string.sub(text, stop, stop) ~= "\\" then
      return stop + 1, string.sub(text, at + 1, stop - 1), true
    end
    stop = stop + 2
  end
end

local function read_word(text, at)
  local word = string.match(text, "^[%w_]+", at)
  if word then
    return at + #word, word
  end
end

local function read_symbol(text, at)
  local symbol = string.match(text, "^[=~<>]=", at) or string.sub(text, at, at)
  return at + #symbol, symbol
end

local READERS <const> = {
  read_comment, read_long_string, read_string, read_word, read_symbol,
}

-- Each reader gives the position behind what it took and, unless it is a comment, the
-- token's text; nothing when something else is written there.
local function read(text, at)
  for _, reader in ipairs(READERS) do
    local after, word, quoted = reader(text, at)
    if after then
      return after, word, quoted
    end
  end
end

local function scan(text)
  local tokens, line, counted = {}, 1, 1
  local at = string.find(text, "%S")
  while at do
    for _ in string.gmatch(string.sub(text, counted, at - 1), "\n") do
      line = line + 1
    end
    counted = at
    local after, word, quoted = read(text, at)
    if word then
      tokens[#tokens + 1] = { line = line, text = word, quoted = quoted }
    end
    at = string.find(text, "%S", after)
  end
  return tokens
end

-- ---- constructors ----

local function is(token, text)
  return token ~= nil and not token.quoted and token.text == text
end

-- The end of the expression that begins at token `at`: a separator or a closing bracket.
local function skip(tokens, at)
  local depth = 0
  while tokens[at] do
    local text = not tokens[at].quoted and tokens[at].text
    if depth == 0 and (text == "," or text == ";" or CLOSES[text]) then
      break
    end
    depth = depth + (OPENS[text] and 1 or 0) - (CLOSES[text] and 1 or 0)
    at = at + 1
  end
  return at
end

-- The key of the field that begins at token `at` and the token of its value. A key that
-- only running the script would tell is represented by its token; no key: nil.
local function key_of(tokens, at)
  if is(tokens[at], "[") then
    local close = skip(tokens, at + 1)
    local token = tokens[at + 1]
    local literal = close == at + 2 and (token.quoted and token.text or tonumber(token.text))
    return literal or token, close + 2
  elseif not tokens[at].quoted and is(tokens[at + 1], "=") then
    return tokens[at].text, at + 2
  end
end

-- What the constructor that opens at token `open` holds: key → { line, value = token }.
local function fields(tokens, open)
  local found, position, at = {}, 0, open + 1
  while tokens[at] and not is(tokens[at], "}") do
    local key, value = key_of(tokens, at)
    if not key then
      position = position + 1
      key, value = position, at
    end
    found[key] = { line = tokens[at].line, value = value }
    at = skip(tokens, value) + (is(tokens[skip(tokens, value)], "}") and 0 or 1)
  end
  return found
end

-- The brace at token `at`, whether or not it is in parentheses.
local function brace(tokens, at)
  at = is(tokens[at], "(") and at + 1 or at
  return is(tokens[at], "{") and at or nil
end

-- The constructor of a call `word {`, `word "name" {` or `word(expression) {` on `line`.
local function constructor(tokens, line, word, name)
  for at, token in ipairs(tokens) do
    if token.line == line and is(token, word) then
      local argument = tokens[at + 1]
      if not argument then
        return nil
      elseif argument.quoted and argument.text == name then
        return brace(tokens, at + 2)
      elseif not argument.quoted then
        return brace(tokens, at + 1) or brace(tokens, skip(tokens, at + 2) + 1)
      end
    end
  end
end

-- ---- spots ----

local LINES <const> = 1 << 24

local function file_of(spot)
  return core.files[spot // LINES]
end

local tokens_of = {}

local function tokens_at(number)
  tokens_of[number] = tokens_of[number] or scan(core.files[number].source)
  return tokens_of[number]
end

--- "scripts/a.lua:3".
function source.place(spot)
  return string.format("%s:%d", file_of(spot).file, spot % LINES)
end

--- How the script speaks of a spot: "line 3" of its own, "scripts/lib/a.lua:3" of a module.
function source.named(spot)
  return spot < LINES and string.format("line %d", spot) or source.place(spot)
end

-- The bracket that closes the one at token `open`.
local function closing(tokens, open)
  local at = skip(tokens, open + 1)
  while is(tokens[at], ",") or is(tokens[at], ";") do
    at = skip(tokens, at + 1)
  end
  return at
end

local function is_joint(token)
  return is(token, "and") or is(token, "or")
end

-- The last token of a call whose opening bracket is at token `open`, and of the methods that
-- are called on what it gives.
local function ending(tokens, open)
  local last = closing(tokens, open)
  while is(tokens[last + 1], ":") and (is(tokens[last + 3], "(") or is(tokens[last + 3], "{")) do
    last = closing(tokens, last + 3)
  end
  return last
end

-- The "and" or "or" behind the call module.word(…) or module.word { … } whose dot is at
-- token `at`; nil when it is no such call, or not the first operand.
local function joint_behind(tokens, at, words)
  local word, open = tokens[at + 1], tokens[at + 2]
  local is_call = is(tokens[at], ".") and word and words[word.text]
    and (is(open, "(") or is(open, "{"))
  local behind = is_call and tokens[ending(tokens, at + 2) + 1] or nil
  return is_joint(behind) and not is_joint(tokens[at - 2]) and behind or nil
end

local function find_joined(words, number, found)
  local text = core.files[number].source or ""
  local tokens = string.find(text, "[)}]%s*[ao][nr]d?%f[^%w_]") and tokens_at(number) or {}
  for at in ipairs(tokens) do
    local joint = joint_behind(tokens, at, words)
    if joint then
      found[#found + 1] = {
        line = number * LINES + joint.line, word = tokens[at + 1].text, joint = joint.text,
      }
    end
  end
end

--- Calls of a member in `words` that "and" or "or" follows: { line, word, joint } each,
--- the line as a spot. What stands between the two, x and gw.above(…) or gw.below(…), is
--- a choice and no mistake.
function source.joined(words)
  local found = {}
  for number = 0, #core.files do
    find_joined(words, number, found)
  end
  return found
end

--- Whether the call of `word` with `name` at a spot is followed by a table.
function source.has_table(spot, word, name)
  return constructor(tokens_at(spot // LINES), spot % LINES, word, name) ~= nil
end

--- The spot of what `path` leads to (keys, and positions of elements) inside the table
--- that is given to `word` at `spot`: source.line(3, "rule", { "send", 2 }, "queue-wait").
--- `name` is the text argument before the table, if there is one. As far as the path can
--- be followed: a table that is not written at the call is reported where it is given.
function source.line(spot, word, path, name)
  local number, line = spot // LINES, spot % LINES
  local tokens = tokens_at(number)
  local open = constructor(tokens, line, word, name)
  for _, key in ipairs(path) do
    local field = open and fields(tokens, open)[key]
    if not field then
      break
    end
    line = field.line
    open = is(tokens[field.value], "{") and field.value or nil
  end
  return number * LINES + line
end

-- The numbers of files by how Lua names their chunks.
local numbers

local function number_of(chunk)
  if not numbers then
    numbers = {}
    for number = 0, #core.files do
      numbers["@" .. core.files[number].file] = number
    end
  end
  return numbers[chunk]
end

--- The spot that is being run, nil when nothing of the script is on the stack.
function source.caller()
  local level = 2
  local info = debug.getinfo(level, "Sl")
  while info do
    local number = number_of(info.source)
    if number then
      return number * LINES + info.currentline
    end
    level = level + 1
    info = debug.getinfo(level, "Sl")
  end
end

return source
