# SPDX-License-Identifier: GPL-2.0-only
#
# The collector: build/bpf/mhp.bpf.o, compiled by clang, and the skeleton build/bpf/mhp.skel.h that
# tools/mhptop/source/bpf includes. The compiler must be clang 14 or later: clang if PATH has it, else the clang-N with
# the highest N; CLANG=clang-16 selects another one. User-space code needs $(BPF_CPPFLAGS) to include the headers in this
# folder. WERROR=1, as the tests set it, turns every warning into an error.

# $(call in_path,NAME): NAME if PATH has it, else the NAME-N with the highest N; NAME if PATH has neither
in_path = $(or $(shell command -v $1 >/dev/null && echo $1),$(shell bash -c 'compgen -c $1-' | grep -xE '$1-[0-9]+' | \
	sort -V | tail -n 1),$1)
ifndef CLANG
CLANG := $(call in_path,clang)
endif
BPFTOOL ?= $(or $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool),bpftool)

ERROR_FLAGS = $(if $(filter 1,$(WERROR)),-Werror)

BPF_OUT := build/bpf
BPF_SKEL := $(BPF_OUT)/mhp.skel.h
BPF_CPPFLAGS := -Ibpf -Ibpf/include -I$(BPF_OUT)

# <asm/types.h> is in a folder named after the machine, which $(CC) prints. -mcpu=v3 provides the atomics. The object names
# its source files; without the folder of this build, so that two builds are equal.
BPF_CFLAGS = -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra $(ERROR_FLAGS) -Ibpf -Ibpf/include \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch) -ffile-prefix-map=$(CURDIR)=.

# Checks the dependencies of the whole build: once at its beginning, and again if a command failed. MODULES are the
# pkg-config modules that user space needs.
NEED = tools/need.sh $(firstword $(CC)) $(CLANG) $(BPFTOOL) -- $(MODULES)
OR_SAY = || { $(NEED); exit 1; }

$(BPF_OUT):
	$(Q)$(NEED)
	$(Q)mkdir -p $@

$(BPF_OUT)/mhp.bpf.o: bpf/mhp.bpf.c bpf/bpf.mk | $(BPF_OUT)
	@echo '  CLANG    $@'
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c $< -o $@.dwarf $(OR_SAY)
	$(Q)$(BPFTOOL) gen object $@ $@.dwarf $(OR_SAY)
	$(Q)rm $@.dwarf

$(BPF_SKEL): $(BPF_OUT)/mhp.bpf.o
	@echo '  GEN      $@'
	$(Q)$(BPFTOOL) gen skeleton $< name mhp_bpf > $@.tmp $(OR_SAY)
	$(Q)mv $@.tmp $@

-include $(BPF_OUT)/mhp.bpf.d
