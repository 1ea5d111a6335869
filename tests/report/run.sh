#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `mhptop report`: what it says about recordings, in each of its forms. UPDATE=1 writes tests/report/*.text anew.
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "${MHPTOP:-$TOP/build/mhptop}")
cd "$TOP" || exit 1
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
golden=tests/golden

# Every recording, against a reader that computes everything anew
report() { "$MHPTOP" report "$@" 2>"$WORK/errors"; }
for path in "$golden"/*.ndjson tests/rules/*.ndjson; do
	report "$path" >"$WORK/text"
	eq "${path#tests/}: the exit code is that of replay" $? "$("$MHPTOP" replay --json "$path" >"$WORK/frame" 2>&1; echo $?)"
	report --csv "$path" >"$WORK/csv"
	report --json "$path" >"$WORK/json"
	check "${path#tests/}: operations, phases, times, pages and retries" tests/report/report.py "$path" "$WORK/json" "$WORK/csv" "$WORK/text"
	check "${path#tests/}: the end is the last frame" diff <(jq -S .end "$WORK/json") <("$MHPTOP" replay --json "$path" 2>/dev/null | jq -S .)
	eq "${path#tests/}: as many violations as the rules report" "$(jq -c '[.violated, (.violations | length)]' "$WORK/json")" \
		"$("$MHPTOP" replay --json "$path" 2>/dev/null | jq -c '[.violated, (.violations | length)]')"
done

# The page for a browser
for path in "$golden"/*.ndjson tests/rules/*.ndjson; do
	report "$path" >"$WORK/text"
	report --json "$path" >"$WORK/json"
	report -o "$WORK/page.html" "$path"
	check "${path#tests/}: the page" tests/report/page.py "$WORK/page.html" "$WORK/json" "$WORK/text"
done
report $golden/hosted.ndjson $golden/range.ndjson >"$WORK/text"
report --json $golden/hosted.ndjson $golden/range.ndjson >"$WORK/json"
report -o - $golden/hosted.ndjson $golden/range.ndjson >"$WORK/page.html"
check "the page of two recordings" tests/report/page.py "$WORK/page.html" "$WORK/json" "$WORK/text"
eq "  has a line where the second one begins" "$(grep -c 'class="cut"' "$WORK/page.html")" 2

# Names that would be markup, end an attribute or a style, or are no text
hostile() { python3 - "$1" $golden/hosted.ndjson <<-'PY'
	import json, sys
	comm, path = sys.argv[1:]
	for number, line in enumerate(open(path, encoding="utf-8")):
	    record = json.loads(line)
	    if "comm" in record:
	        record["comm"] = comm.encode().decode("unicode_escape")
	    elif not number:
	        record["host"] = record["kernel"] = comm.encode().decode("unicode_escape")
	    print(json.dumps(record))
	PY
}
for comm in '<script>x()' '</style><b>' '"onload="x' '&#60;i&#62;' ']]>--><!--' "'<a href=/>" '\x9b\x1b[2J\u202e<' '=1+1,"x'; do
	hostile "$comm" >"$WORK/hostile.ndjson"
	report "$WORK/hostile.ndjson" >"$WORK/text"
	report --json "$WORK/hostile.ndjson" >"$WORK/json"
	report --csv "$WORK/hostile.ndjson" >"$WORK/csv"
	report -o "$WORK/page.html" "$WORK/hostile.ndjson"
	check "a task named ${comm//#/}: the page" tests/report/page.py "$WORK/page.html" "$WORK/json" "$WORK/text"
	check "  the other forms" tests/report/report.py "$WORK/hostile.ndjson" "$WORK/json" "$WORK/csv" "$WORK/text"
	check "  nothing reaches a terminal" bash -c '! grep -qP "[\x00-\x08\x0b-\x1f\x7f]" "$1" && ! grep -q $'"'\\xc2[\\x80-\\x9f]'"' "$1"' _ "$WORK/text"
done

# Bytes that are no text: they are kept where they can be, and the page is still one.
python3 - $golden/hosted.ndjson >"$WORK/bytes.ndjson" <<-'PY'
	import json, sys
	for line in open(sys.argv[1], encoding="utf-8"):
	    record = json.loads(line)
	    if "comm" in record:
	        record["comm"] = "a\u0085b\u00ffc\ufffed"
	    print(json.dumps(record))
PY
report -o "$WORK/page.html" "$WORK/bytes.ndjson"
eq "a name of any bytes" "$(python3 -c 'import sys, xml.etree.ElementTree as tree
print({one.text for one in tree.parse(sys.argv[1]).iter("{http://www.w3.org/1999/xhtml}bdi")})' "$WORK/page.html")" "{'a?b?c???d'}"

# 10,000 events
build/tests/generate 64 remove 8 >"$WORK/large.ndjson"
report "$WORK/large.ndjson" >"$WORK/text"
report --json "$WORK/large.ndjson" >"$WORK/json"
report -o "$WORK/page.html" "$WORK/large.ndjson"
check "10,000 events: the page" tests/report/page.py "$WORK/page.html" "$WORK/json" "$WORK/text"
eq "  has at least 10,000 events in at most 1 MiB" \
	"$(jq '.end.events.seen >= 10000' "$WORK/json") $(($(stat -c %s "$WORK/page.html") <= 1048576))" "true 1"

# The source lines that check names, from a vmlinux that is built like a kernel
tests/rules/edit.py tests/rules/failures-block.ndjson set:mhp_vmemmap_online:1:nid:1 set:mhp_managed:2:delta:1 >"$WORK/violated.ndjson"
gcc -std=gnu11 -O2 -g -DRELEASE='"6.12.117-mhp"' -static -nostdlib -fno-pie -Wl,--build-id=none -o "$WORK/vmlinux" tests/call_site/kernel.c
report --json --vmlinux "$WORK/vmlinux" "$WORK/violated.ndjson" >"$WORK/json"
report -o "$WORK/page.html" --vmlinux "$WORK/vmlinux" "$WORK/violated.ndjson"
report "$WORK/violated.ndjson" >"$WORK/text"
check "a page with violations" tests/report/page.py "$WORK/page.html" "$WORK/json" "$WORK/text"
eq "  names the source lines that check names" "$(jq -r '.violations[] | .before, .then | .sites[]? ' "$WORK/json" | sort -u)" \
	"$("$MHPTOP" check --vmlinux "$WORK/vmlinux" "$WORK/violated.ndjson" | sed -nE 's/^#          (at|or) //p' | grep -v '…' | sort -u)"
check "  which are some" jq -e '[.violations[] | .before, .then | .sites[]?] | length > 0' "$WORK/json"

# The text, word by word
for name in failures stuck lost attached range comm; do
	report "$golden/$name.ndjson" >"$WORK/text"
	[[ ! ${UPDATE-} ]] || cp "$WORK/text" "tests/report/$name.text"
	check "$name as text" diff "tests/report/$name.text" "$WORK/text"
done

# On a terminal, lines fit it, and have the same words as in a pipe, in the same order.
words() { tr -s ' \n' '\n' <"$1" | sed '/^$/d'; }
narrow() { env -u COLUMNS tests/on_terminal.py "$1" "$MHPTOP" report "${@:2}" 2>"$WORK/errors"; }
for path in "$golden"/*.ndjson tests/rules/*.ndjson; do
	report "$path" >"$WORK/text"
	narrow 80 "$path" >"$WORK/narrow"
	check "${path#tests/}: 80 columns have the same words" diff <(words "$WORK/text") <(words "$WORK/narrow")
	none "  no line is wider" "$(awk 'length > 80' "$WORK/narrow")"
done
narrow 80 $golden/failures.ndjson >"$WORK/narrow"
[[ ! ${UPDATE-} ]] || cp "$WORK/narrow" tests/report/narrow.text
check "what does not fit is below its operation, and the table of pages is narrow" diff tests/report/narrow.text "$WORK/narrow"
narrow 1000 $golden/failures.ndjson >"$WORK/narrow"
check "a wide terminal is as a pipe" diff tests/report/failures.text "$WORK/narrow"
for form in --json --csv; do
	narrow 80 $form $golden/failures.ndjson >"$WORK/narrow"
	report $form $golden/failures.ndjson >"$WORK/text"
	check "$form is the same on a terminal" diff "$WORK/text" "$WORK/narrow"
done

# Ejects: what the test that made the recording did, and what an eject by hand is not
eq "an eject that a block refuses, and three that work" "$(report tests/rules/eject-range.ndjson | sed -n '/^Ejects/,$s/^[0-9.]* //p')" \
	"DIMM at 0x100000000: 7 of 8 memory blocks went offline, memory32 refused (hugetlb): the 7 were brought back
$(yes "DIMM at 0x100000000: 8 of 8 memory blocks went offline, and the range was removed" | head -n 3)"
eq "  as data" "$(report --json tests/rules/eject-range.ndjson | jq -c '.removals[] | [.way, .blocks, .offline, .back, .refusals, .refused, .removed]')" \
	"[\"acpi\",8,7,7,1,32,false]
$(yes '["acpi",8,8,0,0,null,true]' | head -n 3)"
eq "a removal that is refused names the block that is online" "$(report $golden/failures.ndjson | sed -n '/^Ejects/,$p' | tail -n +2)" \
	"60.000388 memory at 0x118000000: it was not removed, as memory35 is online"

# What is unknown
edit() { tests/rules/edit.py "$@" >"$WORK/edited.ndjson"; }
phases() { report --json "$WORK/edited.ndjson" | jq -c "[.operations[] | select(.kind == \"$1\") | .phases] | .[${2:-0}]"; }
edit $golden/hosted.ndjson lose:mhp_notify:2
eq "an event of an operation was lost: its phases are unknown" "$(phases online)" \
	'{"notifiers":null,"memmap_init":null,"release":null,"rest":null}'
eq "  but not those of the next one" "$(phases online 1)" '{"notifiers":8000,"memmap_init":8000,"release":4000,"rest":12000}'
edit $golden/hosted.ndjson unseen:mhp_notify
eq "the source cannot report notifiers: no phase is known" "$(phases offline)" \
	'{"isolate":null,"migrate":null,"notifiers":null,"rest":null}'
edit $golden/hosted.ndjson lose:mhp_online_end:1
eq "the end of an operation was lost" "$(report --json "$WORK/edited.ndjson" | jq -c '.operations[1] | [.kind, .result, .ns, .end_ns, .ret]')" \
	'["online","unseen",null,null,null]'
edit $golden/hosted.ndjson lose:mhp_online_end:1 lose:mhp_online_begin:2
eq "the next end does not take its place" "$(report --json "$WORK/edited.ndjson" |
	jq -c '[.operations[] | select(.kind == "online") | [.memory, .result, .ns]]')" \
	'[["memory32","unseen",null],["memory33","ok",null],["memory34","ok",32000]]'

# Whatever check reads
report --json $golden/hosted.ndjson $golden/failures.ndjson >"$WORK/two"
eq "two recordings: the operations of both" "$(jq -c '[.operations[].part] | group_by(.) | map(length)' "$WORK/two")" '[5,13]'
check "a pipe" diff <(cat $golden/failures.ndjson | report -) <(report $golden/failures.ndjson)
check "standard input" diff <(report <$golden/failures.ndjson) <(report $golden/failures.ndjson)
build/tests/as_text perf tests/rules/range.ndjson >"$WORK/trace.txt" 2>"$WORK/errors"
eq "text of another tool: the same operations" "$(report --json "$WORK/trace.txt" | jq -c '[.operations[] | [.kind, .start_pfn, .ret]]')" \
	"$(report --json tests/rules/range.ndjson | jq -c '[.operations[] | [.kind, .start_pfn, .ret]]')"
head -n -1 $golden/hosted.ndjson | grep -v mhp_add_end >"$WORK/cut.ndjson"
eq "an add without an end is in progress" "$(report --json "$WORK/cut.ndjson" | jq -c '.operations[0] | [.kind, .result, .ns]')" \
	'["add","in_progress",null]'

status "a damaged recording" 6 '^mhptop: .*:20: ' "$MHPTOP" report <(sed '20s/.*/{/' $golden/hosted.ndjson)
check "  what came before is reported" grep -q 'memory32 to Movable  ok' "$WORK/stdout"
status "a recording with losses" 5 'events were lost' "$MHPTOP" report $golden/lost.ndjson
status "a file that is not there" 1 '^mhptop: cannot open none.ndjson: No such file or directory$' "$MHPTOP" report none.ndjson
status "two forms at once" 2 '^mhptop: --csv and --json cannot be used together$' "$MHPTOP" report --csv --json $golden/hosted.ndjson
status "a full disk" 1 '^mhptop: .*No space left on device$' bash -c '"$0" report "$1" >/dev/full' "$MHPTOP" $golden/hosted.ndjson
cp $golden/hosted.ndjson "$WORK/keep.ndjson"
status "a recording is not overwritten" 2 'keep.ndjson: this file is to be read$' "$MHPTOP" report --csv -o "$WORK/keep.ndjson" "$WORK/keep.ndjson"
status "  as standard input" 2 'keep.ndjson: this file is to be read$' bash -c '"$1" report --csv -o "$2" - <"$2"' _ "$MHPTOP" "$WORK/keep.ndjson"
status "  without a name" 2 'keep.ndjson: this file is to be read$' bash -c '"$1" report --csv -o "$2" <"$2"' _ "$MHPTOP" "$WORK/keep.ndjson"
cp $golden/hosted.ndjson "$WORK/vmlinux"
status "  nor is what --vmlinux names" 2 'vmlinux: this file is to be read$' "$MHPTOP" report --json --vmlinux "$WORK/vmlinux" -o "$WORK/vmlinux" \
	"$WORK/keep.ndjson"
check "  it is whole" cmp $golden/hosted.ndjson "$WORK/vmlinux"
check "  and is whole" cmp $golden/hosted.ndjson "$WORK/keep.ndjson"
status "an output file" 0 '' "$MHPTOP" report --csv -o "$WORK/out.csv" $golden/hosted.ndjson
check "  has what standard output would" diff "$WORK/out.csv" <(report --csv $golden/hosted.ndjson)

# Two recordings, or two moments
differs() { "$MHPTOP" diff "$@" 2>"$WORK/errors"; }
differs $golden/hosted.ndjson $golden/failures.ndjson >"$WORK/text"
eq "two recordings that differ" $? 3
[[ ! ${UPDATE-} ]] || cp "$WORK/text" tests/report/diff.text
check "  in what" diff tests/report/diff.text "$WORK/text"
env -u COLUMNS tests/on_terminal.py 80 "$MHPTOP" diff $golden/hosted.ndjson $golden/failures.ndjson >"$WORK/narrow" 2>"$WORK/errors"
check "  on a terminal of 80 columns: the same words" diff <(words "$WORK/text") <(words "$WORK/narrow")
none "    no line is wider" "$(awk 'length > 80' "$WORK/narrow")"
eq "    a table has a line for each row" "$(sed -n '/^Operations/,/^$/p' "$WORK/narrow" | wc -l)" \
	"$(sed -n '/^Operations/,/^$/p' "$WORK/text" | wc -l)"
status "a recording and itself" 0 '' "$MHPTOP" diff tests/rules/range.ndjson tests/rules/range.ndjson
eq "  are equal" "$(sed 1,2d "$WORK/stdout")" $'\nThey are equal.'
differs --json $golden/hosted.ndjson $golden/failures.ndjson >"$WORK/json"
# The same, by jq from the last frames
frames() { for path in "$@"; do "$MHPTOP" replay --json "$path"; done | jq -s "$filter"; }
filter='[.[0].sums, .[1].sums] as [$a, $b] | [$a | keys_unsorted[] | select($a[.] != $b[.]) | {key: ., a: $a[.], b: $b[.]}] | sort_by(.key)'
eq "the sums that differ" "$(jq -c '[.accounts[] | select(.what == "sum") | del(.what)] | sort_by(.key)' "$WORK/json")" \
	"$(frames $golden/hosted.ndjson $golden/failures.ndjson | jq -c .)"
filter='[.[] | [.blocks[] | {key: "\(.id)", value: with_entries(select(.key | test("_time$|_at$|_pid$|_bound$") | not))}] | from_entries] as [$a, $b] |
	[($a | keys[]) as $id | select($b[$id]) | $a[$id] | keys[] | select($a[$id][.] != $b[$id][.]) | {block: ($id | tonumber), key: ., a: $a[$id][.], b: $b[$id][.]}] | sort'
eq "the cells of blocks that differ" "$(jq -cS '[.blocks[] | select(.block and .key != "exists")] | sort' "$WORK/json")" \
	"$(frames $golden/hosted.ndjson $golden/failures.ndjson | jq -cS .)"
eq "a block that only one has" "$(jq -c '[.blocks[] | select(.key == "exists")]' "$WORK/json")" '[{"block":35,"key":"exists","a":false,"b":true}]'
eq "a moment and the end" "$(differs $golden/hosted.ndjson@60.00015 $golden/hosted.ndjson | grep '^memory')" \
	'memory34: state going_offline -> offline, zone Movable -> none, present 32768 -> 0, managed 32256 -> 0, offlines 0 -> 1, step online -> finish_offline, live 512 -> 0, offlined_by - -> bash, offlined_way - -> sysfs'
eq "moments after the begin" "$(differs --json $golden/hosted.ndjson@+40us $golden/hosted.ndjson@+76us | jq -c '[.operations[] | [.memory, .a.ok, .b.ok]]')" \
	'[["memory32",0,1],["memory33",0,0]]'
status "a time before the recording" 2 "hosted.ndjson: '5' is before the recording, which begins at 60.000000\$" \
	"$MHPTOP" diff $golden/hosted.ndjson@5 $golden/hosted.ndjson
status "a time after it" 2 "hosted.ndjson: '[+]9999s' is after the recording, which ends at 60.000180\$" "$MHPTOP" diff $golden/hosted.ndjson $golden/hosted.ndjson@+9999s
status "its end" 0 '' "$MHPTOP" diff $golden/hosted.ndjson@60.00018 $golden/hosted.ndjson
tests/rules/edit.py $golden/hosted.ndjson wait:mhp_offline_begin:1:5 >"$WORK/slow.ndjson"
status "other times are no difference" 0 '' "$MHPTOP" diff "$WORK/slow.ndjson" $golden/hosted.ndjson
cp $golden/hosted.ndjson "$WORK/a@5"
status "a file whose name has an @" 0 '' "$MHPTOP" diff "$WORK/a@5" $golden/hosted.ndjson
status "equal, but events were lost" 5 'events were lost' "$MHPTOP" diff $golden/lost.ndjson $golden/lost.ndjson
eq "  which leaves a doubt" "$(sed 1,2d "$WORK/stdout")" $'\nNo difference was found, but events were lost.'
eq "  also in JSON" "$(differs --json $golden/lost.ndjson $golden/lost.ndjson | jq -c .equal)" null
sed '60s/.*/{"seq":/' $golden/failures.ndjson >"$WORK/damaged.ndjson"
status "equal, but damaged" 6 ':60: not a value' "$MHPTOP" diff "$WORK/damaged.ndjson" "$WORK/damaged.ndjson"
eq "  which leaves a doubt" "$(sed 1,2d "$WORK/stdout")" $'\nNo difference was found, but a recording could not be read to its end.'
eq "  also in JSON" "$(differs --json "$WORK/damaged.ndjson" "$WORK/damaged.ndjson" | jq -c .equal)" null
sed '$s/"lost":0,/&"no_room":1,/' $golden/hosted.ndjson >"$WORK/no_room.ndjson"
status "equal, but perhaps wrong" 5 'what is shown may be wrong' "$MHPTOP" diff $golden/hosted.ndjson "$WORK/no_room.ndjson"
eq "  which leaves a doubt" "$(sed 1,2d "$WORK/stdout")" $'\nNo difference was found, but a recording may be wrong.'
eq "  what differs does so in spite of lost events" "$(differs --json $golden/lost.ndjson $golden/failures.ndjson | jq -c .equal)" false
eq "  and what is equal is so" "$(differs --json $golden/hosted.ndjson $golden/hosted.ndjson | jq -c .equal)" true
status "a time that is none" 2 "^mhptop: diff needs a time as printed" "$MHPTOP" diff $golden/hosted.ndjson@now $golden/hosted.ndjson
status "one recording" 2 '^mhptop: diff needs two recordings' "$MHPTOP" diff $golden/hosted.ndjson
sed '1s/134217728/268435456/' $golden/comm.ndjson >"$WORK/large.ndjson"
status "memory blocks of different sizes" 1 'memory blocks have different sizes$' "$MHPTOP" diff $golden/comm.ndjson "$WORK/large.ndjson"
done_testing
