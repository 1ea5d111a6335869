# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What is on the screen, by size of the terminal and by recording. Sourced by run.sh.
# shellcheck disable=SC2154

open 80x24 "$MHPTOP replay $STORY"
shows "80x24: kernel, source and block size" '^mhptop 6\.12\.117-mhp  source events  block 128 MiB'
shows "80x24: present and managed pages" '^memory +present 11\.8 GiB \(3080192 pages\) +managed 11\.6 GiB \(3031040'
shows "80x24: how much memmap is self-hosted and buddy-hosted" 'self-hosted 144 MiB \(36864 pages\) +buddy-hosted 16 MiB \(4096 pages\)'
shows "80x24: events, lost events, self-check" '^events +875 seen 0 lost  ledger equal  rules ok  !2 failed'
shows "80x24: blocks online and offline" '101 on 10 off'
shows "80x24: how many blocks are in a cell" ' Map +1 cell = 1 block, 128 MiB'
shows "80x24: boot memory, and the hole after it" '^0x000000000 ▒{24}┊ 1 GiB hole'
shows "80x24: failures and an operation on the map" '^0x100000000 ▒{8}●{10}!!●{8}◀●+$'
shows "80x24: offline blocks, then a hole" '●▬{8}┊ 6 GiB'
shows "80x24: buddy-hosted blocks have another glyph" '^0x500000000 □{6}▭▭┊'
shows "80x24: a removed range" '^0x580000000 ·{4}$'
shows "80x24: the legend counts" '!2 failed ◀1 offlining □6 kernel ●61 movable ▬▭10 offline'
shows "80x24: the columns" 'BLOCK STATE +NODE ZONE +HOSTING VMEMMAP +PRESENT +MANAGED REASON'
shows "80x24: the first block" '^>▒ +0 online +0 Normal +boot'
shows "80x24: the newest event at the bottom" '^ +03:43:20\.[0-9]{6} \[[0-9]{3}\] bash-42 mhp_offline_begin: start_pfn=0x1e0000'
shows "80x24: failures are marked" '^! .*mhp_offline_end: start_pfn=0x198000'
eq "80x24: hints in the last line" "$(screen | tail -n 1 | cut -c 1-30)" "?:help q:quit Enter:detail /:f"
eq "80x24: the newest event is right above" "$(screen | tail -n 2 | grep -c mhp_offline_begin)" 1

size 132x43
shows "132x43: more columns" 'REASON +START +PAGES'
shows "132x43: a short event fits" 'mhp_offline_begin: start_pfn=0x1e0000 .* zone=Movable$'
shows "132x43: blocks in full" '112 blocks: 101 online 10 offline'
size 200x60
shows "200x60: a wider map" '^0x100000000 ▒{8}●{10}!!●{8}◀.*▬{8}┊'
shows "200x60: the footer is at the bottom" 't:table'
size 60x16
shows "60x16: lost events are shown" '^events +875 seen 0 lost'
size 40x10
shows "40x10: lost events are shown" '^events +875 seen 0 lost'
shows "40x10: some blocks are shown" '^>▒ +0 online'
size 39x10
shows "39x10: too small" 'terminal too small: 39x10, needs 40x10'
size 5x2
shows "5x2: no crash" 'termi'
size 80x24
shows "80x24 again: the map is back" '^0x580000000 ·{4}$'
keys q
ends "q quits" 0

open 80x24 "$MHPTOP replay $LOST"
shows "lost events are shown" '^events +[0-9]+ seen !3 LOST'
keys l l
size 40x10
shows "lost events are shown in the smallest terminal" '!3 LOST'
size 80x24
keys q
ends "a recording with lost events has its own exit status" 5
shows "lost events are explained afterwards" '^mhptop: 3 of [0-9]+ events were lost when it was recorded'

open 80x24 "$MHPTOP replay $TOP/tests/golden/stuck.ndjson"
shows "what needs attention is in the second line" '^!1 needs attention  memory34: going offline again and again: for 12\.5s, the last'
shows "  and the sums are below it" '^memory +present'
size 80x13
eq "  but not on a small screen" "$(screen | grep -c 'needs attention')" 0
keys q
until_ok has_file "$WORK/after"

