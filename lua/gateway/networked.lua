--- The options of a destination that is reached over the network: those of its kind, and
--- those of how any such place is reached.

local REACHED <const> = { "ca_file", "timeout", "rate", "allow_private" }

--- Adds them to the options of a kind, which it returns.
return function(options)
  for _, name in ipairs(REACHED) do
    options[name] = "optional"
  end
  return options
end
