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

--- Asks: a list of rows, or nil and why not.
---@param options? gateway.FetchOptions
---@return Queue[]? rows
---@return gateway.Error? err
function QueuesQuery:fetch(options) end

---@class gateway.AgentsQuery: gateway.Query
local AgentsQuery = {}

--- Asks: a list of rows, or nil and why not.
---@param options? gateway.FetchOptions
---@return Agent[]? rows
---@return gateway.Error? err
function AgentsQuery:fetch(options) end

---@class gateway.CallsQuery: gateway.Query
local CallsQuery = {}

--- Asks: a list of rows, or nil and why not.
---@param options? gateway.FetchOptions
---@return Call[]? rows
---@return gateway.Error? err
function CallsQuery:fetch(options) end

---@class gateway.OperationsQuery: gateway.Query
local OperationsQuery = {}

--- Asks: a list of rows, or nil and why not.
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

local Condition = {}

--- Unknown unless the guard is true, too.
---@param guard gateway.When
---@return gateway.Condition
function Condition:given(guard) end

--- In the unit of the field: 5, "2m", "80%".
---@alias gateway.Limit number|string

--- A limit that changes: what a function of the time gives, in the unit of the field (seconds,
--- a share of 1), or what gw.by_hour says.
---@alias gateway.MovingLimit gateway.Limit|gateway.ByHour|fun(now: integer): gateway.Limit?

---@class gateway.ByHour

--- Limits by the time of day: gw.by_hour { ["08:00"] = 20, ["12:00"] = 35 }.
---@param limits table<string, gateway.Limit>
---@return gateway.ByHour
function gateway.by_hour(limits) end

--- It is more than the limit.
---@param field gateway.Field
---@param limit gateway.MovingLimit
---@return gateway.Condition
function gateway.above(field, limit) end

--- It is less.
---@param field gateway.Field
---@param limit gateway.MovingLimit
---@return gateway.Condition
function gateway.below(field, limit) end

--- It is the limit or more.
---@param field gateway.Field
---@param limit gateway.MovingLimit
---@return gateway.Condition
function gateway.at_least(field, limit) end

--- It is the limit or less.
---@param field gateway.Field
---@param limit gateway.MovingLimit
---@return gateway.Condition
function gateway.at_most(field, limit) end

--- It is that number, word, text or boolean.
---@param field gateway.Field
---@param value gateway.Limit|boolean
---@return gateway.Condition
function gateway.equal(field, value) end

--- It is one of these.
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

--- All are true.
---@param conditions gateway.When[]
---@return gateway.Condition
function gateway.all(conditions) end

--- One is true.
---@param conditions gateway.When[]
---@return gateway.Condition
function gateway.any(conditions) end

--- None is true.
---@param conditions gateway.When[]
---@return gateway.Condition
function gateway.none(conditions) end

--- The field was one value at a sample and another at the next; either may be left out.
---@param field gateway.Field
---@param ends? { from?: gateway.Limit|boolean, to?: gateway.Limit|boolean }
---@return gateway.Condition
function gateway.changed(field, ends) end

--- It became true so often within that time.
---@param condition gateway.When
---@param count integer
---@param within gateway.Duration
---@return gateway.Condition
function gateway.times(condition, count, within) end

--- What the rule's own samples of a row come to over a time; compare it with a colon.
---@class gateway.Window
---@field above fun(self: gateway.Window, limit: gateway.MovingLimit): gateway.Condition
---@field below fun(self: gateway.Window, limit: gateway.MovingLimit): gateway.Condition
---@field at_least fun(self: gateway.Window, limit: gateway.MovingLimit): gateway.Condition
---@field at_most fun(self: gateway.Window, limit: gateway.MovingLimit): gateway.Condition
---@field equal fun(self: gateway.Window, limit: gateway.Limit): gateway.Condition
---@field within fun(self: gateway.Window, low: gateway.Limit, high: gateway.Limit): gateway.Condition
---@field outside fun(self: gateway.Window, low: gateway.Limit, high: gateway.Limit): gateway.Condition

--- The mean of the samples of that time.
---@param field gateway.Field
---@param lasts gateway.Duration
---@return gateway.Window
function gateway.average(field, lasts) end

