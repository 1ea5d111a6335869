#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every step of the series works: the kernel with all patches up to each one builds without warnings, boots, and a DIMM
# can be plugged and unplugged without a splat. FROM is the number of the first patch to try, if the ones before it are known
# to work.
. "$(dirname "$0")/../host-lib.sh"
. "$(dirname "$0")/lib.sh"

cd "$TOP" || exit 1

image=$LONG/tree/obj-plain/arch/x86/boot/bzImage

build() { kmake tree plain x86_64 "" -j"$(nproc)" bzImage; }

boots() {
	tests/vm/run.py --kernel "$image" --results "$VM/each-patch" --append "memory_hotplug.memmap_on_memory=$mode" \
		tests/vm/t/harness.sh
}

check "$BASE: the source" unpack tree
cat "$TOP/kernel/config/guest.config" "$TOP/kernel/config/$BASE.config" >"$WORK/config"
check "$BASE: the configuration" configure tree plain x86_64 "" "$WORK/config" "${PLAIN[@]}"
mode=Y nr=0
while read -r -u 3 patch; do
	[[ $patch != *-x86-mm-support-memmap_on_memory-range.patch ]] || mode=range
	check "$patch applies" apply tree "$patch"
	((++nr >= ${FROM:-1})) || continue
	check "$patch builds without warnings" build
	check "$patch boots, a DIMM is plugged and unplugged, mode $mode" boots
done 3< <(series_patches)
forget_trees
done_testing
