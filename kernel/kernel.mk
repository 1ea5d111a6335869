# SPDX-License-Identifier: GPL-2.0-only
#
# The guest kernels as make targets, of the version BASE. How they are built is in build.sh; it runs every time, because
# only it knows whether the result is current, and a current one costs a second.

KERNEL_DIR := $(dir $(lastword $(MAKEFILE_LIST)))
BASE ?= $(file <$(KERNEL_DIR)base)
KERNEL_BUILD := $(KERNEL_DIR)build.sh --base $(BASE)

.PHONY: kernel kernel-vanilla kernel-debug kernels kernel-deb

kernel:
	@$(KERNEL_BUILD) patched

kernel-vanilla:
	@$(KERNEL_BUILD) vanilla

kernel-debug:
	@$(KERNEL_BUILD) debug

kernel-deb:
	$(call setup,kernel deb)
	@$(KERNEL_DIR)deb.sh --base $(BASE)

kernels:
	@$(KERNEL_BUILD) patched vanilla debug