--- The largest of them.
---@param field gateway.Field
---@param lasts gateway.Duration
---@return gateway.Window
function gateway.maximum(field, lasts) end

--- The smallest.
---@param field gateway.Field
---@param lasts gateway.Duration
---@return gateway.Window
function gateway.minimum(field, lasts) end

--- The sum of the samples.
---@param field gateway.Field
---@param lasts gateway.Duration
---@return gateway.Window
function gateway.total(field, lasts) end

--- How much it grew per second; a fall is a restart from zero.
---@param field gateway.Field
---@param lasts gateway.Duration
---@return gateway.Window
function gateway.rate(field, lasts) end

--- The sum of one field over that of another.
---@param field gateway.Field
---@param under gateway.Field
---@param lasts gateway.Duration
---@return gateway.Window
function gateway.ratio(field, under, lasts) end

-- ---- rules and jobs ----

--- What conditions, functions of a rule and its texts look at.
---@alias gateway.Row Queue|Agent|Call|Operation

---@alias gateway.When gateway.Condition|fun(row: any, now: integer): boolean?

--- These, or those that [gateway] severities lists.
---@alias gateway.Severity "info"|"warning"|"critical"|string

--- What the functions of a rule are told of the alert that they make a text of.
---@class gateway.Alert
---@field kind "raise"|"level"
---@field status "raised"
---@field severity gateway.Severity
---@field level integer Its place in levels; 1 of a rule without.
---@field was? gateway.Severity Of a level: the one before.
---@field rule string
---@field script string
---@field center string
---@field query string
---@field key string
---@field labels table<string, string>
---@field row any
---@field summary? string Once it is made: for details, link and send.
---@field why string
---@field started_at? integer Since when it is true.
---@field age? number How long that is, in seconds.

--- A severity of levels and what raises it.
---@class gateway.Level
---@field [1] gateway.Severity
---@field when gateway.When
---@field clear? gateway.When

--- A destination of gateway.conf that is told under conditions.
---@class gateway.Entry
---@field to string
---@field after? gateway.Duration So long after the raise, if it is still raised.
---@field unless? "acked" Not when somebody has acknowledged it.
---@field only? gateway.Severity|gateway.Severity[]
---@field from? gateway.Severity This severity and those above.
---@field clears? boolean false: not told of the clear.

---@alias gateway.Send string|gateway.Entry|(string|gateway.Entry)[]

---@alias gateway.Unit "count"|"seconds"|"ratio"|"text"|"boolean"

---@alias gateway.Text string|fun(row: any, alert: gateway.Alert): string

--- What on_raise and its kin get, as it was at the transition.
---@class gateway.HandledAlert
---@field id string
---@field fingerprint string
---@field status "raised"|"cleared"
---@field severity string
---@field was? string The severity before, of on_level.
---@field key string
---@field rule string
---@field script string
---@field center string
---@field labels table<string, string>
---@field summary string
---@field details? string
---@field link? string
---@field why string
---@field reason? string
---@field raised_at integer Seconds since the epoch.
---@field ended_at? integer
---@field age integer Seconds.
---@field acked? { by: string, at: integer, note?: string }
---@field attempt integer 1 unless its host or the gateway died.
---@field refs table<string, { id: string, link?: string }> What destinations called it: refs["jira"].id.
---@field note table<integer|string, gateway.Kept> Your own, kept with the alert.

