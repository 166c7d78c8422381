--- A module of the library that is C, where Lua itself looks for it: it lies in core.so,
--- which offers it when it is loaded.
local name <const> = ...

require "gateway.core"
return package.preload[name](name)
