#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The bugs that the first patches of the series fix. Each is reproduced on the kernel without its patch, which has no events
# yet, and is gone on the kernel with it; what came before stays fixed. With the events but with the first bug, mhptop check
# reports the rule that it violates.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

cache=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}/kernel

# PATCH CASE…, in the order of the series: what the name of a patch contains, and the cases of tests/vm/t/fixes.py for it
FIXES="remove-the-added-sections-if-addin sections
remove-the-direct-mapping-if-adding mapping exists
handle-page-table-allocation-failures tables
split-gigantic-pages gigantic"

# number PATCH: its place in the series
number() { grep -vE '^(#|$)' "kernel/$BASE/series" | grep -nE -m1 "$1" | cut -d: -f1; }

# build NAME OPTION…: a kernel, which $kernel names from then on, and the test module for it. The variable is not called name
# because guest() runs in check(), which has one of that name.
build() {
	kernel=$1
	check "$kernel builds" kernel/build.sh "${@:2}" patched
	check "the test module for $kernel builds" tests/vm/module/build.sh "$kernel"
}

# The last fix, of a bug that only this version of Linux has
case $BASE in
6.12) last_patch=create-memory-blocks-with-their last_case=zones ;;
*) last_patch=treat-single-slab-pages last_case=slab ;;
esac

forget() { rm -rf "build/kernel/$1" "$cache/entries/$1@"*; }

# guest OUT CASE OPTION…: runs a case; its results are in OUT
guest() {
	local options=()
	case $2 in
	# The second patch removes this warning.
	sections) [[ $kernel != *-first1 ]] || options=(--allow-splat 'WARNING: .* add_pages\+') ;;
	gigantic) options=(--numa 2 --dimm 512M --dimm 1G --append 'movable_node memmap=1536M@4G') ;;
	slab) options=(--append slab_max_order=0) ;;
	esac
	rm -rf "$1"
	tests/vm/run.py --kernel "build/kernel/$kernel/bzImage" --results "$1" "${options[@]}" "${@:3}" tests/vm/t/fixes.py "$2" \
		>"$WORK/guest" 2>&1
}

# broken CASE OUT: the guest shows the bug
broken() {
	case $1 in
	tables) grep -q 'BUG: kernel NULL pointer dereference' "$2/console.log" && grep -q 'RIP: 0010:phys_p[tmu][ed]_init' "$2/console.log" ;;
	zones) grep -q 'BUG: kernel NULL pointer dereference' "$2/console.log" && grep -q 'RIP: 0010:zone_for_pfn_range' "$2/console.log" ;;
	*) grep -q "^not ok [0-9]* $1: " "$2/results.tap" ;;
	esac
}

n=0
build "$BASE-first0" --patches 0
while read -r -u 3 patch cases; do
	for case in $cases; do
		guest "$VM/fixes-$case-without" "$case"
		check "$case: reproduced without the patch" broken "$case" "$VM/fixes-$case-without"
	done
	forget "$kernel"
	n=$((n + 1))
	eq "$patch is patch $n of the series" "$(number "$patch")" "$n"
	build "$BASE-first$n" --patches "$n"
	for case in $cases; do
		check "$case: gone with the patch" guest "$VM/fixes-$case" "$case"
	done
done 3<<<"$FIXES"
for case in sections mapping exists tables; do
	check "$case: still gone with all of these patches" guest "$VM/fixes-$case-all" "$case"
done
forget "$kernel"

# This one needs neighbours that share the pages of their memmap.
wide=wide-struct-page patch=mark-memmap-that-follows
build "$BASE-first$n-with-$wide" --patches "$n" --with "$wide"
guest "$VM/fixes-neighbours-without" neighbours
check "neighbours: reproduced without the patch" broken neighbours "$VM/fixes-neighbours-without"
forget "$kernel"
n=$((n + 1))
eq "$patch is patch $n of the series" "$(number "$patch")" "$n"
build "$BASE-first$n-with-$wide" --patches "$n" --with "$wide"
check "neighbours: gone with the patch" guest "$VM/fixes-neighbours" neighbours
forget "$kernel"

build "$BASE-first$n" --patches "$n"
guest "$VM/fixes-$last_case-without" "$last_case"
check "$last_case: reproduced without the patch" broken "$last_case" "$VM/fixes-$last_case-without"
forget "$kernel"
n=$((n + 1))
eq "$last_patch is patch $n of the series" "$(number "$last_patch")" "$n"
build "$BASE-first$n" --patches "$n"
check "$last_case: gone with the patch" guest "$VM/fixes-$last_case" "$last_case"
forget "$kernel"

# The first bug on a kernel with the events
build "$BASE-with-no-rollback" --with no-rollback
check "a failed add of several sections is recorded" guest "$VM/fixes-recorded" recorded
build/mhptop check "$VM/fixes-recorded/record.ndjson" >"$WORK/verdict" 2>"$WORK/stderr"
eq "a failed add of several sections: mhptop check finds violations" "$?" 3
check "sections that kept their memmap violate pages.rollback" grep -q '^not ok [0-9]* pages\.rollback: ' "$WORK/verdict"
grep -m1 -A4 '^not ok [0-9]* pages\.rollback: ' "$WORK/verdict" | sed '1d; s/^# */#   /'
forget "$kernel"
done_testing
