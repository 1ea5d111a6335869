#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Python module reads what mhptop writes, and the example in docs answers what it promises.
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "${MHPTOP:-$TOP/build/mhptop}")
cd "$TOP" || exit 1
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$TOP/tools/python
golden=tests/golden

none "the module needs nothing but Python" "$(grep -hoE '^(import|from) [a-z_]+' tools/python/mhptop.py | awk '{ print $2 }' | while read -r name; do
	python3 -c 'import sys; sys.exit(sys.argv[1] not in sys.stdlib_module_names)' "$name" || echo "$name"
done)"

# Operations, by a reader of its own: kind, page, time, result, reason
python3 - $golden/*.ndjson tests/rules/*.ndjson >"$WORK/python" <<'PY'
import sys
import mhptop
for path in sys.argv[1:]:
    try:
        recording = mhptop.Recording(path)
    except mhptop.Error as error:
        print(error)
        continue
    with recording:
        done = [one for one in mhptop.operations(recording) if one.end]
        for one in sorted(done, key=lambda one: one.end.seq):
            print(path, one.kind, one.start_pfn, one.ns, one.end.ret, one.reason)
        print(path, "totals", recording.totals.seen)
PY
for path in $golden/*.ndjson tests/rules/*.ndjson; do
	schema=$(head -n 1 "$path" | jq .schema)
	if ((schema < 3)); then
		echo "$path:1: schema $schema, this module reads 3"
		continue
	fi
	jq -rn --arg path "$path" '
		foreach inputs as $r ({};
			if $r.totals then .out = "\($path) totals \($r.totals.seen)"
			elif $r.event == null then .out = null
			else ($r.event | capture("^mhp_(?<kind>add|online|offline|remove)_(?<step>begin|failed|end)$")? // {kind: ""}) as $what |
				.out = null |
				if $what.step == "begin" then .[$what.kind] = {ns: $r.ns, pfn: $r.start_pfn, reason: "None"}
				elif $what.step == "failed" and .[$what.kind] then .[$what.kind].reason = $r.reason
				elif $what.step == "end" and .[$what.kind].pfn == $r.start_pfn then
					.out = "\($path) \($what.kind) \($r.start_pfn) \($r.ns - .[$what.kind].ns) \($r.ret) \(.[$what.kind].reason)" |
					del(.[$what.kind])
				else . end
			end;
			.out // empty)' "$path"
done >"$WORK/jq"
check "operations are those that jq finds" diff "$WORK/python" "$WORK/jq"
check "  there are some" test "$(wc -l <"$WORK/jq")" -gt 100

says() { python3 -c "import sys, mhptop; $2" "${@:3}" 2>&1 | tail -n 1 >"$WORK/said"; eq "$1" "$(<"$WORK/said")" "$WANT"; }
"$TOP/build/tests/as_binary" $golden/hosted.ndjson >"$WORK/run.mhp"
WANT="mhptop.Error: $WORK/run.mhp:1: a binary recording; mhptop export --ndjson converts it" says "a binary recording" 'mhptop.Recording(sys.argv[1])' "$WORK/run.mhp"
sed '2s/"ns":[0-9]*/"ns":9007199254740993/; 2s/"present":[0-9]*/"present":18446744073709551615/' $golden/hosted.ndjson >"$WORK/great"
WANT='9007199254740993 18446744073709551615' says "attributes, items, and numbers above 2^53" \
	'r = next(iter(mhptop.Recording(sys.argv[1]))); print(r.ns, r["present"])' "$WORK/great"
"$MHPTOP" replay --json $golden/range.ndjson >"$WORK/frame"
WANT="$(jq -r '"\(.sums.present) \(.blocks | length) \(.blocks[0].state) \(.ranges[0].hosting)"' "$WORK/frame")"
says "frames" 'f = next(mhptop.frames(sys.argv[1])); print(f.sums.present, len(f.blocks), f.blocks[0].state, f.ranges[0].hosting)' "$WORK/frame"
gzip -k <$golden/hosted.ndjson >"$WORK/packed"
WANT=$(jq -s '[.[] | select(.event)] | length' $golden/hosted.ndjson)
says "a packed recording" 'print(len(list(mhptop.Recording(sys.argv[1]))))' "$WORK/packed"
says "standard input" 'print(len(list(mhptop.Recording(sys.stdin))))' <$golden/hosted.ndjson
head -n 20 $golden/hosted.ndjson >"$WORK/cut"
WANT="19 None" says "a recording without its end has no totals" 'r = mhptop.Recording(sys.argv[1]); print(len(list(r)), r.totals)' "$WORK/cut"
WANT="mhptop.Error: $WORK/run.zst:1: packed with zstd; mhptop export --ndjson converts it"
zstd -q <"$WORK/run.mhp" >"$WORK/run.zst"
says "a recording that is packed with zstd" 'mhptop.Recording(sys.argv[1])' "$WORK/run.zst"
head -c -20 "$WORK/packed" >"$WORK/cut.gz"
python3 -c 'import sys, mhptop; list(mhptop.Recording(sys.argv[1]))' "$WORK/cut.gz" 2>&1 | tail -n 1 >"$WORK/said"
check "a packed recording without its end" grep -qE "^mhptop\.Error: $WORK/cut\.gz:[0-9]+: .*; mhptop export --ndjson prints what can be read of it$" "$WORK/said"
{ cat $golden/hosted.ndjson; printf '\xff\n'; } >"$WORK/rubbish"
python3 -c 'import sys, mhptop; list(mhptop.Recording(sys.argv[1]))' "$WORK/rubbish" 2>&1 | tail -n 1 >"$WORK/said"
check "bytes that are no text" grep -qE "^mhptop\.Error: $WORK/rubbish:[0-9]+: .*; mhptop export --ndjson prints what can be read of it$" "$WORK/said"

