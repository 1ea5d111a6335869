#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Recordings in other formats: the trace for Perfetto is the recording's, whole and nested, whatever happened to it.
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "${MHPTOP:-$TOP/build/mhptop}")
cd "$TOP" || exit 1
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
golden=tests/golden

trace() { "$MHPTOP" export --perfetto "$@" >"$WORK/trace" 2>"$WORK/errors"; }
for path in "$golden"/*.ndjson tests/rules/*.ndjson; do
	trace "$path"
	eq "${path#tests/}: the exit code is that of replay" $? "$("$MHPTOP" replay --json "$path" >"$WORK/frame" 2>&1; echo $?)"
	check "${path#tests/}: operations and counts are those of the recording" tests/export/perfetto.py "$path" "$WORK/trace"
done

# What was lost: each slice that began ends or is open, and nothing else is ended in its place.
edit() { "$TOP/tests/rules/edit.py" "$@" >"$WORK/edited.ndjson"; }
nested() {
	python3 - "$WORK/trace" <<-'PY'
		import json, sys
		sys.path.insert(0, "tests/export")
		from perfetto import check_form, slices
		trace = json.load(open(sys.argv[1], encoding="utf-8"))
		check_form(trace)
		done, running = slices(trace["traceEvents"])
		lost = sum(end["args"].get("lost", False) for _, end in done)
		print(len(done), "finished", lost, "lost", len(running), "running")
	PY
}
edit $golden/hosted.ndjson lose:mhp_online_end:1
status "the end of an online was lost" 5 'events were lost' "$MHPTOP" export --perfetto "$WORK/edited.ndjson"
trace "$WORK/edited.ndjson"
eq "  the next online ends it" "$(nested)" "10 finished 2 lost 0 running"
edit $golden/hosted.ndjson lose:mhp_online_end:1 lose:mhp_online_begin:2
trace "$WORK/edited.ndjson"
eq "  or the end of the next one does, which does not take its place" "$(nested)" "8 finished 2 lost 0 running"
eq "  and is shown by itself" "$(grep -c 'an operation ended whose begin is not known' "$WORK/trace")" 1
trace $golden/hosted.ndjson $golden/failures.ndjson
eq "two recordings have tracks of their own" "$(jq -c '[.traceEvents[] | select(.name == "process_name").pid]' "$WORK/trace")" \
	"[1,2,3,4,6,7,8,9]"
eq "  and nothing is mixed up" "$(nested)" "36 finished 0 lost 0 running"

status "a damaged recording" 6 '^mhptop: .*:20: ' "$MHPTOP" export --perfetto <(sed '20s/.*/{/' $golden/hosted.ndjson)
check "  what came before is a whole trace" jq -e '.traceEvents | length > 10' "$WORK/stdout"
status "no format" 2 '^mhptop: export needs one format: --perfetto or --ndjson$' "$MHPTOP" export $golden/hosted.ndjson
status "a full disk" 1 '^mhptop: cannot write the trace: No space left on device$' \
	bash -c '"$0" export --perfetto "$1" >/dev/full' "$MHPTOP" $golden/hosted.ndjson
status "nobody reads" 0 '' bash -c 'set -o pipefail; "$0" export --perfetto "$1" | head -n 1' "$MHPTOP" tests/rules/range.ndjson

# A live pipe, until a signal
mkfifo "$WORK/pipe"
exec 4<>"$WORK/pipe"
"$MHPTOP" export --perfetto - <"$WORK/pipe" >"$WORK/trace" 4>&- &
head -n 30 $golden/hosted.ndjson >&4
all_read $! 4
kill -INT $!
wait $!
eq "a signal ends it" $? 0
exec 4>&-
check "  with a whole trace" jq -e '.traceEvents | length > 10' "$WORK/trace"
done_testing
