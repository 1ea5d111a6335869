#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Recordings in binary form: every reader takes them like the lines that they stand for, whatever is wrong with these;
# cut or damaged, they never pass. as_binary writes them as the recorder would. MHPTOP is the program under test.
. "$(dirname "$0")/lib.sh"
AS_BINARY=$TOP/build/tests/as_binary
export LC_ALL=C.UTF-8

# The file with another name, as names do not matter: mhp FILE NAME
mhp() { "$AS_BINARY" "$1" >"$WORK/$2"; }
lines_of() { "$MHPTOP" export --ndjson "$@"; }

# -- There and back ---------------------------------------------------------------------------------------------------------

for name in eject-range failures-block failures-buddy failures-range; do
	mhp $name.ndjson x.mhp
	check "$name: the lines are those that the recorder wrote" bash -c 'cmp <("$1" export --ndjson "$2") "$3"' _ "$MHPTOP" "$WORK/x.mhp" $name.ndjson
	check "  from a pipe" bash -c 'cmp <(cat "$2" | "$1" export --ndjson) "$3"' _ "$MHPTOP" "$WORK/x.mhp" $name.ndjson
done
"$TOP/build/tests/generate" 3000 >"$WORK/long.ndjson"
mhp "$WORK/long.ndjson" long.mhp
check "a long one" bash -c 'cmp <("$1" export --ndjson "$2") "$3"' _ "$MHPTOP" "$WORK/long.mhp" "$WORK/long.ndjson"
check "  is shorter than its lines" test $(($(stat -c %s "$WORK/long.mhp") * 10)) -lt $(($(stat -c %s "$WORK/long.ndjson") * 6))
cat "$WORK/x.mhp" "$WORK/long.mhp" >"$WORK/both.mhp"
eq "two in one file" "$(lines_of "$WORK/both.mhp" | cksum)" "$(cat failures-range.ndjson "$WORK/long.ndjson" | cksum)"
eq "two files" "$(lines_of "$WORK/x.mhp" "$WORK/long.mhp" | cksum)" "$(cat failures-range.ndjson "$WORK/long.ndjson" | cksum)"
eq "what is NDJSON already remains as it is" "$(lines_of range.ndjson "$WORK/x.mhp" | cksum)" "$(cat range.ndjson failures-range.ndjson | cksum)"
for packer in gzip zstd; do
	$packer -c "$WORK/x.mhp" >"$WORK/x.packed"
	eq "$packer" "$(lines_of "$WORK/x.packed" | cksum)" "$(cksum <failures-range.ndjson)"
	for bytes in 1 4 1000; do
		head -c -$bytes "$WORK/x.packed" >"$WORK/x.cut"
		verdict "$packer, without its last $bytes bytes" 5 'x\.cut: the packed file is truncated: its end is missing' "$WORK/x.cut"
	done
done

# -- What readers make of it --------------------------------------------------------------------------------------------------

# same NAME FILE: verdict, frames, messages and exit codes are those of the lines
same() {
	local name=$1 file=$2 args form
	mhp "$file" same.mhp && lines_of "$WORK/same.mhp" >"$WORK/same.ndjson" || { fail "$name" "cannot be converted"; return; }
	for args in check "check --expect-success" "replay -b" "replay --json" "replay --json -d 0.01" "replay -b --since +5ms --until +2s" \
		"export --perfetto" "explain memory32"; do
		for form in ndjson mhp; do
			# shellcheck disable=SC2086
			"$MHPTOP" $args "$WORK/same.$form" >"$WORK/$form.out" 2>"$WORK/$form.err" </dev/null
			echo "exit $?" >>"$WORK/$form.out"
			sed -i 's/same\.[a-z]*/same/g' "$WORK/$form.out" "$WORK/$form.err"
		done
		check "$name: $args" diff <(cat "$WORK/ndjson.out" "$WORK/ndjson.err") <(cat "$WORK/mhp.out" "$WORK/mhp.err")
	done
}

for file in ../golden/{hosted,removed,failures,late,attached,lost,comm,stuck,range-late}.ndjson eject-range.ndjson failures-buddy.ndjson; do
	same "${file##*/}" "$file"
