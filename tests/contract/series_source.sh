#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The patch series against its kernel source: each patch applies with fuzz 0 and passes checkpatch.pl --strict, the cover
# letter has the diffstat of all of them, and the functions that the messages name exist.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

# Outside of the tree, where checkpatch.pl would find it
tree_git() { git --git-dir="$WORK/tree.git" --work-tree="$WORK/tree" -c core.bare=false "$@"; }

# Where the functions are that the messages of the patches name
PLACES=(arch/x86/include arch/x86/mm drivers/{acpi,base,dax,virtio} kernel mm)

# message_functions FILE…: the functions that messages name, one per line
message_functions() {
	awk 'FNR == 1 { message = 1 } /^---$/ { message = 0 } message' "$@" | grep -oE '\b[a-z_][a-z0-9_]+\(\)' | tr -d '()' | sort -u
}

for series in kernel/*/series; do
	dir=$TOP/${series%/series} base=$(basename "${series%/series}")
	archive=$(kernel/tarball.sh "$base")
	mapfile -t patches <"$series"
	# Files that a patch creates and a later one changes are not in the archive.
	mapfile -t files < <(comm -23 <(sed -n 's|^--- a/||p' "${patches[@]/#/$dir/}" | sort -u) \
		<(awk '/^--- \/dev\/null$/ { getline; sub(/^\+\+\+ b\//, ""); print }' "${patches[@]/#/$dir/}" | sort -u))
	rm -rf "$WORK/tree" && mkdir "$WORK/tree"
	check "$base: the archive contains the files that the patches change" tar -C "$WORK/tree" --strip-components=1 -xf "$archive" \
		"${files[@]/#/linux-source-$base/}" "linux-source-$base"/{scripts,include} "${PLACES[@]/#/linux-source-$base/}"
	cd "$WORK/tree" || exit 1
	# checkpatch.pl reads identifiers from include/ only if the tree looks complete.
	mkdir -p Documentation arch drivers fs init ipc kernel lib && touch COPYING CREDITS Kbuild Makefile README
	rm -rf "$WORK/tree.git" && git init -q --bare "$WORK/tree.git" && tree_git add -Af -- "${files[@]}"
	for patch in "${patches[@]}"; do
		check "$base: $patch applies with fuzz 0" patch -p1 -F0 --batch --no-backup-if-mismatch -i "$dir/$patch"
		# It cannot look up the commits of Fixes: tags, because the source has no history.
		none "$base: checkpatch.pl --strict has no complaints about $patch" "$(
			scripts/checkpatch.pl --strict --no-summary --terse --ignore UNKNOWN_COMMIT_ID "$dir/$patch" 2>"$WORK/checkpatch.err")"
	done
	sed -n 's|^+++ b/||p' "${patches[@]/#/$dir/}" | sort -u | tree_git add -Nf --pathspec-from-file=-
	eq "$base: the cover letter has the diffstat of all patches" \
		"$(sed -nE '/^ [^ ]+ +\| +[0-9]+ [+-]+$/,$p' "$dir/0000-cover-letter.patch")" \
		"$(tree_git diff --stat=76 --summary)"
	message_functions "${patches[@]/#/$dir/}" "$dir/0000-cover-letter.patch" >"$WORK/named"
	check "$base: the messages name functions" test "$(wc -l <"$WORK/named")" -gt 20
	none "$base: each of them exists" "$(comm -23 "$WORK/named" <(grep -rhowFf "$WORK/named" include "${PLACES[@]}" | sort -u))"
	cd "$TOP" || exit 1
done
done_testing
