---@meta gateway
-- What `require "gateway"` gives, for the Lua language server. The rows are in rows.lua.

--- A duration: "15s", "2m", "1h30m".
---@alias gateway.Duration string

---@class gateway
local gateway = {}

-- ---- queries ----

--- What the world did: it prints well.
---@class gateway.Error
---@field kind "network"|"timeout"|"tls"|"http"|"api"|"decode"|"auth"|"cancelled"|"limit"
---@field code string The HTTP status, or the contact centre's own code; "" for none.
---@field message string

---@class gateway.FetchOptions
---@field max_age? gateway.Duration Rows that are so young are not asked for again.

---@class gateway.Query

---@class gateway.QueuesQuery: gateway.Query
local QueuesQuery = {}

--- Asks, in a task.
---@param options? gateway.FetchOptions
---@return Queue[]? rows
---@return gateway.Error? err
function QueuesQuery:fetch(options) end

---@class gateway.AgentsQuery: gateway.Query
local AgentsQuery = {}

--- Asks, in a task.
---@param options? gateway.FetchOptions
---@return Agent[]? rows
---@return gateway.Error? err
function AgentsQuery:fetch(options) end

---@class gateway.CallsQuery: gateway.Query
local CallsQuery = {}

--- Asks, in a task.
---@param options? gateway.FetchOptions
---@return Call[]? rows
---@return gateway.Error? err
function CallsQuery:fetch(options) end

---@class gateway.OperationsQuery: gateway.Query
local OperationsQuery = {}

--- Asks, in a task.
---@param options? gateway.FetchOptions
---@return Operation[]? rows
---@return gateway.Error? err
function OperationsQuery:fetch(options) end

--- Queues by number or name of gateway.conf, or all that have a tag.
---@alias gateway.Queues (integer|string)[]|{ tag: string }

---@class gateway.AgentsOf
---@field queue? integer|string
---@field queues? (integer|string)[]|"all"
---@field skill? integer|string The contact centre's own word for a queue.
---@field skills? (integer|string)[]|"all"
---@field expect? integer[] Agents who should be signed in: the others are rows, too.

---@class gateway.ByAgent
---@field agent integer|integer[]

--- One of last, since, and from with to; UTC, in whole quarters of an hour.
---@class gateway.OperationsOf: gateway.ByAgent
---@field last? gateway.Duration The quarters that are over, up to "23h45m".
---@field since? "today"
---@field from? integer Seconds since the epoch.
---@field to? integer
---@field type? Operation.operation|integer

--- The questions that a contact centre answers.
---@class gateway.Questions
local questions = {}

--- Statistics of queues; without an argument of every queue that gateway.conf names.
---@param which? gateway.Queues
---@return gateway.QueuesQuery
function questions.queues(which) end

--- The agents who are signed in to queues.
---@param which gateway.AgentsOf
---@return gateway.AgentsQuery
function questions.agents(which) end

--- The calls that agents have.
---@param which gateway.ByAgent
---@return gateway.CallsQuery
function questions.agent_calls(which) end

--- What agents did.
---@param which gateway.OperationsOf
---@return gateway.OperationsQuery
function questions.agent_operations(which) end

--- Agents by their number, from the agent gateway.
---@param which gateway.ByAgent
---@return gateway.AgentsQuery
function questions.agent(which) end

gateway.queues = questions.queues
gateway.agents = questions.agents
gateway.agent_calls = questions.agent_calls
gateway.agent_operations = questions.agent_operations
gateway.agent = questions.agent

--- The same questions to one of several centres.
---@param name string
---@return gateway.Questions
function gateway.center(name) end

-- ---- conditions ----

--- True, false or unknown; unknown raises nothing and clears nothing.
---@class gateway.Condition

--- In the unit of the field: 5, "2m", "80%".
---@alias gateway.Limit number|string

---@param field gateway.Field
---@param limit gateway.Limit
---@return gateway.Condition
function gateway.above(field, limit) end

---@param field gateway.Field
---@param limit gateway.Limit
---@return gateway.Condition
function gateway.below(field, limit) end

---@param field gateway.Field
---@param limit gateway.Limit
---@return gateway.Condition
function gateway.at_least(field, limit) end

---@param field gateway.Field
---@param limit gateway.Limit
---@return gateway.Condition
function gateway.at_most(field, limit) end

---@param field gateway.Field
---@param value gateway.Limit|boolean
---@return gateway.Condition
function gateway.equal(field, value) end

---@param field gateway.Field
---@param ... gateway.Limit
---@return gateway.Condition
function gateway.one_of(field, ...) end

--- From low to high, both included.
---@param field gateway.Field
---@param low gateway.Limit
---@param high gateway.Limit
---@return gateway.Condition
function gateway.within(field, low, high) end

--- Below low or above high.
---@param field gateway.Field
---@param low gateway.Limit
---@param high gateway.Limit
---@return gateway.Condition
function gateway.outside(field, low, high) end

