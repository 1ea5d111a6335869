#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `mhptop explain` of recordings: the pages in tests/answers/*.text, and what it refuses. UPDATE=1 writes the pages anew.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1
mhptop=${MHPTOP:-build/mhptop}

# page NAME STATUS BLOCK FILE: the page about a memory block is tests/answers/NAME.text
page() {
	local got=0
	"$mhptop" explain --time mono "$3" "$4" >"$WORK/page" 2>"$WORK/errors" || got=$?
	[[ ! ${UPDATE-} ]] || cp "$WORK/page" "tests/answers/$1.text"
	check "$1: the page about $3" diff "tests/answers/$1.text" "$WORK/page"
	eq "  its exit status" "$got" "$2"
}

# refuses NAME STATUS ERROR ARGUMENT…
refuses() {
	local name=$1 want=$2 error=$3 got=0
	shift 3
	"$mhptop" "$@" >"$WORK/page" 2>"$WORK/errors" || got=$?
	eq "$name" "$got $(head -n 1 "$WORK/errors")" "$want mhptop: $error"
	none "  and prints nothing" "$(<"$WORK/page")"
}

page isolation 0 memory32 tests/golden/failures.ndjson
page unmovable 0 33 tests/golden/failures.ndjson
page notifier 0 memory34 tests/golden/failures.ndjson
page not_offline 0 0x118000000 tests/golden/failures.ndjson
page stuck 0 memory34 tests/golden/stuck.ndjson
page went 0 memory32 tests/rules/failures-block.ndjson
page hwpoison 0 memory34 tests/rules/failures-block.ndjson
page holes 0 memory7 tests/rules/failures-buddy.ndjson
page removed 0 memory34 tests/golden/range.ndjson
page buddy 0 memory32 tests/golden/buddy.ndjson
page snapshot 0 memory32 tests/golden/late.ndjson
page lost 5 memory32 tests/golden/lost.ndjson

# Recordings of probes, which may not know some fields, and do not see some pages at all
sed -e 's/"source":"events"/"source":"probes"/' -e 's/"pass":[0-9]*,/"pass":null,/' \
	-e '/offline_blocker/s/"pfn":[0-9]*,/"pfn":null,/; /offline_blocker/s/"ret":[0-9]*,/"ret":null,/' \
	tests/golden/stuck.ndjson >"$WORK/probes.ndjson"
page probes 0 memory34 "$WORK/probes.ndjson"
sed -e 's/"source":"events"/"source":"probes"/' -e '/"event":"mhp_offline_blocker"/d' tests/golden/failures.ndjson |
	grep -v '"totals"' >"$WORK/unseen.ndjson"
page unseen 5 memory33 "$WORK/unseen.ndjson"
sed 's/"source":"events"/"source":"probes"/' tests/rules/failures-buddy.ndjson >"$WORK/holes.ndjson"
page probes_holes 0 memory7 "$WORK/holes.ndjson"

# The pages have nowhere to go.
sed '/offline_blocker/s/"ret":[0-9]*,/"ret":-12,/' tests/golden/stuck.ndjson >"$WORK/no_room.ndjson"
page no_room 0 memory34 "$WORK/no_room.ndjson"

page range 0 0x100000000-0x11fffffff tests/golden/failures.ndjson
# An operation that is in progress, one whose begin was not seen either, and a failure of a part that has gone with the whole
page stuck_range 0 0x100000000-0x117ffffff tests/golden/stuck.ndjson
python3 - tests/golden/late.ndjson >"$WORK/late.ndjson" <<-'PY'
	import json, sys
	page = {
	    "seq": 9, "ns": 62000156000, "cpu": 1, "pid": 312, "comm": "bash", "event": "mhp_offline_blocker", "pfn": 1049000,
	    "page_flags": 0, "ret": 1, "refcount": 5, "mapcount": 2, "order": 0, "pass": 1, "kind": "anon", "stage": "migrate"}
	for line in map(json.loads, open(sys.argv[1], encoding="utf-8")):
	    if "totals" in line:
	        line["totals"].update(seen=9, folded=9)
	        for name, counts in line["totals"]["events"].items():
	            counts["seen"] = {"mhp_snapshot_zone": 3, "mhp_snapshot_block": 5, "mhp_offline_blocker": 1}.get(name, 0)
	        print(json.dumps(line))
	    elif line.get("seq", 0) <= 8:
	        if line.get("start_pfn") == 1048576:
	            line["state"] = "going_offline"
	        print(json.dumps(line))
	    elif line["seq"] == 9:
	        print(json.dumps(page))