---@class gateway.Rule
---@field from gateway.Query|gateway.Query[]|fun(now: integer): table[]?, any What is watched, or a task that finds rows.
---@field every? gateway.Duration How often it is asked for.
---@field map? fun(rows: gateway.Row[], now: integer): table[] The rows to judge in place of those of the answer.
---@field fields? table<string, gateway.Unit> What map or from adds: { load = "ratio" }.
---@field key? fun(row: any): string By what alerts are told apart; by default the id of the row.
---@field when? gateway.When Raises; required without levels.
---@field clear? gateway.When Clears.
---@field levels? gateway.Level[] Several severities in one alert, from the least to the worst.
---@field hold? gateway.Duration It must be true for so long.
---@field linger? gateway.Duration It must be over for so long.
---@field cooldown? gateway.Duration Not raised again so soon after a clear.
---@field remind? gateway.Duration How often it is told again while raised.
---@field stale_after? gateway.Duration Without a usable sample for so long, stale applies.
---@field stale? "hold"|"raise"|"clear" What then becomes of what is raised; "hold" by default.
---@field gone? "clear"|"hold"|"raise" What a row does that vanished.
---@field during? string|gateway.Calendar Outside it nothing is raised, and what is raised is cleared.
---@field severity? gateway.Severity|fun(row: any): gateway.Severity By default "warning"; also what [gateway] severities lists.
---@field labels? table<string, string|number|boolean>|fun(row: any): table Names and values that go along.
---@field summary? gateway.Text A text such as "{name}: {calls_waiting} waiting".
---@field details? gateway.Text What stands below the summary.
---@field link? gateway.Text An address to look at.
---@field cleared? string The text of the clear: "{summary} — over after {age:duration}".
---@field mention? string|string[]|fun(row: any): string|string[]|nil Whom: [people] of gateway.conf.
---@field send? gateway.Send|fun(event: gateway.Alert): gateway.Send Who is told: destinations of gateway.conf.
---@field doc? string What it is good for, in a sentence.
---@field on_raise? fun(row: any, alert: gateway.HandledAlert) As a task, once the raise is on disk.
---@field on_level? fun(row: any, alert: gateway.HandledAlert) The same, of another severity.
---@field on_remind? fun(row: any, alert: gateway.HandledAlert) The same, of a reminder.
---@field on_clear? fun(row: any, alert: gateway.HandledAlert) The same, of the clear.

--- Watches rows and keeps one alert per row: gw.rule "queue-wait" { … }.
---@param name string
---@return fun(rule: gateway.Rule)
function gateway.rule(name) end

--- One of every, at and cron.
---@class gateway.Job
---@field every? gateway.Duration At an interval.
---@field at? string Each day: "18:05".
---@field cron? string Minute, hour, day, month, weekday: "0 9 * * 1-5".
---@field zone? string Of at and cron: "Europe/Istanbul"; by default the gateway's.
---@field during? gateway.Calendar|string Only while it is open.
---@field missed? "skip"|"once"|"all" What becomes of runs that were due while it was down; "skip" by default.
---@field run fun(now: integer, due: integer) What it does; due is when it was to run.

--- Runs at times and never overlaps itself: gw.job "round-up" { … }.
---@param name string
---@return fun(job: gateway.Job)
function gateway.job(name) end

-- ---- inside a task ----

---@class gateway.Destination
local Destination = {}

--- Queues the message durably and gives a receipt. One with the same key is sent once in 7 days.
---@param message string|table
---@param options? { key?: string }
---@return gateway.Receipt?
---@return gateway.Error? err
function Destination:send(message, options) end

--- What somebody else's server said.
---@class gateway.Answer
---@field status? integer
---@field headers table<string, string> Names in small letters.
---@field body string
---@field json? any The body, where it is JSON.

---@class gateway.Receipt
---@field id string As ccgate outbox shows it.
local Receipt = {}

--- Waits for the receiver's last answer. What it said of a message that is given up, and a
--- timeout, are errors. Of what was over before, the first KB and no headers.
---@param time? gateway.Duration By default a minute.
---@return gateway.Answer?
---@return gateway.Error? err
function Receipt:wait(time) end

--- A destination of gateway.conf.
---@param name string
---@return gateway.Destination
function gateway.destination(name) end

--- Waits; a number is seconds.
---@param time gateway.Duration|number
function gateway.sleep(time) end

---@class gateway.Request
---@field method? string By default "GET", with a body "POST".
---@field url string|gateway.Secret
---@field headers? table<string, string|number|gateway.Secret>
---@field json? any The body as JSON.
---@field body? string|gateway.Secret Or a text in UTF-8.
---@field timeout? gateway.Duration By default "10s", at most "5m".

--- One request, at once and not queued, at most 512 KB of answer. A run that is repeated
--- makes it again.
---@param request gateway.Request
---@return gateway.Answer? Of any status.
---@return gateway.Error? err
function gateway.http(request) end

---@alias gateway.Labels table<string, string|number|boolean>

---@class gateway.Counter
local Counter = {}

--- So many more. Nil, and why, when it is not counted: a script may have 1000 series.
---@param n? number From 0; by default 1.
---@param labels? gateway.Labels
---@return true?
---@return gateway.Error? err
function Counter:add(n, labels) end

