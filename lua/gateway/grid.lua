--- Columns and rows as lines of equal width, for letters that all have one.

local cut = require("gateway.cut")

local grid = {}

local CELL_MAX <const> = 40
local GAP <const> = "  "

local function plain(text)
  return text
end

local function shorten(text)
  return cut.text(text, CELL_MAX, cut.characters, plain)
end

local function pad(text, width)
  local blanks = (" "):rep(width - cut.characters(text))
  return tonumber(text) and blanks .. text or text .. blanks
end

local function line_of(cells, widths)
  local padded = {}
  for i, width in ipairs(widths) do
    padded[i] = pad(cells[i], width)
  end
  return (table.concat(padded, GAP):gsub("%s+$", ""))
end

--- The lines: the columns' names first, then at most `most` rows, then how many more
--- there are. Numbers stand at the right of their cell.
function grid.lines(columns, rows, most)
  local shown, widths = {}, {}
  for i = 0, math.min(#rows, most) do
    shown[i + 1] = {}
    for j, cell in ipairs(i == 0 and columns or rows[i]) do
      shown[i + 1][j] = shorten(cell)
      widths[j] = math.max(widths[j] or 0, cut.characters(shown[i + 1][j]))
    end
  end
  local lines = {}
  for i, cells in ipairs(shown) do
    lines[i] = line_of(cells, widths)
  end
  if #rows > most then
    lines[#lines + 1] = ("… and %d more"):format(#rows - most)
  end
  return lines
end

return grid
