# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The pane of ranges, and the details of a block whose memmap is hosted by its range. Sourced by run.sh.
# shellcheck disable=SC2154

# range_upto NTH REGEX: the life of the range up to the Nth matching line, as a complete recording
range_upto() { "$TOP/tests/tui/range_part.sh" "$RANGE" "$1" "$2" >"$WORK/upto.ndjson"; }

# style NAME SGR TEXT: the range at 0x100000 is drawn with that attribute or colour.
style() {
	check "$1" grep -qE $'\e'"\[([0-9]+;)*$2m("$'\e'"\[[0-9;]+m)* *0x100000 $3" <(screen_styled)
}

open 80x24 "$MHPTOP replay $STORY"
shows "80x24: blocks" '^\[Blocks\]'
hides "80x24: no ranges by default" 'Ranges'
keys R
shows "R: the ranges" '^ Ranges  1-2 of 3, 1 removed$'
shows "R: their titles" '^ +BASE STATE +PAGES NODE HOSTING WHY$'
shows "R: the first range" '^ +0x140000 ok +2359296 +0 block +self_hosted$'
shows "R: the table still has two rows" '^ ▒ +1 online'
shows "R: the table keeps the focus" '^\[Blocks\]'
keys G
shows "G: the last block is selected" '^>· +179 removed'
keys Tab Tab
shows "Tab: the map, after the log" '^\[Map\]'
keys Tab
shows "Tab: then the ranges" '^\[Ranges\]'
keys Right Right Right
shows "Right: columns scroll, base and state stay" 'BASE STATE +WHY +SECT +REFS +USERS'
shows "block-hosted: no references" '0x140000 ok +self_hosted +72 +- +-'
keys Left Left Left
shows "Left: the columns scroll back" 'BASE STATE +PAGES'
keys m l l
shows "without map and log all ranges fit" '^ +0x500000 ok'
shows "the removed range is last and marked as that of the selected block" '^> +0x580000 removed +131072'
keys R
hides "R: no ranges" 'Ranges'
shows "the focus moved to a visible pane" '^\[Blocks\]'
size 80x30
hides "hidden ranges stay hidden in a higher terminal" 'Ranges'
keys q
ends "q quits" 0

open 80x14 "$MHPTOP replay $STORY"
shows "80x14: blocks" 'Blocks'
keys R
shows "80x14: a message says that there is no room for ranges" 'no room for the ranges'
shows "80x14: the table stays" '^>▒ +0 online'
keys m
shows "80x14: without the map there is room" 'Ranges'
keys q
until_ok has_file "$WORK/after"

open 80x30 "$MHPTOP replay $STORY"
shows "80x30: ranges by default" '^ Ranges  3, 1 removed$'
size 80x29
hides "80x29: no ranges by default" 'Ranges'
keys R
shows "80x29: R shows the ranges" 'Ranges'
keys l
hides "only the log: no ranges" 'Ranges'
keys R
shows "R brings them back" '^ Ranges  3'
keys q
until_ok has_file "$WORK/after"
open 80x30 "$MHPTOP replay $SYSFS"
shows "80x30: a recording without ranges" '>▒ +0 online'
hides "80x30: no pane of ranges by default" 'Ranges'
keys R
shows "80x30: R shows an empty pane of ranges" 'no ranges yet'
keys q
until_ok has_file "$WORK/after"

# 39 failed adds, and one in progress
{
	head -n 1 "$STORY"
	for ((i = 1; i <= 40; i++)); do
		printf '{"seq":%d,"ns":%d,"cpu":0,"pid":1,"comm":"a","event":"mhp_add_begin",' "$((3 * i - 2))" "$i"
		printf '"start_pfn":%d,"nr_pages":32768,"nid":0,"flags":1}\n' "$(((140 - i) * 32768))"
		((i < 40)) || break
		printf '{"seq":%d,"ns":%d,"cpu":0,"pid":1,"comm":"a","event":"mhp_add_failed",' "$((3 * i - 1))" "$i"
		printf '"start_pfn":%d,"nr_pages":32768,"ret":-17,"reason":"arch_add"}\n' "$(((140 - i) * 32768))"
		printf '{"seq":%d,"ns":%d,"cpu":0,"pid":1,"comm":"a","event":"mhp_add_end",' "$((3 * i))" "$i"
		printf '"start_pfn":%d,"nr_pages":32768,"vmemmap_pages":0,"ret":-17,' "$(((140 - i) * 32768))"
		printf '"nid":0,"hosting":"none","why":"not_requested"}\n'
	done
	printf '{"totals":{"seen":118,"lost":0,"folded":118,"self_check":"equal","events":{"mhp_add_begin":{"seen":40,"lost":0},'
	echo '"mhp_add_failed":{"seen":39,"lost":0},"mhp_add_end":{"seen":39,"lost":0}}}}'
} >"$WORK/many.ndjson"
open 80x30 "$MHPTOP replay $WORK/many.ndjson"
shows "many ranges: the title says which are shown" '^ Ranges  1-5 of 40$'
keys Tab Tab Tab
shows "many ranges: the pane has the focus" '^\[Ranges\]'
keys Down Down
shows "Down: scrolls" '^\[Ranges\] 3-7 of 40 '
keys PageDown
shows "PgDn: scrolls by a page" '^\[Ranges\] 7-11 of 40 '
keys End Up
shows "End and Up: the last but one" '^\[Ranges\] 35-39 of 40 '
keys Home
shows "Home: the first range" '^\[Ranges\] 1-5 of 40 '
shows "an add in progress" '^ +0x320000 adding, 0 sections +32768'
keys q
ends "many ranges: q quits" 0

