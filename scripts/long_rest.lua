--- Open a ticket when an agent rests too long; close it when they are back.
local gw = require "gateway"

gw.rule "long-rest" {
  from    = gw.agents { queues = "all" },
  when    = gw.in_state("rest", "15m"),
  summary = "{name} has been resting for {state_age:duration}",
  send    = "helpdesk", -- a raise opens a ticket there, its clear closes it: one ticket per alert
}
