# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The pane of the ranges, and what a block of a range that hosts its memmap says of itself. Sourced by run.sh.
# shellcheck disable=SC2154

# range_upto NTH REGEX: the range's life up to the Nth line that matches, as a whole recording
range_upto() {
	awk -v nth="$1" -v regex="$2" '
		{ print }
		/"seq":[1-9]/ { seen++; match($0, /"event":"[a-z_]+"/); counts[substr($0, RSTART + 8, RLENGTH - 8)]++ }
		$0 ~ regex && ++n == nth { exit }
		END {
			printf "{\"totals\":{\"seen\":%d,\"lost\":0,\"folded\":%d,", seen, seen
			printf "\"self_check\":\"equal\",\"events\":{"
			for (event in counts)
				printf "%s%s:{\"seen\":%d,\"lost\":0}", comma++ ? "," : "", event, counts[event]
			print "}}}"
		}' "$RANGE" >"$WORK/upto.ndjson"
}

# style NAME SGR TEXT: the range at 0x100000 is drawn with that attribute or colour.
style() {
	check "$1" grep -qE $'\e'"\[([0-9]+;)*$2m("$'\e'"\[[0-9;]+m)* *0x100000 $3" <(screen_styled)
}

open 80x24 "$MHPTOP replay $STORY"
shows "80x24: blocks" '^\[Blocks\]'
hides "80x24: no ranges unless asked for" 'Ranges'
keys R
shows "R: the ranges" '^ Ranges  1-2 of 3, 1 removed$'
shows "their heads" '^ +BASE STATE +PAGES NODE HOSTING WHY$'
shows "the first of them" '^ +0x140000 ok +2359296 +0 block +self_hosted$'
shows "the table has two rows at least" '^ ▒ +1 online'
shows "and keeps the keys" '^\[Blocks\]'
keys G
shows "the selected block" '^>· +179 removed'
keys Tab Tab
shows "Tab: the map, after the log" '^\[Map\]'
keys Tab
shows "Tab: then the ranges" '^\[Ranges\]'
keys Right Right Right
shows "Right: columns go, base and state stay" 'BASE STATE +WHY +SECT +REFS +VMEMMAP$'
shows "block-hosted: no references" '0x140000 ok +self_hosted +72 +- +36864$'
keys Left Left Left
shows "Left: and come back" 'BASE STATE +PAGES'
keys m l l
shows "without map and log there is room for all" '^ +0x500000 ok'
shows "the removed one is last, and that of the selected block" '^> +0x580000 removed +131072'
keys R
hides "R: no ranges" 'Ranges'
shows "the keys went to a pane that is shown" '^\[Blocks\]'
size 80x30
hides "hidden is hidden, in a higher terminal, too" 'Ranges'
keys q
ends "q ends it" 0

open 80x14 "$MHPTOP replay $STORY"
shows "80x14: blocks" 'Blocks'
keys R
shows "80x14: no room for ranges, and it says so" 'no room for the ranges'
shows "80x14: the table stays" '^>▒ +0 online'
keys m
shows "80x14: in the map's room" 'Ranges'
keys q
until_ok has_file "$WORK/after"

open 80x30 "$MHPTOP replay $STORY"
shows "80x30: ranges without being asked for" '^ Ranges  3, 1 removed$'
size 80x29
hides "80x29: but not in a lower terminal" 'Ranges'
keys R
shows "80x29: unless they are asked for" 'Ranges'
keys l
hides "the log alone: no ranges" 'Ranges'
keys R
shows "R brings them back" '^ Ranges  3'
keys q
until_ok has_file "$WORK/after"
open 80x30 "$MHPTOP replay $SYSFS"
shows "80x30: without ranges" '>▒ +0 online'
hides "80x30: there is no pane of them" 'Ranges'
keys R
shows "80x30: unless it is asked for" 'no range was seen yet'
keys q
until_ok has_file "$WORK/after"

