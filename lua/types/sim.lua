---@meta gateway.sim
-- What `require "gateway.sim"` gives to the tests of scripts, for the Lua language server.

---@class gateway.sim
---@field conf? string The configuration of tests that name none (`ccgate test -c FILE`).
local sim = {}

---@class gateway.SimOptions
---@field at? string When it begins, where the gateway is: "2026-03-03 10:00", which is also the default.
---@field conf? string A gateway.conf; without one there is whatever the scripts name.

--- Loads scripts. Mistakes in them raise as `ccgate check` prints them.
---@param files string|string[] "scripts/queue_wait.lua"
---@param options? gateway.SimOptions
---@return gateway.Rehearsal
function sim.load(files, options) end

--- A request to a destination.
---@class gateway.SimRequest
---@field method? string None of a letter, or of a line for the log.
---@field path? string Behind the url of the destination.
---@field body string As it was rendered; of most kinds JSON.

--- A message. It prints well.
---@class gateway.SimSent
---@field to string The destination.
---@field kind "raise"|"remind"|"level"|"clear"|"message"|"digest"
---@field rule? string
---@field key? string
---@field severity? gateway.Severity
---@field summary? string
---@field body string Of the last request: the one that carries the message.
---@field requests gateway.SimRequest[] Of its last attempt; most kinds need one, a ticket may take several.
---@field id string
---@field at integer When it left first: seconds since the epoch.

--- A line of the log that is about a script, or its own.
---@class gateway.SimLine
---@field script string
---@field level "debug"|"info"|"warn"|"error"
---@field text string
---@field at integer

--- What is raised.
---@class gateway.SimAlert
---@field id string
---@field rule string
---@field key string
---@field center string
---@field script string
---@field severity gateway.Severity
---@field summary string

---@alias gateway.SimQuery "queues"|"agents"|"agent_calls"|"agent_operations"|"agent"

---@alias gateway.SimFailure "network"|"timeout"|"tls"|"http"|"api"|"decode"|"auth"

--- The rows that a centre has, until they are given again. A row needs its id, which of
--- a queue may be its name; of what it leaves out counts and seconds are 0, an agent is
--- idle, the rest is unknown. Seconds may be written "2m15s". All methods return their
--- object.
---@class gateway.SimCenter
local Center = {}

---@param rows Queue[]
---@return self
function Center:queues(rows) end

---@param rows Agent[]
---@return self
function Center:agents(rows) end

---@param rows Call[]
---@return self
function Center:agent_calls(rows) end

---@param rows Operation[]
---@return self
function Center:agent_operations(rows) end

---@param rows Agent[]
---@return self
function Center:agent(rows) end

--- All polls of a query fail, until rows are given or the failure is nil.
---@param query gateway.SimQuery
---@param failure? gateway.SimFailure
---@return self
function Center:fail(query, failure) end

--- A rehearsal; its own rows are those of the centre that bare gw.* means.
---@class gateway.Rehearsal: gateway.SimCenter
---@field sent gateway.SimSent[] All messages so far.
---@field log gateway.SimLine[]
---@field alerts gateway.SimAlert[]
---@field now integer Seconds since the epoch.
local Rehearsal = {}

--- One of several centres.
---@param name string
---@return gateway.SimCenter
function Rehearsal:center(name) end

--- The server's five-minute window begins anew: fields that end in _5m are 0.
---@return self
function Rehearsal:window() end

---@param lasts gateway.Duration
---@return self
function Rehearsal:advance(lasts) end

--- On to the next such time, "18:30", or to "2026-03-03 18:30".
---@param time string
---@return self
function Rehearsal:at(time) end

--- Somebody takes care of an alert: its key, or "rule/key".
---@param key string|integer
---@param who string
---@return self
function Rehearsal:ack(key, who) end

---@class gateway.SimSilence
---@field lasts gateway.Duration
---@field rule? string
---@field key? string|integer
---@field center? string
---@field labels? table<string, string>
---@field by? string

---@param silence gateway.SimSilence
---@return self
function Rehearsal:silence(silence) end

--- How a destination answers from now on, or a server that scripts ask with gw.http. A
--- list has an answer for each of the next requests, after which it is as before. Of a
--- destination a good status without a body has that of the real receiver. Without a
--- status it is as at first: destinations take everything, as the real ones would, and no
--- server answers.
---@param who string "pager", or "https://crm.example.com"
---@param status? integer|gateway.SimFailure|(integer|gateway.SimFailure|{ [1]: integer|gateway.SimFailure, [2]: string? })[]
---@param body? string
---@return self
function Rehearsal:answer(who, status, body) end

--- Runs a job now.
---@param name string
---@return self
function Rehearsal:job(name) end

--- kill -9 of the gateway, and a new start.
---@return self
function Rehearsal:restart() end

--- Reads the scripts again, as SIGHUP does.
---@return self
function Rehearsal:reload() end

--- kill -9 of the host of a script.
---@param name string "queue_wait"
---@return self
function Rehearsal:kill_script(name) end

return sim
