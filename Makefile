# ccgate. `make run` shows it, `make test` proves it, `make check` keeps the house clean.
#
# BUILD=DIR builds elsewhere; SANITIZE=1 builds with ASan and UBSan (in build/sanitize).

PACKAGES := gcc make pkg-config lua5.4 liblua5.4-dev lua-cjson lua-cjson-dev \
	libcurl4-openssl-dev libevent-dev libssl-dev libsqlite3-dev libseccomp-dev
TEST_PACKAGES := libcmocka-dev lua-busted lua-luv sqlite3 curl openssl procps
CHECK_PACKAGES := clang clang-format cppcheck lua-check
# npm comes with some builds of node, and with others it does not.
BENCH_PACKAGES := nodejs sqlite3 procps $(if $(shell command -v npm),,npm)

ifeq ($(SANITIZE),1)
BUILD ?= build/sanitize
SANITIZE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer -DCCGATE_SANITIZE
OPTIMIZE := -O1
else
BUILD ?= build
OPTIMIZE := -O2
FORTIFY := -D_FORTIFY_SOURCE=2
endif

CC ?= gcc
LIBRARIES := lua5.4 lua5.4-cjson libcurl libevent libevent_openssl openssl sqlite3 libseccomp
pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)

# Position independent for core.so, too, and hidden, so that it costs no more than a
# program's; tests are not: some stand in for functions of libraries.
HIDDEN := -fvisibility=hidden
CFLAGS := -std=c11 -D_GNU_SOURCE $(OPTIMIZE) -g -fPIC -pthread $(FORTIFY) \
	-fstack-protector-strong -fstack-clash-protection -fcf-protection \
	-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wno-format-nonliteral \
	-Icore $(SANITIZE_FLAGS)
LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZE_FLAGS)

# ---- rooms: which file goes into which program ----

# core/script holds both ends of the socket: these files are the core's, these are for
# both, all others are the host's.
SCRIPT_CORE := $(addprefix core/script/,supervisor.c supervisor_look.c ward.c \
	ward_tell.c ward_errors.c resident.c resident_take.c resident_wait.c resident_ask.c \
	resident_receipt.c resident_alerts.c resident_http.c secrets.c ask_json.c \
	resident_jobs.c resident_tick.c \
	resident_handler.c process.c folder.c modules.c setup.c strikes.c sweep.c ledger.c \
	run_report.c)
SCRIPT_BOTH := $(addprefix core/script/,frame.c cursor.c message.c message_reply.c \
	message_job.c message_said.c message_task.c message_word.c message_metric.c tally.c \
	latch_step.c key.c limit.c quoted.c library.c decode.c encode.c \
	bind_model.c)
HOST_SOURCES := $(addprefix core/base/,mem.c buf.c quote.c text.c error.c sha256.c message_id.c \
	zone.c zone_file.c hours.c cron.c calendar.c timetable.c) \
	$(wildcard core/model/*.c) $(filter-out $(SCRIPT_CORE),$(wildcard core/script/*.c))
CORE_SOURCES := $(filter-out core/script/%,$(wildcard core/*.c core/*/*.c)) \
	$(SCRIPT_CORE) $(SCRIPT_BOTH)
