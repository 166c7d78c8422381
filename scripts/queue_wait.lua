--- Tell the floor channel when a queue backs up, and when it recovers.
local gw = require "gateway"

gw.rule "queue-wait" {
  from     = gw.queues { 1, 2, "sales" },
  every    = "15s",
  when     = gw.all { gw.above("calls_waiting", 0), gw.above("longest_wait_5m", "2m") },
  clear    = gw.below("longest_wait_5m", "1m"),
  hold     = "30s",
  remind   = "15m",
  severity = "critical",
  summary  = "{name}: {calls_waiting} waiting, longest {longest_wait_5m:duration}",
  send     = "floor-chat",
}
