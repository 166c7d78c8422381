-- The end of a busy day: queues fill and stay full for some minutes, and now and then somebody
-- rests for too long. The demo plays it.
return {
  doc = "the rush hour with longer crowds and longer rests; what the demo plays",
  period = "12m",
  arrivals = { { "0s", 180 }, { "1m", 540 }, { "6m", 216 }, { "8m30s", 180 } },
  answered_20s = { { "0s", 180 }, { "1m", 72 }, { "6m", 36 }, { "8m30s", 180 } },
  waiting = { { "0s", 0 }, { "1m", 0 }, { "4m", 13 }, { "6m", 11 }, { "8m30s", 0 } },
  rest_after = 6,
  long_rest_after = 3,
  long_rest = "12m",
}
