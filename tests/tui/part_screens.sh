# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What is on the screen, by size of the terminal and by recording. Sourced by run.sh.
# shellcheck disable=SC2154

open 80x24 "$MHPTOP replay $STORY"
shows "80x24: kernel, source and block size" '^mhptop 6\.12\.117-mhp  source events  block 128 MiB'
shows "80x24: present and managed pages" '^memory +present 11\.8 GiB \(3080192 pages\) +managed 11\.6 GiB \(3031040'
shows "80x24: who hosts the memmap" 'self-hosted 144 MiB \(36864 pages\) +buddy-hosted 16 MiB \(4096 pages\)'
shows "80x24: events, lost ones, self-check" '^events +873 seen 0 lost  ledger equal  laws ok  !2 failed'
shows "80x24: blocks online and offline" '101 on 10 off'
shows "80x24: how many blocks a cell has" ' Map +1 cell = 1 block, 128 MiB'
shows "80x24: boot memory, and the gap after it" '^0x000000000 ▒{24}┊ 1 GiB of no memory'
shows "80x24: failures and an operation on the map" '^0x100000000 ▒{8}●{10}!!●{8}◀●+$'
shows "80x24: offline blocks, then a gap" '●▬{8}┊ 6 GiB'
shows "80x24: hosted by buddy memory looks different" '^0x500000000 □{6}▭▭┊'
shows "80x24: a removed range" '^0x580000000 ·{4}$'
shows "80x24: the legend counts" '!2 failed ◀1 going off □6 kernel ●61 movable ▬▭10 offline'
shows "80x24: the columns" 'BLOCK STATE +NODE ZONE +HOSTING VMEMMAP +PRESENT +MANAGED REASON'
shows "80x24: the first block" '^>▒ +0 online +0 Normal +boot'
shows "80x24: the newest event at the bottom" '^ +1\.[0-9]{6} \[[0-9]{3}\] bash-42 mhp_offline_begin: start_pfn=0x1e0000'
shows "80x24: failures are marked" '^! .*mhp_offline_end: start_pfn=0x198000'
eq "80x24: hints in the last line" "$(screen | tail -n 1 | cut -c 1-30)" "?:help q:quit Enter:detail /:f"
eq "80x24: the last event is right above" "$(screen | tail -n 2 | grep -c mhp_offline_begin)" 1

size 132x43
shows "132x43: what did not fit is there" 'REASON +START +PAGES'
shows "132x43: the whole of a short event" 'mhp_offline_begin: start_pfn=0x1e0000 .* zone=Movable$'
shows "132x43: blocks in full" '112 blocks: 101 online 10 offline'
size 200x60
shows "200x60: a wider map" '^0x100000000 ▒{8}●{10}!!●{8}◀.*▬{8}┊'
shows "200x60: the footer is at the bottom" 't:table'
size 60x16
shows "60x16: lost events are there" '^events +873 seen 0 lost'
size 40x10
shows "40x10: lost events are there" '^events +873 seen 0 lost'
shows "40x10: and some blocks" '^>▒ +0 online'
size 39x10
shows "39x10: too small" 'terminal too small: 39x10, needs 40x10'
size 5x2
shows "5x2: no crash" 'termi'
size 80x24
shows "80x24 again: all is back" '^0x580000000 ·{4}$'
keys q
ends "q ends it" 0

open 80x24 "$MHPTOP replay $LOST"
shows "lost events are told" '^events +[0-9]+ seen !3 LOST'
keys l l
size 40x10
shows "lost events are told in the smallest terminal" '!3 LOST'
size 80x24
keys q
ends "a recording with lost events has a status of its own" 5
shows "that is explained afterwards" '^mhptop: 3 of [0-9]+ events were lost when it was recorded'

