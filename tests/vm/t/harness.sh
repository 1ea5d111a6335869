#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The harness itself: a guest with all its mounts, and a DIMM whose blocks agree with QMP.
# shellcheck disable=SC1090,SC2016	# the library is where the guest says; $ in '' is meant
. "${MHP_LIB:?this runs in a guest: tests/vm/run.py tests/vm/t/harness.sh}"
plan 19

for dir in /proc /sys /dev /dev/pts /dev/shm /tmp /sys/kernel/tracing /sys/kernel/debug /sys/fs/bpf; do
	mountpoint -q $dir || missing+=" $dir"
done
eq "everything is mounted" "$missing" ""
check "the root is read-only" bash -c '! touch /mhp-was-here'
check "the results folder can be written" bash -c 'echo seen > "$RESULTS/seen"'
eq "loopback is up" "$(< /sys/class/net/lo/operstate)$(< /sys/class/net/lo/flags)" "unknown0x9"
eq "the host answers, words as they were" "$(host ping 'a  b' "it's \\n" '$x')" "a  b it's \\n \$x"
check "an unknown request is refused" eval '! host no-such-request'
eq "any QMP command" "$(qmp query-status | grep -o '"running": true')" '"running": true'

echo offline > "$MEMORY/auto_online_blocks"
addr=$(dimm_plug d0 1G) || bail "the DIMM was not plugged: $addr"
pass "a DIMM is plugged at $addr"
eq "QEMU sees it" "$(qmp_memory_devices)" "d0 $addr $((1 << 30)) 0 dimm"
mapfile -t blocks < <(blocks_in "$addr" 1G)
eq "its blocks" "${#blocks[@]}" 8
eq "blocks and QMP agree on the size" "$((${#blocks[@]} * $(block_bytes)))" \
	"$(qmp_memory_size | cut -d' ' -f2)"
eq "blocks start at its address" "$((blocks[0] * $(block_bytes)))" "$((addr))"

check "a block goes online" block_set "${blocks[7]}" online_movable
eq "its state" "$(block_state "${blocks[7]}")" online
check "the DIMM is unplugged" dimm_unplug d0
eq "no block of it is left" "$(blocks_in "$addr" 1G)" ""

# A block in a kernel zone is pinned at once, so this DIMM cannot go.
addr=$(dimm_plug d1 256M) || bail "the second DIMM was not plugged: $addr"
mapfile -t blocks < <(blocks_in "$addr" 256M)
check "a block goes online for the kernel" block_set "${blocks[0]}" online_kernel
for _ in {1..20}; do ls / > /dev/null; done
why=$(dimm_unplug d1)
eq "an unplug that the guest refuses" "$?" 1
eq "and why" "$why" "d1: refused the guest answered 0x82 (device busy)"
