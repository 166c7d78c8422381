--- The mistakes that people make first, and the exact text that each gets: the key's own
--- line, what was found, what is allowed, the nearest guess. All of gateway.conf in one run,
--- all scripts in another. The page of them all is printed at the end.
local harness = require "e2e.harness"

-- ---- gateway.conf: what they wrote, the line of it, what they read ----

-- What is not the mistake is added, so that it is the only one of its section.
local REST <const> = {
  { "%[center ", {
    "url = https://10.22.26.181:28080", "cc_id = 1", "vdn = 1", "access_key = AK", "secret_key = SK",
  } },
  { "%[destination ", { "kind = webhook", "url = https://chat.example.com/hook" } },
}

local CONF <const> = {
  { "[centre one]", 1, "unknown section [centre] (did you mean 'center'?)" },
  { "[calender office]", 1, "unknown section [calender] (did you mean 'calendar'?)" },
  { "[floor]", 1, "unknown section [floor]; there are [gateway], [center NAME], [destination NAME], "
    .. "[calendar NAME], [people], [secret NAME] and [script NAME]" },
  { "[calendar office]\nhours = 9-18", 2, "[calendar office]: hours: '9-18' are no hours of a day, one after the "
    .. "other; write 09:00-18:00 or 09:00-12:00, 13:00-18:00" },
  { "[center]", 1, "[center] needs a name, like [center main]" },
  { "[center dash]\naccess-key = AK", 2,
    "[center dash]: unknown key 'access-key' (did you mean 'access_key'?)" },
  { "[center place]\nscripts = lua", 2, "[center place]: unknown key 'scripts' (it belongs into [gateway])" },
  { "[center colon]\nrate: 5/s", 2, "[center colon]: rate: there is no '=' behind it; write rate = …" },
  { "[center quotes]\naccess_key = \"AK\"", 2,
    "[center quotes]: access_key: has quotes around its value; write it without them" },
  { "[center scheme]\nurl = 10.22.26.181:28080", 2, "[center scheme]: url: '10.22.26.181:28080' does not begin "
    .. 'with https:// or http://; write "https://host:port" and nothing behind it' },
  { "[center path]\nurl = https://10.22.26.181:28080/rest", 2, "[center path]: url: "
    .. "'https://10.22.26.181:28080/rest' has a path; write \"https://host:port\" and nothing behind it" },
  { "[center word]\ncc_id = CC1", 2,
    "[center word]: cc_id: 'CC1' is not a whole number; write digits only (the id of the call centre (ccId))" },
  { "[center range]\nvdn = 9999", 2,
    "[center range]: vdn: '9999' is out of range: 1 to 5000 (the id of the virtual call centre (vdn))" },
  { "[center rate]\nrate = 10", 2, "[center rate]: rate: '10' is not a rate; write \"5/s\" or \"300/min\" "
    .. "(requests to this center, at most)" },
  { "[center timeout]\ntimeout = 10", 2, "[center timeout]: timeout: '10' is not a duration; "
    .. 'write "500ms", "10s" or "1m30s" (how long a request may take)' },
  { "[center edition]\nedition = 2024", 2,
    "[center edition]: edition: '2024' is not one of 2023 2025 (the edition of the server: it decides id ranges)" },
  { "[center twice]\nvdn = 1\nvdn = 2", 3, "[center twice]: vdn stands in line 2 already" },
  { "[center reversed]\nqueue.sales = 7", 2,
    "[center reversed]: queue.sales: 'sales' is not the id of a queue; write queue.7 = sales" },
  { "[center names]\nqueue.1 = sales\nqueue.2 = sales", 3,
    "[center names]: queue.2: queue 1 has the same name" },
  { "[center ids]\nqueue.2500 = sales", 2, "[center ids]: queue.2500: the ids of queues go from 1 to 2000 in "
    .. "edition 2023; to 10000 with edition = 2025" },
  { "[center variable]\nsecret_key = ${env:AICC_SECRET}", 2, "[center variable]: secret_key: ${env:AICC_SECRET}: "
    .. "the environment has no such variable, or an empty one" },
  { "[center file]\nsecret_key = ${file:aicc}", 2,
    "[center file]: secret_key: ${file:aicc}: cannot read FOLDER/aicc: No such file or directory" },
  { "[center open]\nsecret_key = ${file:open}", 2, "[center open]: secret_key: ${file:open}: others may read it; "
    .. "run: chmod 600 FOLDER/open" },
  { "[center unit]\nsecret_key = ${credential:aicc}", 2, "[center unit]: secret_key: ${credential:aicc}: there is "
    .. "no $CREDENTIALS_DIRECTORY; systemd sets it for a service with LoadCredential=aicc:PATH" },
  { "[center yes]\ndefault = true", 2,
    "[center yes]: default: 'true' is not one of yes no (bare gw.* in scripts means this center)" },
  { "[destination kindless]\nurl = http://127.0.0.1:1/", 1,
    "[destination kindless]: kind is missing: what receives: webhook, log, …", bare = true },
  { "[destination typo]\nkind = webhok", 2,
    "[destination typo]: kind: 'webhok' is not known (did you mean 'webhook'?)" },
  { "[destination nowhere]\nkind = webhook", 1, "[destination nowhere]: url is missing: where messages go",
    bare = true },
  { "[destination book]\nkind = log\nurl = https://chat.example.com/hook", 3,
    "[destination book]: url means nothing to kind log, which takes only: kind", bare = true },
  { "[destination post]\nkind = email\nurl = https://mail.example.com\nfrom = a@example.com\nto = b@example.com", 3,
    "[destination post]: url: kind email takes smtp://host:587 or smtps://host, not https://", bare = true },
  { "[destination clear]\nkind = email\nurl = smtp://127.0.0.1.example.com\nfrom = a@example.com\nto = b@example.com"
    .. "\nstarttls = off\nuser = u\npassword = s3cret", 6, "[destination clear]: starttls: off would send the "
    .. "password in clear; leave out one of them, or write url = smtps://host", bare = true },
  { "[destination letter]\nkind = slack\nurl = smtp://mail.example.com:587", 3,
    "[destination letter]: url: kind slack takes https:// or http://, not smtp://", bare = true },
  { "[destination signed]\nsecret = s3cret", 2, "[destination signed]: secret: is not a webhook secret: "
    .. "\"whsec_\" and 24 to 64 bytes in base64; make one with echo whsec_$(openssl rand -base64 32)" },
  { "[destination method]\nmethod = post", 2,
    "[destination method]: method: 'post' is not one of POST PUT PATCH DELETE GET (the HTTP method)" },
  { "[script big]\nmemory = 64", 2, "[script big]: memory: '64' is out of range: 1MB to 16GB (memory of the script)" },
}

