--- What an HTTP answer means, unless the kind of destination knows better.
--
-- classify { status = 503, error = nil | "timeout" …, body = text, refusals = 1 }
-- gives "done", "retry", "slow" (a key was refused: people must act) or "dead".

-- A refusal may be a receiver that is being deployed: this many retries, then no more,
-- however often it did not answer before.
local QUICK_RETRIES <const> = 2

local STATUS <const> = {
  [401] = "slow",
  [403] = "slow",
  [408] = "retry",
  [410] = "dead",
  [425] = "retry",
  [429] = "retry",
}

-- A redirect is never followed; a receiver that is being moved or mended sends one, and has
-- its time to come back.
local CLASS <const> = { [2] = "done", [3] = "retry", [5] = "retry" }

local classify = {}

local function judge(answer)
  local status = answer.status or 0
  if answer.error or status < 200 then
    return "retry"
  end
  local verdict = STATUS[status] or CLASS[status // 100]
  return verdict or (answer.refusals <= QUICK_RETRIES and "retry" or "dead")
end

--- For a service that answers programs: a page for people is somebody else's, a proxy
--- or a portal on the way, whatever its status.
function classify.of_service(answer)
  local verdict = judge(answer)
  if verdict == "done" and answer.body:find("^%s*<") then
    return "retry"
  end
  return verdict
end

return setmetatable(classify, {
  __call = function(_, answer)
    return judge(answer)
  end,
})
