#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The JSON Schemas in docs/schema are those of the events, columns and other lists; recordings, frames, answers and states are
# valid, damaged ones are not.
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "${MHPTOP:-$TOP/build/mhptop}")
cd "$TOP" || exit 1
export LC_ALL=C.UTF-8
golden=tests/golden
validate=tests/export/schema.py
edit() { "$TOP/tests/rules/edit.py" "$@" >"$WORK/edited.ndjson"; }

for what in recording frame state attention; do
	check "docs/schema/$what-3.json is generated from the events and columns (make docs)" \
		diff "docs/schema/$what-3.json" <(build/tests/schema_doc "$what")
done
for what in report diff; do
	check "docs/schema/$what-3.json is generated from the lists of operations, words, rules and columns (make docs)" \
		diff "docs/schema/$what-3.json" <(build/tests/schema_answers "$what")
done
for what in plan plan-add list; do
	check "docs/schema/$what-3.json is generated from the lists of answers, reasons and words (make docs)" \
		diff "docs/schema/$what-3.json" <(build/tests/schema_memory "$what")
done
none "docs/schema has nothing else" "$(find docs/schema -type f | grep -vE '/(recording|frame|state|attention|report|diff|plan|plan-add|list)-3\.json$')"

# Older schemas have other names; their headers say so.
for path in "$golden"/*.ndjson tests/rules/*.ndjson; do
	if grep -qm1 '"schema":3' "$path"; then
		check "${path#tests/} is valid" $validate recording "$path"
	else
		status "${path#tests/}, of an older schema, is not valid" 1 "${path##*/}:1: " $validate recording "$path"
	fi
