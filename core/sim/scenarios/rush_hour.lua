-- What happens in the simulated contact centre: once in each period calls arrive faster than
-- agents answer, and every queue fills and drains; each is at another point of its period.
--
-- This is the default. A scenario of your own (`ccgate simulate --scenario FILE.lua`) names what
-- is different; the rest is as here. Lengths of time are those of the simulation, as "1m30s".
return {
  doc = "queues of about a dozen calls, one after the other",
  -- All of it repeats after this time; --period stretches it.
  period = "10m",

  -- Calls per hour that arrive in a queue, from each time of the period on …
  arrivals = { { "0s", 180 }, { "1m30s", 540 }, { "4m30s", 216 }, { "6m30s", 180 } },
  -- … and those among them that are answered within 20 seconds.
  answered_20s = { { "0s", 180 }, { "1m30s", 72 }, { "4m30s", 36 }, { "6m30s", 180 } },
  -- Calls that wait, in straight lines from one time to the next; each queue is a little different.
  waiting = { { "0s", 0 }, { "1m30s", 0 }, { "4m30s", 13 }, { "6m30s", 0 } },
  -- How long the first of them has waited when the queue is fullest.
  longest_wait = "2m42s",

  -- How long agents are in each state: at least, at most.
  away = { "5m", "25m" }, -- between two shifts; a shift begins every four hours
  idle = { "10s", "1m40s" },
  ringing = { "3s", "8s" },
  talk = { "40s", "3m20s" },
  wrap_up = { "8s", "40s" },
  busy = { "20s", "1m30s" },
  rest = { "3m", "8m" },
  -- After how many calls, on average, they rest and are busy with something else.
  rest_after = 12,
  busy_after = 20,
  -- One call of so many takes so much longer.
  long_call_after = 12,
  long_call = "4m10s",
  -- One rest of so many takes so much longer.
  long_rest_after = 3,
  long_rest = "0s",

  -- What goes wrong, as with --fault: { "status=503:at=10m:lasts=2m" }
  faults = {},
}