---@class gateway.Gauge
local Gauge = {}

--- It is this now.
---@param value number
---@param labels? gateway.Labels
---@return true?
---@return gateway.Error? err
function Gauge:set(value, labels) end

--- A number of /metrics that only grows; its samples end with _total.
---@param name string
---@param help? string One line.
---@return gateway.Counter
function gateway.counter(name, help) end

--- One that goes up and down.
---@param name string
---@param help? string One line.
---@return gateway.Gauge
function gateway.gauge(name, help) end

---@class gateway.Secret
---@operator concat(string): string

--- A mark of a [secret NAME] of gateway.conf, for gw.http: the gateway puts the value in as
--- the request leaves, and only towards the origin that is named there.
---@param name string
---@return gateway.Secret
function gateway.secret(name) end

--- Runs the functions side by side: what each gave, and what went wrong where it gave
--- nil, err, by position. One that raises ends the others, and raises here.
---@param functions (fun(): any, any)[]
---@return table results
---@return table errs
function gateway.parallel(functions) end

--- The same of fn(element, position) for each element, by default eight at a time.
---@generic T
---@param list T[]
---@param fn fun(element: T, position: integer): any, any
---@param options? { at_once?: integer }
---@return table results
---@return table errs
function gateway.map(list, fn, options) end

---@class gateway.AlertFilter
---@field rule? string
---@field key? string|integer
---@field severity? string
---@field status? "raised"|"cleared" By default raised; of gateway.raises, any.
---@field acked? boolean
---@field center? string
---@field queue? string|integer Its label.
---@field agent? string|integer Its label.
---@field ref? string|integer What a destination called it.
---@field since? gateway.Duration|number Raised within that time, or from that time on.

--- The alerts that fit, the newest first.
---@param filter? gateway.AlertFilter
---@return gateway.HandledAlert[]?
---@return gateway.Error? err
function gateway.alerts(filter) end

--- How often one that fits was raised, within 35 days.
---@param filter? gateway.AlertFilter
---@return integer?
---@return gateway.Error? err
function gateway.raises(filter) end

--- Somebody takes care of the alert with this id, or of what a destination called so.
---@param ack { id?: string, ref?: string|integer, by?: string, note?: string }
---@return true?
---@return gateway.Error? err
function gateway.ack(ack) end

---@class gateway.SilenceKeys
---@field rule? string
---@field key? string|integer
---@field labels? table<string, string|integer>
---@field lasts gateway.Duration
---@field by? string By default the script.
---@field note? string

--- Nobody hears of what fits for a while.
---@param silence gateway.SilenceKeys
---@return { id: string, until_at: integer }?
---@return gateway.Error? err
function gateway.silence(silence) end

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

--- Whether it is open, by default now.
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

--- Such a copy with changes: gw.with(row, { load = 1.2 }).
---@param row gateway.Row|table
---@param changes table
---@return table
function gateway.with(row, changes) end

--- At most so many of the rows, those with the largest values first and unknown ones last.
---@generic T
---@param rows T[]
---@param n integer
---@param field gateway.Field
---@return T[]
function gateway.top(rows, n, field) end

--- A text with what is in a row: "{name} waits {longest_wait_5m:duration}".
---@param text string
---@param row gateway.Row|table
---@return string
function gateway.template(text, row) end

--- What null is in JSON.
---@type lightuserdata
gateway.null = nil

--- The list itself, which is [] in JSON also when it is empty.
---@generic T
---@param list T[]
---@return T[]
function gateway.array(list) end

--- JSON whose integers stay integers both ways, and whose empty lists stay lists. What
--- cannot be read or written raises.
---@class gateway.Json
---@field encode fun(value: any): string
---@field decode fun(text: string): any

--- JSON: encode(value) and decode(text).
---@type gateway.Json
gateway.json = {}

--- Lines of the gateway's log.
---@class gateway.Log
---@field debug fun(text: any, fields?: table)
---@field info fun(text: any, fields?: table)
---@field warn fun(text: any, fields?: table)
---@field error fun(text: any, fields?: table)

--- The gateway's log: info(text, { key = value }), debug, warn, error.
---@type gateway.Log
gateway.log = {}

return gateway
