# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The terminal: colours, characters, and that it is restored. Sourced by run.sh.
# shellcheck disable=SC2154

ESC=$'\e'
# SGR sequences that set a colour, which 39 and 49 do not
colors() { screen_styled | grep -cE "$ESC\[([0-9]+;)*(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9]+)*m"; }
beyond_ascii() { screen | grep -cP '[^\x00-\x7f]'; }

open 80x24 "$MHPTOP replay $STORY"
shows "the dashboard with defaults" 'Map'
check "defaults: colours" test "$(colors)" -gt 0
check "defaults: characters beyond ASCII" test "$(beyond_ascii)" -gt 0

open 80x24 "NO_COLOR=1 $MHPTOP replay $STORY"
shows "NO_COLOR: the dashboard" 'Map'
eq "NO_COLOR: no colours" "$(colors)" 0
shows "NO_COLOR: the selected row is marked" '^>▒ +0 online'
open 80x24 "$MHPTOP replay --no-color $STORY"
shows "--no-color: the dashboard" 'Map'
eq "--no-color: no colours" "$(colors)" 0
open 80x24 "TERM=vt100 $MHPTOP replay $STORY"
shows "a terminal without colours: the dashboard" 'Map'
eq "a terminal without colours: no colours" "$(colors)" 0

open 132x43 "$MHPTOP replay --ascii $STORY"
shows "--ascii: the map" '^0x100000000 #{8}M{10}!!M{8}<M+={8}\| 6 GiB'
shows "--ascii: buddy-hosted blocks" '^0x500000000 k{6}--\|'
eq "--ascii: no characters beyond ASCII" "$(beyond_ascii)" 0
keys '?'
finds "--ascii: help" '^  k K  online in a kernel zone' Down
eq "--ascii: no characters beyond ASCII in the help" "$(beyond_ascii)" 0
open 132x43 "LC_ALL=C $MHPTOP replay $STORY"
shows "a locale without UTF-8: the map" '^0x100000000 #{8}M{10}!!'
eq "a locale without UTF-8: no characters beyond ASCII" "$(beyond_ascii)" 0

for signal in INT TERM HUP QUIT; do
	open 80x24 "$MHPTOP replay $STORY"
	shows "before SIG$signal" 'Map'
	kill "-$signal" "$(pid_of)"
	ends "SIG$signal ends it and the terminal is restored" 0
done
open 80x24 "$MHPTOP replay $STORY"
shows "before Ctrl-C" 'Map'
keys C-c
ends "Ctrl-C ends it and the terminal is restored" 0
open 80x24 "$MHPTOP replay $STORY"
keys / x
shows "a filter is being typed" '^Filter: x'
kill -TERM "$(pid_of)"
ends "SIGTERM in a prompt: the terminal is restored" 0
open 80x24 "$MHPTOP replay $STORY"
shows "before the terminal goes away" 'Map'
pid=$(pid_of)
# shellcheck disable=SC2317
gone() { [[ ! -e /proc/$pid ]]; }
tmux_ kill-pane
check "it ends when the terminal goes away" until_ok gone
open 80x24 "$MHPTOP replay $STORY"
shows "before many resizes" 'Map'
for i in 1 2 3 4 5 6 7 8; do
	size $((40 + i * 10))x$((10 + i * 4))
	keys j
done
size 80x24
shows "many resizes: the screen is correct" '^0x580000000 ·{4}$'
keys q
ends "many resizes: q quits" 0
open 132x24 "TERM=no-such-terminal $MHPTOP replay $STORY"
ends "an unknown terminal type is refused" 1
shows "an unknown terminal type: a message names it and what to do" "terminal type 'no-such-terminal' is unknown.*set TERM"
open 132x24 "TERM=dumb $MHPTOP replay $STORY"
ends "a terminal type without cursor movement is refused" 1
shows "a terminal type without cursor movement: a message names it" "terminal type 'dumb' .*cannot move the cursor"
