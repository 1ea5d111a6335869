# SPDX-License-Identifier: GPL-2.0-only
#
# mhptop itself, build/mhptop, and the programs that test its parts without a kernel. Every .c file below this folder is
# part of it. Can also be used alone, from the top folder: make -f tools/mhptop/mhptop.mk check-unit check-golden
#
# $(CC) builds the program. Tests use a second build of the same files by clang with sanitizers, so both compilers check
# all of the code.

MHPTOP_ALONE := $(if $(BPF_SKEL),,1)
ifdef MHPTOP_ALONE
Q ?= @
.DEFAULT_GOAL := mhptop
include bpf/bpf.mk
endif

MHPTOP_VERSION := 0.1
MHPTOP_LIBS := libbpf ncursesw json-c zlib libzstd libdw libtracecmd libtraceevent libseccomp
# Loaded at run time: by mhptop serve, and where a service manager is
MHPTOP_LOADED := libmicrohttpd libsystemd
MODULES := $(MHPTOP_LIBS) $(MHPTOP_LOADED)
MHPTOP_SRC := $(sort $(shell find tools/mhptop -name '*.c'))
MHPTOP_OBJ := $(MHPTOP_SRC:tools/mhptop/%.c=build/obj/%.o)

CFLAGS ?= -O2 -g
MHPTOP_CFLAGS = -std=gnu11 -Wall -Wextra $(ERROR_FLAGS) -D_GNU_SOURCE -DMHPTOP_VERSION='"$(MHPTOP_VERSION)"' \
	-Itools/mhptop $(BPF_CPPFLAGS) $(shell pkg-config --cflags $(MODULES))
MHPTOP_LDLIBS = $(shell pkg-config --libs $(MHPTOP_LIBS))

# Frame pointers: the leak checker needs them for its backtraces. fuzzer-no-link: coverage information for fuzz targets.
SAN_CC := $(CLANG)
SAN_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
SAN_OBJ := $(MHPTOP_SRC:tools/mhptop/%.c=build/san/%.o)

# Each tests/fuzz/fuzz_*.c is a libFuzzer target; tests/fuzz/run.sh runs those that are built.
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

# Each tests/unit/test_*.c is a program that prints KTAP; events_doc prints the reference part of docs/events.md,
# schema_doc, schema_answers and schema_memory the files of docs/schema, status_doc the exit codes of docs/mhptop.8.
UNIT_TESTS := $(patsubst tests/unit/%.c,build/tests/%,$(sort $(wildcard tests/unit/test_*.c)))
HOST_TESTS := $(UNIT_TESTS) build/tests/events_doc build/tests/schema_doc build/tests/schema_answers build/tests/schema_memory build/tests/status_doc build/tests/mhptop build/tests/generate build/tests/mutate build/tests/nulls build/tests/as_text build/tests/as_binary \
	build/tests/steps build/tests/call_sites build/tests/btf_compare build/tests/live build/tests/still build/tests/frame build/tests/as_live \
	build/tests/pieces $(FUZZ_TARGETS) build/fuzz/dictionary

.PHONY: mhptop check-build check-unit check-golden

mhptop: build/mhptop

check-build: $(HOST_TESTS)

check-unit: $(UNIT_TESTS)
	$(Q)tests/unit/run.sh

check-golden: build/mhptop build/tests/mhptop build/tests/generate
	$(Q)tests/golden/run.sh
	$(Q)MHPTOP=build/tests/mhptop tests/golden/run.sh

build/obj build/san build/tests build/fuzz: | $(BPF_OUT)
	$(Q)mkdir -p $@

# Files that include the skeleton need it before their first build; later the .d files say when it is out of date.
$(filter build/obj/source/bpf/% build/san/source/bpf/%,$(MHPTOP_OBJ) $(SAN_OBJ)): | $(BPF_SKEL)

