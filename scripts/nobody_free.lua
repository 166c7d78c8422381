--- Callers wait while nobody is free: page, but only in business hours.
local gw = require "gateway"

gw.rule "nobody-free" {
  from    = gw.queues(), -- every queue that gateway.conf names
  when    = gw.all { gw.above("calls_waiting", 0), gw.equal("agents_available", 0) },
  hold    = "45s",
  during  = "office",
  send    = { "floor-chat", { to = "pager", after = "3m", unless = "acked" } },
  summary = "{name}: {calls_waiting} waiting and nobody available",
}
