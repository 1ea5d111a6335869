# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The views of operations and of latencies, compared with what the events of the recording say. Sourced by run.sh.
# shellcheck disable=SC2154

# durations KIND: of the operations whose begin and end the recording has, in ns, ascending
durations() {
	jq -r --arg kind "$1" 'select(.event == "mhp_\($kind)_begin" or .event == "mhp_\($kind)_end") | [.start_pfn, .ns, .event] | @tsv' "$STORY" |
		awk '/begin$/ { began[$1] = $2 } /end$/ { print $2 - began[$1] }' | sort -n
}
# rank KIND PERCENT: the nearest rank, as the dashboard prints it
rank() {
	durations "$1" | awk -v p="$2" '{ t[NR] = $1 } END {
		ns = t[int((NR * p + 99) / 100)]
		if (ns < 999950) printf "%.1fus\n", ns / 1000; else printf "%.1fms\n", ns / 1e6 }'
}
begun() { jq -s --arg kind "$1" 'map(select(.event == "mhp_\($kind)_begin")) | length' "$STORY"; }
failed() { jq -s --arg kind "$1" 'map(select(.event == "mhp_\($kind)_end" and .ret != 0)) | length' "$STORY"; }
# figures LABEL: the row of the view of latencies, as words
figures() { screen | sed -n "s/^$1 \+//p" | xargs; }
kinds=(add online offline remove)

open 132x50 "$MHPTOP replay --time mono $STORY"
shows "the dashboard" '^events '
keys 6
shows "6: the view of latencies" "^\[Latency\] of $(jq -s 'map(select(.event // "" | test("^mhp_(add|online|offline|remove)_begin$"))) | length' "$STORY") operations"
eq "latency: how many of each kind" "$(figures count)" "$(for kind in "${kinds[@]}"; do begun "$kind"; done | xargs)"
eq "latency: how many failed" "$(figures failed)" "$(for kind in "${kinds[@]}"; do failed "$kind"; done | xargs)"
eq "latency: one has not ended" "$(figures "not ended")" "0 0 1 0"
for percent in 50 95 99; do
	eq "latency: p$percent" "$(figures p$percent)" "$(for kind in "${kinds[@]}"; do rank "$kind" $percent; done | xargs)"
done
size 40x10
shows "latency: a small screen has figures, too" '^count +3 +78 +11 +1$'
shows "latency:   those that are too wide are rounded" '^p50 +1\.1ms +988us +988us +617us$'
size 132x50
shows "latency: a larger one again" '^max +9\.0ms +987\.6us +987\.6us +617\.3us$'
eq "latency: the longest" "$(figures max)" "$(for kind in "${kinds[@]}"; do rank "$kind" 100; done | xargs)"
eq "latency: the distribution of adds" "$(screen | awk '/^up to/ && $4 ~ /█/ { print $3, $5 }' | xargs)" "$(
	durations add | awk '{ for (b = 1000; b < 1e12; b *= 10) for (m = 1; m <= 5; m += m == 2 ? 3 : 1) if ($1 <= m * b) { n[m * b]++; next } }
		END { for (b in n) print b, n[b] }' | sort -n | awk '{ print $1 / 1e6 "ms", $2 }' | xargs)"

keys 5
shows "5: the view of operations, with the newest one selected" '^> +1\.108024 offline memory60 +0ns\+ '
shows "operations: one that has not ended runs on" '^> .*>$'
shows "operations: the selected one" '^offline memory60, Movable +in progress +bash \(42\), sysfs'
keys Up
shows "operations: Up: one that failed" '^>! +1\.107036 offline memory51 +864\.2us '
shows "  why" '^offline memory51, Movable +failed: unmovable \(Device or resource busy\)'
shows "  its phases" '^isolate 246\.9us +migrate 246\.9us +notifiers 123\.5us +rest 246\.9us +pages in the way: 1, pass 1'
keys Enter
shows "operations: Enter: the memory block" '^memory51 '
keys q z
shows "z: each bar from 0" 'TOOK each from 0'
shows "  the phases of one that failed" '^>!.* I+M+N+\.+$'
shows "  the phases of a remove" '^ .* remove .* F+\.+$'
shows "  the phases of an add" '^ .* add +0x500000000-0x53fffffff +[0-9.]+ms D+P+\.+$'
keys Home
shows "operations: Home: the first one" '^> +1\.000123 add +0x140000000-0x37fffffff '
keys '{' '{'
shows "operations: what is shown of a moment" '^events +872 seen'
keys '@'
type_line 1ms
shows "operations: of one that is under way, the time so far" '^> +1\.000123 add +0x140000000-0x37fffffff +87[0-9]\.[0-9]us\+ .*>$'
keys 6
shows "latency: of a moment" '^\[Latency\] of 1 operations'
keys q q
until_ok has_file "$WORK/after"

open 100x30 "$TOP/build/tests/live"
shows "live: the dashboard" '^events '
keys 5
shows "live: an operation under way" '^> .* offline memory7 +[0-9.]+s\+ '
took() { screen | sed -nE 's/^> .* memory7 +([0-9.]+)s\+ .*/\1/p'; }
# shellcheck disable=SC2317
takes_longer() { awk -v old="$1" -v now="$(took)" 'BEGIN { exit !(now > old + 0.5) }'; }
began=$(took)
check "live: its time runs on although there are no events" until_ok takes_longer "$began"
keys q q
until_ok has_file "$WORK/after"

open 100x30 "$MHPTOP replay $SYSFS"
shows "sysfs: the dashboard" '^events +none'
keys 5
shows "sysfs: no operations" '^ +no operations yet'
keys 6
shows "sysfs: no latencies" '^\[Latency\] of 0 operations'
size 40x10
shows "latency: the smallest terminal" '^\[Latency\]'
keys 5
shows "operations: the smallest terminal" '^\[Operations\]'
keys q q
until_ok has_file "$WORK/after"
