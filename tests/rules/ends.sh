#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# When a check ends, and that it can always be ended: --for, pipes and FIFOs that have nothing, more than that or not yet
# all, signals, and the file of --junit. MHPTOP is the program under test.
. "$(dirname "$0")/lib.sh"

# A file that is there is read to its end, however early the time is over.
./edit.py eject-range.ndjson idle >"$WORK/idle.ndjson"
./edit.py eject-range.ndjson gone:32 >"$WORK/violating.ndjson"
{ cat eject-range.ndjson; for _ in {1..200}; do echo "$WORK/idle.ndjson"; done | xargs cat; cat "$WORK/violating.ndjson"; } >"$WORK/many.ndjson"
verdict "--for does not end the check of a file in the middle" 3 '^not ok [0-9]+ remove.match' --for 1us "$WORK/many.ndjson"
check "  nor that of standard input" bash -c '"$1" check --for 1us - <"$2" | grep -q "^not ok [0-9]* remove.match"' _ "$MHPTOP" "$WORK/many.ndjson"
cp eject-range.ndjson "$WORK/same.ndjson"
ln "$WORK/same.ndjson" "$WORK/link.ndjson"
status "--junit does not write into a file that is checked" 2 'link.ndjson: this file is to be checked' \
	"$MHPTOP" check --junit "$WORK/link.ndjson" range.ndjson "$WORK/same.ndjson"
check "  which is what it was" cmp "$WORK/same.ndjson" eject-range.ndjson
# As a script starts it in the background: with SIGINT ignored
mkfifo "$WORK/silent"
for command in "check $WORK/silent" "replay -b $WORK/silent" "record -o $WORK/silent"; do
	# shellcheck disable=SC2086	# a command and its file
	(trap '' INT; exec "$MHPTOP" $command >/dev/null 2>&1) &
	pid=$!
	for _ in {1..600}; do
		grep -q wait_for_partner /proc/$pid/wchan && break
		sleep 0.1
	done
	kill -INT $pid
	for _ in {1..600}; do kill -0 $pid 2>/dev/null || break; sleep 0.1; done
	kill -KILL $pid 2>/dev/null
	wait $pid
	eq "SIGINT ends mhptop ${command%% *} that waits for the other end of a FIFO" "$?" 130
done
# A pipe that has nothing, behind another file: the same, and what was read is judged.
for second in "$WORK/silent" -; do
	mkfifo "$WORK/quiet"
	exec 5<>"$WORK/quiet"
	"$MHPTOP" check "$WORK/violating.ndjson" "$second" <&5 >"$WORK/verdict" 2>/dev/null &
	pid=$!
	for _ in {1..600}; do
		[[ -L /proc/$pid/fd/3 && $(ls -l /proc/$pid/fd) == *signalfd* && $(</proc/$pid/wchan) == *poll* ]] && break
		sleep 0.1
	done
	kill -INT $pid
	kill -INT $pid
	for _ in {1..600}; do kill -0 $pid 2>/dev/null || break; sleep 0.1; done
	kill -KILL $pid 2>/dev/null
	wait $pid
	eq "SIGINT ends a check that waits for its second file: ${second##*/}" "$? $(grep -c '^not ok [0-9]* remove.match' "$WORK/verdict")" "3 1"
	exec 5>&-
	rm "$WORK/quiet"
done
both=$(($(cat range.ndjson eject-range.ndjson | wc -l) - 4)) # events: all but two headers and totals
cat range.ndjson >"$WORK/silent" &
verdict "a FIFO as the second file" 0 "^# PASS: $both events, 0 lost" eject-range.ndjson "$WORK/silent"
check "standard input as the second file" bash -c 'cat range.ndjson | "$1" check eject-range.ndjson - | grep -q "^# PASS: $2 events"' _ "$MHPTOP" "$both"
(sleep 1; cat range.ndjson) >"$WORK/silent" &
check "  that takes its time" bash -c '"$1" replay -b eject-range.ndjson "$2" | grep -q "^events  seen $3 "' _ "$MHPTOP" "$WORK/silent" "$both"
done_testing
