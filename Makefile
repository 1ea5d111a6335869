# SPDX-License-Identifier: GPL-2.0-only
#
# The top-level makefile. Each part has its rules in its own folder: kernel/kernel.mk, bpf/bpf.mk, tools/mhptop/mhptop.mk.
# The suites are listed in tests/*.list.

.DELETE_ON_ERROR:
.DEFAULT_GOAL := mhptop
SHELL := /bin/bash

V ?= 0
Q := $(if $(filter 1,$(V)),,@)

PREFIX ?= /usr/local
DESTDIR ?=

include kernel/kernel.mk
include bpf/bpf.mk
include tools/mhptop/mhptop.mk

.PHONY: help demo check check-host check-guest check-long check-fresh fuzz bench docs deb install uninstall clean

help:
	@echo 'make demo         boot a guest and watch a DIMM come and go (without a terminal, print each step and exit);'
	@echo '                  KERNEL=stock boots a kernel that Debian ships, without any patch; MHP_KERNEL=DIR boots the'
	@echo '                  bzImage of that folder; neither builds a kernel'
	@echo 'make check        all tests: check-host, then check-guest'
	@echo 'make check-host   tests that need no kernel'
	@echo 'make check-guest  tests that boot guests'
	@echo 'make check-long   longer sweeps, such as each kernel patch built and booted by itself'
	@echo 'make check-fresh  as root: the commands of a new user in minimal roots of Debian 12 and 13'
	@echo 'make fuzz         each fuzz target for FUZZ_SECONDS=600; inputs that reach new code are kept'
	@echo 'make bench        figures, counted in instructions; docs/performance.md explains them'
	@echo 'make mhptop       the tool: build/mhptop'
	@echo 'make kernel       the patched kernel: build/kernel/6.12 (KERNEL_SRC=DIR takes another source tree);'
	@echo '                  kernel-vanilla, kernel-debug, kernels: the others; BASE=7.3 builds, or tests, that version'
	@echo 'make docs         regenerate the event and key references and the schemas in docs/'
	@echo 'make install      into PREFIX=/usr/local, below DESTDIR; make uninstall'
	@echo 'make deb          the Debian packages: build/deb/*.deb'
	@echo 'make kernel-deb   the patched kernel as packages: build/kernel-deb/*.deb, with KERNEL_CONFIG=FILE as its configuration'
	@echo 'make clean        remove build/; kernels stay in the cache folder'
	@echo 'JOBS=N            with check-*: suites that run at a time; the default is one for each CPU'
	@echo 'ONLY=REGEX        with check-*: only the suites whose names match; with bench: only such parts'

# Test builds treat warnings as errors (WERROR=1). phase.sh records the time spent outside the suites, for check.py.
BUILD := --no-print-directory WERROR=1
ifndef MHP_RUN
export MHP_RUN := $(shell echo $$PPID)
endif
PHASE := tests/phase.sh
CHECK := tests/check.py $(if $(ONLY),--only '$(ONLY)') $(if $(JOBS),--jobs $(JOBS))

# $(call setup,PURPOSE...): install missing packages if allowed, otherwise print the command that does.
# Built files do not depend on it.
setup = $(Q)$(PHASE) packages tools/setup.sh $1
KERNEL_NEEDED := $(if $(MHP_KERNEL),,kernel)

# KERNEL=stock boots a kernel that Debian ships.
demo: DEMO_KERNEL = $(if $(filter stock,$(KERNEL)),,$(KERNEL_NEEDED))
demo:
	$(call setup,build guest $(DEMO_KERNEL))
	$(Q)$(MAKE) --no-print-directory mhptop $(DEMO_KERNEL)
	$(Q)MHP_KERNEL='$(MHP_KERNEL)' KERNEL='$(KERNEL)' tools/demo/demo.sh

check-host:
	$(call setup,build test)
	$(Q)$(PHASE) build $(MAKE) $(BUILD) mhptop check-build
	$(Q)$(CHECK) tests/host.list

check-guest:
	$(call setup,build kernel guest test)
	$(Q)$(PHASE) build $(MAKE) $(BUILD) mhptop build/tests/as_text build/tests/steps build/tests/call_sites build/tests/btf_compare \
		build/tests/test_confine build/tests/test_confined
	$(Q)$(PHASE) kernels $(MAKE) $(BUILD) kernels
	$(Q)$(PHASE) kernels $(MAKE) $(BUILD) kernel BASE=7.3
	$(Q)$(PHASE) kernels tests/vm/module/build.sh $(BASE) $(BASE)-debug 7.3
	$(Q)$(CHECK) tests/guest.list

check:
	$(call setup,build kernel guest test)
	$(Q)$(PHASE) build $(MAKE) $(BUILD) mhptop check-build
	$(Q)$(PHASE) kernels $(MAKE) $(BUILD) kernels
	$(Q)$(PHASE) kernels $(MAKE) $(BUILD) kernel BASE=7.3
	$(Q)$(PHASE) kernels tests/vm/module/build.sh $(BASE) $(BASE)-debug 7.3
	$(Q)$(CHECK) tests/host.list tests/guest.list

check-long:
	$(call setup,build kernel guest test long)
	$(Q)$(PHASE) build $(MAKE) $(BUILD) mhptop check-build
	$(Q)$(PHASE) kernels $(MAKE) $(BUILD) kernels
	$(Q)$(PHASE) kernels $(MAKE) $(BUILD) kernels BASE=7.3
	$(Q)$(PHASE) kernels tests/vm/module/build.sh $(BASE) $(BASE)-debug 7.3 7.3-debug
	$(Q)$(CHECK) tests/long.list

