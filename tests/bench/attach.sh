#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest, whose clock counts instructions: measures the CPU time to attach when there are 4,096 memory blocks, the
# events lost in an add of 512 GiB, and mhptop's resident memory then. Writes $RESULTS/attach.txt: lines "NAME VALUE".
#
#	attach.sh events|probes|bpftrace
. "${MHP_LIB:?this runs in a guest: make bench}"

# No time limit: the clock of this guest advances while it waits for files of the host. run.py has a limit, in real time.
wait_until() {
	until "$@"; do
		sleep 0.1
	done
}

put() { echo "$1 $2" >> "$RESULTS/attach.txt"; }

# CPU time of a process and its threads so far, in ns: reads the clock that clock_getcpuclockid(3) returns
cpu_ns() { python3 -c 'import sys, time; print(time.clock_gettime_ns(~int(sys.argv[1]) << 3 | 2))' "$1"; }

resident_kib() { awk '/^VmRSS:/ { print $2 }' /proc/"$1"/status; }

echo offline > "$MEMORY"/auto_online_blocks

attach_bpftrace() {
	plan 2
	check "a DIMM of 512 GiB is plugged" dimm_plug big 512G
	bpftrace "$MHP_ROOT/tests/bench/sums.bt" > /tmp/bpftrace.log 2>&1 &
	check "bpftrace attaches" wait_until grep -q ready /tmp/bpftrace.log
	put attach_bpftrace_ns "$(cpu_ns $!)"
	kill -INT "$!"
	wait "$!"
}

# Whether the recording has a snapshot record of each memory block, which means that the attach is complete
all_snapshot() { [[ -e $1 ]] && (($(grep -c '"event":"mhp_snapshot_block"' "$1") >= $2)); }

attach_events() { attach_mhptop events; }
attach_probes() { attach_mhptop probes; }

attach_mhptop() {
	local blocks pid
	plan 6
	mhptop record --source "$1" -o /tmp/add.ndjson &
	pid=$!
	check "the recorder attaches" wait_until all_snapshot /tmp/add.ndjson 1
	check "a DIMM of 512 GiB is plugged" dimm_plug big 512G
	sleep 2
	put resident_live_kib "$(resident_kib $pid)"
	kill -INT "$pid"
	check "the recorder exits 0" wait "$pid"
	eq "each section was populated" "$(grep -c '"event":"mhp_vmemmap_populate"' /tmp/add.ndjson)" 4096
	put lost_in_add "$(tail -n 1 /tmp/add.ndjson | grep -o '"lost":[0-9]*' | head -n 1 | cut -d: -f2)"
	put seen_in_add "$(tail -n 1 /tmp/add.ndjson | grep -o '"seen":[0-9]*' | head -n 1 | cut -d: -f2)"

	blocks=$(find "$MEMORY" -maxdepth 1 -name 'memory[0-9]*' | wc -l)
	mhptop record --source "$1" -o /tmp/late.ndjson &
	pid=$!
	check "the snapshot has all $blocks memory blocks" wait_until all_snapshot /tmp/late.ndjson "$blocks"
	put attach_mhptop_ns "$(cpu_ns $pid)"
	put resident_late_kib "$(resident_kib $pid)"
	kill -INT "$pid"
	check "the recorder that attached late exits 0" wait "$pid"
}

"attach_$1"
