# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the keys do. Sourced by run.sh.
# shellcheck disable=SC2154

open 80x24 "$MHPTOP replay $STORY"
shows "the dashboard" '^>▒ +0 online'
keys j Down Down k
shows "j, k and arrows move the selection" '^>▒ +2 online'
keys G
shows "G: the last block" '^>· +179 removed'
keys PageUp
hides "PgUp: one page up" '^>· +179'
keys g
shows "g: the first block" '^>▒ +0 online'
keys n n
shows "n: the next block that failed" '^>! +51 online'
keys n g
shows "g: back to the first block" '^>▒ +0 online'
keys Right
shows "Right: the next columns" 'BLOCK NODE ZONE'
keys Left
shows "Left: the previous columns" 'BLOCK STATE'

keys /
shows "/: a prompt" '^Filter: '
type_line foo=1
shows "a wrong filter says why" "^Filter: foo=1 .*unknown column 'foo'"
keys C-u
type_line reason=unmovable
shows "a filter shows how many blocks match" ' 2 of 116 match .reason=unmovable. '
shows "the selection moves to a listed block" '^>! +50 online'
keys Enter
shows "Enter: the details of the block" '^memory50  0x190000000-0x197ffffff  128 MiB'
shows "detail: why it did not go offline" 'did not go offline: unmovable \(-16, Device or resource busy\)'
shows "detail: the blocking page" 'pfn 0x190223, page kind anon, stage migrate'
shows "detail: what hosts the memmap" 'self-hosted in 512 pages \(2 MiB\) from pfn 0x190000'
shows "detail: the map stays on the screen" '^0x580000000 ·{4}$'
shows "detail: what explain says, too" '^do +A page cannot be moved: end what holds it, then try again\.'
finds "detail: phases with durations" '^  offline +at 2023-11-15T03:43:20\.[0-9]+\+05:30, took [0-9.]+us' Down
keys Home PageDown
finds "detail: the range, what hosts its memmap and why" 'hosted by: block, reason: self_hosted; 36864' Down
finds "detail: the events of the block" '^! .*mhp_offline_failed: start_pfn=0x190200' Down
shows "detail:   a line that is too long goes on in the next one" '^     nr_pages=32768 vmemmap_pages=512 nid=0 zone=Movable ret=-16$'
keys End
shows "detail: who brought it online" '^  onlined_by +bash '
keys PageUp
shows "detail: the columns" '^  blocker_kind +anon'
keys Right
keys Home
shows "detail: the next block" '^memory51 '
keys q
shows "q closes only the page" ' 2 of 116 match'
keys Escape
shows "Esc clears the filter" ' of 116  by address'

keys s
shows "s: the columns to choose from" '^> BLOCK +id'
keys j
shows "j: down in the list" '^> STATE +state'
keys Enter
shows "Enter: sorted by that column" 'by STATE, ascending'
keys r
shows "r: reversed" 'by STATE, descending'
keys g
shows "removed blocks are first now" '^>· +179 removed'
keys '>'
shows ">: the next column" 'by NODE'
keys '<' '<'
shows "<: the previous column" 'by BLOCK'
keys r

shows "the table has the focus" '^\[Blocks\]'
keys Tab
shows "Tab: the log has the focus" '^\[Events\]'
keys Up Up
shows "the log scrolls back" ' 2 newer below'
keys Right
shows "Right: the log scrolls to the right" '^! \[000\] bash-42 mhp_offline_failed: '
keys Left G
shows "G: the newest event" 'newest at the bottom'
keys l
hides "l: only the log" 'Blocks'
shows "l: more events" 'mhp_remove_end'
keys l
hides "l: no log" 'Events'
keys l
shows "l: table and log" 'Events'
keys m
hides "m: no map" 'Map'
keys t
hides "t: no table" 'Blocks'
keys m t
shows "m and t: the table is back" 'Blocks'
shows "m and t: the map is back" 'Map'
shows "the focus moved to a visible pane" '^\[Events\]'

keys Tab
shows "Tab: from the log to the map" '^\[Map\]'
keys Home
shows "Home: the first cell" '^>▒ +0 '
keys Right Right
shows "Right: the next cells" '^>▒ +2 '
keys End
shows "End: the last cell" '^>· +179 '
keys Up Up
shows "Up: previous rows, at the same column or left of it" '^>● +99 '
keys Tab

keys d
shows "d: a prompt" '^Seconds: 1'
keys C-u
type_line x
shows "a wrong delay says why" "invalid delay 'x'"
keys Escape
hides "Esc closes the prompt" '^Seconds'
keys '?'
shows "?: help" '^  \? h F1 +show keys, legend and columns'
finds "help: the legend" '^  ○ ●  online in ZONE_MOVABLE' Down
keys End
shows "help: the range columns" 'add_ns +duration of the add'
keys PageUp PageUp
shows "help: the columns" 'blocker_kind +kind of the last blocking page'
keys h
hides "h: closes the help" 'Help'
keys z C-l
shows "Ctrl-L: the screen is complete" '^0x580000000 ·{4}$'
keys q
ends "q quits" 0

# A memory block that failed to go offline, went offline later, and was removed
open 80x24 "$MHPTOP replay $TOP/tests/golden/range.ndjson"
shows "a block that failed and was removed: its failure is counted" ' !2 failed '
keys n
shows "n: to a block that failed before it was removed" '^>· +[0-9]+ removed .* unmovable'
hides "n:   and no word of none" 'no listed block failed'
keys /
type_line 'offline_failures=0 online_failures=0'
keys Enter n
shows "n: no block that is listed failed" 'no listed block failed or violated a rule'
keys Escape q
ends "n: q quits" 0

# A stream that goes on while the dashboard is shown
mkfifo "$WORK/stream"
open 80x24 "$MHPTOP replay <$WORK/stream"
exec 9>"$WORK/stream"
head -n 200 "$STORY" >&9
shows "a recording from a pipe" '^events +[0-9]+ seen 0 lost +ledger pending +rules ok +blocks 42 on 61 off'
shows "a pipe is live" ' live$'
keys p
shows "a pipe: p pauses, so keys come from the terminal" 'PAUSED, 0 new'
sed -n 201,300p "$STORY" >&9
sleep 1.5
keys k
shows "paused: new events are counted" 'PAUSED, 100 new'
shows "paused: the screen does not change" 'blocks 42 on'
keys p
shows "resumed: new events are shown" ' blocks 53 on'
keys q
ends "q quits although the pipe is open" 0
exec 9>&-

# A recording that its recorder is still writing
head -n 200 "$STORY" >"$WORK/growing"
open 80x24 "$MHPTOP replay --follow $WORK/growing"
shows "--follow: a growing recording" ' blocks 42 on 61 off'
shows "--follow: it is live" ' live$'
sed -n 201,300p "$STORY" >>"$WORK/growing"
shows "--follow: the next events are shown" ' blocks 53 on'
tail -n +301 "$STORY" >>"$WORK/growing"
shows "--follow: the totals make it a recording" ' recording$'
keys q
ends "--follow: q quits" 0
