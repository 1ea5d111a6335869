#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest, whose clock counts instructions: the CPU that it takes to attach with 4,096 memory blocks there, what an
# add of 512 GiB loses, and what mhptop keeps resident then. Writes $RESULTS/attach.txt: lines "NAME VALUE".
#
#	attach.sh mhptop|bpftrace
. "${MHP_LIB:?this runs in a guest: make bench}"

# The clock of this guest runs on while it waits for the host's files: run.py has a time limit, in real time.
until_there() {
	until "$@"; do
		sleep 0.1
	done
}

tell() { echo "$1 $2" >> "$RESULTS/attach.txt"; }

# CPU of a process and its threads so far, in ns: its own clock, as clock_getcpuclockid(3) would name it
cpu_ns() { python3 -c 'import sys, time; print(time.clock_gettime_ns(~int(sys.argv[1]) << 3 | 2))' "$1"; }

resident_kib() { awk '/^VmRSS:/ { print $2 }' /proc/"$1"/status; }

echo offline > "$MEMORY"/auto_online_blocks

attach_bpftrace() {
	plan 2
	check "a DIMM of 512 GiB is plugged" dimm_plug big 512G
	bpftrace "$MHP_ROOT/tests/bench/sums.bt" > /tmp/bpftrace.log 2>&1 &
	check "bpftrace attaches" until_there grep -q ready /tmp/bpftrace.log
	tell attach_bpftrace_ns "$(cpu_ns $!)"
	kill -INT "$!"
	wait "$!"
}

# Whether the recording has a record of each memory block, so that nothing of the attach is left to do
all_snapshot() { [[ -e $1 ]] && (($(grep -c '"event":"mhp_snapshot_block"' "$1") >= $2)); }

attach_mhptop() {
	local blocks pid
	plan 6
	mhptop record -o /tmp/add.ndjson &
	pid=$!
	check "the recorder attaches" until_there all_snapshot /tmp/add.ndjson 1
	check "a DIMM of 512 GiB is plugged" dimm_plug big 512G
	sleep 2
	tell resident_live_kib "$(resident_kib $pid)"
	kill -INT "$pid"
	check "the recorder ends well" wait "$pid"
	eq "each section was populated" "$(grep -c '"event":"mhp_vmemmap_populate"' /tmp/add.ndjson)" 4096
	tell lost_in_add "$(tail -n 1 /tmp/add.ndjson | grep -o '"lost":[0-9]*' | head -n 1 | cut -d: -f2)"
	tell seen_in_add "$(tail -n 1 /tmp/add.ndjson | grep -o '"seen":[0-9]*' | head -n 1 | cut -d: -f2)"

	blocks=$(find "$MEMORY" -maxdepth 1 -name 'memory[0-9]*' | wc -l)
	mhptop record -o /tmp/late.ndjson &
	pid=$!
	check "all $blocks memory blocks are seen late" until_there all_snapshot /tmp/late.ndjson "$blocks"
	tell attach_mhptop_ns "$(cpu_ns $pid)"
	tell resident_late_kib "$(resident_kib $pid)"
	kill -INT "$pid"
	check "the late recorder ends well" wait "$pid"
}

"attach_$1"
