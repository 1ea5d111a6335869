# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# How times are shown, and that they run on while there are no events. Sourced by run.sh.
# shellcheck disable=SC2154

open 100x24 "$MHPTOP replay $STORY"
shows "times are in the local time zone" '^ +03:43:20\.108024 \[[0-9]{3}\] bash-42 mhp_offline_begin'
shows "  the log says so" 'newest at the bottom  local time'
keys T
shows "T: times in UTC" '^ +22:13:20\.108024 \[[0-9]{3}\] bash-42 mhp_offline_begin'
shows "  the last line says so" '^times: UTC \(utc\)'
keys T
shows "T: seconds of CLOCK_MONOTONIC" '^ +1\.108024 \[[0-9]{3}\] bash-42 mhp_offline_begin'
keys T
shows "T: seconds since the first event" '^ +\+0\.108024 \[[0-9]{3}\] bash-42 mhp_offline_begin'
keys T T
shows "T: times in UTC again" '^ +22:13:20\.108024 '
keys /
type_line state=going_offline
keys Enter
finds "detail: the style of its times" '^Phases \(UTC\)' Down
finds "detail: an operation in progress in a recording" \
	'^  offline +at 2023-11-14T22:13:20\.108024Z, in progress for 0ns at the newest event' Down
keys q q
ends "q quits" 0

open 100x24 "$MHPTOP replay --time delta $STORY"
shows "--time selects the style" '^ +\+0\.108024 \[[0-9]{3}\] bash-42 mhp_offline_begin'
keys q
until_ok has_file "$WORK/after"

# A live source without events. Time goes by, however slow the machine is: each of these waits until enough of it has.
seconds() { screen | sed -nE 's/.*in progress for ([0-9.]+)s$/\1/p'; }
# shellcheck disable=SC2317
runs_on() { awk -v old="$1" -v now="$(seconds)" 'BEGIN { exit !(now > old + 0.5) }'; }

open 100x30 "$TOP/build/tests/live"
shows "live: the dashboard" '^events +4 seen'
keys /
type_line state=going_offline
shows "live: an operation in progress" '^>. +7 going_offline'
keys Enter
shows "live: how long it has been in progress" '^  offline +at 20[0-9T:.-]+\+05:30, in progress for [0-9.]+s$'
began=$(seconds)
if until_ok runs_on "$began"; then
	pass "live: the time runs on although there are no events"
else
	fail "live: the time runs on although there are no events" "it was $began"$'\n'"$(screen)"
fi
keys End PageUp Up Up Up Up Up Up Up Up
shows "live: its column is marked" '^  offline_time +[0-9.]+s\+ '
keys Home p
shows "live: paused" PAUSED
began=$(seconds)
sleep 1
keys k # draws again
eq "live: while paused, the time stands still" "$(seconds)" "$began"
keys p q
hides "live: back on the main screen" PAUSED
keys /
keys C-u
type_line "offline_time>$(awk -v began="$began" 'BEGIN { print began + 4 }')s,state=going_offline"
shows "live: a filter matches once enough time has gone by" ' 1 of 2 match .offline_time>'
keys q
ends "live: q quits" 0

# shellcheck disable=SC2317
first_is() { screen | sed -n '/BLOCK STATE/{n;p}' | grep -qE "$1"; }
open 100x30 "$TOP/build/tests/live -offline_time"
if until_ok first_is ' 7 going_offline'; then
	pass "live: the order changes once the operation takes longer than another"
else
	fail "live: the order changes once the operation takes longer than another" "$(screen)"
fi
keys q
ends "live: q quits when sorted" 0
