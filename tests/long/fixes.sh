#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The bugs that the series fixes: with the events but without the fixes, an add that fails violates rules, and mhptop check
# reports which; an add without memory for a page table crashes the kernel. tests/guest.list runs the same tests with the
# fixes.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

cache=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}/kernel

# The number of patches before the one whose name matches
before() { grep -vE '^(#|$)' "kernel/$BASE/series" | grep -nE -m1 "$1" | cut -d: -f1 | awk '{ print $1 - 1 }'; }

# build N: a debug kernel with the first N patches, and the test module for it
build() {
	name=$BASE-debug-first$1 out=$VM/fixes-$1
	check "the debug kernel with $1 patches builds" kernel/build.sh --patches "$1" debug
	check "the test module for it builds" tests/vm/module/build.sh "$name"
	rm -rf "$out"
}

# guest OPTION…: runs a guest with the kernel that was built; the caller checks the files that it leaves
guest() {
	tests/vm/run.py --kernel "build/kernel/$name/bzImage" --time-limit 900 --results "$out" "$@" >"$WORK/guest" 2>&1
}

forget() { rm -rf "build/kernel/$name" "$cache/entries/$name@"*; }

# An allocation fails for one of several sections: the sections before it and the direct mapping are not undone.
build "$(before 'remove-the-added-sections-if-addin')"
guest --mem 13G --append 'mem=1G memmap=64K$0x3f000000 memory_hotplug.memmap_on_memory=N' \
	tests/vm/t/sweep.py N "slab objects fail during an add"
build/mhptop check "$out/record.ndjson" >"$WORK/verdict" 2>"$WORK/stderr"
eq "a failed add of several sections: mhptop check finds violations" "$?" 3
check "sections that kept their memmap violate pages.rollback" grep -q '^not ok [0-9]* pages\.rollback: ' "$WORK/verdict"
grep -m1 -A4 '^not ok [0-9]* pages\.rollback: ' "$WORK/verdict" | sed '1d; s/^# */#   /'
forget

# An allocation fails for a page table of the direct mapping.
build "$(before 'handle-page-table-allocation-failures')"
guest --mem 13G --append 'mem=1G memmap=64K$0x3f000000 memory_hotplug.memmap_on_memory=N' \
	tests/vm/t/sweep.py N "allocations fail during an add"
check "an add without memory for a page table: the kernel dereferences NULL" \
	grep -q 'null-ptr-deref in phys_p[mu]d_init' "$out/console.log"
forget
done_testing