check-fresh:
	$(call setup,fresh $(KERNEL_NEEDED))
	$(if $(KERNEL_NEEDED),$(Q)$(PHASE) kernels $(MAKE) --no-print-directory kernel)
	$(Q)MHP_KERNEL='$(MHP_KERNEL)' $(CHECK) tests/fresh.list

fuzz:
	$(call setup,build test)
	$(Q)$(MAKE) $(BUILD) check-build
	$(Q)FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) \
		FUZZ_CORPUS="$${MHP_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/mhptop}/fuzz" tests/fuzz/run.sh

bench:
	$(call setup,build kernel guest bench)
	$(Q)$(MAKE) --no-print-directory mhptop build/tests/generate build/tests/as_binary kernel kernel-vanilla
	$(Q)tests/vm/module/build.sh $(BASE)
	$(Q)tests/bench/bench.py $(if $(ONLY),'$(ONLY)')

# Documentation that is generated: the events in docs/events.md, keys and exit codes in the manual page, the JSON Schemas.
docs: build/tests/events_doc build/tests/schema_doc build/tests/schema_answers build/tests/schema_memory build/tests/status_doc
	$(Q)build/tests/schema_doc recording > docs/schema/recording-3.json
	$(Q)build/tests/schema_doc frame > docs/schema/frame-3.json
	$(Q)build/tests/schema_answers report > docs/schema/report-3.json
	$(Q)build/tests/schema_answers diff > docs/schema/diff-3.json
	$(Q)for what in state attention; do build/tests/schema_doc $$what > docs/schema/$$what-3.json || exit; done
	$(Q)for what in plan plan-add list; do build/tests/schema_memory $$what > docs/schema/$$what-3.json || exit; done
	$(Q)build/tests/events_doc > build/events.md
	$(Q)sed -i -e '/^<!-- reference -->$$/,/^<!-- \/reference -->$$/{//!d}' \
		-e '/^<!-- reference -->$$/r build/events.md' docs/events.md
	$(Q)tests/tui/keys_mdoc.sh > build/keys.mdoc
	$(Q)build/tests/status_doc > build/statuses.mdoc
	$(Q)sed -i -e '/^\.\\" statuses:/,/^\.\\" \/statuses$$/{//!d}' -e '/^\.\\" statuses:/r build/statuses.mdoc' docs/mhptop.8
	$(Q)sed -i -e '/^\.\\" keys:/,/^\.\\" \/keys$$/{//!d}' -e '/^\.\\" keys:/r build/keys.mdoc' docs/mhptop.8

# The packages of Debian install what make install does, elsewhere.
deb:
	$(call setup,build deb)
	$(Q)tools/deb.sh

# Where the shells look for completions, the module where PYTHONDIR says; a list, so that make uninstall removes the same.
SHARE := $(PREFIX)/share
PYTHONDIR ?= $(SHARE)/mhptop
ZSHDIR ?= $(SHARE)/zsh/site-functions
SHARED := tools/prometheus/mhptop.rules.yml tools/prometheus/mhptop.fleet.rules.yml tools/grafana/mhptop.json \
	tools/grafana/mhptop-fleet.json
UNITS := mhptop-record.service mhptop-serve.service mhptop-serve.socket
SCHEMAS := $(wildcard docs/schema/*.json)
INSTALLED = $(PREFIX)/bin/mhptop $(SHARE)/man/man8/mhptop.8 $(UNITS:%=$(PREFIX)/lib/systemd/system/%) \
	$(SHARE)/bash-completion/completions/mhptop $(ZSHDIR)/_mhptop $(SHARE)/fish/vendor_completions.d/mhptop.fish \
	$(PYTHONDIR)/mhptop.py $(addprefix $(SHARE)/mhptop/,$(notdir $(SHARED))) \
	$(SCHEMAS:docs/%=$(SHARE)/mhptop/%)

install: mhptop
	$(Q)install -D -m 755 build/mhptop $(DESTDIR)$(PREFIX)/bin/mhptop
	$(Q)install -D -m 644 docs/mhptop.8 $(DESTDIR)$(SHARE)/man/man8/mhptop.8
	$(Q)install -D -m 644 tools/mhptop/cli/completion.bash $(DESTDIR)$(SHARE)/bash-completion/completions/mhptop
	$(Q)install -D -m 644 tools/mhptop/cli/completion.zsh $(DESTDIR)$(ZSHDIR)/_mhptop
	$(Q)install -D -m 644 tools/mhptop/cli/completion.fish $(DESTDIR)$(SHARE)/fish/vendor_completions.d/mhptop.fish
	$(Q)install -D -m 644 -t $(DESTDIR)$(PYTHONDIR) tools/python/mhptop.py
	$(Q)install -D -m 644 -t $(DESTDIR)$(SHARE)/mhptop $(SHARED)
	$(Q)install -D -m 644 -t $(DESTDIR)$(SHARE)/mhptop/schema $(SCHEMAS)
	$(Q)install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	$(Q)for unit in $(UNITS); do \
		sed 's,/usr/local/bin/mhptop,$(PREFIX)/bin/mhptop,' tools/systemd/$$unit \
			> $(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit || exit; \
	done

uninstall:
	$(Q)rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	$(Q)rmdir --ignore-fail-on-non-empty $(DESTDIR)$(SHARE)/mhptop/schema $(DESTDIR)$(SHARE)/mhptop 2>/dev/null || true

clean:
	$(Q)rm -rf build