# 39 adds that failed, and one that is under way
{
	head -n 1 "$STORY"
	for ((i = 1; i <= 40; i++)); do
		printf '{"seq":%d,"ns":%d,"cpu":0,"pid":1,"comm":"a","event":"mhp_add_begin",' "$((2 * i - 1))" "$i"
		printf '"start_pfn":%d,"nr_pages":32768,"nid":0,"flags":1}\n' "$(((140 - i) * 32768))"
		((i < 40)) || break
		printf '{"seq":%d,"ns":%d,"cpu":0,"pid":1,"comm":"a","event":"mhp_add_end",' "$((2 * i))" "$i"
		printf '"start_pfn":%d,"nr_pages":32768,"vmemmap_pages":0,"ret":-17,' "$(((140 - i) * 32768))"
		printf '"nid":0,"hosting":"none","why":"undecided"}\n'
	done
	printf '{"totals":{"seen":79,"lost":0,"folded":79,"self_check":"equal","events":{"mhp_add_begin":{"seen":40,"lost":0},'
	echo '"mhp_add_end":{"seen":39,"lost":0}}}}'
} >"$WORK/many.ndjson"
open 80x30 "$MHPTOP replay $WORK/many.ndjson"
shows "many ranges: which of them" '^ Ranges  1-5 of 40$'
keys Tab Tab Tab
shows "they have the keys" '^\[Ranges\]'
keys Down Down
shows "Down: scrolled" '^\[Ranges\] 3-7 of 40$'
keys PageDown
shows "PgDn: a page" '^\[Ranges\] 7-11 of 40$'
keys End Up
shows "End: the last, and Up from there" '^\[Ranges\] 35-39 of 40$'
keys Home
shows "Home: the first" '^\[Ranges\] 1-5 of 40$'
shows "what is added is said to be" '^ +0x320000 adding, 0 sections +32768'
keys q
ends "many ranges: ends well" 0

range_upto 10 mhp_vmemmap_ref
open 132x32 "$MHPTOP replay $WORK/upto.ndjson"
shows "a range while it is added" '0x100000 adding, 9 sections +2359296 +0 none +undecided +9 +10 '
range_upto 1 '"hosting"}$'
open 132x40 "$MHPTOP replay $WORK/upto.ndjson"
shows "added: sections and references" '0x100000 ok +2359296 +0 range +self_hosted +72 +72 +36864 +36864 -'
shows "its blocks are self-hosted on the map" '0x100000000 !●▬{3}●▬+●▬{3}$'
shows "and in the sum" 'self-hosted 144 MiB \(36864 pages\)'
keys n Enter
shows "detail: who holds its memmap" 'hosted by its range: 512 pages of pfn 0x100000 on, in memory32$'
shows "detail: whose it holds, and who needs it" 'of memory32 to memory95: 63 others, 2 of them not offline'
shows "detail: in how many pages" 'in 32768 of its pages \(128 MiB\)'
shows "detail: why it did not go offline" 'did not go offline: hosting \(-16'
shows "detail: base and references of its range" 'base pfn 0x100000, 72 references; 72 sections have a memmap, of 36864'
keys Right
shows "detail: the second holds few" 'holds the memmap of memory96 to memory103: 8 others, 1 of them not offline'
keys Right
shows "detail: the third none" 'holds no memmap itself'
keys End q q
ends "and ends well" 0

range_upto 60 '"op":"put"'
open 132x40 "$MHPTOP replay $WORK/upto.ndjson"
shows "removed: references go" '0x100000 removing, 12 refs +2359296 .* 72 +12 +36864 +36864 -'
style "in the colour of what is on its way" 35 removing
range_upto 1 mhp_remove_end
open 132x40 "$MHPTOP replay $WORK/upto.ndjson"
shows "removed in part" '0x100000 in part, 36 of 72 '
range_upto 36 mhp_vmemmap_free
open 132x40 "$MHPTOP replay $WORK/upto.ndjson"
shows "freed from the end" '0x100000 freeing 36/72 descending +2359296 .* 36 +0 +36864 +18432 descending'
style "in the same colour" 35 freeing
keys G Enter
shows "detail: of what is freed nothing is told" 'memmap   hosted by its range, as a whole$'
shows "detail: what was freed" 'memmap of 36 sections freed, descending; the last one that of pfn 0x220000'
open 132x40 "$MHPTOP replay --ascii $RANGE"
shows "removed" '0x100000 removed +2359296 .* 0 +0 +36864 +0 descending'
style "and dim" 2 removed
keys q
ends "the life of a range ends well" 0
