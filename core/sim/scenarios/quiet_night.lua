-- Few calls, few agents: nobody waits for long, and most chairs are empty.
return {
  doc = "a call now and then, most agents are not signed in",
  period = "1h",
  arrivals = { { "0s", 12 }, { "20m", 30 }, { "30m", 6 } },
  answered_20s = { { "0s", 12 }, { "20m", 24 }, { "30m", 6 } },
  waiting = { { "0s", 0 }, { "20m", 0 }, { "24m", 2 }, { "28m", 0 } },
  longest_wait = "40s",
  away = { "2h", "3h" },
  idle = { "2m", "8m" },
  rest_after = 4,
}
