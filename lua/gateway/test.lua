--- Runs specs by busted inside the program: `ccgate test`.
---
--- What a spec did is a record, told as it happens:
---   { file, line | nil, name, status = "passed" | "failed" | "pending", ms, message | nil }
--- A mistake outside of a test, such as a file that does not load, is a failed record, too.
local report = require "gateway.test_report"
local sim = require "gateway.sim"
local sim_sent = require "gateway.sim_sent"

local test = {}

local MISSING <const> = "busted is not installed; install it with\n"
  .. "  sudo apt-get install --no-install-recommends lua-busted"

local STATUS <const> = { success = "passed", pending = "pending" }

-- ---- which files ----

local function files_in(folder, path, dir)
  local files = {}
  for _, file in ipairs(dir.getallfiles(folder)) do
    if file:find "_spec%.lua$" and path.isfile(file) then
      files[#files + 1] = (file:gsub("//+", "/"))
    end
  end
  table.sort(files)
  return files, #files == 0 and folder .. ": no *_spec.lua in it" or nil
end

-- The specs that a path stands for: a folder, a spec, or a script with one beside it.
local function files_of(given)
  local path, dir = require "pl.path", require "pl.dir"
  if path.isdir(given) then
    return files_in(given, path, dir)
  elseif not path.isfile(given) then
    return {}, given .. ": there is no such file or folder"
  elseif given:find "_spec%.lua$" then
    return { given }
  end
  local beside = given:gsub("%.lua$", "") .. "_spec.lua"
  if given:find "%.lua$" and path.isfile(beside) then
    return { beside }
  end
  return {}, string.format("%s is no spec; tests of it stand in %s", given, beside)
end

-- All files, each once, and all mistakes.
local function collect(paths)
  local files, mistakes, seen = {}, {}, {}
  for _, given in ipairs(paths) do
    local found, mistake = files_of(given)
    mistakes[#mistakes + 1] = mistake
    for _, file in ipairs(found) do
      files[#files + 1] = not seen[file] and file or nil
      seen[file] = true
    end
  end
  return files, mistakes
end

-- ---- busted ----

local function start_busted()
  local is_there, core = pcall(require, "busted.core")
  if not is_there then
    return nil, core:find("module 'busted.core' not found", 1, true) and MISSING or core
  end
  local busted = core()
  require "busted"(busted)
  require "busted.languages.en"
  return busted
end

local function name_of(busted, element)
  local names = {}
  while element and element.descriptor ~= "file" and (element.name or element.descriptor) do
    table.insert(names, 1, tostring(element.name or element.descriptor))
    element = busted.context.parent(element)
  end
  return #names > 0 and table.concat(names, " ") or "the file itself"
end

local function record_of(busted, element, status, message, trace)
  local file = element.descriptor == "file" and element or busted.getFile(element)
  trace = element.trace or trace
  return {
    file = file and file.name or "",
    line = trace and trace.currentline and trace.currentline > 0 and trace.currentline or nil,
    name = name_of(busted, element),
    status = status,
    ms = math.floor((element.duration or 0) * 1000 + 0.5),
    message = message ~= nil and sim_sent.explain(tostring(message)) or nil,
  }
end

-- Hands every record to tell().
local function listen(busted, tell)
  local failures = {}
  local function on_failure(element, _, message, trace)
    if element.descriptor == "it" then
      failures[element] = { message, trace }
    else
      tell(record_of(busted, element, "failed", message, trace))
    end
    return nil, true
  end
  busted.subscribe({ "test", "start" }, function()
    sim_sent.forget()
    return nil, true
  end)
  busted.subscribe({ "failure" }, on_failure)
  busted.subscribe({ "error" }, on_failure)
  busted.subscribe({ "test", "end" }, function(element, _, status)
    local message, trace = table.unpack(failures[element] or {})
    tell(record_of(busted, element, STATUS[status] or "failed", message, trace))
    return nil, true
  end)
end

local function run_files(busted, files)
  local load_files = require "busted.modules.test_file_loader"(busted, { "lua" })
  load_files(files, {}, { excludes = {} })
  require "busted.execute"(busted)(1, {})
end

--- Runs the specs in `paths`; `conf` is what sim.load takes when a test names none.
--- Returns the program's exit code.
function test.run(paths, conf, is_json)
  local busted, trouble = start_busted()
  if not busted then
    io.stderr:write(trouble, "\n")
    return 1
  end
  local files, mistakes = collect(paths)
  if #mistakes > 0 then
    io.stderr:write(table.concat(mistakes, "\n"), "\n")
    return 1
  end
  local told = is_json and report.json() or report.text()
  sim.conf = conf
  listen(busted, told.tell)
  run_files(busted, files)
  return told.finish() == 0 and 0 or 1
end

return test