PY
page late_range 0 0x100000000-0x117ffffff "$WORK/late.ndjson"
page late 0 memory32 "$WORK/late.ndjson"
page whole_range 0 0x100000000-0x33fffffff tests/golden/range.ndjson
page eject 0 0x100000000-0x13fffffff tests/rules/eject-range.ndjson
page eject_block 0 memory32 tests/rules/eject-range.ndjson
# An add that failed left no memory block behind.
page failed_add 0 0x100000000-0x107ffffff tests/golden/comm.ndjson
page failed_add_block 0 memory32 tests/golden/comm.ndjson

# Tries in a row: whether they met the same page. The pages of the tries after the first one are given; -: none.
tries() {
	python3 - "$@" <<-'PY'
		import json, sys
		with open("tests/golden/failures.ndjson", encoding="utf-8") as lines:
		    records = [json.loads(line) for line in lines if "totals" not in line]
		first = next(i for i, r in enumerate(records) if r.get("event") == "mhp_offline_begin" and r["start_pfn"] == 33 << 15)
		last = next(i for i, r in enumerate(records) if r.get("event") == "mhp_offline_end" and r["start_pfn"] == 33 << 15)
		seq = records[-1]["seq"]
		for pfn in sys.argv[1:]:
		    for record in records[first:last + 1]:
		        seq += 1
		        if record["event"] != "mhp_offline_blocker":
		            records.append({**record, "seq": seq, "ns": 61000000000 + seq})
		        elif pfn != "-":
		            records.append({**record, "seq": seq, "ns": 61000000000 + seq, "pfn": int(pfn, 0)})
		for record in records:
		    print(json.dumps(record))
	PY
}
explained() { "$mhptop" explain memory33 "$1" 2>/dev/null | grep '^   .* tr\(y\|ies\)' | sed 's/^ *//'; }
for case in 'both|0x10824d|reported 3 times in this try, the same page each time;the same page in both tries' \
	'three|0x10824d 0x10824d|reported 3 times in this try, the same page each time;the same page in all 3 tries' \
	'the last two|0x108001 0x108001|reported 3 times in this try, the same page each time;the same page in the last 2 tries' \
	'another one|0x108001|reported 3 times in this try, the same page each time;an earlier try reported another one, pfn 0x10824d: anon' \
	'none|-|an earlier try reported pfn 0x10824d: anon'; do
	IFS='|' read -r name pages want <<<"$case"
	# shellcheck disable=SC2086 # a list
	tries $pages >"$WORK/tries.ndjson"
	eq "tries in a row: $name" "$(explained "$WORK/tries.ndjson" | paste -sd';')" "$want"
done

# A removal that failed is explained until all of its memory has left, be it in parts.
parts() {
	python3 - "$@" <<-'PY'
		import json, sys
		seq = 0
		with open("tests/golden/failures.ndjson", encoding="utf-8") as lines:
		    for line in map(json.loads, lines):
		        if line.get("event", "").startswith("mhp_remove_"):
		            line.update(start_pfn=1114112, nr_pages=65536)
		        if "totals" not in line:
		            seq = line.get("seq", 0)
		            print(json.dumps(line))
		for number in map(int, sys.argv[1:]):
		    part = {"start_pfn": number << 15, "nr_pages": 1 << 15, "vmemmap_pages": 512, "nid": 0}
		    for event in {"event": "mhp_remove_begin", **part}, {"event": "mhp_remove_end", **part, "ret": 0}:
		        seq += 1
		        print(json.dumps({"seq": seq, "ns": 61000000000 + seq, "cpu": 0, "pid": 22, "comm": "kworker/0:1", **event}))
	PY
}
removal_of() { "$mhptop" explain "$2" "$1" 2>&1 | grep -c '^why *remove of .* failed'; }
parts 35 >"$WORK/one.ndjson"
parts 34 >"$WORK/first.ndjson"
parts 35 34 >"$WORK/both.ndjson"
eq "a removal that failed, and a part of its memory left later" "$(removal_of "$WORK/one.ndjson" 0x110000000-0x11fffffff)" 1
eq "  and the first part of it" "$(removal_of "$WORK/first.ndjson" 0x110000000-0x11fffffff)" 1
eq "all of its memory left, in parts" "$(removal_of "$WORK/both.ndjson" 0x110000000-0x11fffffff)" 0

