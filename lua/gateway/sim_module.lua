--- What a spec may require beside what busted has: the modules of the scripts, as the
--- scripts themselves name them, require "lib.shifts".
local sim_module = {}

-- The folder of the spec that requires, "" for the one it runs in; nil: no spec does.
local function folder_of_spec()
  local level = 1
  local info = debug.getinfo(level, "S")
  while info do
    local spec = info.source:match "^@(.*_spec%.lua)$"
    if spec then
      return spec:match "^(.*/)" or ""
    end
    level = level + 1
    info = debug.getinfo(level, "S")
  end
end

-- A spec stands beside the scripts, or beside the module that it tests.
local function search(name)
  local folder = name:find(".", 1, true) and folder_of_spec()
  if not folder then
    return nil
  end
  local places = table.concat({ folder .. "?.lua", folder .. "../?.lua", "scripts/?.lua" }, ";")
  local path, missing = package.searchpath(name, places)
  if not path then
    return missing
  end
  local loader, mistake = loadfile(path)
  if not loader then
    error(mistake, 0)
  end
  return loader, path
end

-- What a module wants of it is in the host of a script.
local function refuse()
  error("gateway is there in scripts alone; a module that requires it is tested by a script "
    .. "that uses it, which sim.load runs", 0)
end

--- From now on; once, however often busted loads this anew.
function sim_module.offer()
  if not package.searchers.gateway then
    table.insert(package.searchers, search)
    package.searchers.gateway = search
    package.preload.gateway = refuse
  end
end

return sim_module