"$TOP/tests/rules/edit.py" "$STORY" set:mhp_vmemmap_online:3:nid:7 >"$WORK/broken.ndjson"
open 120x30 "$MHPTOP replay $WORK/broken.ndjson"
shows "a law that is broken is told" '^events .* laws !1 broken'
shows "and what was expected and found" '^! same\.block, memory42: expected the node and zone of its operation; found node 7'
shows "its block stands out on the map" '^0x100000000 ▒{8}●●X●'
shows "and in the legend" '^X1 law broken '
keys /
type_line 'violations>0'
shows "a filter finds it" '^\[Blocks\] 1 of 116 match .violations>0. '
shows "its row is marked" '^>X +42 online'
keys Enter
shows "its page has the law" '^law +!same\.block: expected the node and zone of its operation; found node 7'
shows "and the two events" '^ +then: .* mhp_vmemmap_online: start_pfn=0x150000 vmemmap_pages=512 nid=7'
keys q q
until_ok has_file "$WORK/after"
open 80x24 "$MHPTOP replay $STORY"
shows "no law is broken otherwise" '^events .* laws ok '
keys q
until_ok has_file "$WORK/after"

sed 300d "$STORY" >"$WORK/differs.ndjson"
open 80x24 "$MHPTOP replay $WORK/differs.ndjson"
shows "a self-check that fails is told" '^events .* ledger !differs'
shows "and what differs, in a line of its own" '^! ledger differs: [0-9]+ records of mhp_[a-z_]+ were written, [0-9]+ were read'
size 40x10
shows "in the smallest terminal, too" '^! ledger differs: '
shows "and the blocks are still there" '^>▒ +0 online'
keys q
until_ok has_file "$WORK/after"

{ head -n 300 "$STORY"; echo '{"seq":nonsense'; } >"$WORK/damaged.ndjson"
open 80x24 "$MHPTOP replay $WORK/damaged.ndjson"
shows "a damaged recording: what was before is shown" '53 online 50 offline'
shows "and where the damage is" '^! .*damaged\.ndjson.*301'
keys q
ends "a damaged recording has a status of its own" 6
shows "and is named afterwards" 'damaged\.ndjson.*301'

mkdir -p "$WORK/$(printf 'a-long-name-%.0s' {1..8})"
cp "$WORK/damaged.ndjson" "$WORK"/a-long-name-*
open 80x24 "$MHPTOP replay $WORK/a-long-name-*/damaged.ndjson"
shows "a long notice is told in several rows" '^(! )?.*damaged\.ndjson.*301'
shows "and the blocks follow" '[[]Blocks'
size 40x10
shows "in the smallest terminal it has one row" '[[]Blocks'
keys q
until_ok has_file "$WORK/after"

open 80x24 "$MHPTOP replay $SYSFS"
shows "sysfs alone is marked" '^mhptop +sysfs only: states polled, no events +6\.12'
shows "and does not say what it does not know" '^memmap +sysfs does not tell'
shows "and shows the states" '>▒ +0 online'
size 40x10
shows "and is marked in the smallest terminal" 'sysfs only'

open 132x43 "$MHPTOP replay $LARGE"
shows "65,536 blocks: several a cell" ' 1 cell = 64 blocks, 8 GiB, the worst shown'
shows "65,536 blocks: the one offline is seen" '^0x00000000000 ●{12}▬●+$'
keys z
shows "one by one, with scrolling" 'rows 1-[0-9]+ of 586'
keys G
shows "the last block" '^>● +65535 '
shows "the map follows" 'rows [0-9]+-586 of 586'
keys /
keys -l state=offline
keys Enter
shows "one of 65,536" '1 of 65536 match'
shows "is selected" '^>▬ +777 offline'
peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$(pid_of)/status")
if grep -q __asan_init "$MHPTOP"; then
	skip "65,536 blocks: at most 24 MiB resident" "sanitizers take more"
else
	check "65,536 blocks: at most 24 MiB resident (${peak:-?} kB)" test "${peak:-99999}" -le 24576
fi
keys q
ends "65,536 blocks: ends well" 0