done
for path in "$golden"/*.json; do
	check "${path#tests/} is valid" $validate frame "$path"
done
edit $golden/range.ndjson set:mhp_notify:{1,2,3}:nr_pages:7
"$MHPTOP" replay --json "$WORK/edited.ndjson" >"$WORK/frame"
check "a frame with violations is valid" $validate frame "$WORK/frame"
"$MHPTOP" replay --json tests/rules/first-range.ndjson >"$WORK/frame"
check "a frame of a recording of an older schema is valid" $validate frame "$WORK/frame"
"$MHPTOP" --source sysfs --json -n 1 >"$WORK/frame" 2>/dev/null
check "a frame of this machine is valid" $validate frame "$WORK/frame"
edit $golden/failures.ndjson unknown:mhp_offline_failed:reason unseen:mhp_vmemmap_ref
check "a recording with unknown fields and events is valid" $validate recording "$WORK/edited.ndjson"
check "  it has them" grep -q '"reason":null' "$WORK/edited.ndjson"
build/tests/generate 4 remove 2 >"$WORK/generated.ndjson"
check "what mhptop writes is valid" $validate recording "$WORK/generated.ndjson"

# Answers, which are objects of this schema whatever the schema of the recording is
differ=0
for path in "$golden"/*.ndjson tests/rules/*.ndjson; do
	"$MHPTOP" report --json "$path" >"$WORK/report" 2>/dev/null
	check "the report of ${path#tests/} is valid" $validate report "$WORK/report"
	"$MHPTOP" diff --json "$path" "$path" >"$WORK/diff" 2>/dev/null
	check "  its difference from itself is valid" $validate diff "$WORK/diff"
	status=0
	"$MHPTOP" diff --json $golden/hosted.ndjson "$path" >"$WORK/diff" 2>"$WORK/errors" || status=$?
	if grep -q 'the memory blocks have different sizes' "$WORK/errors"; then
		none "  it cannot be compared with hosted.ndjson" "$(<"$WORK/diff")"
	else
		check "  its difference from hosted.ndjson is valid" $validate diff "$WORK/diff"
		((differ += status == 3))
	fi
done
check "  most of these differences are some" test "$differ" -gt 10
"$MHPTOP" report --json $golden/hosted.ndjson $golden/range.ndjson >"$WORK/report"
check "the report of two recordings is valid" $validate report "$WORK/report"
"$MHPTOP" diff --json $golden/range.ndjson $golden/failures.ndjson >"$WORK/diff" 2>/dev/null
check "a difference with ranges, failures and times is valid" $validate diff "$WORK/diff"
eq "  it has them" "$(jq -c '[(.blocks | any(.base_pfn), any(.block)), (.operations | any(.b.failed > 0)), (.times | length > 0)]' "$WORK/diff")" \
	"[true,true,true,true]"
tests/rules/edit.py tests/rules/failures-block.ndjson set:mhp_vmemmap_online:1:nid:1 set:mhp_managed:2:delta:1 >"$WORK/violated.ndjson"
gcc -std=gnu11 -O2 -g -DRELEASE='"6.12.117-mhp"' -static -nostdlib -fno-pie -Wl,--build-id=none -o "$WORK/vmlinux" tests/call_site/kernel.c
"$MHPTOP" report --json --vmlinux "$WORK/vmlinux" "$WORK/violated.ndjson" >"$WORK/violated" 2>/dev/null
check "a report with violations and their source lines is valid" $validate report "$WORK/violated"
check "  it has them" jq -e '[.violations[] | .before, .then | .sites[]?] | length > 0' "$WORK/violated"
"$MHPTOP" diff --json tests/rules/failures-block.ndjson "$WORK/violated.ndjson" >"$WORK/rules_differ" 2>/dev/null
check "a difference of violations is valid" $validate diff "$WORK/rules_differ"
check "  it has some" jq -e '.violations | length > 0' "$WORK/rules_differ"
edit $golden/hosted.ndjson lose:mhp_notify:2 unseen:mhp_online_end
"$MHPTOP" report --json "$WORK/edited.ndjson" >"$WORK/report" 2>/dev/null
check "a report with unknown phases and ends is valid" $validate report "$WORK/report"

# state RECORDING: what the page for a browser reads
state() {
	local pid
	: >"$WORK/serve"
	"$MHPTOP" serve --listen 127.0.0.1:0 "$1" 2>>"$WORK/serve" &
	pid=$!
	until grep -q serving "$WORK/serve" || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
	curl -s "$(sed -n 's,.*serving \(.*\)/metrics,\1/state,p' "$WORK/serve")"
	kill $pid
	wait $pid
}
for path in $golden/{hosted,failures,range,lost,late}.ndjson; do
	state "$path" >"$WORK/state"
	check "the state of ${path#tests/} is valid" $validate state "$WORK/state"
done
state $golden/range.ndjson >"$WORK/state"
check "  it has runs and ranges" jq -e '(.runs | length > 1) and (.ranges | length > 0)' "$WORK/state"
jq .attention "$WORK/state" >"$WORK/attention"
check "what needs attention in a recording is valid" $validate attention "$WORK/attention"
state $golden/stuck.ndjson | jq .attention >"$WORK/attention"
check "  also if something does" $validate attention "$WORK/attention"
check "  it has a finding" jq -e '.findings | length > 0' "$WORK/attention"

# answers NAME KIND ARG…: what mhptop answers about this machine, if it may know
answers() {
	local name=$1 kind=$2 status=0
	shift 2
	"$MHPTOP" "$@" >"$WORK/now" 2>"$WORK/errors" || status=$?
	case $status in
	0 | 3 | 5) check "$name is valid" $validate "$kind" "$WORK/now" ;;
	4) skip "$name is valid" "$(<"$WORK/errors")" ;;
	*) fail "$name is valid" "exit $status: $(<"$WORK/errors")" ;;
	esac
}
answers "the list of memory" list list --json
answers "a forecast of an offline" plan plan --json offline "$(cd /sys/devices/system/memory && printf '%s\n' memory[0-9]* | head -n 1)"
answers "a forecast of an add" plan-add plan --json add 2G
answers "what needs attention on this machine" attention doctor --now --json
cat >"$WORK/plan" <<-'END'
	{"what":"0x100000000-0x107ffffff","answer":"no","page_bytes":4096,"block_bytes":134217728,"move":5,"room":7,"references_unknown":null,
	"reasons":[],"blocks":[{"id":32,"start_pfn":1048576,"nr_pages":32768,"state":"online","node":0,"zone":"Movable","answer":"no","move":5,
	"room":7,"pages":{"free":32762,"memmap":0,"anon":5,"file":0,"movable_ops":0,"hugetlb":0,"offline":0,"hwpoison":0,"slab":1,"pgtable":0,
	"reserved":0,"secretmem":0,"other":0,"hole":0},"huge":[{"bytes":2097152,"used":3,"free":1,"pinned":1,"poisoned":0}],
	"offline_owners":{"virtio_mem":0,"balloon":0,"unknown":0},"unevictable":2,"pinned":1,"pinned_thp":0,"poisoned_thp":0,"cpu_ns":1000,"reasons":[{"reason":"kernel_pages","answer":"no","kind":"slab",
	"pages":1,"first_pfn":1048600,"text":"1 slab page"},{"reason":"pinned","answer":"no","kind":null,"pages":1,"first_pfn":1048601,"text":"1 page"}]}]}
END
check "a forecast with reasons is valid" $validate plan "$WORK/plan"
cat >"$WORK/plan-add" <<-'END'
	{"answer":"unknown","start":4294967296,"assumed":false,"bytes":2147483648,"block_bytes":134217728,"page_bytes":4096,"blocks":16,"mode":"range",
	"mode_is_current":true,"hosting":"range","why":"self_hosted","memmap_pages":8192,"buddy_pages":0,"other_pages":20,"waste_pages":0,
	"free_pages":10,"reclaim_pages":100,"gib":2,"mapped_gib":null,"gigantic":2,"reasons":[{"reason":"reclaim","text":"the kernel zones ..."}]}
END
check "a forecast of an add that is not certain is valid" $validate plan-add "$WORK/plan-add"
cat >"$WORK/list" <<-'END'
	{"ranges":[{"start":4294967296,"end":4429185023,"bytes":134217728,"state":"offline","offline":null,"zone":null,"hosting":"block",
	"device":"dax0.0","node":1,"first_block":32,"last_block":32}],"block_bytes":134217728,"online_bytes":0,"offline_bytes":134217728}
END
check "a list with offline memory of a device is valid" $validate list "$WORK/list"

# invalid FILE KIND SED NAME: the edited file is not valid
invalid() {
	sed "$3" "$1" >"$WORK/invalid"
	if cmp -s "$1" "$WORK/invalid"; then
		fail "$4" "the edit changes nothing"
	else
		status "$4" 1 "invalid:[0-9]*: " $validate "$2" "$WORK/invalid"
	fi
}
invalid $golden/hosted.ndjson recording 's/"zone":"Movable"/"zone":"Moveable"/' "a word that the event does not have"
invalid $golden/hosted.ndjson recording 's/"nr_pages":32768,//' "a field that is missing"
invalid $golden/hosted.ndjson recording 's/"delta":-/"delta":1e30,"x":/' "a number that does not fit"
invalid $golden/hosted.ndjson recording 's/"event":"mhp_present",/&"pages":1,/' "a field that the event does not have"
invalid $golden/hosted.ndjson recording 's/"self_check":"equal"/"self_check":"good"/' "totals with a word that there is not"
invalid $golden/hosted.ndjson recording '1s/"page_bytes":4096,//' "a header without the size of a page"
invalid $golden/hosted.json frame 's/"state": "online"/"state": "on"/' "a frame with a word that there is not"
invalid $golden/hosted.json frame '/"hosting": /d' "a block without a column"
invalid $golden/hosted.json frame 's/"violated": 0/"violated": -1/' "a negative count"
"$MHPTOP" report --json $golden/failures.ndjson >"$WORK/report"
invalid "$WORK/report" report '2,$s/"kind":"offline"/"kind":"offlining"/' "a report with an operation that there is not"
invalid "$WORK/report" report 's/"passes":[0-9]*,//' "an operation without a member"
invalid "$WORK/report" report 's/"passes":/"tries":0,"passes":/' "an operation with a member that the schema does not have"
invalid "$WORK/report" report 's/"phases":{/&"waiting":1,/' "a phase that there is not"
invalid "$WORK/report" report 's/"p99_ns":[0-9]*/"p99_ns":-1/' "a time that is negative"
invalid "$WORK/report" report 's/"buckets":\[0,/"buckets":[/' "a bucket that is missing"
invalid "$WORK/report" report 's/"pages_in_the_way":/"more":0,&/' "a report with a member that the schema does not have"
invalid "$WORK/report" report 's/"self_hosted":/"more":0,&/' "a report with a member that the schema of its last frame does not have"
invalid "$WORK/violated" report 's/"sites":\[/"line":7,&/' "an event of a violation with a member that the schema does not have"
invalid "$WORK/diff" diff 's/"equal":false/"equal":0/' "a difference that is neither equal nor not"
invalid "$WORK/diff" diff 's/"key":"hosting"/"key":"host"/' "a difference of a column that there is not"
invalid "$WORK/diff" diff 's/"unended":0,/&"more":0,/' "a result with a member that the schema does not have"
invalid "$WORK/diff" diff 's/"p50_ns"/"p51_ns"/' "a difference of a percentile that there is not"
invalid "$WORK/rules_differ" diff 's/"what":"rule"/"what":"law"/' "a difference of something that is no rule"
invalid "$WORK/state" state 's/"count":/"blocks":/' "a run without a number of memory blocks"
invalid "$WORK/state" state 's/"removed":/"added_by":"x","removed":/' "a range of a state with a task"
invalid "$WORK/attention" attention 's/"id": /"name": /' "a finding without an id"
invalid "$WORK/plan" plan 's/"kernel_pages"/"kernel"/' "a forecast with a reason that there is not"
invalid "$WORK/plan" plan 's/"slab":1,/"slab":1,"more":0,/' "a forecast with a kind of pages that there is not"
invalid "$WORK/plan" plan 's/"balloon":0/"ballon":0/' "a forecast with an owner that there is not"
invalid "$WORK/plan" plan 's/"used":3,//' "a forecast with huge pages without a member"
invalid "$WORK/plan" plan 's/"answer":"no"/"answer":"maybe"/' "a forecast with an answer that there is not"
invalid "$WORK/plan-add" plan-add 's/"mode":"range"/"mode":"ranges"/' "a forecast of an add with a mode that there is not"
invalid "$WORK/plan-add" plan-add 's/"gib":2,//' "a forecast of an add without a member"
invalid "$WORK/list" list 's/"last_block":32/"last_block":-1/' "a list with a memory block below 0"
invalid "$WORK/list" list 's/"state":"offline"/"state":"off"/' "a list with a state that there is not"
invalid $golden/hosted.json frame 's/"self_hosted": /"more": 0, &/' "sums of a frame with a member that the schema does not have"
invalid $golden/hosted.ndjson recording '1s/"kernel":/"more":0,&/' "a header with a member that the schema does not have"
done_testing
