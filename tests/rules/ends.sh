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
status "--junit does not write into a file that is checked" 2 'link.ndjson: this file is to be read' \
	"$MHPTOP" check --junit "$WORK/link.ndjson" range.ndjson "$WORK/same.ndjson"
check "  which is what it was" cmp "$WORK/same.ndjson" eject-range.ndjson
echo 'max-offline 2s' >"$WORK/rules.conf"
for option in --rules --vmlinux; do
	status "--junit does not write into what $option names" 2 'rules.conf: this file is to be read' \
		"$MHPTOP" check $option "$WORK/rules.conf" --junit "$WORK/rules.conf" range.ndjson
	eq "  which is what it was" "$(<"$WORK/rules.conf")" 'max-offline 2s'
done
# rests PID: waits until mhptop with this process id sleeps, in poll() or in open() of a FIFO, and nothing but another
# process or a signal can wake it.
rests() {
	for _ in {1..6000}; do
		[[ $(tr -d '\0' <"/proc/$1/wchan") == *@(poll|wait_for_partner)* ]] && return
		sleep 0.01
	done 2>/dev/null
	return 1
}
# ended PID: sets status to the exit status of a process that was told to end, or to why it has none.
ended() {
	for _ in {1..6000}; do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.01
	done
	kill -KILL "$1" 2>/dev/null && status="does not end" && return
	status=0
	wait "$1" || status=$?
}
# As a script starts it in the background: with SIGINT ignored
mkfifo "$WORK/silent"
for command in "check $WORK/silent" "replay -b $WORK/silent" "record -o $WORK/silent"; do
	# shellcheck disable=SC2086	# a command and its file
	(trap '' INT; exec "$MHPTOP" $command >/dev/null 2>&1) &
	pid=$!
	check "mhptop ${command%% *} waits for the other end of a FIFO" rests $pid
	kill -INT $pid
	ended $pid
	eq "  until SIGINT" "$status" 130
done
# A pipe that has nothing, behind another file: the same, and what was read is judged.
for second in "$WORK/silent" -; do
	mkfifo "$WORK/quiet"
	exec 5<>"$WORK/quiet"
	"$MHPTOP" check "$WORK/violating.ndjson" "$second" <&5 >"$WORK/verdict" 2>/dev/null &
	pid=$!
	check "a check waits for its second file: ${second##*/}" rests $pid
	kill -INT $pid
	kill -INT $pid
	ended $pid
	eq "  until SIGINT, with the verdict of the first" "$status $(grep -c '^not ok [0-9]* remove.match' "$WORK/verdict")" "3 1"
	exec 5>&-
	rm "$WORK/quiet"
done
both=$(($(cat range.ndjson eject-range.ndjson | wc -l) - 4)) # events: all but two headers and totals
cat range.ndjson >"$WORK/silent" &
verdict "a FIFO as the second file" 0 "^# PASS: $both events, 0 lost" eject-range.ndjson "$WORK/silent"
check "standard input as the second file" bash -c 'cat range.ndjson | "$1" check eject-range.ndjson - | grep -q "^# PASS: $2 events"' _ "$MHPTOP" "$both"
"$MHPTOP" replay -b eject-range.ndjson "$WORK/silent" >"$WORK/verdict" &
pid=$!
check "replay waits for its second file" rests $pid
cat range.ndjson >"$WORK/silent"
ended $pid
eq "  however late it comes" "$status $(grep -c "^events  seen $both " "$WORK/verdict")" "0 1"
done_testing