-- ---- scripts: where they wrote it, what, and what they read ----

local HEAD <const> = 'local gw = require "gateway"\n'

-- Of [center main], with what gw.agent needs.
local QUEUES <const> = "queue.1 = sales, voice\nqueue.2 = support\nagent_gateway = https://127.0.0.1:1\n"
  .. "operator = 1099\npassword = secret"

-- A script around what they wrote, by where it stands.
local AROUND <const> = {
  script = "%s\n",
  top = HEAD .. "%s\n",
  key = HEAD .. 'gw.rule "x" {\n  from = gw.queues(),\n  when = gw.above("calls_waiting", 5),\n  %s,\n}\n',
  when = HEAD .. 'gw.rule "x" {\n  from = gw.queues(),\n  when = %s,\n}\n',
  from = HEAD .. 'gw.rule "x" {\n  from = %s,\n  when = gw.above("calls_waiting", 5),\n}\n',
  agents = HEAD .. 'gw.rule "x" {\n  from = gw.agents { queue = 1 },\n  when = %s,\n}\n',
  agent = HEAD .. 'gw.rule "x" {\n  from = gw.agent { agent = 1099 },\n  when = %s,\n}\n',
  job = HEAD .. 'gw.job "x" {\n  run = function() end,\n  %s,\n}\n',
  any = HEAD .. 'gw.rule "x" {\n  from = %s,\n  when = function() end,\n}\n',
}

