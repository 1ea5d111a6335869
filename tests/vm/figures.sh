#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where to host a memmap: the three figures of t/figures.py for each mode, in one table, which docs/range.md quotes.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

modes=(N Y range)
for mode in "${modes[@]}"; do
	check "$mode: the figures are as expected" tests/vm/run.py --results "$VM/figures-$mode" \
		--append "memory_hotplug.memmap_on_memory=$mode" tests/vm/t/figures.py "$mode"
done
printf '# %-34s' '9 GiB in the kernel zone'
printf '%14s' "${modes[@]}"
echo
row=0
for name in 'free memory used by the add, kB' 'mapped with 1 GiB entries, kB' '1 GiB pages allocated'; do
	row=$((row + 1))
	printf '# %-34s' "$name"
	for mode in "${modes[@]}"; do
		printf '%14s' "$(cut -d ' ' -f $row "$VM/figures-$mode/figures" 2>/dev/null)"
	done
	echo
done
done_testing
