#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The call sites that are found in the kernels that guests boot: those that addr2line of binutils finds, and each call of
# the source, no more. build/tests/call_sites is list.c.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1
base=${MHP_KERNEL_BASE:-6.12} dir=$TOP/kernel/${MHP_KERNEL_BASE:-6.12}

# The files that have the calls, as the series leaves them. Those that a patch creates are in no source.
mapfile -t patches <"$dir/series"
patches=("${patches[@]/#/$dir/}")
mapfile -t files < <(comm -23 <(sed -n 's|^--- a/||p' "${patches[@]}" | sort -u) \
	<(awk '/^--- \/dev\/null$/ { getline; sub(/^\+\+\+ b\//, ""); print }' "${patches[@]}" | sort -u))
mkdir "$WORK/tree"
if [[ ${KERNEL_SRC-} ]]; then
	check "the source has what is patched" cp -t "$WORK/tree" --parents -r "${files[@]/#/$KERNEL_SRC/./}"
else
	check "the source has what is patched" tar -C "$WORK/tree" --strip-components=1 \
		-xf "/usr/src/linux-source-$base.tar.xz" "${files[@]/#/linux-source-$base/}"
fi
check "the patches apply" bash -c 'cat "${@:2}" | patch -d "$1" -p1 -F0 -s --batch' _ "$WORK/tree" "${patches[@]}"

for kernel in "$base" "$base-debug"; do
	vmlinux=build/kernel/$kernel/vmlinux
	check "$kernel: its call sites are found" bash -c 'build/tests/call_sites "$1" >"$2"' _ "$vmlinux" "$WORK/sites"
	eq "$kernel: they are those of addr2line and of the source, for each event" \
		"$(tests/call_site/compare.py "$vmlinux" "$WORK/sites" "$WORK/tree" tracepoints.h 2>&1)" ""
done
done_testing
