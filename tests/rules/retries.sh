#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which later tries make a failure good, with --retries-ok: those of its kind that succeed for all of its memory. The
# recordings have nothing but begins and ends, so a verdict that is not FAIL is UNKNOWN: budget.failures itself is checked.
. "$(dirname "$0")/lib.sh"
# retries NAME ok|bad OPERATION…: whether the failures among some operations were made good
retries() {
	local name=$1 want=$2
	shift 2
	./retries.py "$@" >"$WORK/run.ndjson"
	if [[ $want == ok ]]; then
		verdict "$name" 5 '^ok [0-9]+ budget\.failures:' --retries-ok "${OPTIONS[@]}" "$WORK/run.ndjson"
	else
		verdict "$name" 3 "^# memory${want}, .*found .* failed with -16" --retries-ok "${OPTIONS[@]}" "$WORK/run.ndjson"
	fi
}
OPTIONS=()
for kind in add remove; do
	retries "$kind: a later one of the same memory" ok -$kind:32:4 $kind:32:4
	retries "  of its first block" 33 -$kind:32:4 $kind:32:1
	retries "  of all but the last block" 35 -$kind:32:4 $kind:32:3
	retries "  of all but the first block" 32 -$kind:32:4 $kind:33:3
	retries "  of two blocks in the middle" 32 -$kind:32:4 $kind:33:2
	retries "  of other memory" 32 -$kind:32:4 $kind:28:4 $kind:36:4
	retries "  of more memory" ok -$kind:33:1 $kind:32:4
	retries "  of more memory, which begins far before" ok -$kind:933:1 $kind:32:1000
	retries "  of a part that begins before, and of the rest" ok -$kind:32:4 $kind:30:4 $kind:34:9
	retries "  of each block, in any order" ok -$kind:32:4 $kind:34:1 $kind:32:1 $kind:35:1 $kind:33:1
	retries "  of each block but one" 35 -$kind:32:4 $kind:34:1 $kind:32:1 $kind:33:1
	retries "  of a part, before it failed, and of the rest" 32 $kind:32:2 -$kind:32:4 $kind:34:2
	retries "  of a part, before it failed again, and of the rest" 32 -$kind:32:4 $kind:32:2 -$kind:32:4 $kind:34:2
	retries "  of all, after it failed again" ok -$kind:32:4 $kind:32:2 -$kind:32:4 $kind:34:2 $kind:32:2
	retries "  which is still in progress" ok -$kind:32:4 open:$kind:32:4
	retries "  which is still in progress, for the rest" ok -$kind:32:4 $kind:32:3 open:$kind:35:1
	retries "  which is still in progress, for a part" 32 -$kind:32:4 open:$kind:33:3
done
for kind in online offline; do
	retries "$kind: a later one of the same block" ok -$kind:32:1 $kind:32:1
	retries "  of another block" 32 -$kind:32:1 $kind:33:1 $kind:31:1
done
retries "an operation of another kind" 32 -remove:32:4 offline:32:1 offline:33:1 offline:34:1 offline:35:1 add:32:4
retries "two failures that overlap, and one of them made good" 34 -remove:32:4 -remove:30:4 remove:30:4
retries "two failures that begin in one block, and both made good" ok -remove:32:4 -remove:32:2 remove:32:4
# 70 tries of a DIMM of 140 blocks, each after one more block is gone: more than are kept apart
mapfile -t many < <(for ((i = 0; i < 70; i++)); do printf -- '-remove:100:140\nremove:%d:1\n' $((100 + 2 * i)); done)
retries "a failure after each block that is removed" 100 "${many[@]}"
retries "  and all of it removed later" ok "${many[@]}" remove:100:140
OPTIONS=(--allow-failures 1)
retries "one failure is allowed, and of two, one is made good by two tries" ok -remove:32:4 -remove:40:1 remove:32:1 remove:33:3
retries "one failure is allowed, and of two, one is made good in part" 33 -remove:32:4 -remove:40:1 remove:32:1
retries "two tries of the same memory count as two" 32 -remove:32:4 -remove:32:4
retries "  unless later tries make the first good" ok -remove:32:4 remove:32:2 -remove:32:4 remove:34:2
done_testing