done
edited() { ./edit.py eject-range.ndjson "$@" >"$WORK/edited.ndjson"; same "$*" "$WORK/edited.ndjson"; }
edited drop:mhp_managed:1
edited lose:mhp_notify:5
edited unknown:mhp_add_end:hosting
edited unseen:mhp_online_end
sed '$s/"lost":0,/&"no_lock":3,/' eject-range.ndjson >"$WORK/doubt.ndjson"
same "events without the lock" "$WORK/doubt.ndjson"
sed 's/"self_check":"equal"/"self_check":"differs"/' eject-range.ndjson >"$WORK/doubt.ndjson"
same "ledgers that differ" "$WORK/doubt.ndjson"

events=$(tail -n 1 failures-range.ndjson | jq .totals.seen)
verdict "the first bytes tell the form, not the name" 0 "^# PASS: $events events" "$(cp "$WORK/x.mhp" "$WORK/x.txt"; echo "$WORK/x.txt")"
for packer in gzip zstd; do
	verdict "$packer" 0 "^# PASS: $events events" "$($packer -c "$WORK/x.mhp" >"$WORK/x.$packer"; echo "$WORK/x.$packer")"
done
check "from a pipe" bash -c 'cat "$2" | "$1" check - | grep -q "^# PASS: $3 events"' _ "$MHPTOP" "$WORK/x.mhp" "$events"
check "from a pipe, slowly" bash -c '{ head -c 9000 "$2"; sleep 0.3; tail -c +9001 "$2"; } | "$1" check - | grep -q "^# PASS: $3 events"' _ \
	"$MHPTOP" "$WORK/x.mhp" "$events"
mhp failures-block.ndjson y.mhp
all=$((events + $(tail -n 1 failures-block.ndjson | jq .totals.seen)))
cat "$WORK/x.mhp" "$WORK/y.mhp" >"$WORK/both.mhp"
verdict "two in one file" 0 "^# PASS: $all events" "$WORK/both.mhp"
verdict "two files, one of each form" 0 "^# PASS: $all events" "$WORK/x.mhp" failures-block.ndjson

# -- A file that grows --------------------------------------------------------------------------------------------------------

