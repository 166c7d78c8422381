local cut = require "gateway.cut"
local grid = require "gateway.grid"
local json = require "gateway.json"
local markup = require "gateway.markup"
local moment = require "gateway.moment"

describe("a text", function()
  local CASES <const> = {
    { "hello", 5, "characters", "hello" }, { "hello", 4, "characters", "hel…" }, { "héllo", 3, "characters", "hé…" },
    { "客服中心", 4, "characters", "客服中心" }, { "客服中心", 3, "characters", "客服…" },
    { "客服中心", 12, "bytes", "客服中心" }, { "客服中心", 11, "bytes", "客服…" }, { "客服中心", 8, "bytes", "客…" },
    { "客服中心", 5, "bytes", "…" }, { "", 0, "bytes", "" },
  }
  for _, case in ipairs(CASES) do
    local text, most, unit, expected = table.unpack(case)
    it(("of %q fits into %d %s"):format(text, most, unit), function()
      assert.equal(expected, cut.text(text, most, cut[unit], markup.plain))
    end)
  end

  it("is never cut within an escape", function()
    assert.equal("&amp;&amp;…", cut.text("&&&&", 15, cut.characters, markup.slack))
    assert.equal("\\*…", cut.text("****", 4, cut.characters, markup.card))
  end)

  it("shrinks until it fits", function()
    local shares = {}
    local body = cut.fit(300, function(share)
      shares[#shares + 1] = share
      return ("x"):rep(1000 * share // 1 | 0)
    end)
    assert.equal(250, #body)
    assert.same({ 1, 0.5, 0.25 }, shares)
    assert.equal(10000, #cut.fit(1, function()
      return ("x"):rep(10000)
    end))
  end)
end)

describe("a grid", function()
  it("has columns of equal width", function()
    assert.same({ "queue  n", "é       7", "b      12" },
      grid.lines({ "queue", "n" }, { { "é", "7" }, { "b", "12" } }, 9))
  end)

  it("counts what it leaves out", function()
    assert.same({ "a", "1", "… and 2 more" }, grid.lines({ "a" }, { { "1" }, { "2" }, { "3" } }, 1))
  end)

  it("keeps cells short", function()
    assert.same({ ("x"):rep(39) .. "…" }, grid.lines({ ("x"):rep(90) }, {}, 5))
  end)
end)

describe("a moment", function()
  local CASES <const> = {
    { 0, "1970-01-01T00:00:00Z" }, { 951782399, "2000-02-28T23:59:59Z" }, { 951782400, "2000-02-29T00:00:00Z" },
    { 1709164800, "2024-02-29T00:00:00Z" }, { 1763661900, "2025-11-20T18:05:00Z" },
    { 4107542400, "2100-03-01T00:00:00Z" },
    { -1, "1969-12-31T23:59:59Z" }, { 1767225599, "2025-12-31T23:59:59Z" },
  }
  for _, case in ipairs(CASES) do
    it("is " .. case[2], function()
      assert.equal(case[2], moment.text(case[1]))
    end)
  end
end)

describe("the place of a secret", function()
  it("is one that no text can take", function()
    assert.equal('{"a":\1key\1,"b":"\\u0001key\\u0001"}', json.encode { a = json.secret "key", b = "\1key\1" })
  end)
end)
