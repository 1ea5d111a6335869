#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the fixes of the series fix: without them, but with the events, an add that fails breaks laws, and mhptop check says
# which; one that finds no memory for a page table is the kernel's end. With them the same tests are in tests/guest.list.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

cache=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}/kernel

# The patches before the one whose name matches
before() { grep -vE '^(#|$)' kernel/6.12/series | grep -nE -m1 "$1" | cut -d: -f1 | awk '{ print $1 - 1 }'; }

# build N: a debug kernel with the first N patches, and the test module for it
build() {
	name=6.12-debug-first$1 out=build/vm/fixes-$1
	check "the debug kernel with $1 patches builds" kernel/build.sh --patches "$1" debug
	check "and the test module for it" tests/vm/module/build.sh "$name"
	rm -rf "$out"
}

# guest OPTION…: a guest of the kernel that was built; how it ends is asked of what it leaves
guest() {
	tests/vm/run.py --kernel "build/kernel/$name/bzImage" --time-limit 900 --results "$out" "$@" >"$WORK/guest" 2>&1
}

forget() { rm -rf "build/kernel/$name" "$cache/entries/$name@"*; }

# An allocation fails for one of several sections: those before it stay, and so does the direct mapping.
build "$(before 'undo-the-sections-of-an-add')"
guest --mem 13G --append 'mem=1G memmap=64K$0x3f000000 memory_hotplug.memmap_on_memory=N' \
	tests/vm/t/sweep.py N "slab objects fail during an add"
build/mhptop check "$out/record.ndjson" >"$WORK/verdict" 2>"$WORK/stderr"
eq "a failed add of several sections: mhptop check objects" "$?" 3
check "as sections kept their memmap" grep -q '^not ok [0-9]* pages\.rollback: ' "$WORK/verdict"
grep -m1 -A3 'sections that kept their memmap' "$WORK/verdict" | sed 's/^# */#   /'
forget

# An allocation fails for a table of the direct mapping.
build "$(before 'fail-an-add-that-has-no-memory')"
guest --mem 13G --append 'mem=1G memmap=64K$0x3f000000 memory_hotplug.memmap_on_memory=N' \
	tests/vm/t/sweep.py N "allocations fail during an add"
check "an add without memory for a page table: the kernel takes NULL for one" \
	grep -q 'null-ptr-deref in phys_p[mu]d_init' "$out/console.log"
forget
done_testing
