std = "lua54"
max_line_length = 120
files["tests"] = { std = "lua54+busted" }
files["**/*_spec.lua"] = { std = "lua54+busted" }
-- Declarations for editors: nothing in them runs.
files["lua/types"] = { ignore = { "211", "212", "241", "631" } }
exclude_files = { "build", "**/node_modules" }
