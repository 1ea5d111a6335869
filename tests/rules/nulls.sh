#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A field that a source does not know accuses no kernel: nulls.c makes each field of each event unknown, in recordings that
# violate no rule. And what the command makes of some of them. MHPTOP is the program under test.
. "$(dirname "$0")/lib.sh"

while IFS= read -r line; do
	case $line in
	ok*) pass "${line#ok * }" ;;
	not\ ok*) fail "${line#not ok * }" "$(grep '^# accused' "$WORK/nulls" | head -n 20)" ;;
	esac
done < <("$TOP/build/tests/nulls" ../golden/{hosted,removed,buddy,failures,late,attached,range,range-late,first-range,first-range-late}.ndjson \
	../golden/schema-{1,2}.ndjson {eject-range,cycles,failures-block,failures-buddy,failures-range}.ndjson | tee "$WORK/nulls")
eq "each recording has two results" "$_count" 34

null() { ./edit.py eject-range.ndjson "unknown:$1:$2" >"$WORK/null.ndjson"; }
# Probes on a kernel of which zone_for_pfn_range() cannot be probed
./edit.py eject-range.ndjson unknown:mhp_present:{after,nid,zone,start_pfn,cause} unknown:mhp_online_begin:zone unseen:mhp_managed >"$WORK/null.ndjson"
verdict "probes that know no zone" 5 'the source cannot report all begins and ends' "$WORK/null.ndjson"
null mhp_snapshot_block zone
verdict "the zones of the snapshot are unknown" 0 '^# PASS' "$WORK/null.ndjson"
null mhp_vmemmap_free altmap_free
verdict "the pages reserved for memmap are unknown when it is freed" 0 '^# PASS' "$WORK/null.ndjson"
null mhp_vmemmap_populate host_pfn
verdict "where memmap was populated is unknown" 0 '^# PASS' "$WORK/null.ndjson"
null mhp_online_end ret
verdict "without its result, an operation is not judged" 5 'inconclusive: events were not judged, as mhp_online_end.ret is unknown' "$WORK/null.ndjson"
verdict "  nor is it known how many have worked" 5 'mhp_online_end.ret is unknown' --expect-onlines 9 "$WORK/null.ndjson"
./edit.py eject-range.ndjson unknown:mhp_snapshot_block:zone drop:mhp_managed:1 >"$WORK/null.ndjson"
verdict "what is known is still judged" 3 'order.online' "$WORK/null.ndjson"
done_testing