--- The agent has been in this state longer than that.
---@param state Agent.state
---@param age gateway.Duration
---@return gateway.Condition
function gateway.in_state(state, age) end

---@param conditions gateway.Condition[]
---@return gateway.Condition
function gateway.all(conditions) end

---@param conditions gateway.Condition[]
---@return gateway.Condition
function gateway.any(conditions) end

---@param conditions gateway.Condition[]
---@return gateway.Condition
function gateway.none(conditions) end

-- ---- rules and jobs ----

--- What conditions, functions of a rule and its texts look at.
---@alias gateway.Row Queue|Agent|Call|Operation

---@class gateway.Rule
---@field from gateway.Query|gateway.Query[] What is watched.
---@field every? gateway.Duration How often it is asked for.
---@field when gateway.Condition|fun(row: any, now: integer): boolean? Raises.
---@field clear? gateway.Condition|fun(row: any, now: integer): boolean? Clears.
---@field summary? string|fun(row: any): string A text such as "{name}: {calls_waiting} waiting".
---@field send? string|(string|{ to: string })[] Destinations of gateway.conf.

--- Watches rows and keeps one alert per row: gw.rule "queue-wait" { … }.
---@param name string
---@return fun(rule: gateway.Rule)
function gateway.rule(name) end

--- One of every, at and cron.
---@class gateway.Job
---@field every? gateway.Duration
---@field at? string Each day: "18:05".
---@field cron? string "0 9 * * 1-5": minute, hour, day, month, weekday.
---@field zone? string Of at and cron: "Europe/Istanbul"; by default the gateway's.
---@field during? gateway.Calendar|string Only while it is open.
---@field missed? "skip"|"once"|"all" What becomes of runs that were due while it was down; "skip" by default.
---@field run fun(now: integer, due: integer) due is when it was to run.

--- Runs at times and never overlaps itself: gw.job "round-up" { … }.
---@param name string
---@return fun(job: gateway.Job)
function gateway.job(name) end

-- ---- inside a task ----

---@class gateway.Destination
local Destination = {}

--- Queues the message durably. One with the same key is sent once in 7 days.
---@param message string|table
---@param options? { key?: string }
---@return true?
---@return gateway.Error? err
function Destination:send(message, options) end

--- A destination of gateway.conf.
---@param name string
---@return gateway.Destination
function gateway.destination(name) end

--- Waits; a number is seconds.
---@param time gateway.Duration|number
function gateway.sleep(time) end

--- Seconds since the epoch.
---@return integer
function gateway.now() end

--- A time as os.date formats it, on the clock of a zone, by default the gateway's.
---@param format? string
---@param t? number Seconds since the epoch; by default now.
---@param zone? string
---@return string|osdate
function gateway.date(format, t, zone) end

--- The day in the gateway's zone: "2026-11-21".
---@param t? number
---@return string
function gateway.day(t) end

---@class gateway.CalendarKeys
---@field zone? string "Europe/Istanbul"; by default the gateway's.
---@field days? string "mon-fri", "mon,wed-fri"; by default every day.
---@field hours? string "09:00-12:00,13:00-18:00"; "22:00-06:00" belongs to the day it begins on. By default all day.
---@field holidays? string[] { "2026-10-29" }
---@field except? table<string, string> { ["2026-10-28"] = "09:00-13:00" }: wins over all else.

---@class gateway.Calendar
local Calendar = {}

---@param now? number Seconds since the epoch.
---@return boolean
function Calendar:open(now) end

--- Opening hours, or the name of a [calendar] in gateway.conf.
---@param keys gateway.CalendarKeys|string
---@return gateway.Calendar
function gateway.calendar(keys) end

--- The seconds of a duration: gw.duration "1h30m" is 5400.
---@param text gateway.Duration
---@return number
function gateway.duration(text) end

--- What gw.store() keeps: booleans, numbers, texts and plain trees.
---@alias gateway.Kept boolean|number|string|table

--- This script's table that survives restarts; what is read from it is read-only. A
--- change commits with the activation and is dropped when that raises.
---@param options? { keep?: gateway.Duration } Forgets what was not written for so long.
---@return table<integer|string, gateway.Kept>
function gateway.store(options) end

--- A table of your own with what is in a row, in a kept table or in the store.
---@generic T
---@param row T
---@return T
function gateway.copy(row) end

--- A text with what is in a row: "{name} waits {longest_wait_5m:duration}".
---@param text string
---@param row gateway.Row|table
---@return string
function gateway.template(text, row) end

--- Lines of the gateway's log.
---@class gateway.Log
---@field debug fun(text: any, fields?: table)
---@field info fun(text: any, fields?: table)
---@field warn fun(text: any, fields?: table)
---@field error fun(text: any, fields?: table)

---@type gateway.Log
gateway.log = {}

return gateway
