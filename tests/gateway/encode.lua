--- A module of the library that is C (core/script/encode.c), where busted looks for it.
local build <const> = os.getenv("CCGATE_BUILD") or "build"

return assert(package.loadlib(build .. "/tests/parts.so", "luaopen_gateway_encode"))()
