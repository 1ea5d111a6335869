# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# A recording is shown at any of its moments: steps, times, playing. Sourced by run.sh.
# shellcheck disable=SC2154

# The numbers of the kernel's events are in the recording: what is shown after so many of them is what a recording shows
# that was cut there.
nth_event() { jq -r "select(.seq == $1) | [.ns, .event] | @tsv" "$STORY" | awk '{ printf "%.6f %s\n", int($1 / 1000) / 1e6, $2 }'; }
all=$(jq -s 'map(.seq // 0) | max' "$STORY")
# shows_event NAME N: the newest event in the log is the Nth
shows_event() {
	local time name
	read -r time name < <(nth_event "$2")
	shows "$1" "^.? *$time .* $name: "
	eq "  and none is below it" "$(screen | tail -n 2 | grep -cE "^.? *$time .* $name: ")" 1
}
# The map and the events, which a recording that was cut shows in other rows
body() { screen | grep -E '^ ?0x|^[!> ] +[0-9]+\.[0-9]{6}'; }
# cut_at N: the recording up to its Nth event
cut_at() { awk -v n="$1" '{ print } $0 ~ "\"seq\":" n "," { exit }' "$STORY"; }

open 100x30 "$MHPTOP replay --time mono $STORY"
shows "the end of a recording: how long it is" '^mhptop .* recording 108\.024ms$'
keys '['
shows "[: the moment before the last event" '^mhptop .* PAUSED 107\.901ms/108\.024ms$'
shows_event "[: one event less" $((all - 1))
keys '[' '[' '['
shows_event "[: three more back" $((all - 4))
moment=$(body)
cut_at $((all - 4)) >"$WORK/cut.ndjson"
keys ']'
shows_event "]: one event on" $((all - 3))
keys '}'
shows_event "}: on to the event of an operation" "$(jq -s "map(select(.seq > $all - 3 and (.event // \"\" | test(\"_(begin|end|failed)$\")))) | .[0].seq" "$STORY")"
keys '{' '{'
shows_event "{: back to the one before" "$(jq -s "map(select(.seq < $all - 1 and (.event // \"\" | test(\"_(begin|end|failed)$\")))) | .[-2].seq" "$STORY")"
keys '@'
shows "@: a prompt" '^Time: +\(as printed, '
type_line noon
shows "@: what is no time" "^Time: noon .*no time: 'noon'"
keys C-u
type_line 1.05
shows "@: a time as printed" ' PAUSED 50\.000ms/'
shows_event "  its last event" "$(jq -s 'map(select(.ns < 1050001000)) | map(.seq) | max' "$STORY")"
keys '@'
type_line -20ms
shows "@: back by a time" ' PAUSED 30\.000ms/'
keys '@'
type_line +5ms
shows "@: on by a time" ' PAUSED 35\.000ms/'
keys '@'
type_line 10ms
shows "@: since the begin" ' PAUSED 10\.000ms/'
keys '@'
type_line 03:43:20.05
shows "@: a wall-clock time" ' PAUSED 50\.000ms/'
keys '@'
type_line 2023-11-14T22:13:20.06Z
shows "@: with a date" ' PAUSED 60\.000ms/'
keys '@'
type_line 0s
shows "@: the begin" ' PAUSED 0ns/'
shows "  no event yet" '^ +no events yet'
shows "  the snapshot is there" '^events +0 seen .* 32 blocks: 32 online'
keys '['
shows "[ at the begin: it stays" ' PAUSED 0ns/'
keys '@'
type_line 1h
shows "@: a time after the end is refused" "^'1h' is after the recording, which takes 108\.024ms"
shows "  nothing else changes" ' PAUSED 0ns/'
keys '@'
type_line 2023-11-14T22:13:19Z
shows "@: a time before the begin is refused" "^'2023-11-14T22:13:19Z' is before the recording, which begins at "
keys '@'
type_line +1h
shows "@: a step goes as far as the end" ' recording 108\.024ms$'
shows "  with the self-check" ' ledger equal '
keys q
ends "q quits at the end" 0

open 100x30 "$MHPTOP replay --time mono $WORK/cut.ndjson"
shows "a recording that was cut there" 'recording ends without totals'
eq "what a moment shows is what a recording shows that was cut there" "$moment" "$(body)"
keys q
until_ok has_file "$WORK/after"

# A violation, a failure and whatever else came later do not show earlier.
"$TOP/tests/rules/edit.py" "$STORY" set:mhp_vmemmap_online:3:nid:7 >"$WORK/violated.ndjson"
open 100x30 "$MHPTOP replay --at 50ms $WORK/violated.ndjson"
shows "--at: the moment" ' PAUSED 50\.000ms/'
hides "--at: a later failure is not shown" ' failed'
shows "--at: an earlier violation is" 'rules !1 violation'
keys '@'
type_line 5ms
shows "before it" 'rules ok'
keys q
ends "q quits at a moment" 0

open 100x30 "$MHPTOP replay --speed 0.01 --at 20ms $STORY"
shows "--speed: playing" ' PLAYING [0-9.]+ms/108\.024ms x0\.01$'
shows "playing: the time goes on" ' PLAYING [3-9][0-9]\.[0-9]+ms/'
keys p
shows "p: stopped" ' PAUSED [0-9.]+ms/108\.024ms x0\.01$'
was=$(screen | head -n 1)
sleep 0.5
eq "  it stands still" "$(screen | head -n 1)" "$was"
keys ')' ')'
shows "): twice as fast, twice" ' x0\.04$'
keys '('
shows "(: half as fast" ' x0\.02$'
keys Space
shows "Space: playing" ' PLAYING '
shows "played to its end" ' recording 108\.024ms x0\.02$'
keys j j
shows "keys work at the end" '^>▒ +2 online'
keys q
ends "q quits after playing" 0

# Keys work while a large recording is read again, and the goal may change on the way.
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$TOP/tests/tui python3 - >"$WORK/large-life.ndjson" <<-'EOF'
	import recording
	rec = recording.Recording("events", 0)
	rec.present["Movable"] = rec.managed["Movable"] = 65536 * recording.SIZE
	rec.seen("mhp_snapshot_zone", present=rec.present["Movable"], managed=rec.managed["Movable"], nid=0, zone="Movable")
	for number in range(65536):
	    rec.block_snapshot(number, "online", "Movable", "block")
	for number in range(40):
	    recording.offline(rec, number, "Movable", True)
	rec.end()
EOF
open 100x40 "$MHPTOP replay $WORK/large-life.ndjson"
shows "a large recording" '^mhptop .* recording [0-9.]+ms$'
shows "  at its end" '65536 blocks: 65496 online 40 offline'
keys '[' j j '[' '{' '@'
type_line 0s
shows "a large recording: its begin" ' PAUSED 0ns/'
shows "  its snapshot" '65536 blocks: 65536 online'
shows "  and the selection" '^>. +2 online'
keys '?'
finds "?: help" '^  \[ +recording: one event back' Down
keys q q
ends "a large recording: q quits" 0

# Several recordings: two boots with the same times of the clock
sed '1s/"wall_ns":1700000000/"wall_ns":1700000100/; 1s/"host"/"boot":"b","host"/' "$STORY" >"$WORK/second.ndjson"
sed '1s/"host"/"boot":"a","host"/' "$STORY" >"$WORK/first.ndjson"
open 100x30 "$MHPTOP replay --time utc $WORK/first.ndjson $WORK/second.ndjson"
shows "two boots: how long both are" ' recording 216\.048ms$'
keys '@'
type_line 22:13:20.05
shows "two boots: a time of the first one" ' PAUSED 50\.000ms/216'
shows "  its events" "^ +22:13:20\.049999 "
keys '@'
type_line 22:15:00.05
shows "two boots: a time of the second one" ' PAUSED 158\.02[45]ms/216'
shows "  its events" "^ +22:15:00\.049999 "
keys '@'
type_line 22:14:00
shows "two boots: between them, the end of the first one" ' PAUSED 108\.024ms/216'
shows "  its last event" "^ +22:13:20\.108024 "
shows "  its blocks" '112 blocks: 101 online 10 offline'
keys ']'
shows "two boots: the next event is of the second one" "^ +22:15:00\.000123 "
keys '['
shows "two boots: back to the first one" "^ +22:13:20\.108024 "
keys q
until_ok has_file "$WORK/after"

# Imports
"$TOP/build/tests/as_text" perf "$TOP/tests/golden/hosted.ndjson" >"$WORK/perf.txt"
open 100x30 "$MHPTOP replay --time mono $WORK/perf.txt"
shows "a text of perf" ' recording [0-9.]+us$'
keys '[' '['
shows "a text of perf: two events back" ' PAUSED [0-9.]+us/'
shows "  the newest event" '^ +60\.000172 '
keys q
until_ok has_file "$WORK/after"

# What cannot be read again says so.
open 100x30 "cat $STORY | $MHPTOP replay"
shows "a pipe: its end" 'ledger equal'
keys '['
shows "a pipe cannot be stepped through" '^a pipe cannot be read again: record to a file, and replay that'
keys '@'
shows "  nor be asked for a time" '^a pipe cannot be read again'
keys p
shows "  but p pauses" 'PAUSED, 0 new'
keys q
until_ok has_file "$WORK/after"
open 100x30 "$MHPTOP replay <$STORY"
shows "standard input that is a file" ' recording 108\.024ms$'
keys '['
shows "  is read again" ' PAUSED 107\.901ms/108\.024ms$'
keys q
until_ok has_file "$WORK/after"
open 100x30 "cat $STORY | $MHPTOP replay --at 1s"
shows "--at of a pipe is refused" '^mhptop: --at: a pipe cannot be read again'
ends "  with the status of a usage error" 2
open 100x30 "$TOP/build/tests/live"
shows "a live dashboard" '^events +4 seen'
keys '['
shows "a live dashboard has no other moments" '^only a recording has other moments'
keys q
until_ok has_file "$WORK/after"
