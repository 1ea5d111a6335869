#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sparse and the kernel's own coccinelle scripts say nothing about the touched files that they do not say without the
# series.
. "$(dirname "$0")/../host-lib.sh"
. "$(dirname "$0")/lib.sh"

# said TREE CHECKER OBJECT: what a checker says, without positions
said() {
	local checker=$2
	# make runs it in the folder of the objects.
	[[ $checker != coccicheck ]] || checker=$LONG/$1/scripts/coccicheck
	kmake "$1" guest x86_64 "" C=2 CHECK="$checker" "$3" >"$WORK/said" 2>&1 || { cat "$WORK/said"; return; }
	grep -E '^[^ ]+\.[ch]:[0-9]+' "$WORK/said" | sed -E "s,^(\./|\.\./|$LONG/$1/)*,,; s/:[0-9]+(:[0-9]+|-[0-9]+)*:/:/; s/on line [0-9]+/on line/" | sort -u
}

# finds CHECKER: whether it reports a file with a mistake for each checker
finds() {
	cat >"$LONG/new/mm/mistakes.c" <<-'C'
		#include <linux/slab.h>
		#include <linux/string.h>
		void *mistakes(int __user *from);
		void *mistakes(int __user *from)
		{
			int *copy;

			copy = kmalloc(sizeof(*copy), GFP_KERNEL);
			if (!copy) {
				return NULL;
			};
			*copy = *(int *)from;
			return copy;
		}
	C
	said new "$1" mm/mistakes.o | grep -E '^mm/mistakes\.c:.*(__user|semicolon)'
}

mapfile -t files < <(touched_files)
for tree in old new; do
	check "$BASE: the source, $tree" unpack $tree
	[[ $tree == old ]] || check "$BASE: the patches apply" apply_all new
	check "$BASE: the configuration, $tree" configure $tree guest x86_64 "" "$TOP/kernel/config/guest.config"
done
mapfile -t objects < <(enabled new guest x86_64 "${files[@]}")
check "$BASE: there are files to check" test "${#objects[@]}" -gt 5
for checker in sparse coccicheck; do
	check "$BASE: $checker sees what is wrong" finds "$checker"
	for object in "${objects[@]}"; do
		said new "$checker" "$object" >"$WORK/new"
		: >"$WORK/old"
		# Most files are clean, so the unpatched one is not needed.
		[[ ! -s $WORK/new || ! -e $LONG/old/${object%.o}.c ]] || said old "$checker" "$object" >"$WORK/old"
		none "$BASE: $checker has nothing new about ${object%.o}.c" "$(comm -13 "$WORK/old" "$WORK/new")"
	done
done
forget_trees
done_testing
