# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The mouse, and the map's zoom. Sourced by run.sh.
# shellcheck disable=SC2154

# mouse BUTTON Y X: what a terminal sends for it, 0 for the left button, 64 and 65 for the wheel. Rows and columns from 0.
mouse() {
	keys -H 1b 5b 4d "$(printf '%x' $((32 + $1)))" "$(printf '%x' $((33 + $3)))" "$(printf '%x' $((33 + $2)))"
	# Released
	keys -H 1b 5b 4d 23 "$(printf '%x' $((33 + $3)))" "$(printf '%x' $((33 + $2)))"
}
# click REGEX [COLUMN]: on the first row that matches
click() {
	local row
	row=$(screen | grep -nE -m1 -- "$1")
	mouse 0 $((${row%%:*} - 1)) "${2:-5}"
}
# wheel REGEX DIRECTION: on that row
wheel() {
	local row
	row=$(screen | grep -nE -m1 -- "$1")
	mouse "$([[ $2 == up ]] && echo 64 || echo 65)" $((${row%%:*} - 1)) 5
}

open 80x24 "$MHPTOP replay $STORY"
shows "mouse: the dashboard" '^>▒ +0 online'
click '^ ▒ +2 online'
shows "mouse: a click on a row selects it" '^>▒ +2 online'
click '^>▒ +2 online'
shows "mouse: a click on the selected row opens its details" '^memory2 '
wheel '^\[Block\]' down
shows "mouse: the wheel scrolls a page" '^\[Block\] .* 3 above'
wheel '^\[Block\]' up
hides "mouse: and back" ' above'
keys q
click '^ +BLOCK STATE' 10
shows "mouse: a click on a title sorts" 'by STATE, ascending'
click '^ +BLOCK STATE' 10
shows "mouse: a second one reverses the order" 'by STATE, descending'
click '^ +BLOCK STATE' 4
shows "mouse: a click on another title" 'by BLOCK, descending'
keys r g
shows "mouse: the first row again" '^>▒ +0 online'
wheel '^>▒ +0 online' down
shows "mouse: the wheel scrolls the table" '^>▒ +3 online'
click '^0x100000000 ' 30
shows "mouse: a click on the map selects the block there" '^>! +50 online'
shows "mouse: and moves the focus" '^\[Map\]'
wheel '^ Events' up
shows "mouse: the wheel scrolls the events" '^\[Events\] +3 newer below'
click '^0x580000000 ' 70
shows "mouse: a click where no block is selects nothing" '^>! +50 online'
keys 3
shows "mouse: the tree" '^>▾ node 0'
click '^   ▾ Movable'
shows "mouse: a click on a line of a list selects it" '^>  ▾ Movable'
click '^>  ▾ Movable'
shows "mouse: one on the selected line opens or folds it" '^>  ▸ Movable'
wheel '^>  ▸ Movable' up
shows "mouse: the wheel scrolls a list" '^>  ▾ Normal'
keys 2
shows "mouse: the ranges" '^\[Ranges\] .* by address'
click '^ +BASE STATE' 45
shows "mouse: a click on a title sorts them" '^\[Ranges\] .* by PAGES, ascending'
click '^ +BASE STATE' 45
shows "mouse: a second one reverses the order" '^\[Ranges\] .* by PAGES, descending'
click '^ +BASE STATE' 20
keys Right Right
shows "mouse: their state is no column to sort by" '^\[Ranges\] .* by PAGES, descending'
shows "mouse:   other columns" '^ +BASE STATE +HOSTING'
click '^ +BASE STATE' 45
shows "mouse: a click on one of them" '^\[Ranges\] .* by HOSTING, descending'
keys Left Left s
shows "mouse: the columns of ranges to sort by" '^> HOSTING'
click '^  WHY'
shows "mouse: a click chooses one" '^> WHY'
keys q 3
keys 1 c
shows "mouse: the columns" '^\[Columns\]'
click '^  \[x\] ZONE'
shows "mouse: a click chooses a column" '^> \[x\] ZONE'
keys q /
click '^ ▒ '
shows "mouse: nothing happens while a filter is typed" '^Filter: '
keys Escape M
shows "M: the terminal gets the mouse back" 'mouse: left to the terminal'
eq "  and tells nobody what it does" "$(tmux_ display-message -p '#{mouse_any_flag}')" 0
keys M
shows "M: it is used again" 'mouse: click selects'
eq "  by the dashboard" "$(tmux_ display-message -p '#{mouse_any_flag}')" 1
keys q
ends "mouse: q quits, and the terminal is restored" 0
eq "  the mouse is free" "$(tmux_ display-message -p '#{mouse_any_flag}')" 0

open 132x43 "$MHPTOP replay $LARGE"
shows "zoom: all of 65,536 blocks" ' 1 cell = 64 blocks, 8 GiB'
keys Z
shows "Z: half as many blocks per cell" ' 1 cell = 32 blocks, 4 GiB'
keys Z Z Z Z
shows "Z: again and again" ' 1 cell = 2 blocks, 256 MiB'
keys Z
shows "Z: one block per cell" ' 1 cell = 1 block, 128 MiB'
keys Z
shows "Z: all blocks again" ' 1 cell = 64 blocks, 8 GiB'
keys q
ends "zoom: q quits" 0
recording --blocks 8 >"$WORK/eight.ndjson"
open 80x24 "$MHPTOP replay $WORK/eight.ndjson"
shows "zoom: 8 blocks have a cell each" ' 1 cell = 1 block, 128 MiB'
shows "  in one row" '^0x000000000 ●{8}$'
keys Z z
shows "zoom: nothing is larger" ' 1 cell = 1 block, 128 MiB'
keys q
ends "zoom: q quits with 8 blocks" 0