# Recordings that end early: the page says so, and so does the message, as for any command that reads recordings.
early() {
	page "$1" "$2" "$3" "$4"
	eq "  the message" "$(<"$WORK/errors")" "mhptop: $4:$5"
	check "  is that of report" diff "$WORK/errors" <("$mhptop" report "$4" 2>&1 >/dev/null)
}
sed '60s/.*/{"seq":/' tests/golden/failures.ndjson >"$WORK/damaged.ndjson"
early damaged 6 memory35 "$WORK/damaged.ndjson" '60: not a value'
early damaged_offline 6 memory33 "$WORK/damaged.ndjson" '60: not a value'
early damaged_range 6 0x100000000-0x11fffffff "$WORK/damaged.ndjson" '60: not a value'
head -c 5000 tests/golden/failures.ndjson >"$WORK/truncated.ndjson"
early truncated 6 33 "$WORK/truncated.ndjson" '27: truncated'
grep -v '"totals"' tests/golden/stuck.ndjson >"$WORK/killed.ndjson"
killed='recording ends without totals: its recorder was killed or is still running'
early killed 0 memory34 "$WORK/killed.ndjson" "44: $killed"
early killed_range 0 0x100000000-0x117ffffff "$WORK/killed.ndjson" "44: $killed"
head -c 1500 tests/golden/failures.ndjson >"$WORK/short.ndjson"
early short 6 memory34 "$WORK/short.ndjson" '8: truncated'
for what in memory99 0x310000000-0x317ffffff; do
	"$mhptop" explain $what "$WORK/short.ndjson" >"$WORK/page" 2>"$WORK/errors"
	eq "a truncated recording that does not have $what" "$? $(cat "$WORK/errors")" \
		"6 mhptop: $WORK/short.ndjson:8: truncated"$'\n'"mhptop: nothing is known about $what: mhptop list and the frames of a recording (mhptop replay -b FILE) show which memory blocks there are"
	none "  and prints nothing" "$(<"$WORK/page")"
done
# The recorder of this boot still runs if it holds its lock on the file: then what has not ended is in progress now.
tests/rules/edit.py tests/rules/eject-range.ndjson until:mhp_offline_begin:2 "boot:$(cat /proc/sys/kernel/random/boot_id):10" |
	head -n -1 >"$WORK/here.ndjson"
claimed() {
	python3 -c '
import fcntl, struct, subprocess, sys
with open(sys.argv[1], "ab") as file:
    fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
    sys.exit(subprocess.run(sys.argv[2:], check=False).returncode)' "$@"
}
for what in memory33 0x100000000-0x11fffffff; do
	claimed "$WORK/here.ndjson" "$mhptop" explain "$what" "$WORK/here.ndjson" >"$WORK/page" 2>"$WORK/errors"
	check "a recording of this boot that is being written: $what has not ended" grep -q '^why .*has not ended' "$WORK/page"
	none "  and nothing is said to be missing" "$(grep '^note' "$WORK/page"; cat "$WORK/errors")"
	# The offline began 98 seconds after the boot, and the recording takes less than 5.
	check "  it is timed to now" awk -v up="$(cut -d ' ' -f 1 /proc/uptime)" '
		match($0, /has not ended, after [0-9.]+(h|m|s)/) {
			split(substr($0, RSTART), word)
			took = word[5] * (word[5] ~ /h/ ? 3600 : word[5] ~ /m/ ? 60 : 1)
			found = took > 0.9 * (up - 110)
		} END { exit !found }' "$WORK/page"
	"$mhptop" explain "$what" "$WORK/here.ndjson" >"$WORK/page" 2>"$WORK/errors"
	check "one that nobody writes any more: the end of the operation was not seen" grep -q '^why .* took .*its end was not seen' "$WORK/page"
	check "  the page says so" grep -q '^note  *The recording ends early' "$WORK/page"
done
check "check says of the former that its recorder is still running" \
	grep -q 'recording ends without totals: its recorder is still running$' <(claimed "$WORK/here.ndjson" "$mhptop" check "$WORK/here.ndjson" 2>&1)