range_upto 10 mhp_vmemmap_ref
open 132x32 "$MHPTOP replay $WORK/upto.ndjson"
shows "a range while it is added" '0x100000 adding, 9 sections +2359296 +0 none +- +9 +10 +- +- '
range_upto 5 mhp_online_end
open 132x40 "$MHPTOP replay $WORK/upto.ndjson"
shows "in use: sections, references, users and zone" '0x100000 ok, memmap up +2359296 +0 range +self_hosted +72 +72 +3 Movable'
shows "in use: its blocks are self-hosted on the map" '0x100000000 ●■▬{3}●▬+!▬+$'
shows "in use: the sum of self-hosted memmap" 'self-hosted 144 MiB \(36864 pages\)'
keys n Enter
shows "detail: why it did not go offline" 'did not go offline: unmovable \(-16'
shows "detail: it holds no memmap" 'holds no memmap$'
shows "detail: the memmap of its range is up, and who uses it" 'the memmap of the range is up, in zone Movable, used by 3 blocks$'
keys q
range_upto 2 mhp_online_end
open 132x40 "$MHPTOP replay $WORK/upto.ndjson"
shows "one user" '0x100000 ok, memmap up .* 72 +72 +1 Movable'
keys Down Down Enter
shows "detail: where its memmap is" 'hosted by its range: 512 pages from pfn 0x100000, in memory32$'
shows "detail: whose memmap it holds, and which blocks need it" 'of memory32 to memory95: 63 other blocks, 0 of them not offline'
shows "detail: how many pages hold memmap" 'in 32768 of its pages \(128 MiB\)'
shows "detail: the memmap of its range is up" 'the memmap of the range is up, in zone Movable, used by 1 block$'
shows "detail: an offline block holds memmap in use" 'this block is offline, but these pages are in use by the blocks that are online$'
shows "detail: base and references of its range" 'base pfn 0x100000, 72 references; 72 sections have a memmap \(36864 vmemmap pages\)'
keys Right
shows "detail: the second block holds the memmap of few" 'holds the memmap of memory96 to memory103: 8 other blocks, 1 of them not offline'
keys Right
shows "detail: the third block holds no memmap" 'holds no memmap$'
keys q
range_upto 5 mhp_offline_end
open 132x40 "$MHPTOP replay $WORK/upto.ndjson"
shows "not in use" '0x100000 ok, memmap down .* 72 +72 +0 none'
keys Down Down Enter
shows "detail: the memmap of its range is down" 'the memmap of the range is down$'
hides "detail: no memmap in use" 'in use by the blocks'
keys End q q
ends "detail: q quits" 0

range_upto 60 '"op":"put"'
open 132x40 "$MHPTOP replay $WORK/upto.ndjson"
shows "removing: references are dropped" '0x100000 removing, 12 refs +2359296 .* 72 +12 +0 none +36864 +0 +36864'
style "removing: in the colour of operations in progress" 35 removing
RANGE=$TOP/tests/golden/first-range.ndjson range_upto 1 mhp_remove_end
open 132x40 "$MHPTOP replay $WORK/upto.ndjson"
shows "first design: partially removed" '0x100000 partial, 36 of 72 '
range_upto 36 mhp_vmemmap_free
open 132x40 "$MHPTOP replay $WORK/upto.ndjson"
shows "freeing: in descending order" '0x100000 freeing 36/72 descending +2359296 .* 36 +0 +0 none +36864 +0 +18432'
style "freeing: in the same colour" 35 freeing
keys G Enter
shows "detail: no location for memmap that was freed" 'memmap   hosted by its range, as a whole$'
shows "detail: how much memmap was freed" 'memmap of 36 sections freed, descending; last freed: pfn 0x220000'
open 132x40 "$MHPTOP replay --ascii $RANGE"
shows "removed" '0x100000 removed +2359296 .* 0 +0 +0 none +36864 +0 +0'
style "removed: dim" 2 removed
keys q
ends "the life of a range: q quits" 0
