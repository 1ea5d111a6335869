# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Every view at three sizes, with and without colours, compared with the screens in tests/tui/screens. Sourced by run.sh,
# whose --write writes these screens anew; look at each before you commit it.
# shellcheck disable=SC2154

SCREENS=$TOP/tests/tui/screens
cells() { screen_styled | "$TOP/tests/tui/screen_cells.py"; }
# shellcheck disable=SC2317
is_screen() { cells >"$WORK/shown" && cmp -s "$WORK/shown" "$1"; }
# shellcheck disable=SC2317
is_uncolored() {
	cells >"$WORK/shown" && "$TOP/tests/tui/screen_cells.py" --uncolored "$1" >"$WORK/want" && cmp -s "$WORK/shown" "$WORK/want"
}
# shellcheck disable=SC2317
is_still() {
	cells >"$WORK/shown"
	sleep 0.3
	cells >"$WORK/again"
	grep -qE "$1" "$WORK/again" && cmp -s "$WORK/shown" "$WORK/again"
}

# golden NAME REGEX: the screen has such a line, and is that of the file.
golden() {
	local file=$SCREENS/$1.screen
	if [[ $WRITE ]]; then
		until_ok is_still "$2" && cp "$WORK/shown" "$file"
	elif until_ok is_screen "$file"; then
		pass "$1: the screen"
	else
		fail "$1: the screen" "$(diff "$file" "$WORK/shown")"
	fi
}

