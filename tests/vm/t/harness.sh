#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The harness itself: a guest has all its mounts, and the blocks of a DIMM agree with QMP.
# shellcheck disable=SC1090,SC2016	# the guest sets the path of the library; $ in '' is intended
. "${MHP_LIB:?this runs in a guest: tests/vm/run.py tests/vm/t/harness.sh}"
plan 19

for dir in /proc /sys /dev /dev/pts /dev/shm /tmp /sys/kernel/tracing /sys/kernel/debug /sys/fs/bpf; do
	mountpoint -q $dir || missing+=" $dir"
done
none "everything is mounted" "$missing"
check "the root is read-only" bash -c '! touch /mhp-was-here'
check "the results folder is writable" bash -c 'echo seen > "$RESULTS/seen"'
eq "loopback is up" "$(< /sys/class/net/lo/operstate)$(< /sys/class/net/lo/flags)" "unknown0x9"
eq "the host answers, and words are quoted correctly" "$(host ping 'a  b' "it's \\n" '$x')" "a  b it's \\n \$x"
check "an unknown request is refused" eval '! host no-such-request'
eq "QMP commands reach QEMU" "$(qmp query-status | grep -o '"running": true')" '"running": true'

echo offline > "$MEMORY/auto_online_blocks"
addr=$(dimm_plug d0 1G) || bail "the DIMM was not plugged: $addr"
pass "a DIMM is plugged at $addr"
eq "QEMU lists it" "$(qmp_memory_devices)" "d0 $addr $((1 << 30)) 0 dimm"
mapfile -t blocks < <(blocks_in "$addr" 1G)
eq "it has 8 memory blocks" "${#blocks[@]}" 8
eq "blocks and QMP agree on the size" "$((${#blocks[@]} * $(block_bytes)))" \
	"$(qmp_memory_size | cut -d' ' -f2)"
eq "blocks start at its address" "$((blocks[0] * $(block_bytes)))" "$((addr))"

check "a block goes online" block_set "${blocks[7]}" online_movable
eq "its state is online" "$(block_state "${blocks[7]}")" online
check "the DIMM is unplugged" dimm_unplug d0
none "its blocks are gone" "$(blocks_in "$addr" 1G)"

# The kernel allocates from a block in a kernel zone immediately, so this DIMM cannot be removed.
addr=$(dimm_plug d1 256M) || bail "the second DIMM was not plugged: $addr"
mapfile -t blocks < <(blocks_in "$addr" 256M)
check "a block goes online in a kernel zone" block_set "${blocks[0]}" online_kernel
for _ in {1..20}; do ls / > /dev/null; done
why=$(dimm_unplug d1)
eq "the guest refuses to unplug it" "$?" 1
eq "the reason of the refusal" "$why" "d1: refused the guest answered 0x82 (device busy)"