# It includes files that are no headers.
build/obj/serve/assets.o build/san/serve/assets.o: $(wildcard tools/mhptop/serve/page/*)

build/obj/%.o: tools/mhptop/%.c tools/mhptop/mhptop.mk | build/obj
	@echo '  CC       $@'
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MHPTOP_CFLAGS) $(CFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@ $(OR_SAY)

build/san/%.o: tools/mhptop/%.c tools/mhptop/mhptop.mk | build/san
	@echo '  CC       $@'
	$(Q)mkdir -p $(@D)
	$(Q)$(SAN_CC) $(MHPTOP_CFLAGS) $(SAN_CFLAGS) -MMD -MP -c $< -o $@

build/mhptop: $(MHPTOP_OBJ)
	@echo '  LINK     $@'
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(MHPTOP_LDLIBS) -o $@ $(OR_SAY)

# Everything but main(); each test links what it needs.
build/san/libmhptop.a: $(filter-out build/san/main.o,$(SAN_OBJ))
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

build/tests/mhptop: $(SAN_OBJ) | build/tests
	@echo '  LINK     $@'
	$(Q)$(SAN_CC) $(SAN_CFLAGS) $^ $(MHPTOP_LDLIBS) -o $@

build/tests/%: tests/unit/%.c build/san/libmhptop.a tools/mhptop/mhptop.mk | build/tests
	@echo '  LINK     $@'
	$(Q)$(SAN_CC) $(MHPTOP_CFLAGS) $(SAN_CFLAGS) -Itests/unit -MMD -MP -MF $@.d $< build/san/libmhptop.a \
		$(MHPTOP_LDLIBS) -o $@

build/tests/live: tests/tui/live.c build/san/libmhptop.a tools/mhptop/mhptop.mk | build/tests
	@echo '  LINK     $@'
	$(Q)$(SAN_CC) $(MHPTOP_CFLAGS) $(SAN_CFLAGS) -MMD -MP -MF $@.d $< build/san/libmhptop.a $(MHPTOP_LDLIBS) -o $@

# A clock that stands still
build/tests/still: tests/tui/still.c build/san/libmhptop.a tools/mhptop/mhptop.mk | build/tests
	@echo '  LINK     $@'
	$(Q)$(SAN_CC) $(MHPTOP_CFLAGS) $(SAN_CFLAGS) -Wl,--wrap=loop_now -MMD -MP -MF $@.d $< build/san/libmhptop.a \
		$(MHPTOP_LDLIBS) -o $@

build/tests/generate: tests/golden/generate.c $(filter-out build/obj/main.o,$(MHPTOP_OBJ)) | build/tests
	@echo '  LINK     $@'
	$(Q)$(CC) $(MHPTOP_CFLAGS) $(CFLAGS) -MMD -MP -MF $@.d $(filter %.c %.o,$^) $(MHPTOP_LDLIBS) -o $@

build/tests/frame: tests/bench/frame.c $(filter-out build/obj/main.o,$(MHPTOP_OBJ)) | build/tests
	@echo '  LINK     $@'
	$(Q)$(CC) $(MHPTOP_CFLAGS) $(CFLAGS) -MMD -MP -MF $@.d $(filter %.c %.o,$^) $(MHPTOP_LDLIBS) -o $@

build/tests/mutate build/tests/nulls build/tests/as_text build/tests/as_binary build/tests/steps: build/tests/%: tests/rules/%.c $(filter-out build/obj/main.o,$(MHPTOP_OBJ)) | build/tests
	@echo '  LINK     $@'
	$(Q)$(CC) $(MHPTOP_CFLAGS) $(CFLAGS) -MMD -MP -MF $@.d $(filter %.c %.o,$^) $(MHPTOP_LDLIBS) -o $@

build/tests/call_sites: tests/call_site/list.c $(filter-out build/obj/main.o,$(MHPTOP_OBJ)) | build/tests
	@echo '  LINK     $@'
	$(Q)$(CC) $(MHPTOP_CFLAGS) $(CFLAGS) -MMD -MP -MF $@.d $(filter %.c %.o,$^) $(MHPTOP_LDLIBS) -o $@

build/tests/as_live: tests/record/as_live.c build/san/libmhptop.a tools/mhptop/mhptop.mk | build/tests
	@echo '  LINK     $@'
	$(Q)$(SAN_CC) $(MHPTOP_CFLAGS) $(SAN_CFLAGS) -Itests/record -MMD -MP -MF $@.d $< build/san/libmhptop.a $(MHPTOP_LDLIBS) -o $@

build/tests/pieces: build/tests/%: tests/record/%.c $(filter-out build/obj/main.o,$(MHPTOP_OBJ)) | build/tests
	@echo '  LINK     $@'
	$(Q)$(CC) $(MHPTOP_CFLAGS) $(CFLAGS) -Itests/record -MMD -MP -MF $@.d $(filter %.c %.o,$^) $(MHPTOP_LDLIBS) -o $@

build/tests/btf_compare: tests/btf/compare.c | build/tests
	@echo '  LINK     $@'
	$(Q)$(CC) $(MHPTOP_CFLAGS) $(CFLAGS) $< $(shell pkg-config --libs libbpf libdw libelf) -o $@

build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c build/san/libmhptop.a tools/mhptop/mhptop.mk | build/fuzz
	@echo '  LINK     $@'
	$(Q)$(SAN_CC) $(MHPTOP_CFLAGS) $(SAN_CFLAGS) -fsanitize=fuzzer -Wl,--wrap=loop_now -MMD -MP -MF $@.d $< \
		build/san/libmhptop.a $(MHPTOP_LDLIBS) -o $@

build/fuzz/dictionary: tests/fuzz/dictionary.c build/san/libmhptop.a tools/mhptop/mhptop.mk | build/fuzz
	@echo '  LINK     $@'
	$(Q)$(SAN_CC) $(MHPTOP_CFLAGS) $(SAN_CFLAGS) -MMD -MP -MF $@.d $< build/san/libmhptop.a $(MHPTOP_LDLIBS) -o $@

-include $(MHPTOP_OBJ:.o=.d) $(SAN_OBJ:.o=.d) $(HOST_TESTS:=.d)
