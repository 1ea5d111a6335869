# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Good manners towards the terminal: colours, characters, and giving it back. Sourced by run.sh.
# shellcheck disable=SC2154

ESC=$'\e'
# SGR sequences that set a colour, which 39 and 49 do not
colors() { screen_styled | grep -cE "$ESC\[([0-9]+;)*(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9]+)*m"; }
beyond_ascii() { screen | grep -cP '[^\x00-\x7f]'; }

open 80x24 "$MHPTOP replay $STORY"
shows "a dashboard with colours" 'Map'
check "there are colours" test "$(colors)" -gt 0
check "and characters beyond ASCII" test "$(beyond_ascii)" -gt 0

open 80x24 "NO_COLOR=1 $MHPTOP replay $STORY"
shows "NO_COLOR: the dashboard" 'Map'
eq "NO_COLOR: no colours" "$(colors)" 0
shows "NO_COLOR: the selected row is marked" '^>▒ +0 online'
open 80x24 "$MHPTOP replay --no-color $STORY"
shows "--no-color: the dashboard" 'Map'
eq "--no-color: no colours" "$(colors)" 0
open 80x24 "TERM=vt100 $MHPTOP replay $STORY"
shows "a terminal without colours: the dashboard" 'Map'
eq "a terminal without colours: none" "$(colors)" 0

open 132x43 "$MHPTOP replay --ascii $STORY"
shows "--ascii: the map" '^0x100000000 #{8}M{10}!!M{8}<M+={8}\| 6 GiB'
shows "--ascii: hosted by buddy memory" '^0x500000000 k{6}--\|'
eq "--ascii: nothing beyond ASCII" "$(beyond_ascii)" 0
keys '?'
shows "--ascii: help" '^  k K  online in a kernel zone'
eq "--ascii: nothing beyond ASCII in the help" "$(beyond_ascii)" 0
open 132x43 "LC_ALL=C $MHPTOP replay $STORY"
shows "a locale without UTF-8: the map" '^0x100000000 #{8}M{10}!!'
eq "a locale without UTF-8: nothing beyond ASCII" "$(beyond_ascii)" 0

for signal in INT TERM HUP; do
	open 80x24 "$MHPTOP replay $STORY"
	shows "before SIG$signal" 'Map'
	kill "-$signal" "$(pid_of)"
	ends "SIG$signal ends it, and the terminal is as before" 0
done
open 80x24 "$MHPTOP replay $STORY"
shows "before Ctrl-C" 'Map'
keys C-c
ends "Ctrl-C ends it, and the terminal is as before" 0
open 80x24 "$MHPTOP replay $STORY"
keys / x
shows "while a filter is typed" '^Filter: x'
kill -TERM "$(pid_of)"
ends "SIGTERM in a prompt: the terminal is as before" 0
open 80x24 "$MHPTOP replay $STORY"
shows "before the terminal goes away" 'Map'
pid=$(pid_of)
# shellcheck disable=SC2317
gone() { [[ ! -e /proc/$pid ]]; }
tmux_ kill-pane
check "a terminal that goes away ends it" until_ok gone
open 80x24 "$MHPTOP replay $STORY"
shows "before frames are resized" 'Map'
for i in 1 2 3 4 5 6 7 8; do
	size $((40 + i * 10))x$((10 + i * 4))
	keys j
done
size 80x24
shows "resized in a hurry: alive and right" '^0x580000000 ·{4}$'
keys q
ends "resized in a hurry: ends well" 0
open 132x24 "TERM=no-such-terminal $MHPTOP replay $STORY"
ends "an unknown terminal type" 1
shows "is named, and what to do" "terminal type 'no-such-terminal' is not known here.*set TERM"
open 132x24 "TERM=dumb $MHPTOP replay $STORY"
ends "a terminal type that has no screen" 1
shows "is named, too" "terminal type 'dumb' .*cannot show a screen"
