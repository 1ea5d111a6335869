#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The call sites found in the guests' kernels must be those that binutils' addr2line finds, and exactly the calls in the
# source. build/tests/call_sites is built from list.c.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1
dir=$TOP/kernel/$BASE

# The files with the calls, with all patches applied. Files that a patch creates are not in the source.
mapfile -t patches <"$dir/series"
patches=("${patches[@]/#/$dir/}")
mapfile -t files < <(comm -23 <(sed -n 's|^--- a/||p' "${patches[@]}" | sort -u) \
	<(awk '/^--- \/dev\/null$/ { getline; sub(/^\+\+\+ b\//, ""); print }' "${patches[@]}" | sort -u))
mkdir "$WORK/tree"
if [[ ${KERNEL_SRC-} ]]; then
	check "copy the patched files from the source" cp -t "$WORK/tree" --parents -r "${files[@]/#/$KERNEL_SRC/./}"
else
	check "extract the patched files from the source" tar -C "$WORK/tree" --strip-components=1 \
		-xf "$(kernel/tarball.sh "$BASE")" "${files[@]/#/linux-source-$BASE/}"
fi
check "the patches apply" bash -c 'cat "${@:2}" | patch -d "$1" -p1 -F0 -s --batch' _ "$WORK/tree" "${patches[@]}"

for kernel in "$BASE" "$BASE-debug"; do
	vmlinux=build/kernel/$kernel/vmlinux
	check "$kernel: find the call sites" bash -c 'build/tests/call_sites "$1" >"$2"' _ "$vmlinux" "$WORK/sites"
	none "$kernel: the call sites of each event are those of addr2line and of the source" \
		"$(tests/call_site/compare.py "$vmlinux" "$WORK/sites" "$WORK/tree" tracepoints.h 2>&1)"
done
done_testing
