# SPDX-License-Identifier: GPL-2.0-only
#
# The guest kernels as make targets. How they are built is in build.sh; it runs every time, because only it knows
# whether the result is current, and a current one costs a second.

KERNEL_BASE ?= 6.12
KERNEL_BUILD := $(dir $(lastword $(MAKEFILE_LIST)))build.sh --base $(KERNEL_BASE)

.PHONY: kernel kernel-vanilla kernel-debug kernels

kernel:
	@$(KERNEL_BUILD) patched

kernel-vanilla:
	@$(KERNEL_BUILD) vanilla

kernel-debug:
	@$(KERNEL_BUILD) debug

kernels:
	@$(KERNEL_BUILD) patched vanilla debug
