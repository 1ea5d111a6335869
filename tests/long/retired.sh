#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# mhp_vmemmap_retired on a kernel where it happens: struct page has 80 bytes there, so neighbours share backing pages. The
# rule memmap.retired judges the recording, also after the free of a backing page has been taken out of it.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

cache=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}/kernel
name=$BASE-with-wide-struct-page out=$VM/retired
check "the kernel with a larger struct page builds" kernel/build.sh --with wide-struct-page patched
check "the test module for it builds" tests/vm/module/build.sh "$name"
rm -rf "$out"
check "neighbours are added and removed in all orders" tests/vm/run.py --kernel "build/kernel/$name/bzImage" --time-limit 600 \
	--results "$out" --append memory_hotplug.memmap_on_memory=N tests/vm/t/retired.py

# The first section that returns two backing pages returns one of them only.
sed '0,/"mhp_vmemmap_free".*"vmemmap_pages":1024/{/"mhp_vmemmap_free"/s/\("vmemmap_pages":\)1024/\1512/}' "$out/record.ndjson" \
	>"$WORK/leak.ndjson"
eq "the recording has such a section" "$(cmp -s "$out/record.ndjson" "$WORK/leak.ndjson"; echo $?)" 1
build/mhptop check "$WORK/leak.ndjson" >"$WORK/verdict" 2>"$WORK/stderr"
eq "a backing page that is not freed: mhptop check finds a violation" "$?" 3
check "of memmap.retired" grep -q '^not ok [0-9]* memmap\.retired: ' "$WORK/verdict"
rm -rf "build/kernel/$name" "$cache/entries/$name@"*
done_testing
