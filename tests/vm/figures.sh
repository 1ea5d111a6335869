#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where to host a memmap: the three figures of t/figures.py for each mode and for memory blocks of 128 MiB and 2 GiB, in two
# tables, which docs/range.md quotes.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

modes=(N Y range)

# figures TITLE NAME APPEND OPTION...: one guest for each mode, and a table
figures() {
	local title=$1 name=$2 append=$3 mode row=0 what
	shift 3
	for mode in "${modes[@]}"; do
		check "$name, $mode: the figures are as expected" tests/vm/run.py --results "$VM/figures-$name-$mode" "$@" \
			--append "${append}memory_hotplug.memmap_on_memory=$mode" tests/vm/t/figures.py "$mode"
	done
	printf '# %-46s' "$title"
	printf '%12s' "${modes[@]}"
	echo
	for what in 'free memory used by the add, kB' 'mapped with 1 GiB entries, kB' '1 GiB pages allocated'; do
		row=$((row + 1))
		printf '# %-46s' "$what"
		for mode in "${modes[@]}"; do
			printf '%12s' "$(cut -d ' ' -f $row "$VM/figures-$name-$mode/figures" 2>/dev/null)"
		done
		echo
	done
}

figures '9 GiB in the kernel zone, blocks of 128 MiB' small ''
# The kernel makes memory blocks of 2 GiB if there are 64 GiB, whether or not it may use them.
# shellcheck disable=SC2016
figures '10 GiB in the kernel zone, blocks of 2 GiB' large 'memmap=62G$4G ' --mem 66G --maxmem 128G
done_testing