local SCRIPTS <const> = {
  { "script", 'gw.rule "x" {}', [[1: there is no gw yet; begin with: local gw = require "gateway"]] },
  { "script", 'local gw = require "gatewy"', [[1: require knows only "gateway" and "cjson" here, not 'gatewy']] },
  { "top", 'gw.rule "x" {\n  from = gw.queues()\n  every = "15s",\n}',
    "4: '}' expected (to close '{' at line 2) near 'every'; is a comma missing before it?" },
  { "top", 'gw.rule {\n  name = "x",\n}', [[2: gw.rule needs a name: gw.rule "queue-wait" { … }, not a table]] },
  { "top", 'gw.rule("x", {})',
    [[2: rule 'x': the table stands behind the parentheses: gw.rule("x") { … }]] },
  { "top", 'gw.rule "Queue Wait" {\n  from = gw.queues(), when = gw.above("calls_waiting", 5),\n}',
    "2: rule 'Queue Wait': a name has lower-case letters, digits and hyphens, such as 'queue-wait'" },
  { "top", 'gw.rule "x" {\n  from = gw.queues(),\n}',
    [[2: rule 'x': 'when' is missing: a condition such as gw.above("calls_waiting", 5) or a function]] },
  { "top", 'rule "x" {}', "2: 'rule' is gw.rule here" },
  { "top", 'gw.rules "x" {}', "2: gateway has no 'rules' (did you mean 'rule'?)" },
  { "key", 'evry = "15s"', "5: rule 'x': unknown key 'evry' (did you mean 'every'?)" },
  { "key", 'for = "2m"', "5: unexpected symbol near 'for'; 'for' is a word of Lua: it cannot be a key or a name" },
  { "key", "every = 15", [[5: rule 'x': every: 15 is not a duration; write "15s"]] },
  { "key", "every = 15s", [[5: malformed number near '15s'; a duration is a text: "15s"]] },
  { "key", 'every = "15 sec"', [[5: rule 'x': every: '15 sec' is not a duration; write "15s"]] },
  { "key", 'send = "flor-chat"',
    "5: rule 'x': send: no destination 'flor-chat' in gateway.conf (did you mean 'floor-chat'?)" },
  { "key", "send = floor-chat", [[5: 'floor-chat' stands here without quotes; write "floor-chat"]] },
  { "key", 'summary = "{call_waiting} wait"',
    "5: rule 'x': summary: Queue has no field 'call_waiting' (did you mean 'calls_waiting'?)" },
  { "key", 'summary = "{calls_waiting wait"', "5: rule 'x': summary: '{calls_waiting wait' has no closing brace; "
    .. "a brace itself is written {{" },
  { "key", 'clear = gw.below("calls_waiting", 7)',
    "5: rule 'x': clear (below 7) overlaps when (above 5): at 6 the alert would raise and clear in turn" },
  { "key", "hold = 30", [[5: rule 'x': hold: 30 is not a duration; write "30s"]] },
  { "key", 'hlod = "30s"', "5: rule 'x': unknown key 'hlod' (did you mean 'hold'?)" },
  { "key", 'stale_after = "10s"',
    "5: rule 'x': stale_after: 10s is shorter than every, 30s: every sample would be stale" },
  { "key", 'gone = "keep"', "5: rule 'x': gone: 'keep' is not known; known: clear, hold and raise" },
  { "key", 'during = "office"', "5: rule 'x': during: no calendar 'office' in gateway.conf; there is none at all: "
    .. "add a section [calendar NAME]" },
  { "key", 'severity = "critcal"', "5: rule 'x': severity: no severity 'critcal' (did you mean 'critical'?)" },
  { "key", 'labels = { queue = "x" }', "5: rule 'x': labels: 'queue' is always there, and is the gateway's own" },
  { "key", 'mention = "ayse"', "5: rule 'x': mention: nobody is called 'ayse' in [people] of gateway.conf; nobody "
    .. "stands there at all" },
  { "key", 'link = "wall/{id}"',
    "5: rule 'x': link: 'wall/{id}' does not begin with https:// or http://, or has blanks" },
  { "key", 'cleared = "{age:percent}"', "5: rule 'x': cleared: '{age:percent}': write {age:duration}" },
  { "key", 'send = {\n    "floor-chat",\n    { to = "floor-chat", after = "10m" },\n  }',
    "7: rule 'x': send: 'floor-chat' has been told by then; this entry never tells anybody" },
  { "key", 'send = { to = "floor-chat", only = "critical" }',
    "5: rule 'x': send: this rule is never critical; it is warning" },
  { "key", 'send = { to = "floor-chat", unless = "ack" }',
    [[5: rule 'x': send: unless: 'ack' is not known; write unless = "acked"]] },
  { "key", 'levels = {\n    { "info", when = gw.above("calls_waiting", 9) },\n  }',
    "4: rule 'x': when: each of levels says its own; leave it out" },
  { "top", 'gw.rule "x" {\n  from = gw.queues(),\n  levels = {\n'
    .. '    { "critical", when = gw.above("calls_waiting", 9) },\n'
    .. '    { "warning", when = gw.above("calls_waiting", 5) },\n  },\n}',
    "6: rule 'x': levels: 'warning' stands behind 'critical': levels go from the least to the worst" },
  { "when", 'gw.average("calls_waiting", "5m")',
    "4: rule 'x': when: gw.average stands here without a limit; write gw.average(…):above(5)" },
  { "when", 'gw.average("calls_waiting", "20s"):above(3)',
    "4: rule 'x': gw.average: '20s' is shorter than every, 30s: no two samples are in it" },
  { "when", 'gw.maximum("longest_wait_5m", "2m"):above("3m")', "4: rule 'x': gw.maximum: 'longest_wait_5m' covers "
    .. "five minutes by itself; '2m' is too short, the least is \"5m\"" },
  { "when", 'gw.changed("calls_waiting")', "4: rule 'x': gw.changed is true for one sample: write clear, too" },
  { "when", 'gw.times(gw.above("calls_waiting", 5), 3, "1m")',
    "4: rule 'x': gw.times: within '1m' it cannot become true 3 times: it is judged every 30s" },
  { "when", 'gw.above("calls_waiting", gw.by_hour { ["8:00"] = 20 })',
    [[4: rule 'x': gw.by_hour: '8:00' is no time of day; write ["08:00"] = …]] },
  { "when", 'gw.above("call_waiting", 5)',
    "4: rule 'x': Queue has no field 'call_waiting' (did you mean 'calls_waiting'?)" },
  { "when", 'gw.above("callWaitNums", 5)', "4: rule 'x': 'callWaitNums' is 'calls_waiting' here" },
  { "when", "gw.above(calls_waiting, 5)", [[4: 'calls_waiting' is a field of a row; write ]]
    .. [[gw.above("calls_waiting", …), or row.calls_waiting in a function of the row]] },
  { "when", 'gw.above("calls_waiting", "5")', [[4: rule 'x': above("calls_waiting", "5"): 'calls_waiting' is a ]]
    .. "number and is compared with one; write 5" },
  { "when", 'gw.above("longest_wait_5m", 120)', [[4: rule 'x': above("longest_wait_5m", 120): 'longest_wait_5m' ]]
    .. [[is in seconds and is compared with a duration; write "2m"]] },
  { "when", 'gw.below("service_level_5m", 80)', [[4: rule 'x': below("service_level_5m", 80): ]]
    .. [['service_level_5m' is a ratio and is compared with a percentage up to 100; write "80%"]] },
  { "when", '"calls_waiting > 5"', [[4: rule 'x': when: a condition such as gw.above("calls_waiting", 5) or a ]]
    .. "function is needed, not 'calls_waiting > 5'" },
  { "when", "row.calls_waiting > 5", "4: there is no row here; what looks at a row is a function: "
    .. "when = function(row) return row.calls_waiting > 5 end" },
  { "when", 'gw.above("calls_waiting", 5) and gw.equal("agents_available", 0)',
    "4: gw.above: 'and' does not join conditions, it keeps the last one alone; write gw.all { …, … }" },
  { "when", 'gw.all(gw.above("calls_waiting", 5))', "4: rule 'x': gw.all: a list of conditions is needed, such as "
    .. [[gw.all { gw.above("calls_waiting", 5) }]] },
  { "when", "function(row) return row.calls_waiting != 5 end",
    "4: 'end' expected near '!'; not is written 'not', not equal '~='" },
  { "from", "{ 7 }", "3: rule 'x': from: a query such as gw.queues { 7 } is needed, not 7" },
  { "from", "gw.queues(7)", "3: rule 'x': from: a list is needed, such as gw.queues { 7 }, not 7" },
  { "from", 'gw.queues { "sale" }', "3: rule 'x': from: no queue 'sale' in gateway.conf (did you mean 'sales'?)" },
  { "from", "gw.queues { sales }", [[3: 'sales' stands here without quotes; write "sales"]] },
  { "from", "gw.queues { 2500 }", "3: rule 'x': from: 2500 is not a queue: in edition 2023 queues are 1 to 2000" },
  { "from", "gw:queues { 7 }", "3: rule 'x': from: queues is called with a dot: gw.queues { 7 }, "
    .. [[gw.center "main".queues { 7 }]] },
  { "from", 'gw.center "mian".queues()', "3: gw.center: no centre 'mian' in gateway.conf (did you mean 'main'?)" },
  { "any", "gw.agents { 1, 2 }",
    "3: rule 'x': from: a list stands here without its key; write gw.agents { queue = 7 }" },
  { "any", "gw.agents()", "3: rule 'x': from: a table is needed, such as gw.agents { queue = 7 }, not nothing" },
  { "any", "gw.agents { queus = 1 }", "3: rule 'x': from: unknown key 'queus' (did you mean 'queues'?)" },
  { "any", 'gw.agents {\n    queue = 1,\n    expect = { 99 },\n  }',
    "5: rule 'x': from: expect: 99 is not an agent: in edition 2023 agents are 101 to 59999" },
  { "any", "gw.agents { queue = 1, skill = 2 }",
    "3: rule 'x': from: 'queue' and 'skill' both say which queues; one of them is enough" },
  { "any", "gw.agent(1099)",
    "3: rule 'x': from: a table is needed, such as gw.agent { agent = 1099 }, not 1099" },
  { "any", "gw.agent { agents = 1099 }", "3: rule 'x': from: unknown key 'agents' (did you mean 'agent'?)" },
  { "any", 'gw.agent_calls { agent = "1099" }',
    "3: rule 'x': from: agent: an agent is a number such as 1099, not '1099'" },
  { "any", "gw.agent_calls { agent = 99 }", "3: rule 'x': from: agent: 99 is not an agent: in edition 2023 "
    .. "gw.agent_calls takes agents 101 to 59999" },
  { "any", "gw.agent_operations { agent = 1099, from = 1763658000, to = 1763661600 }",
    [[3: rule 'x': from: from: a rule is told what comes; say last = "1h" for what it begins with]],
    [[3: rule 'x': from: to: a rule is told what comes; say last = "1h" for what it begins with]] },
  { "any", 'gw.agent_operations { agent = 1099, last = "20m" }',
    [[3: rule 'x': from: last: '20m' is not a whole number of quarters of an hour; write "30m"]] },
  { "any", 'gw.agent_operations { agent = 1099, last = "24h" }',
    [[3: rule 'x': from: last: '24h' is longer than the centre keeps; the most is "23h45m"]] },
  { "any", 'gw.agent_operations { agent = 1099, type = "bussy" }',
    "3: rule 'x': from: type: no operation 'bussy' (did you mean 'busy'?)" },
  { "any", 'gw.agent_operations { agent = 1099 },\n  every = "1m"', "4: rule 'x': every: gw.agent_operations is "
    .. "asked once per closed quarter of an hour; leave every out" },
  { "any", "{ gw.agents { queue = 1 },\n    gw.agent { agent = 1099 } }",
    "4: rule 'x': from: 'agent' does not go with 'agents': a rule watches rows of one kind" },
  { "agents", 'gw.equal("state", "restt")',
    [[4: rule 'x': equal("state", "restt"): 'state' is never 'restt' (did you mean 'rest'?)]] },
  { "agents", 'gw.equal("state", 8)', [[4: rule 'x': equal("state", 8): 'state' is a word and is compared with ]]
    .. "one; known: unknown, error, busy, idle, wrap_up, talking and rest" },
  { "agents", 'gw.equal("state", "signed_out")', "4: rule 'x': gw.agents lists signed-in agents only: state is "
    .. "never 'signed_out' here; add expect = { … }" },
  { "agents", 'gw.equal("state", "pre_rest")',
    "4: rule 'x': gw.agents never says that state is 'pre_rest'; only gw.agent does" },
  { "agent", 'gw.equal("state", "error")',
    "4: rule 'x': gw.agent never says that state is 'error'; only gw.agents does" },
  { "agents", 'gw.above("state", "rest")',
    "4: rule 'x': 'state' is a word and has no order; gw.equal and gw.one_of compare it" },
  { "agents", 'gw.equal("phone", 7001)',
    [[4: rule 'x': equal("phone", 7001): 'phone' is text and is compared with one; write "7001"]] },
  { "agents", 'gw.equal("skills", 7)', "4: rule 'x': 'skills' comes from gw.agent only" },
  { "agent", 'gw.equal("media", "cti")',
    "4: rule 'x': 'media' is a table and cannot be compared here; a function can" },
  { "agent", 'gw.equal("in_conference", "yes")', [[4: rule 'x': equal("in_conference", "yes"): 'in_conference' is ]]
    .. "true or false; write true" },
  { "agents", 'gw.in_state("rest", 15)', [[4: rule 'x': gw.in_state: 15 is not a duration; write "15s"]] },
  { "agents", 'gw.one_of("state", { "rest", "busy" })', "4: rule 'x': gw.one_of needs a field and values one after "
    .. [[the other, such as gw.one_of("state", "rest", "busy")]] },
  { "agents", 'gw.within("state_age", "5m", "1m")',
    [[4: rule 'x': within("state_age", "5m", "1m"): the lower end comes first]] },
  { "agents", 'gw.equal(cti_state, "rest")', [[4: 'cti_state' is a field of a row; write ]]
    .. [[gw.equal("cti_state", …), or row.cti_state in a function of the row]] },
  { "top", 'local function look() end gw.job "look" { every = "1m", run = look() }',
    "2: job 'look': 'run' is missing: a function such as function(now) … end" },
  { "job", 'at = "9:05"', [[4: job 'x': at: '9:05' is no time of a day; write "09:05"]] },
  { "job", 'cron = "0 24 * * *"', "4: job 'x': cron: '0 24 * * *': '24' is no hour (0 to 23)" },
  { "job", 'every = "1m",\n  cron = "* * * * *"',
    "5: job 'x': every and cron stand together: a job has one of every, at and cron" },
  { "job", "missed = nil",
    [[2: job 'x': when it runs is missing: one of every = "1m", at = "18:05" or cron = "0 9 * * 1-5"]] },
  { "job", 'at = "18:05",\n  zone = "Europe/Istambul"', "5: job 'x': zone: 'Europe/Istambul' is no time zone of "
    .. "this machine (did you mean 'Europe/Istanbul'?)" },
  { "job", 'at = "18:05",\n  zone = "UTC",\n  during = gw.calendar { zone = "UTC", hours = "09:00-18:00" }',
    "6: job 'x': during: it would never run: at 18:05 (UTC) is never within mon-sun 09:00-18:00 (UTC)" },
  { "job", 'cron = "0 0 30 2 *"', "4: job 'x': cron: '0 0 30 2 *' never comes" },
  { "job", 'every = "1m",\n  during = "night-shift"', "5: job 'x': during: no calendar 'night-shift' in "
    .. "gateway.conf; there is none at all: add a section [calendar NAME]" },
  { "top", 'local office = gw.calendar {\n  hours = "09-18",\n}', "3: gw.calendar: hours: '09-18' are no hours of a "
    .. 'day, one after the other; write "09:00-18:00" or "09:00-12:00,13:00-18:00"' },
  { "top", "local rows = gw.queues():fetch()",
    "2: query:fetch works only inside a task, such as the run of a gw.job or the on_raise of a gw.rule" },
  { "top", 'gw.log "hello"', "2: gw.log is not called itself; it has debug, error, info and warn" },
}

