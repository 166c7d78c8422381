--- Tell the floor when more than four callers wait and one has waited longer than 20
--- seconds, and tell it again when the queue has drained.
local gw = require "gateway"

gw.rule "queue-wait" {
  from    = gw.queues(),
  every   = "1s",
  when    = gw.all { gw.above("calls_waiting", 4), gw.above("longest_wait_5m", "20s") },
  clear   = gw.below("calls_waiting", 2),
  summary = "{name}: {calls_waiting} waiting, longest {longest_wait_5m:duration}",
  send    = "floor-chat",
}