SCENARIOS := $(sort $(wildcard core/sim/scenarios/*.lua))
LUA_SOURCES := $(sort $(shell find lua/gateway -name '*.lua'))

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBRARY_OBJECT := $(BUILD)/gen/library_data.o
SCENARIO_OBJECT := $(BUILD)/gen/scenario_data.o
CORE_OBJECTS := $(call object,$(CORE_SOURCES)) $(LIBRARY_OBJECT) $(SCENARIO_OBJECT)
HOST_OBJECTS := $(call object,$(HOST_SOURCES)) $(LIBRARY_OBJECT)
# Everything but the two main(): what unit tests link.
TEST_OBJECTS := $(filter-out $(call object,core/main.c core/script/host.c),\
	$(sort $(CORE_OBJECTS) $(HOST_OBJECTS)))

CORE_LIBS = $(call pkg,--libs,libcurl libevent libevent_openssl openssl sqlite3 lua5.4 lua5.4-cjson)
HOST_LIBS = $(call pkg,--libs,lua5.4 lua5.4-cjson libseccomp)
ALL_LIBS = $(call pkg,--libs,$(LIBRARIES) cmocka)

# What tests of scripts need in a plain busted: the engine as a library of Lua, and the
# modules around it. A sanitizer is not for a library in a program without it.
SIM_MODULES := $(addsuffix .lua,sim sim_answer sim_module sim_rows sim_sent duration field json problem shape \
	source value wording)
SIM_PARTS := decode.lua encode.lua
ifneq ($(SANITIZE),1)
SIM_LIBRARY := $(addprefix $(BUILD)/lua/gateway/,core.so $(SIM_MODULES) $(SIM_PARTS))
endif

# V=1 shows the commands.
ifeq ($(V),1)
say = @:
quiet =
else
say = @printf '  %-5s %s\n'
quiet = @
endif

# As many at a time as there are processors; -jN on the command line wins.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

.PHONY: all run test test-programs nightly check docs bench fuzz sanitize clean install
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/ccgate $(BUILD)/ccgate-script $(SIM_LIBRARY)

$(BUILD)/ccgate: $(CORE_OBJECTS)
	@mkdir -p $(@D)
	$(say) link $@
	$(quiet)$(CC) $(LDFLAGS) -o $@ $^ $(CORE_LIBS)

$(BUILD)/ccgate-script: $(HOST_OBJECTS)
	@mkdir -p $(@D)
	$(say) link $@
	$(quiet)$(CC) $(LDFLAGS) -o $@ $^ $(HOST_LIBS)

$(BUILD)/lua/gateway/core.so: $(filter-out $(call object,core/main.c),$(CORE_OBJECTS))
	@mkdir -p $(@D)
	$(say) link $@
	$(quiet)$(CC) -shared $(filter-out -pie,$(LDFLAGS)) -o $@ $^ $(CORE_LIBS)

$(addprefix $(BUILD)/lua/gateway/,$(SIM_PARTS)): lua/part.lua
	@mkdir -p $(@D)
	$(quiet)cp $< $@

$(BUILD)/lua/gateway/%.lua: lua/gateway/%.lua
	@mkdir -p $(@D)
	$(quiet)cp $< $@

# Other flags make other objects: all depend on this file.
$(BUILD)/%.o: %.c $(BUILD)/.packages Makefile
	@mkdir -p $(@D)
	$(say) cc $<
	$(quiet)$(CC) $(CFLAGS) $(HIDDEN) $(call pkg,--cflags,$(LIBRARIES)) -MMD -MP -c -o $@ $<

$(BUILD)/gen/library_data.c: lua/embed.lua $(LUA_SOURCES) $(BUILD)/.packages
	@mkdir -p $(@D)
	$(say) lua $@
	$(quiet)lua5.4 lua/embed.lua $(LUA_SOURCES) > $@

$(BUILD)/gen/scenario_data.c: lua/embed_text.lua $(SCENARIOS) $(BUILD)/.packages
	@mkdir -p $(@D)
	$(say) lua $@
	$(quiet)lua5.4 lua/embed_text.lua $(SCENARIOS) > $@

$(BUILD)/gen/%_data.o: $(BUILD)/gen/%_data.c Makefile
	$(say) cc $<
	$(quiet)$(CC) $(CFLAGS) $(HIDDEN) -c -o $@ $<

# ---- packages: installed when root, otherwise the one command is printed ----

need = @.ci/packages $(1)

$(BUILD)/.packages: .ci/packages
	@mkdir -p $(@D)
	$(call need,$(PACKAGES))
	@touch $@

$(BUILD)/.test-packages: .ci/packages
	@mkdir -p $(@D)
	$(call need,$(PACKAGES) $(TEST_PACKAGES))
	@touch $@

$(BUILD)/.check-packages: .ci/packages
	@mkdir -p $(@D)
	$(call need,$(PACKAGES) $(TEST_PACKAGES) $(CHECK_PACKAGES))
	@touch $@

# ---- tests ----

CORE_TESTS := $(patsubst tests/core/%.c,$(BUILD)/tests/%,$(wildcard tests/core/test_*.c))
FUZZ_TESTS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))

$(BUILD)/tests/%.o: tests/core/%.c $(BUILD)/.test-packages Makefile
	@mkdir -p $(@D)
	$(say) cc $<
	$(quiet)$(CC) $(CFLAGS) $(call pkg,--cflags,$(LIBRARIES)) -MMD -MP -c -o $@ $<

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(TEST_OBJECTS)
	$(say) link $@
	$(quiet)$(CC) $(LDFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/tests/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(TEST_OBJECTS) $(BUILD)/.test-packages
	@mkdir -p $(@D)
	$(say) cc $<
	$(quiet)$(CC) $(CFLAGS) $(LDFLAGS) $(call pkg,--cflags,$(LIBRARIES)) -o $@ tests/fuzz/fuzz_$*.c \
		tests/fuzz/replay.c $(TEST_OBJECTS) $(ALL_LIBS)

$(BUILD)/tests/fuzz_frame: tests/core/frame_again.h

# What tests preload into programs.
PRELOADED := -std=c11 -Wall -Wextra -O2 -fPIC -shared
SHIMS := $(patsubst tests/shim/%.c,$(BUILD)/tests/%.so,$(wildcard tests/shim/*.c))

$(BUILD)/tests/%.so: tests/shim/%.c tests/shim/switch.h
	@mkdir -p $(@D)
	$(say) cc $<
	$(quiet)$(CC) $(PRELOADED) -o $@ $< -ldl

# The library's parts that are C, for busted; never with a sanitizer, which its program
# has not.
PART_SOURCES := $(addprefix core/,script/decode.c script/encode.c model/json.c base/buf.c \
	base/mem.c base/quote.c base/text.c)
PARTS := $(BUILD)/tests/parts.so

$(PARTS): $(PART_SOURCES) $(PART_SOURCES:.c=.h) $(BUILD)/.packages
	@mkdir -p $(@D)
	$(say) cc $@
	$(quiet)$(CC) $(filter-out $(SANITIZE_FLAGS),$(CFLAGS)) $(call pkg,--cflags,lua5.4) \
		-shared -o $@ $(PART_SOURCES)

test-programs: all $(CORE_TESTS) $(FUZZ_TESTS) $(SHIMS) $(PARTS)

test: $(BUILD)/.test-packages
	@$(MAKE) --no-print-directory -j$$(nproc) BUILD=$(BUILD) test-programs
	@tests/run $(BUILD)

# What takes too long for every day.
nightly: $(BUILD)/.test-packages
	@$(MAKE) --no-print-directory -j$$(nproc) BUILD=$(BUILD) test-programs
	@CCGATE_KILLS=500 tests/run $(BUILD) e2e/kill e2e/machine e2e/point

sanitize:
	@$(MAKE) --no-print-directory SANITIZE=1 test

check: $(BUILD)/.check-packages
	+@.ci/check $(BUILD)

# The stubs for editors and the tables of the README, from the descriptors.
docs: all
	@.ci/docs $(BUILD)

# Coverage-guided, needs clang: make fuzz TARGET=decode FOR=60
TARGET ?= decode
fuzz: $(BUILD)/.check-packages $(BUILD)/gen/library_data.c
	@.ci/fuzz $(BUILD) $(TARGET) $(or $(FOR),60)

# ---- benchmarks ----

BENCH_OBJECTS := $(call object,$(addprefix core/base/,mem.c buf.c quote.c text.c error.c log.c \
	agenda.c clock.c loop.c loop_held.c range.c) \
	$(wildcard core/net/http*.c) core/net/sign.c)

$(BUILD)/.bench-packages: .ci/packages
	@mkdir -p $(@D)
	$(call need,$(BENCH_PACKAGES))
	@touch $@

$(BUILD)/bench/%: tests/bench/%.c $(BENCH_OBJECTS)
	@mkdir -p $(@D)
	$(say) link $@
	$(quiet)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg,--cflags --libs,libcurl libevent openssl)

$(BUILD)/bench/%.so: tests/bench/%.c
	@mkdir -p $(@D)
	$(say) cc $<
	$(quiet)$(CC) $(PRELOADED) -o $@ $< -ldl

$(BUILD)/bench/undici/client.mjs: $(wildcard tests/bench/undici/*) $(BUILD)/.bench-packages
	@mkdir -p $(@D)
	$(say) npm undici
	$(quiet)cp tests/bench/undici/package*.json $(@D)
	$(quiet)cd $(@D) && npm ci --silent --no-audit --no-fund
	$(quiet)cp tests/bench/undici/client.mjs $@

bench: all $(addprefix $(BUILD)/bench/,floor meter dial turns.so undici/client.mjs)
	@tests/bench/run $(BUILD)
	@tests/bench/scale $(BUILD)

# ---- seeing it ----

run: all
	@$(BUILD)/ccgate demo -c gateway.conf $(if $(FOR),--for $(FOR))

PREFIX ?= /usr/local
install: all
	install -D $(BUILD)/ccgate $(DESTDIR)$(PREFIX)/bin/ccgate
	install -D $(BUILD)/ccgate-script $(DESTDIR)$(PREFIX)/bin/ccgate-script
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/ccgate/types lua/types/*.lua
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/lua/5.4/gateway $(BUILD)/lua/gateway/core.so
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/lua/5.4/gateway \
		$(addprefix $(BUILD)/lua/gateway/,$(SIM_MODULES) $(SIM_PARTS))

clean:
	rm -rf $(BUILD)

-include $(patsubst %.o,%.d,$(CORE_OBJECTS) $(HOST_OBJECTS)) $(CORE_TESTS:=.d)