local world

-- Runs `ccgate check` in the folder of the world and gives the lines that it complains in.
local function check()
  local pipe = assert(io.popen("realpath " .. harness.ccgate))
  local program = pipe:read "l"
  pipe:close()
  local environment = { "PATH=" .. os.getenv "PATH" }
  for _, name in ipairs { "ASAN_OPTIONS", "UBSAN_OPTIONS" } do
    environment[#environment + 1] = os.getenv(name) and name .. "=" .. os.getenv(name)
  end
  local code, _, err = harness.execute(program, { "check" }, { cwd = world.folder, env = environment })
  assert.equal(1, code)
  local lines = {}
  for line in err:gsub(world.folder:gsub("%p", "%%%0"), "FOLDER"):gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

-- The section of a mistake, with the keys that it needs besides.
local function section(case)
  local lines = { case[1] }
  for _, rest in ipairs(case.bare and {} or REST) do
    for _, line in ipairs(case[1]:find("^" .. rest[1]) and rest[2] or {}) do
      local key = line:match "^[%w_]+"
      if not case[1]:find("\n" .. key .. " =") then lines[#lines + 1] = line end
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

local function print_page(title, cases)
  print("\n" .. title)
  for number, case in ipairs(cases) do
    print(("\n%2d  %s\n    → %s"):format(number, case.wrote:gsub("\n", "\n    "), case.says))
  end
end

before_each(function () world = harness.world() end)
after_each(function () world:close() end)

describe("the first mistakes", function ()
  it("in gateway.conf are told in one run", function ()
    world:write("open", "x\n")
    os.execute("chmod 644 " .. world:path "open")
    local parts, wanted, page, line = {}, {}, {}, 0
    for index, case in ipairs(CONF) do
      local says = case[3]:gsub("stands in line (%d+)", function (at) return "stands in line " .. line + at end)
      wanted[index] = ("gateway.conf:%d: %s"):format(line + case[2], says)
      page[index] = { wrote = case[1], says = wanted[index] }
      parts[index] = section(case)
      line = line + select(2, parts[index]:gsub("\n", ""))
    end
    world:write("gateway.conf", table.concat(parts))
    local said = check()
    table.sort(said)
    table.sort(wanted)
    assert.same(wanted, said)
    print_page("Mistakes in gateway.conf", page)
  end)

  it("in scripts are told in one run", function ()
    world:conf(nil, { queues = QUEUES })
    local wanted, page = {}, {}
    for index, case in ipairs(SCRIPTS) do
      local name = ("mistake%02d"):format(index)
      world:script(name, (AROUND[case[1]]:gsub("%%s", function () return case[2] end)))
      local says = {}
      for said = 3, #case do says[#says + 1] = ("scripts/%s.lua:%s"):format(name, case[said]) end
      table.move(says, 1, #says, #wanted + 1, wanted)
      page[index] = { wrote = case[2], says = table.concat(says, "\n    → ") }
    end
    wanted[#wanted + 1] = #wanted .. " mistakes"
    assert.same(wanted, check())
    print_page("Mistakes in scripts", page)
  end)
end)
