local events = require "lua.events"
local jira = require "gateway.destinations.jira"
local json = require "gateway.json"

local OPTIONS <const> = { id = "msg_1", project = "OPS", user = "ops@example.com", people = { ayse = "5b10" } }

local function render(event, memo, changes)
  local options = {}
  for key, value in pairs(OPTIONS) do
    options[key] = value
  end
  for key, value in pairs(changes or {}) do
    options[key] = value
  end
  return jira.render(event, options, memo or {})
end

local function read(step, body, memo, status)
  local text = type(body) == "table" and json.encode(body) or body
  return jira.classify({ status = status or 200, refusals = 1, body = text, step = step }, memo or {})
end

-- All texts of a document, in order.
local function texts(document)
  local found = {}
  local function walk(node)
    found[#found + 1] = node.text or node.attrs and node.attrs.text
    for _, inner in ipairs(node.content or {}) do
      walk(inner)
    end
  end
  walk(document)
  return table.concat(found, "|")
end

describe("jira", function()
  local ISSUE <const> = { id = "10001", key = "OPS-7", self = "https://x.atlassian.net/rest/api/3/issue/10001" }
  local MEMO <const> = { id = "OPS-7", link = "https://x.atlassian.net/browse/OPS-7" }

  it("searches before it creates", function()
    local request = render(events.raise())
    assert.equal("search", request.step)
    assert.equal("/rest/api/3/search/jql", request.path)
    assert.equal("basic", request.sign)
    assert.is_true(request.fresh)
    assert.same({ jql = 'project = "OPS" AND labels = "ccgate-f00-1"', fields = { "status" }, maxResults = 1 },
      json.decode(request.body))
  end)

  it("signs in with the token alone when there is no user", function()
    assert.equal("bearer", jira.render(events.raise(), { id = "m", project = "OPS", people = {} }, {}).sign)
  end)

  it("cannot be made to ask for more by the name of a project", function()
    local request = render(events.raise(), nil, { project = 'A" OR "\\' })
    assert.truthy(json.decode(request.body).jql:find('project = "A\\" OR \\"\\\\" AND', 1, true))
  end)

  it("remembers what the search found, and has nothing to do for a raise", function()
    local verdict, memo = read("search", { issues = { ISSUE } })
    assert.equal("again", verdict)
    assert.same(MEMO, memo)
    assert.is_nil(render(events.raise(), memo))
  end)

  it("creates when there is none", function()
    local verdict, memo = read("search", { issues = json.array {} })
    assert.equal("again", verdict)
    local request = render(events.raise { details = "first\n\nlast", mention = { "ayse", "mehmet" } }, memo)
    assert.equal("create", request.step)
    local fields = json.decode(request.body).fields
    assert.same({ key = "OPS" }, fields.project)
    assert.same({ name = "Task" }, fields.issuetype)
    assert.same({ "ccgate", "ccgate-f00-1" }, fields.labels)
    assert.equal("sales: 9 waiting", fields.summary)
    assert.equal("first|last|@ayse| |@mehmet|Why: |calls_waiting is 9 (above 5)|critical · queue-wait/7 · main",
      texts(fields.description))
    assert.same({ "done", MEMO }, { read("create", ISSUE, memo, 201) })
  end)

  it("gives the summary one line of 255 characters, and the rest to the description", function()
    local fields = json.decode(render(events.raise { summary = ("wait\n"):rep(100) }, { missing = true }).body).fields
    assert.equal(255, utf8.len(fields.summary))
    assert.is_nil(fields.summary:find "\n")
    assert.truthy(texts(fields.description):find(("wait "):rep(100), 1, true))
  end)

  it("makes no ticket for what is over", function()
    assert.is_nil(render(events.clear(), { missing = true }))
  end)

  it("comments for reminders and levels", function()
    for _, kind in ipairs { "remind", "level" } do
      local request = render(events.raise { kind = kind, duration = 60 }, MEMO)
      assert.equal("/rest/api/3/issue/OPS-7/comment", request.path)
      assert.truthy(texts(json.decode(request.body).body):find "^sales: 9 waiting")
    end
    assert.same({ "done", MEMO }, { read("comment", { id = "1" }, MEMO, 201) })
  end)

  it("looks which transition leads to done, and takes it with a comment", function()
    local request = render(events.clear { cleared = "sales: over" }, MEMO)
    assert.equal("GET", request.method)
    assert.equal("/rest/api/3/issue/OPS-7?fields=status&expand=transitions", request.path)
    local function to(key)
      return { name = key, statusCategory = { key = key } }
    end
    local verdict, memo = read("look", {
      fields = { status = to "new" },
      transitions = { { id = "11", to = to "indeterminate" }, { id = "31", to = to "done" } },
    }, MEMO)
    assert.equal("again", verdict)
    request = render(events.clear { cleared = "sales: over" }, memo)
    assert.equal("/rest/api/3/issue/OPS-7/transitions", request.path)
    local body = json.decode(request.body)
    assert.same({ id = "31" }, body.transition)
    assert.truthy(texts(body.update.comment[1].add.body):find("^sales: over|"))
    assert.same({ "done", MEMO }, { read("close", "", memo, 204) })
  end)

  it("leaves alone what people have closed or deleted", function()
    local done = { fields = { status = { statusCategory = { key = "done" } } }, transitions = json.array {} }
    assert.equal("done", (read("look", done, MEMO)))
    for _, step in ipairs { "comment", "look", "close" } do
      assert.equal("done", (read(step, "", MEMO, 404)))
    end
    assert.equal("retry", (read("search", "", {}, 404)))
  end)

  it("gives up where no transition leads to done", function()
    assert.equal("dead", (read("look", { fields = { status = { statusCategory = { key = "new" } } } }, MEMO)))
  end)

  it("takes no other page for an answer", function()
    for _, text in ipairs { "<html>", "[1", "7", "{}" } do
      assert.equal("retry", (read("search", text)))
      assert.equal("retry", (read("create", text, {}, 201)))
    end
    assert.equal("slow", (read("search", "", {}, 401)))
    assert.equal("retry", (read("create", "", {}, 503)))
  end)

  it("opens a ticket for a script's message, with fields of its own", function()
    local raw = { priority = { name = "High" }, labels = { "x" } }
    local message = events.message { title = "Down", text = "all", raw = raw }
    assert.equal("search", render(message).step)
    local fields = json.decode(render(message, { missing = true }).body).fields
    assert.same({ "ccgate", "ccgate-msg_1" }, fields.labels)
    assert.same({ name = "High" }, fields.priority)
  end)

  it("fits", function()
    local rows = {}
    for i = 1, 500 do
      rows[i] = { "queue " .. i, ("x"):rep(40), ("客"):rep(40) }
    end
    local request = render(events.message { text = ("long\n"):rep(20000), table = {
      columns = { "a", "b", "c" }, rows = rows,
    } }, { missing = true })
    assert.is_true(#request.body <= 32000)
  end)
end)