# Recordings that were joined
cat $golden/{hosted,failures}.ndjson >"$WORK/joined"
WANT="$(jq -s '[.[] | select(.event)] | length' "$WORK/joined") $(jq -rs '[.[] | .totals // empty | .seen] | join(" ")' "$WORK/joined")"
says "recordings that were joined" 'r = mhptop.Recording(sys.argv[1]); print(len(list(r)), *(end.seen for end in r.ends))' "$WORK/joined"
cat "$WORK/packed" "$WORK/packed" >"$WORK/joined.gz"
WANT=$(($(grep -c '"event":' $golden/hosted.ndjson) * 2)) says "packed ones" 'print(len(list(mhptop.Recording(sys.argv[1]))))' "$WORK/joined.gz"
grep -v '"event":"mhp_remove_end"' $golden/removed.ndjson >"$WORK/open"
grep -v '"event":"mhp_remove_begin"' $golden/removed.ndjson | cat "$WORK/open" - >"$WORK/halves"
WANT="$(grep -c '"event":"mhp_remove_begin"' "$WORK/open") 0" says "an operation does not end in the next recording" \
	'done = [bool(o.end) for o in mhptop.operations(mhptop.Recording(sys.argv[1])) if o.kind == "remove"]; print(len(done), sum(done))' "$WORK/halves"
WANT="TypeError: operations() takes a Recording: other records do not show where one recording ends and the next one begins" \
	says "  a list of records does not show where that is" 'mhptop.operations(list(mhptop.Recording(sys.argv[1])))' "$WORK/halves"
sed '1s/"schema":3/"schema":4/' $golden/hosted.ndjson | cat $golden/hosted.ndjson - >"$WORK/later"
WANT="mhptop.Error: $WORK/later:$(($(wc -l <$golden/hosted.ndjson) + 1)): schema 4, this module reads 3" says "one of another schema" \
	'list(mhptop.Recording(sys.argv[1]))' "$WORK/later"

sed '20s/}$//' $golden/hosted.ndjson >"$WORK/bad"
WANT="mhptop.Error: $WORK/bad:20: Expecting ',' delimiter: line 2 column 1 (char $(sed -n 20p "$WORK/bad" | wc -c))"
says "a damaged line is named" 'list(mhptop.Recording(sys.argv[1]))' "$WORK/bad"
WANT="mhptop.Error: $WORK/frame:1: not a recording of mhptop" says "a frame is no recording" 'mhptop.Recording(sys.argv[1])' "$WORK/frame"
"$TOP/tests/rules/edit.py" $golden/failures.ndjson unknown:mhp_offline_failed:reason >"$WORK/unknown"
WANT=None says "what is unknown is None" \
	'print({o.reason for o in mhptop.operations(mhptop.Recording(sys.argv[1])) if o.kind == "offline" and o.failed}.pop())' "$WORK/unknown"

eq "the example in docs answers its questions" "$(docs/examples/questions.py $golden/failures.ndjson)" \
	"longest: online of memory32 by bash, 0.032 ms
failed: offline of memory32: isolation, slab page 0x1003e8
failed: offline of memory33: unmovable, anon page 0x10824d
failed: offline of memory34: notifier
failed: offline of memory35: signal, file page 0x118209
failed: offline of memory35: signal
failed: online of memory34: notifier
failed: remove of memory35: not_offline
memmap hosted by block: 8192 KiB"
eq "  without a recording, it says how it is used" "$(docs/examples/questions.py 2>&1)" "usage: questions.py RECORDING"
cat $golden/{lost,hosted}.ndjson >"$WORK/lost"
eq "  events that only the first of two recordings lost are missing" "$(docs/examples/questions.py "$WORK/lost" | tail -n 1)" \
	"events are missing from this recording"
# The second half is of an hour later.
hour='if .ns then .ns += 3600000000000 else . end'
grep -v '"event":"mhp_remove_begin"' $golden/removed.ndjson | jq -c "$hour" | cat "$WORK/open" - >"$WORK/hour"
eq "  the longest operation does not reach from one recording into the next" \
	"$(docs/examples/questions.py "$WORK/hour" | head -n 1)" "$(docs/examples/questions.py "$WORK/open" | head -n 1)"
# asks FILE STATUS WORDS: it prints one line, which the words match, and exits with the status.
asks() {
	docs/examples/questions.py "$1" >"$WORK/out" 2>&1
	eq "  $4" "$? $(wc -l <"$WORK/out") $(grep -cE "$3" "$WORK/out")" "$2 1 1"
}
head -c -200 $golden/failures.ndjson >"$WORK/cut"
asks "$WORK/cut" 1 "^questions\.py: $WORK/cut:[0-9]+: " "a recording that was cut: one line"
asks "$WORK/missing" 1 "^questions\.py: $WORK/missing: No such file or directory$" "a recording that is not there"
asks "$WORK/cut.gz" 1 "^questions\.py: $WORK/cut\.gz:[0-9]+: " "a packed one that was cut"
asks "$WORK" 1 "^questions\.py: $WORK: Is a directory$" "a folder"
done_testing