# Only the recorder of the first one was killed.
cat "$WORK/killed.ndjson" tests/golden/stuck.ndjson >"$WORK/both.ndjson"
"$mhptop" explain --time mono memory34 "$WORK/both.ndjson" >"$WORK/page" 2>"$WORK/errors"
eq "an earlier recording that ends early: the message" "$(cut -d : -f 4 "$WORK/errors")" " recording ends without totals, and another one follows"
eq "  the page says that it is about the last one, and no more" "$(grep '^note' "$WORK/page")" \
	"note     Of several recordings that do not continue each other, this page is about the last one."
check "  and its offline has no end" grep -q '^why  *offline took at least 12.5s, and its end was not seen' "$WORK/page"

# A recording of another boot follows: what the first one left behind says nothing about that.
sed 's/"kernel":"6.12.117"/"kernel":"6.1.0"/' tests/golden/attached.ndjson >"$WORK/other.ndjson"
for what in 35 0x118000000-0x11fffffff; do
	"$mhptop" explain --time mono $what "$WORK/other.ndjson" >"$WORK/alone" 2>&1
	"$mhptop" explain --time mono $what tests/golden/failures.ndjson "$WORK/other.ndjson" >"$WORK/page" 2>"$WORK/errors"
	check "$what of a recording that follows one of another boot" diff "$WORK/alone" <(grep -v '^note .* is about the last one' "$WORK/page")
	check "  says that it is about that one" grep -q '^note .* is about the last one' "$WORK/page"
	check "  is a page" grep -q '^0x118000000\|^memory35' "$WORK/page"
done

# The function that refused, as a recorder that could see it has it; only the machine of the recording can name it.
python3 - tests/golden/failures.ndjson >"$WORK/refused.ndjson" <<-'PY'
	import json, sys
	lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
	at = max(number for number, line in enumerate(lines) if line.get("event") == "mhp_notify" and line["ret"])
	new = {key: value for key, value in lines[at].items() if key != "ret"}
	lines.insert(at + 1, {**new, "event": "mhp_refused", "call": 4096})
	for number, line in enumerate(lines[1:-1], 1):
	    line["seq"] = number
	totals = lines[-1]["totals"]
	totals.update(seen=totals["seen"] + 1, folded=totals["folded"] + 1)
	totals["events"]["mhp_refused"] = {"seen": 1, "lost": 0}
	print("\n".join(json.dumps(line) for line in lines))
PY
eq "a function that refused, on another machine" "$("$mhptop" explain --time mono memory34 "$WORK/refused.ndjson" 2>&1 | grep '^refused')" \
	"refused  unknown: only the machine of the recording can name it, until it reboots"

refuses "a name that is no memory" 2 \
	"explain needs a memory block such as memory32, an address such as 0x100000000, or a range such as \
0x100000000-0x13fffffff, not '7th'" \
	explain 7th tests/golden/stuck.ndjson
refuses "a node" 2 \
	"explain needs a memory block such as memory32, an address such as 0x100000000, or a range such as \
0x100000000-0x13fffffff, not 'node0'; mhptop list shows which memory blocks a node or a device has" \
	explain node0 tests/golden/stuck.ndjson
there="mhptop list and the frames of a recording (mhptop replay -b FILE) show which memory blocks there are"
refuses "a memory block that the recording does not have" 1 \
	"nothing is known about memory999: $there" \
	explain memory999 tests/golden/stuck.ndjson
refuses "a range that the recording does not have" 1 \
	"nothing is known about 0x900000000-0x9ffffffff: $there" \
	explain 0x900000000-0x9ffffffff tests/golden/stuck.ndjson
refuses "a range that ends before it begins" 2 "explain needs a memory block such as memory32, an address such as \
0x100000000, or a range such as 0x100000000-0x13fffffff, not '0x2-0x1'" explain 0x2-0x1 tests/golden/stuck.ndjson
for name in memory0x20 040 memory040 0x100000000-9999999999 99999999999999; do
	refuses "a name that is neither a decimal number nor an address: $name" 2 "explain needs a memory block such as memory32, \
an address such as 0x100000000, or a range such as 0x100000000-0x13fffffff, not '$name'" explain $name tests/golden/stuck.ndjson
done
eq "an address that begins with 0X" "$("$mhptop" explain 0X118000000 tests/golden/failures.ndjson | cut -d ' ' -f 1 | head -n 1)" memory35
eq "all memory" "$("$mhptop" explain 0x0-0xffffffffffffffff tests/golden/failures.ndjson | sed -n '1s/ memory blocks:.*//p')" \
	"0x0-0xffffffffffffffff  16 EiB, 6"