# views_of NAME COMMAND REGEX KEY…: after the keys, a line of the screen matches, and it is that of the files.
views_of() {
	local name=$1 command=$2 regex=$3 size
	[[ ! $WRITE || $name =~ $WRITE ]] || return
	shift 3
	open 80x24 "$command"
	shows "$name: the dashboard" '^events '
	(($#)) && keys "$@"
	for size in 80x24 132x50 200x60; do
		size "$size"
		golden "$name-$size" "$regex"
	done
	[[ $WRITE ]] && return
	open 80x24 "NO_COLOR=1 $command"
	shows "$name: the dashboard without colours" '^events '
	(($#)) && keys "$@"
	for size in 80x24 132x50 200x60; do
		size "$size"
		if until_ok is_uncolored "$SCREENS/$name-$size.screen"; then
			pass "$name-$size: without colours, the same text and attributes"
		else
			fail "$name-$size: without colours, the same text and attributes" "$(diff "$WORK/want" "$WORK/shown")"
		fi
	done
}

# views NAME RECORDING REGEX KEY…: the same of a recording
views() {
	local name=$1 recording=$2
	shift 2
	views_of "$name" "$MHPTOP replay $recording" "$@"
}

# A range that hosts its memmap, with three blocks online
HOSTED=$WORK/hosted.ndjson
"$TOP/tests/tui/range_part.sh" "$RANGE" 5 mhp_online_end >"$HOSTED"

# One event of a memory block has another node than the others.
VIOLATED=$WORK/violation.ndjson
"$TOP/tests/rules/edit.py" "$STORY" set:mhp_vmemmap_online:3:nid:7 >"$VIOLATED"

views blocks "$STORY" 'Blocks'
views ranges "$STORY" '^\[Ranges\]' 2
views nodes "$STORY" '^\[Nodes\]' 3
views devices "$STORY" '^\[Devices\]' 4
views operations "$STORY" '^\[Operations\]' 5
views refused "$TOP/tests/golden/failures.ndjson" '^\[Operations\]' 5
views latency "$STORY" '^\[Latency\]' 6
views events "$STORY" '^\[Events\]' 7
views columns "$STORY" '^\[Columns\]' c j Space
views block "$STORY" '^\[Block\]' n Enter
views block-end "$STORY" '^\[Block\]' n Enter End
views range "$TOP/tests/golden/stuck.ndjson" '^\[Block\]' 2 Enter
views range-hosted "$HOSTED" '^\[Block\]' 2 Enter
views device "$STORY" '^\[Block\]' 4 Enter
views sort "$STORY" '^\[Sort by\]' s j
views sort-ranges "$STORY" '^\[Sort by\]' 2 s j
views ranges-sorted "$STORY" '^\[Ranges\]' 2 '>' r
views nodes-folded "$STORY" '^\[Nodes\]' 3 Down Left
views attention "$TOP/tests/golden/stuck.ndjson" '^!1 needs attention'
views failures "$TOP/tests/golden/failures.ndjson" '^\[Blocks\]'
views violation "$VIOLATED" '^! same\.block'
views log "$STORY" '^\[Events\]' l
views filter "$STORY" '^Filter: ' /
views large "$LARGE" ' 1 cell = '
views large-zoomed "$LARGE" ' 1 cell = 1 block' z
# What only a live machine has: forecasts, and whose a page is. The clock stands still, and the answers are made up.
FORECASTS=$WORK/forecasts/mhptop/dashboard
mkdir -p "${FORECASTS%/*}"
echo 'columns id,state,node,zone,can_go,hosting,vmemmap_pages,present,managed,reason' >"$FORECASTS"
LIVE="$TOP/build/tests/still $FORECASTS"
views_of can-go "$LIVE" '^\[Blocks\]'
views_of can-go-failed "$LIVE" '^>! +34 ' n
XDG_CONFIG_HOME=$WORK/forecasts views can-go-recording "$STORY" '^\[Blocks\].*CAN GO: '
views_of block-live "$LIVE" '^\[Block\]' n Enter
views_of block-live-asking "$LIVE" '^now +asking the machine' n Right Enter Right
views_of prompt-live-moment "$LIVE" 'only a recording has other moments' @
views prompt-delay "$STORY" '^Seconds: ' d
views prompt-delay-wrong "$STORY" 'invalid delay' d x Enter
views prompt-moment "$STORY" '^Time: ' @
views prompt-moment-wrong "$STORY" 'no time' @ x Enter
views prompt-filter-wrong "$STORY" 'unknown column' / nonsense=1 Enter
views filtered "$STORY" "^\\[Blocks\\] 10 of 116 match" / state=offline Enter
# The page has the path of the settings.
XDG_CONFIG_HOME=/nowhere views help "$STORY" '^\[Help\]' '?'
[[ ! $WRITE ]] || return

open 80x24 "$MHPTOP replay $STORY"
keys 2
shows "2: the view of ranges" '^\[Ranges\] 3, 1 removed'
shows "ranges: the first one is selected" '^> +0x140000 ok'
keys Down
shows "ranges: Down" '^> +0x500000 ok'
keys End
shows "ranges: End" '^> +0x580000 removed'
keys Home Right Right Right
shows "ranges: Right: the columns scroll, base and state stay" 'BASE STATE +WHY'
keys Enter
shows "ranges: Enter: the details of the first memory block" '^memory40 '
keys q
shows "ranges: q: back to the ranges" '^\[Ranges\]'
keys t
shows "ranges: a key of the blocks says where it belongs" 'belongs to the view of blocks'
keys Home s
shows "ranges: s: their columns to sort by" '^> BASE +base_pfn +first pfn of the range'
hides "ranges: s:   and none of blocks" 'memory block number'
keys j
shows "ranges: s: the next one" '^> PAGES +nr_pages'
keys Enter
shows "ranges: sorted by that column" '^\[Ranges\] 3, 1 removed  by PAGES, ascending'
shows "ranges:   the removed one is no longer last" '^> +0x580000 removed'
keys r
shows "ranges: r: reversed" 'by PAGES, descending'
shows "ranges:   the largest one is first" '^> +0x140000 ok'
keys '>'
shows "ranges: >: by the next column" 'by NODE, descending'
keys '<' '<' Enter
shows "ranges: Enter: the details of what is first in this order" '^memory176 '
keys q 1
shows "ranges: the order of blocks is another one" '^\[Blocks\] .* by address, ascending'
keys 2 r
shows "ranges: r: ascending again" '^\[Ranges\] 3, 1 removed  by BASE, ascending'
keys 3 s
shows "nodes: s: what can be sorted" 'only blocks and ranges can be sorted; 1 and 2 show them'
keys 2 Home Enter q
keys Escape
shows "ranges: Esc: back to the blocks" '^\[Blocks\]'
shows "ranges: the block is selected" '^>● +40 online'
keys 2
shows "ranges: the place is kept" '^> +0x140000 ok'
keys 1
shows "1: the view of blocks" '^\[Blocks\]'

keys 3
shows "nodes: a column that does not fit is left out" '^ NODE, ZONE, RANGE .* FAILED +PRESENT$'
shows "3: the view of nodes" '^>▾ node 0 +14 GiB +112 +101 +10 +!2 '
shows "nodes: a zone" '^   ▾ Normal +4\.8 GiB +38 +38 +0 +0 '
shows "nodes: a range with the memory blocks that are in a zone" '^ +0x140000000-0x37fffffff +8 GiB +64 +63 +0 +!2'
shows "nodes: and with those that are offline" '^ +0x140000000-0x37fffffff +1 GiB +8 +0 +8 +0'
shows "nodes: memory without a range" '^ +range unknown +4 GiB +32'
keys Down Left
shows "nodes: Left: a zone is folded" '^>  ▸ Normal +4\.8 GiB +38'
hides "nodes:   its ranges are hidden" '0x500000000-0x53fffffff +768 MiB'
keys Left
shows "nodes: Left: to the node that a folded zone is part of" '^>▾ node 0'
keys Left
shows "nodes: Left: the node is folded" '^\[Nodes\] 1 '
keys Right
shows "nodes: Right: unfolded, and what was folded below it still is" '^   ▸ Normal'
keys Down Enter
shows "nodes: Enter unfolds" '^>  ▾ Normal'
keys Down Down Enter
shows "nodes: Enter on a range: the details of the first of its memory blocks there" '^memory160 '
keys q 4
shows "4: the view of devices" '^\[Devices\] .* by the way memory was added'
shows "devices: what the recording shows of them" '^>unknown +- +9 GiB +72 +63 +8 +!2 Movable'
shows "devices: what does not fit is left out, and how to see it" '^\[Devices\] .*  Right: more columns$'
eq "devices:   no part of a title" "$(screen | grep -oE ' ZONES.*')" " ZONES"
keys Right Right Right Right Right Right Right
shows "devices: Right: the columns scroll, the name stays" '^ ADDED BY +DRIVER MEMMAP +REQUEST PLUGGED'
keys Right Right Right Right Right
shows "devices:   up to the last one" '^ ADDED BY +PLUGGED'
keys Left Left Left Left Left Left Left Left Left Left
shows "devices: Left: back" '^ ADDED BY +KIND'
keys 7
shows "7: the view of events, with the newest one selected" '^>  .*mhp_offline_begin: start_pfn=0x1e0000'
keys Up
shows "events: Up" '^>! .*mhp_offline_end: start_pfn=0x198000'
keys Enter
shows "events: Enter: the details of its memory block" '^memory51 '
keys q Right Right
shows "events: Right: scrolled to the side" '^>!hp_offline_end: start_pfn=0x198000'
keys Home
shows "events: Home: the first one" '^> .*'
keys End
shows "events: End: the last one" '^\[Events\] 85[0-9]-8'
keys q
ends "views: q quits" 0

open 132x24 "$TOP/build/tests/live"
shows "live: the dashboard" '^events '
keys 4
shows "devices: of a running machine, one whose driver is gone" '^>dax0\.0 +dax +256 MiB +2 +[0-9]+ +0 +!1 .* !gone +self +- +-'
shows "devices: what a virtio-mem device was asked for, and has" '^ virtio0 +virtio-mem +0 B +0 .* bound +- +1 GiB +0 B'
keys q
until_ok has_file "$WORK/after"

open 200x60 "$TOP/build/tests/still"
shows "forecasts: the dashboard" '^events '
hides "forecasts: no column at first" 'CAN GO'
keys c
finds "forecasts: c: the column can be chosen" '^> \[ \] CAN GO' j
keys Space Enter
shows "forecasts:   and is shown" 'BLOCK STATE .* CAN GO'
keys s
finds "forecasts: s: it is listed" '^> CAN GO' j
keys Enter
shows "forecasts:   but blocks cannot be sorted by it, and why" 'CAN GO is only known of memory blocks on the screen; mhptop list'
shows "forecasts:   so the order stays" '^\[Blocks\] .* by address'
keys /
type_line can_go=no
shows "forecasts: nor filtered" 'can_go is only known of memory blocks on the screen'
keys Escape q
until_ok has_file "$WORK/after"
