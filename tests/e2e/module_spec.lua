--- Modules of scripts: what `check` says of them, and which scripts a changed one reloads.
local cjson = require "cjson"
local harness = require "e2e.harness"
local uv = require "luv"

local world

local function rule(name, head)
  return ('local gw = require "gateway"\n%s\ngw.rule "%s" {\n  from = gw.queues { 1 },\n'
    .. '  when = gw.above("calls_waiting", 5),\n  send = "floor-chat",\n}\n'):format(head or "", name)
end

local has = harness.has

local function check(...)
  local code, out, err = world:command { "check", ... }
  local folder = world.folder:gsub("%p", "%%%0") .. "/"
  return (out .. err):gsub(folder, ""), code
end

before_each(function ()
  world = harness.world()
  world:conf()
end)
after_each(function () world:close() end)

describe("a module", function ()
  it("has its mistakes told at its own lines, beside those of the script", function ()
    world:script("a", rule("a", 'require "lib.rules"'):gsub("send", "sned"))
    world:write("scripts/lib/rules.lua", (rule("b"):gsub("above", "abvoe")))
    local said, code = check()
    assert.equal(1, code)
    has(said, "scripts/lib/rules.lua:5: ")
    world:write("scripts/lib/rules.lua", (rule("b"):gsub("send", "sent")))
    said = check()
    has(said, "scripts/a.lua:6: rule 'a': unknown key 'sned' (did you mean 'send'?)\n"
      .. "scripts/lib/rules.lua:6: rule 'b': unknown key 'sent' (did you mean 'send'?)\n2 mistakes\n")
    local out = select(2, world:command { "check", "-o", "json" })
    local items = cjson.decode(out)
    assert.same({ 6, 6 }, { items[1].line, items[2].line })
    assert.truthy(items[2].file:find("scripts/lib/rules.lua", 1, true))
  end)

  it("is refused behind a symbolic link", function ()
    world:write("shared/x.lua", "return 1")
    assert(uv.fs_symlink(world:path "shared", world:path "scripts/lib"))
    world:script("a", rule("a", 'require "lib.x"'))
    has(check(), "scripts/a.lua:2: module 'lib.x': scripts/lib is a symbolic link; modules are plain files in plain "
      .. "folders: put the file itself there\n1 mistake\n")
  end)

  it("counts for the size of its script", function ()
    world:script("a", rule("a", 'require "lib.large"'))
    world:write("scripts/lib/large.lua", (" "):rep(300 * 1024))
    has(check(), " bytes with its modules, and a script has at most 262144 (source in [script a])\n1 mistake\n")
  end)

  it("reloads the scripts that require it, and no others", function ()
    world:script("a", rule("a", 'require "lib.inner.x"'))
    world:script("b", rule("b", 'print((require "lib.y"))'))
    world:write("scripts/lib/y.lua", "return 'as it was'")
    assert(uv.fs_mkdir(world:path "scripts/lib/inner", tonumber("700", 8)))
    world:write("scripts/lib/inner/x.lua", 'require "lib.z"')
    world:write("scripts/lib/z.lua", "")
    world:run():wait_log "as it was"
    local a, b = world:wait_host "a", world:wait_host "b"
    world:write("scripts/lib/y.lua", "return 'as it is'")
    world:reload "as it is"
    b = world:wait_host("b", b)
    assert.same({ a }, world:hosts "a")
    world:write("scripts/lib/y.lua", "return nothing.like_it")
    world:reload "scripts/lib/y.lua:1: attempt to index a nil value (global 'nothing')"
    assert.same({ a, b }, { world:wait_host "a", world:wait_host "b" })
    world:write("scripts/lib/y.lua", "return 'as it is'")
    world:write("scripts/lib/z.lua", "print 'another'")
    world:reload "another"
    world:wait_host("a", a)
    assert.same({ b }, world:hosts "b")
  end)
end)