# The first bytes are there, until the reader has read them and waits: its position is at the end of the file.
zstd -q -c "$WORK/x.mhp" >"$WORK/x.mhp.zst"
half=$(($(stat -c %s "$WORK/x.mhp") / 2))
for part in "x.mhp $half" x.mhp.zst\ {3,$(($(stat -c %s "$WORK/x.mhp.zst") - 1))}; do
	read -r name bytes <<<"$part"
	head -c "$bytes" "$WORK/$name" >"$WORK/growing.mhp"
	"$MHPTOP" replay --json --follow "$WORK/growing.mhp" >"$WORK/frame" 2>"$WORK/errors" &
	reader=$!
	until grep -qsx "pos:.*[[:blank:]]$bytes" /proc/$reader/fdinfo/* 2>/dev/null || ! kill -0 $reader 2>/dev/null; do sleep 0.05; done
	check "--follow: it waits for the rest of $name behind its first $bytes bytes" kill -0 $reader
	tail -c +$((bytes + 1)) "$WORK/$name" >>"$WORK/growing.mhp"
	wait $reader
	eq "  and ends with the totals" "$? $(jq -c '[.events.seen, .self_check]' "$WORK/frame") $(<"$WORK/errors")" "0 [$events,\"equal\"] "
done
cp "$WORK/x.mhp.zst" "$WORK/damaged.mhp.zst"
tail -c 1 "$WORK/x.mhp.zst" | LC_ALL=C tr '\000-\377' '\001-\377\000' |
	dd of="$WORK/damaged.mhp.zst" bs=1 seek=$(($(stat -c %s "$WORK/x.mhp.zst") - 1)) conv=notrunc status=none
status "  not if the checksum behind the totals is wrong" 6 'packed data is damaged' \
	timeout 600 "$MHPTOP" replay --json --follow "$WORK/damaged.mhp.zst"

# -- Cut and damaged ----------------------------------------------------------------------------------------------------------

# Where frames end, by the lengths in their heads
python3 - "$WORK/x.mhp" >"$WORK/ends" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
at = 16
while at < len(data):
    at += 8 + struct.unpack_from("=H", data, at + 2)[0]
    print(at)
PY
eq "the file consists of frames" "$(tail -n 1 "$WORK/ends")" "$(stat -c %s "$WORK/x.mhp")"
# cut_at BYTES: the exit status of a check of so many bytes
cut_at() { head -c "$1" "$WORK/x.mhp" | "$MHPTOP" check - >/dev/null 2>&1; echo $?; }
eq "cut after any frame, it never passes: inconclusive" "$(head -n -1 "$WORK/ends" | awk 'NR % 7 == 1' | while read -r at; do
	cut_at "$at"
done | sort -u)" 5
eq "cut elsewhere, it is damaged" "$(awk 'NR % 19 == 1' "$WORK/ends" | while read -r at; do
	cut_at $((at - 1))
	cut_at $((at - 9))
done | sort -u)" 6
eq "  and whole, it passes" "$(cut_at $((half * 3)))" 0
verdict "the last frame is cut" 6 "x.cut:$(wc -l <failures-range.ndjson): truncated$" "$(head -c -9 "$WORK/x.mhp" >"$WORK/x.cut"; echo "$WORK/x.cut")"
for bytes in 1 7 15 16 20; do
	verdict "only its first $bytes bytes are left" 6 "x.cut:1: truncated$" "$(head -c $bytes "$WORK/x.mhp" >"$WORK/x.cut"; echo "$WORK/x.cut")"
done
# flip BYTE: another value in its place
flip() {
	python3 - "$WORK/x.mhp" "$1" >"$WORK/x.bad" <<-'PY'
		import sys
		data = bytearray(open(sys.argv[1], "rb").read())
		data[int(sys.argv[2])] ^= 4
		sys.stdout.buffer.write(data)
	PY
}
size=$(stat -c %s "$WORK/x.mhp")
eq "a byte that was changed, anywhere, is damage" "$(for ((at = 1; at < size; at += 1733)); do
	flip $at
	"$MHPTOP" check "$WORK/x.bad" >/dev/null 2>&1
	echo $?
done | sort -u)" 6
flip $((size - 100))
status "  and the message has the line" 6 "^mhptop: .*x.bad:$(wc -l <failures-range.ndjson): damaged$" "$MHPTOP" replay -b "$WORK/x.bad"
status "  export, too" 6 "^mhptop: .*x.bad:$(wc -l <failures-range.ndjson): damaged$" "$MHPTOP" export --ndjson "$WORK/x.bad"
check "  after the lines before it" cmp "$WORK/stdout" <(head -n -1 failures-range.ndjson)
flip 10
status "another version is refused" 6 'x.bad:1: version [0-9]+ of binary recordings is not the one this mhptop reads' "$MHPTOP" check "$WORK/x.bad"
python3 - "$WORK/x.mhp" >"$WORK/x.bad" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[8:10] = data[9:7:-1]
sys.stdout.buffer.write(data)
PY
status "the other byte order is refused" 6 'x.bad:1: recorded on a machine of the other byte order: convert it there' "$MHPTOP" check "$WORK/x.bad"
cat "$WORK/x.mhp" failures-block.ndjson >"$WORK/x.bad"
verdict "lines behind it are damage" 6 "x.bad:$(($(wc -l <failures-range.ndjson) + 1)): not an mhptop recording$" "$WORK/x.bad"
cat failures-block.ndjson "$WORK/x.mhp" >"$WORK/x.bad"
verdict "  and so is a binary recording behind lines" 6 "x.bad:$(($(wc -l <failures-block.ndjson) + 1)): unexpected line" "$WORK/x.bad"
printf '\x89PNG\r\n\x1a\n1234567890' >"$WORK/picture"
verdict "another file with that first byte" 6 'picture:1: not an mhptop recording$' "$WORK/picture"
{ head -n 1 "$WORK/ends" | xargs -I{} head -c {} "$WORK/x.mhp"; cat "$WORK/x.mhp"; } >"$WORK/x.bad"
verdict "a recorder was killed after the header, and another one wrote behind it" 5 'x.bad:1: recording ends without totals, and another one follows' \
	"$WORK/x.bad"

# -- What export refuses --------------------------------------------------------------------------------------------------------

for file in printed/tgid.txt trace-cmd-v7.dat /dev/null; do
	status "export --ndjson: ${file##*/} is no recording of mhptop" 6 ':1: (not an mhptop|empty file, not a) recording$' "$MHPTOP" export --ndjson $file
done
status "export --ndjson: a file that is not there" 1 '/nowhere/x:1: No such file' "$MHPTOP" export --ndjson /nowhere/x
status "export: one format at a time" 2 'export needs one format: --perfetto or --ndjson' "$MHPTOP" export --ndjson --perfetto range.ndjson
status "export: a full disk" 1 'cannot write standard output' bash -c '"$1" export --ndjson "$2" >/dev/full' _ "$MHPTOP" "$WORK/x.mhp"
done_testing
