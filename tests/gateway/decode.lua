--- A module of the library that is C (core/script/decode.c), where busted looks for it.
local build <const> = os.getenv("CCGATE_BUILD") or "build"

return assert(package.loadlib(build .. "/tests/parts.so", "luaopen_gateway_decode"))()
