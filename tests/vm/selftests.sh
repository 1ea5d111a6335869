#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's own selftests for memory hotplug, in a guest: selftests.sh [run.py's options]
#
# Takes them from the kernel source (the package, or KERNEL_SRC) with the series applied, so that the tests that run are
# the ones that are submitted, and passes them to t/selftests.py.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
BASE=${BASE:-$(<"$TOP/kernel/base")}
OUT=$TOP/build/selftests-$BASE
WANTED=(tools/testing/selftests/memory-hotplug tools/testing/selftests/kselftest)

die() {
	echo "selftests.sh: $1" >&2
	exit 1
}

unpack() {
	if [[ ${KERNEL_SRC-} ]]; then
		(cd "$KERNEL_SRC" && tar -c "${WANTED[@]}") | tar -x -C "$1"
	else
		tar -C "$1" --strip-components=1 -xf "$archive" "${WANTED[@]/#/linux-source-$BASE/}"
	fi
}

# Only the parts of the patches that change selftests: the rest of the tree is not unpacked.
apply() {
	local patch
	for patch in "$TOP/kernel/$BASE"/*-selftests-*.patch; do
		[[ -r $patch ]] || die "kernel/$BASE has no selftest patch"
		awk '/^diff --git / { keep = $4 ~ "^b/tools/testing/selftests/" } keep' "$patch" |
			patch -d "$1" -p1 -F0 -f -s --no-backup-if-mismatch ||
			die "${patch##*/} does not apply as shown above; rebase it"
	done
}

main() {
	local key archive
	[[ ${KERNEL_SRC-} ]] || archive=$("$TOP/kernel/tarball.sh" "$BASE")
	key=$(cat "$TOP/kernel/$BASE"/*-selftests-*.patch <(stat -Lc '%n %s %Y' "${KERNEL_SRC:-$archive}") | sha256sum)
	mkdir -p "$TOP/build"
	exec 9>"$OUT.lock"
	flock 9
	if [[ ! -r $OUT/key || $(<"$OUT/key") != "$key" ]]; then
		rm -rf "$OUT" "$OUT.new"
		mkdir -p "$OUT.new"
		unpack "$OUT.new"
		apply "$OUT.new"
		echo "$key" >"$OUT.new/key"
		mv -T "$OUT.new" "$OUT"
	fi
	exec 9>&-
	exec "$HERE/run.py" "$@" "$HERE/t/selftests.py" "$OUT/tools/testing/selftests/memory-hotplug"
}

main "$@"
