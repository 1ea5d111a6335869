# SPDX-License-Identifier: GPL-2.0-only
#
# The collector: build/bpf/mhp.bpf.o, made by clang, and the skeleton build/bpf/mhp.skel.h that source_bpf*.c include.
# The compiler is clang 14 or later: clang or, if there is none, the clang-N of the highest N in PATH; CLANG=clang-16 takes
# another one. Compilers of user space need $(BPF_CPPFLAGS) to read the headers here. WERROR=1, as the tests set it, makes
# every warning an error.

# $(call in_path,NAME): NAME or the NAME-N of the highest N; NAME if PATH has neither
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

# <asm/types.h> is where the machine's own headers are; the compiler of user space knows. -mcpu=v3 has the atomics.
BPF_CFLAGS = -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra $(ERROR_FLAGS) -Ibpf -Ibpf/include \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch)

# What the whole build needs is looked for once, where it begins, and again when something failed. MODULES are those of
# pkg-config that user space needs.
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
