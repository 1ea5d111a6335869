#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest, whose clock counts instructions: measures onlining and offlining of memory blocks with one observer, or
# none, attached. Writes $RESULTS/online.txt: lines "online|offline ROUND INSTRUCTIONS" for all blocks of a round.
#
# The DIMM is a NUMA node of its own, and all processes stay on the other node. Otherwise the observer's output would be
# written to the memory blocks just brought online, and taking them offline would include migrating it.
#
#	online.sh none|mhptop|check|perf|bpftrace
. "${MHP_LIB:?this runs in a guest: make bench}"

observer=$1
EVENTS=/sys/kernel/tracing/events/mhp

[[ $(numactl --show) == *"membind: 0 "* ]] || exec numactl --membind=0 "$BASH" "$0" "$@"
plan 2

# No time limits: the clock of this guest advances while it waits for files of the host. run.py has a limit, in real
# time.
start_observer() {
	case $observer in
	none) return 0 ;;
	mhptop)
		mhptop record -o /tmp/observed &
		;;
	check)
		mhptop check > /tmp/observed &
		;;
	perf)
		mkfifo /tmp/perf.ctl /tmp/perf.ack
		perf record -q -a -e 'mhp:*' -D -1 --control fifo:/tmp/perf.ctl,/tmp/perf.ack \
			-o /tmp/observed > /tmp/perf.log 2>&1 &
		;;
	bpftrace)
		bpftrace "$MHP_ROOT/tests/bench/sums.bt" > /tmp/observed 2>&1 &
		;;
	esac
	pid=$!
	until attached; do
		kill -0 "$pid" || return
		sleep 0.1
	done
}

# Whether the observer receives events by now.
attached() {
	case $observer in
	mhptop) [[ -s /tmp/observed ]] ;;
	# It has one BPF link for each event, and prints nothing until its end.
	check) (($(find "/proc/$pid/fd" -lname '*bpf*link*' | wc -l) >= $(find "$EVENTS" -mindepth 1 -type d | wc -l))) && sleep 1 ;;
	perf) echo enable > /tmp/perf.ctl && read -r -d '' -n 4 ack < /tmp/perf.ack && [[ $ack == ack* ]] ;;
	bpftrace) grep -q ready /tmp/observed ;;
	esac
}

stop_observer() {
	[[ $observer == none ]] && return 0
	kill -INT "$pid"
	wait "$pid"
	# It must have recorded events, or nothing was measured.
	case $observer in
	mhptop) (($(grep -c mhp_online_end /tmp/observed) > 0)) ;;
	check) grep -q '^# PASS: [1-9]' /tmp/observed ;;
	perf) cp /tmp/observed "$RESULTS/perf.data" && (($(perf script -i /tmp/observed 2> /dev/null | grep -c mhp_online_end) > 0)) ;;
	bpftrace) grep -q '@onlines\[' /tmp/observed ;;
	esac
}

echo offline > "$MEMORY"/auto_online_blocks
addr=$(dimm_plug d0 2G 1) || bail "$addr"
start_observer || bail "$observer did not attach: $(cat /tmp/observed /tmp/perf.log 2> /dev/null)"
mapfile -t blocks < <(blocks_in "$addr" 2G)
check "all blocks go online and offline" python3 "$MHP_ROOT/tests/bench/measure.py" \
	"$RESULTS/online.txt" "${blocks[@]}"
check "the observer ($observer) recorded events" stop_observer
