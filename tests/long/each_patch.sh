#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each patch of the series by itself: the kernel with all patches up to it builds without a warning that vanilla does
# not have, boots, and takes a DIMM in and out without a splat.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

cache=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}/kernel
mapfile -t patches <kernel/6.12/series
for ((n = 1; n <= ${#patches[@]}; n++)); do
	name=6.12-first$n
	check "${patches[n - 1]}: builds" kernel/build.sh --patches "$n" patched
	eq "${patches[n - 1]}: without a warning" "$(grep -E 'warning:' "$cache/log/$name.log" | sort -u | head -n 5)" ""
	check "${patches[n - 1]}: boots, takes a DIMM in and out" tests/vm/run.py --kernel "build/kernel/$name/bzImage" \
		--results "build/vm/first$n" --append memory_hotplug.memmap_on_memory=Y tests/vm/t/harness.sh
	rm -rf "build/kernel/$name" "$cache/entries/$name@"*
done
done_testing
