# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the keys do. Sourced by run.sh.
# shellcheck disable=SC2154

type_line() {
	keys -l "$1"
	keys Enter
}

open 80x24 "$MHPTOP replay $STORY"
shows "a dashboard to press keys in" '^>▒ +0 online'
keys j Down Down k
shows "j, k and arrows" '^>▒ +2 online'
keys G
shows "G: the last" '^>· +179 removed'
keys PageUp
hides "PgUp: a page up" '^>· +179'
keys g
shows "g: the first" '^>▒ +0 online'
keys n n
shows "n: the next block that failed" '^>! +51 online'
keys n g
shows "g: back to the first" '^>▒ +0 online'
keys Right
shows "Right: the next columns" 'BLOCK NODE ZONE'
keys Left
shows "Left: back" 'BLOCK STATE'

keys /
shows "/: a prompt" '^Filter: '
type_line foo=1
shows "a filter that is none says why" '^Filter: foo=1 .*"foo" is no column'
keys C-u
type_line reason=unmovable
shows "a filter" ' 2 of 116 match .reason=unmovable. '
shows "the selection goes to a block that is listed" '^>! +50 online'
keys Enter
shows "Enter: the block" '^memory50  0x190000000-0x197ffffff  128 MiB'
shows "detail: why it did not go offline" 'did not go offline: unmovable \(-16, Device or resource busy\)'
shows "detail: the page in the way" 'pfn 0x190223, a page of kind anon, at stage migrate'
shows "detail: who hosts the memmap" 'self-hosted in the first 512 pages \(2 MiB\) of pfn 0x190000'
shows "detail: the map stays in sight" '^0x580000000 ·{4}$'
shows "detail: phases with durations" '^  offline +at 1\.[0-9]+, took [0-9.]+us'
keys PageDown
shows "detail: the range, who hosts it and why" 'hosted by: block, because: self_hosted; 36864'
shows "detail: its events" '^! .*mhp_offline_blocker: pfn=0x190223 kind=anon'
keys End
shows "detail: the columns" '^  blocker_kind +anon'
keys Right
keys Home
shows "detail: the next block" '^memory51 '
keys q
shows "q closes the page only" ' 2 of 116 match'
keys Escape
shows "Esc clears the filter" ' of 116  by address'

keys s
shows "s: the columns to choose from" '^> BLOCK +id'
keys j
shows "down in the list" '^> STATE +state'
keys Enter
shows "sorted" 'by STATE, ascending'
keys r
shows "r: the other way round" 'by STATE, descending'
keys g
shows "removed ones are first now" '^>· +179 removed'
keys '>'
shows ">: the next column" 'by NODE'
keys '<' '<'
shows "<: the one before" 'by BLOCK'
keys r

shows "the table has the keys" '^\[Blocks\]'
keys Tab
shows "Tab: the log has the keys" '^\[Events\]'
keys Up Up
shows "the log scrolls back" ' 2 newer below'
keys Right
shows "and to the side" '^!01\] bash-42 mhp_offline_blocker: '
keys Left G
shows "G: the newest" 'newest at the bottom'
keys l
hides "l: the log alone" 'Blocks'
shows "with more events" 'mhp_remove_end'
keys l
hides "l: no log" 'Events'
keys l
shows "l: both" 'Events'
keys m
hides "m: no map" 'Map'
keys t
hides "t: no table" 'Blocks'
keys m t
shows "m and t: both back" 'Blocks'
shows "and the map" 'Map'
shows "the keys went to a pane that was shown" '^\[Events\]'

keys Tab
shows "Tab: on from the log to the map" '^\[Map\]'
keys Home
shows "the first cell" '^>▒ +0 '
keys Right Right
shows "cells to the right" '^>▒ +2 '
keys End
shows "the last cell" '^>· +179 '
keys Up Up
shows "rows up, and no further left than that" '^>● +99 '
keys Tab

keys p
shows "p: paused" 'PAUSED'
keys Space
hides "space: on again" 'PAUSED'
keys d
shows "d: a prompt" '^Seconds: 1'
keys C-u
type_line x
shows "no delay" '"x" is no delay'
keys Escape
hides "Esc leaves it" '^Seconds'
keys '?'
shows "?: help" '^  \? h F1 +keys, legend and columns'
keys PageDown
shows "help: the legend" '^  □ ■  online in a kernel zone'
keys End
shows "help: the columns of ranges" 'add_ns +how long its add took'
keys PageUp
shows "help: the columns" 'blocker_kind +what kind of page'
keys h
hides "h: back" 'Help'
keys z C-l
shows "Ctrl-L: all is still there" '^0x580000000 ·{4}$'
keys q
ends "q ends it" 0

# A stream that goes on while the dashboard is looked at
mkfifo "$WORK/stream"
open 80x24 "$MHPTOP replay <$WORK/stream"
exec 9>"$WORK/stream"
head -n 200 "$STORY" >&9
shows "a pipe: keys come from the terminal" '^events +[0-9]+ seen 0 lost +ledger pending +laws ok +blocks 42 on 61 off'
keys p
shows "paused" 'PAUSED, 0 since'
sed -n 201,300p "$STORY" >&9
sleep 1.5
keys k
shows "paused: events go on" 'PAUSED, 100 since'
shows "but the screen stands still" 'blocks 42 on'
keys p
shows "and are shown in the end" ' blocks 53 on'
keys q
ends "q ends it though the pipe is open" 0
exec 9>&-
