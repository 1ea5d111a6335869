#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each patch compiles without a warning in configurations that leave something out. After each patch, make compiles those
# files of the series again that depend on what it changes.
. "$(dirname "$0")/../host-lib.sh"
. "$(dirname "$0")/lib.sh"

# NAME OPTION…: what is different from the guests' configuration
variants="hotremove MEMORY_HOTREMOVE=n MEMORY_HOTPLUG=y TRACEPOINTS=y
hotplug MEMORY_HOTPLUG=n TRACEPOINTS=y
memmap-on-memory MHP_MEMMAP_ON_MEMORY=n MEMORY_HOTREMOVE=y
memory-failure MEMORY_FAILURE=n MEMORY_HOTREMOVE=y
hugetlb HUGETLBFS=n HUGETLB_PAGE=n MEMORY_HOTREMOVE=y
tracepoints FTRACE=n TRACEPOINTS=n KPROBES=n PERF_EVENTS=n MEMORY_HOTREMOVE=y
vmemmap SPARSEMEM_VMEMMAP=n MEMORY_HOTREMOVE=y"

# compile NAME OPTION…: what it says goes to $WORK/log
compile() {
	local objects
	mapfile -t objects < <(enabled tree "$1" x86_64 "${files[@]}")
	((${#objects[@]} > 0)) || { echo "no file of the series is enabled"; return 1; }
	kmake tree "$1" x86_64 "" -j"$(nproc)" "${objects[@]}"
}

mapfile -t files < <(touched_files)
check "$BASE: the source" unpack tree
while read -r name words; do
	# shellcheck disable=SC2086 # a list
	check "$BASE without $name: the configuration" configure tree "$name" x86_64 "" "$TOP/kernel/config/guest.config" $words
	check "$BASE without $name: the source compiles" compile "$name"
done <<<"$variants"
while read -r patch; do
	check "$patch applies" apply tree "$patch"
	while read -r name _; do
		check "$patch compiles without $name" compile "$name"
	done <<<"$variants"
done < <(series_patches)
forget_trees
done_testing
