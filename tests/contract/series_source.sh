#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The patch series against its kernel source: each patch applies with fuzz 0 and passes checkpatch.pl --strict, and the
# cover letter has the diffstat of all of them.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

# Outside of the tree, where checkpatch.pl would find it
tree_git() { git --git-dir="$WORK/tree.git" --work-tree="$WORK/tree" -c core.bare=false "$@"; }

for series in kernel/*/series; do
	dir=$TOP/${series%/series} base=$(basename "${series%/series}")
	archive=$(kernel/tarball.sh "$base")
	mapfile -t patches <"$series"
	# Files that a patch creates and a later one changes are not in the archive.
	mapfile -t files < <(comm -23 <(sed -n 's|^--- a/||p' "${patches[@]/#/$dir/}" | sort -u) \
		<(awk '/^--- \/dev\/null$/ { getline; sub(/^\+\+\+ b\//, ""); print }' "${patches[@]/#/$dir/}" | sort -u))
	rm -rf "$WORK/tree" && mkdir "$WORK/tree"
	check "$base: the archive contains the files that the patches change" tar -C "$WORK/tree" --strip-components=1 -xf "$archive" \
		"${files[@]/#/linux-source-$base/}" "linux-source-$base"/{scripts,include}
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
	cd "$TOP" || exit 1
done
done_testing
