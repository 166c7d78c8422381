--- What `ccgate test` prints of the records of gateway.test: for people as they come, or
--- all of them as JSON. Both give { tell = function(record), finish = function() → number
--- of failed ones }.
local json = require "gateway.json"

local report = {}

local COLORS <const> = { passed = 32, failed = 31, pending = 33 }
local WORDS <const> = { passed = "ok", failed = "FAILED", pending = "pending" }

local function is_colored()
  local has_term, term = pcall(require, "term")
  return has_term and term.isatty(io.stdout) and not os.getenv "NO_COLOR"
end

local function counter()
  local counts = { passed = 0, failed = 0, pending = 0 }
  return counts, function(record)
    counts[record.status] = counts[record.status] + 1
  end
end

local function write_record(record, colored)
  local word = string.format("%-7s", WORDS[record.status])
  if colored then
    word = string.format("\27[%dm%s\27[0m", COLORS[record.status], word)
  end
  io.write("  ", word, " ", record.name, string.format("  (%d ms)\n", record.ms))
  for line in (record.message or ""):gmatch "[^\n]+" do
    io.write("          ", line, "\n")
  end
end

--- "  ok      waits out the hold  (12 ms)", under the name of its file.
function report.text()
  local counts, count = counter()
  local colored, file = is_colored(), nil
  local function tell(record)
    count(record)
    if record.file ~= file then
      file = record.file
      io.write(file, "\n")
    end
    write_record(record, colored)
    io.flush()
  end
  local function finish()
    local pending = counts.pending > 0 and string.format(", %d pending", counts.pending) or ""
    io.write(string.format("%d passed, %d failed%s\n", counts.passed, counts.failed, pending))
    return counts.failed
  end
  return { tell = tell, finish = finish }
end

local KEYS <const> = { "file", "line", "name", "status", "ms", "message" }

local function encode(record)
  local members = {}
  for _, key in ipairs(KEYS) do
    if record[key] ~= nil then
      members[#members + 1] = { key, record[key] }
    end
  end
  return json.encode(json.object(members))
end

--- A list of the records.
function report.json()
  local counts, count = counter()
  local lines = {}
  local function tell(record)
    count(record)
    lines[#lines + 1] = "\n " .. encode(record)
  end
  local function finish()
    io.write("[", table.concat(lines, ","), "\n]\n")
    return counts.failed
  end
  return { tell = tell, finish = finish }
end

return report
