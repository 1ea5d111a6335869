#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A kernel boots, and a DIMM comes and goes as far as this kernel can do that: its memory blocks exist, one goes online and
# offline, and the DIMM is unplugged. MemTotal says whether the memory is there.
# shellcheck disable=SC1090	# the guest sets the path of the library
. "${MHP_LIB:?this runs in a guest: tests/vm/run.py tests/vm/t/boots.sh}"

memory_total() { sed -nE 's/^MemTotal: +([0-9]+) kB/\1/p' /proc/meminfo; }

check "the kernel counts its memory" test "$(memory_total)" -gt 100000
if [[ ! -e $MEMORY/auto_online_blocks ]]; then
	note "this kernel has no memory hotplug"
	check "its ACPI takes no memory" eval '! dimm_plug_start d0 256M || ! memory_wait d0 5 plugged'
	done_testing
	exit
fi

before=$(memory_total)
echo offline > "$MEMORY/auto_online_blocks"
addr=$(dimm_plug d0 256M) || bail "the DIMM was not plugged: $addr"
mapfile -t blocks < <(blocks_in "$addr" 256M)
eq "its blocks exist" "${#blocks[@]}" $(((256 << 20) / $(block_bytes)))
check "one goes online" block_set "${blocks[0]}" online_movable
check "the kernel has more memory" test "$(memory_total)" -gt "$before"
if block_set "${blocks[0]}" offline 2> /dev/null; then
	pass "it goes offline"
	eq "the kernel has the memory that it had" "$(memory_total)" "$before"
	check "the DIMM is unplugged" dimm_unplug d0
	none "its blocks are gone" "$(blocks_in "$addr" 256M)"
else
	note "this kernel takes no memory offline"
	eq "the block stays online" "$(block_state "${blocks[0]}")" online
fi
done_testing