"$TOP/tests/rules/edit.py" "$STORY" set:mhp_vmemmap_online:3:nid:7 >"$WORK/violated.ndjson"
open 120x30 "$MHPTOP replay $WORK/violated.ndjson"
shows "a violation is counted" '^events .* rules !1 violation( |$)'
shows "a violation: what was expected and found" '^! same\.block, memory42: expected the node and zone of its operation; found node 7'
shows "a violation: its block has its own glyph" '^0x100000000 ▒{8}●●X●'
shows "a violation: in the legend" '^X1 violation '
keys /
type_line 'violations>0'
shows "a violation: a filter finds its block" '^\[Blocks\] 1 of 116 match .violations>0. '
shows "a violation: the row of its block is marked" '^>X +42 online'
keys Enter
shows "detail: the violated rule" '^rule +!same\.block: expected the node and zone of its operation; found node 7'
shows "detail: the event that violated it" '^ +then: .* mhp_vmemmap_online: start_pfn=0x150000 vmemmap_pages=512 nid=7'
keys q q
until_ok has_file "$WORK/after"
open 80x24 "$MHPTOP replay $STORY"
shows "no violations: rules ok" '^events .* rules ok '
keys q
until_ok has_file "$WORK/after"

sed 300d "$STORY" >"$WORK/differs.ndjson"
open 80x24 "$MHPTOP replay $WORK/differs.ndjson"
shows "a self-check that fails is shown" '^events .* ledger !differs'
shows "a self-check that fails: what differs, in its own line" '^! ledger differs: wrote [0-9]+ records of mhp_[a-z_]+, read [0-9]+'
size 40x10
shows "a self-check that fails, in the smallest terminal" '^! ledger differs: '
shows "a self-check that fails: the blocks are still shown" '^>▒ +0 online'
keys q
until_ok has_file "$WORK/after"

{ head -n 300 "$STORY"; echo '{"seq":nonsense'; } >"$WORK/damaged.ndjson"
open 80x24 "$MHPTOP replay $WORK/damaged.ndjson"
shows "a damaged recording: what comes before the damage is shown" '53 online 50 offline'
shows "a damaged recording: where the damage is" '^! .*damaged\.ndjson.*301'
keys q
ends "a damaged recording has its own exit status" 6
shows "a damaged recording is named afterwards" 'damaged\.ndjson.*301'

mkdir -p "$WORK/$(printf 'a-long-name-%.0s' {1..8})"
cp "$WORK/damaged.ndjson" "$WORK"/a-long-name-*
open 80x24 "$MHPTOP replay $WORK/a-long-name-*/damaged.ndjson"
shows "a long notice takes several rows" '^(! )?.*damaged\.ndjson.*301'
shows "a long notice: the blocks follow" '[[]Blocks'
size 40x10
shows "a long notice takes one row in the smallest terminal" '[[]Blocks'
keys q
until_ok has_file "$WORK/after"

open 80x24 "$MHPTOP replay $SYSFS"
shows "sysfs: the header says so" '^mhptop +sysfs only: states polled, no events +6\.12'
shows "sysfs: no events are counted" '^events +none +[0-9]+ blocks: '
shows "sysfs: no hosting" '^memmap +hosting is not available from sysfs'
shows "sysfs: the states are shown" '>▒ +0 online'
keys End Enter
shows "sysfs: who hosts the memmap of a block is unknown" '^memmap +hosted by: unknown'
hides "sysfs:   and nothing was counted" 'populated'
keys Escape
size 40x10
shows "sysfs: the header says so in the smallest terminal" 'sysfs only'

open 132x43 "$MHPTOP replay $LARGE"
shows "65,536 blocks: several in a cell" ' 1 cell = 64 blocks, 8 GiB, worst state shown'
shows "65,536 blocks: the offline block is visible" '^0x00000000000 ●{12}▬●+$'
keys z
shows "z: one block per cell, with scrolling" 'rows 1-[0-9]+ of 586'
keys G
shows "G: the last block" '^>● +65535 '
shows "G: the map scrolls, too" 'rows [0-9]+-586 of 586'
keys /
keys -l state=offline
keys Enter
shows "a filter: one of 65,536 matches" '1 of 65536 match'
shows "a filter: the match is selected" '^>▬ +777 offline'
peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$(pid_of)/status")
if grep -q __asan_init "$MHPTOP"; then
	skip "65,536 blocks: at most 24 MiB resident" "sanitizers need more"
else
	check "65,536 blocks: at most 24 MiB resident (${peak:-?} kB)" test "${peak:-99999}" -le 24576
fi
keys q
ends "65,536 blocks: q quits" 0

# The alarm is broken between characters, wherever the row ends.
for name in é xé; do
	odd=$WORK/${name//é/$(printf 'é%.0s' {1..70})}
	sed '$d' "$STORY" >"$odd"
	open 80x24 "$MHPTOP replay $odd"
	shows "an alarm with a name beyond ASCII: the dashboard" 'recording ends without totals'
	eq "an alarm with a name beyond ASCII: all of its characters" "$(screen | grep -o é | wc -l)" 70
done
