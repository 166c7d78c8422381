--- The library's module that is C (core/script/encode.c), where busted looks for it.
local build <const> = os.getenv("CCGATE_BUILD") or "build"

return assert(package.loadlib(build .. "/tests/encode.so", "luaopen_gateway_encode"))()
