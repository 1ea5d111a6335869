#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each patch compiles without a warning in configurations that leave something out. After each patch, make compiles those
# files of the series again that depend on what it changes. With all patches, each kernel is linked, boots, and a DIMM comes
# and goes, as far as that kernel can do that.
. "$(dirname "$0")/../host-lib.sh"
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1

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
	local objects file
	mapfile -t objects < <(enabled tree "$1" x86_64 "${files[@]}")
	# These are in every kernel that has memory hotplug, and one of them has most of the series.
	if [[ $1 != hotplug ]]; then
		for file in mm/memory_hotplug.o drivers/base/memory.o; do
			[[ " ${objects[*]} " == *" $file "* ]] || { echo "$file is not compiled"; return 1; }
		done
	fi
	((${#objects[@]} > 0)) || { echo "no file of the series is enabled"; return 1; }
	kmake tree "$1" x86_64 "" -j"$(nproc)" "${objects[@]}"
}

mapfile -t files < <(touched_files)
check "$BASE: the source" unpack tree
cat "$TOP/kernel/config/guest.config" "$TOP/kernel/config/$BASE.config" >"$WORK/config"
while read -r name words; do
	# shellcheck disable=SC2086 # a list
	check "$BASE without $name: the configuration" configure tree "$name" x86_64 "" "$WORK/config" \
		"${PLAIN[@]}" $words
	check "$BASE without $name: the source compiles" compile "$name"
done <<<"$variants"
while read -r patch; do
	check "$patch applies" apply tree "$patch"
	while read -r name _; do
		check "$patch compiles without $name" compile "$name"
	done <<<"$variants"
done < <(series_patches)
while read -r name _; do
	check "$BASE without $name: the kernel is linked" kmake tree "$name" x86_64 "" -j"$(nproc)" bzImage
	check "$BASE without $name: it boots" tests/vm/run.py --results "$VM/configs-$name" \
		--kernel "$LONG/tree/obj-$name/arch/x86/boot/bzImage" --append memory_hotplug.memmap_on_memory=Y tests/vm/t/boots.sh
done <<<"$variants"
forget_trees
done_testing