refuses "no memory block" 2 "explain needs a memory block such as memory32, an address or a range" explain
refuses "a source for a recording" 2 "--source is for live events, not for tests/golden/stuck.ndjson" \
	explain 32 tests/golden/stuck.ndjson --source events
refuses "a file that is not there" 1 "cannot explain: cannot open none.ndjson: No such file or directory" explain 32 none.ndjson
refuses "a question of plan that there is not" 2 "plan needs 'offline' and memory, or 'add' and a size, not 'online'" plan online 32
refuses "plan without memory" 2 "plan offline needs memory: a range such as 0x100000000-0x13fffffff, an address, a block such as \
memory32, a node such as node1, or a device such as dax0.0" plan offline
refuses "an argument too many" 2 "unexpected argument '33'" plan offline 32 33

# On a terminal, lines fit it, and have the same words as in a pipe, in the same order.
words() { tr -s ' \n' '\n' <"$1" | sed '/^$/d'; }
narrow() { env -u COLUMNS tests/on_terminal.py "$@" 2>"$WORK/errors"; }
for pair in "0x100000000-0x13fffffff tests/rules/eject-range.ndjson" "memory35 tests/golden/failures.ndjson" \
	"memory34 tests/golden/failures.ndjson" "memory32 tests/rules/eject-range.ndjson"; do
	read -ra what <<<"$pair"
	"$mhptop" explain --time mono "${what[@]}" >"$WORK/page"
	for columns in 80 60 132; do
		narrow $columns "$mhptop" explain --time mono "${what[@]}" >"$WORK/narrow"
		check "${what[0]} on a terminal of $columns columns: the same words" diff <(words "$WORK/page") <(words "$WORK/narrow")
		none "  no line is wider" "$(awk -v most=$columns 'length > most' "$WORK/narrow")"
	done
done
narrow 80 "$mhptop" explain --time mono memory34 tests/golden/failures.ndjson >"$WORK/narrow"
[[ ! ${UPDATE-} ]] || cp "$WORK/narrow" tests/answers/narrow.text
check "what does not fit is below its text" diff tests/answers/narrow.text "$WORK/narrow"
narrow 0 "$mhptop" explain --time mono memory34 tests/golden/failures.ndjson >"$WORK/console"
check "a serial console that does not know its size has 80 columns" diff tests/answers/narrow.text "$WORK/console"
narrow 200 env COLUMNS=80 "$mhptop" explain --time mono memory34 tests/golden/failures.ndjson >"$WORK/console"
check "COLUMNS wins over the size of the terminal" diff tests/answers/narrow.text "$WORK/console"
COLUMNS=80 "$mhptop" explain --time mono memory34 tests/golden/failures.ndjson >"$WORK/page"
check "a pipe has whole lines, whatever COLUMNS is" diff tests/answers/notifier.text "$WORK/page"

# The memory of this machine: the table is narrower on a terminal, but each row has its line and all of its cells.
cells() { sed -n '/^0x/p' "$1" | awk '{ sub("-.*", "", $1); sub("^0x0*", "0x", $1); print }'; }
if [[ -d /sys/devices/system/memory/memory0 ]] && "$mhptop" list --no-forecast >"$WORK/page" 2>&1; then
	for columns in 80 100 200; do
		narrow $columns "$mhptop" list --no-forecast >"$WORK/narrow"
		check "list on a terminal of $columns columns: the same rows" diff <(cells "$WORK/page") <(cells "$WORK/narrow")
		none "  no line is wider" "$(awk -v most=$columns 'length > most' "$WORK/narrow")"
	done
	check "  200 columns are as a pipe" diff <(sed '/^HOSTING/,$d' "$WORK/page") <(sed '/^HOSTING/,$d' "$WORK/narrow")
else
	skip "list on a terminal" "this machine has no memory blocks"
fi
cat tests/golden/stuck.ndjson | "$mhptop" explain --time mono memory34 - >"$WORK/page"
check "a recording from a pipe" diff tests/answers/stuck.text "$WORK/page"
done_testing
