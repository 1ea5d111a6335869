#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of the demo: plug a 9 GiB DIMM, bring its memory blocks online one by one, take them offline, unplug
# it; "live" repeats this while the dashboard runs, "batch" does it once, with a frame of text at each step.
. "${MHP_LIB:?this runs in a guest: make demo}"

mhptop=$MHP_ROOT/build/mhptop
# Kernels of distributions bring added memory online by themselves.
echo offline >/sys/devices/system/memory/auto_online_blocks
size=9G

# blocks_turn STATE SECONDS: all blocks of the DIMM, one after the other; offline from the last to the first
blocks_turn() {
	local block order=cat
	[[ $1 != offline ]] || order=tac
	for block in $(blocks_in "$addr" $size | $order); do
		block_set "$block" "$1"
		sleep "$2"
	done
}

scenario_live() {
	while sleep 3; do
		addr=$(dimm_plug demo $size)
		sleep 3
		blocks_turn online_movable 0.1
		sleep 6
		blocks_turn offline 0.1
		sleep 3
		dimm_unplug demo
	done
}

# look ARG…: mhptop beside the recorder. Where both use probes, the kernel skips exit probes of calls in progress while the
# programs of one are detached, which takes a moment after it has ended.
look() {
	"$mhptop" "$@"
	sleep 2
}

frame() {
	echo
	echo "=== $1"
	look -b -n 1 --filter "${2-}"
}

scenario_batch() {
	local bytes=$((9 << 30)) status=0
	"$mhptop" record -o "$RESULTS/demo.ndjson" &
	recorder=$!
	wait_for 120 test -s "$RESULTS/demo.ndjson" || return
	addr=$(dimm_plug demo $size) || { echo "$addr"; return 1; }
	first=$((addr / $(block_bytes)))
	frame "plugged: 72 memory blocks, each with its own memmap; the first four" "id>$((first - 1)) id<$((first + 4))"
	blocks_turn online_movable 0
	frame "online: present = managed + memmap pages" "id>$((first - 1)) id<$((first + 4))"
	look --json -n 1 >"$RESULTS/online.json"
	blocks_turn offline 0
	look --json -n 1 >"$RESULTS/offline.json"
	dimm_unplug demo || return
	frame "unplugged: its memory blocks are gone" "id>$((first - 1)) id<$((first + 4))"
	kill -INT $recorder
	wait $recorder || return
	"$mhptop" replay --json "$RESULTS/demo.ndjson" >"$RESULTS/end.json"
	echo
	echo "=== mhptop check: verify the recording against the rules"
	"$mhptop" check --expect-hosting block --expect-removed "$addr-$(printf '0x%x' $((addr + bytes - 1)))" \
		"$RESULTS/demo.ndjson" >"$RESULTS/verdict" || status=$?
	cat "$RESULTS/verdict"
	echo
	echo "=== summary of the 9 GiB DIMM"
	"${MHP_SCRIPT%/*}/summary.py" "$RESULTS"/{online,offline,end}.json "$RESULTS/verdict" "$addr" $bytes || return
	return $status
}

case $1 in
live)
	scenario_live > /dev/null 2>&1 &
	"$mhptop"
	status=$?
	kill %1
	exit $status
	;;
batch)
	scenario_batch
	;;
esac
