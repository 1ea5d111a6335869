#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every step of the series works: the kernel with all patches up to each one builds without warnings, boots, and a DIMM
# can be plugged and unplugged without a splat.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

cache=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}/kernel
mapfile -t patches <"kernel/$BASE/series"
for ((n = 1; n <= ${#patches[@]}; n++)); do
	name=$BASE-first$n
	check "${patches[n - 1]}: builds" kernel/build.sh --patches "$n" patched
	none "${patches[n - 1]}: builds without warnings" "$(grep -E 'warning:' "$cache/log/$name.log" | sort -u | head -n 5)"
	check "${patches[n - 1]}: boots, plugs and unplugs a DIMM" tests/vm/run.py --kernel "build/kernel/$name/bzImage" \
		--results "$VM/first$n" --append memory_hotplug.memmap_on_memory=Y tests/vm/t/harness.sh
	rm -rf "build/kernel/$name" "$cache/entries/$name@"*
done
done_testing
