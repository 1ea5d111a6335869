#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `mhptop check` and `mhptop replay` make of several recordings in a row, as several files and in one file: verdicts,
# what ends with each of them, and recordings of other boots. MHPTOP is the program under test.
. "$(dirname "$0")/lib.sh"

joined() { cat "$@" >"$WORK/joined.ndjson" && echo "$WORK/joined.ndjson"; }
joined_text() { cat "$@" >"$WORK/joined.txt" && echo "$WORK/joined.txt"; }
"$TOP/build/tests/as_text" perf failures-block.ndjson >"$WORK/text"

# -- Verdicts ---------------------------------------------------------------------------------------------------------------

seen() { tail -n 1 "$1" | jq '.totals.seen'; }
both=$(($(seen range.ndjson) + $(seen eject-range.ndjson)))
cat range.ndjson eject-range.ndjson >"$WORK/both.ndjson"
verdict "two recordings in one file" 0 "^# PASS: $both events, 0 lost" "$WORK/both.ndjson"
verdict "two recordings" 0 "^# PASS: $both events, 0 lost" range.ndjson eject-range.ndjson
check "two recordings from a pipe" bash -c '"$1" check - <"$2" | grep -q "^# PASS: $3 events"' _ "$MHPTOP" "$WORK/both.ndjson" "$both"
check "  and through cat" bash -c 'cat "$2" | "$1" check - | grep -q "^# PASS: $3 events"' _ "$MHPTOP" "$WORK/both.ndjson" "$both"
./edit.py failures-block.ndjson boot:a:9 >"$WORK/again.ndjson"
verdict "the same recording on another boot: what it left behind is forgotten" 0 '^# PASS' failures-block.ndjson "$WORK/again.ndjson"
verdict "recordings of different tools" 0 "^# PASS: $(($(seen range.ndjson) + 44 + 24)) events, 0 lost" trace-cmd-v7.dat range.ndjson printed/tgid.txt
for files in "$WORK/both.ndjson" "range.ndjson eject-range.ndjson"; do
	# shellcheck disable=SC2086	# two files
	eq "the last frame is that of the last recording: ${files##*/}" "$("$MHPTOP" replay --json $files | jq -c '[.blocks, .zones, .ranges]')" \
		"$("$MHPTOP" replay --json eject-range.ndjson | jq -c '[.blocks, .zones, .ranges]')"
done
for files in "$WORK/both.ndjson" "range.ndjson eject-range.ndjson"; do
	# shellcheck disable=SC2086	# two files
	eq "  and so is its wall-clock time: ${files##*/}" "$("$MHPTOP" replay --time utc -b $files | tail -n 5)" \
		"$("$MHPTOP" replay --time utc -b eject-range.ndjson | tail -n 5)"
done
./edit.py eject-range.ndjson gone:32 >"$WORK/violating.ndjson"
verdict "a violation in the second recording" 3 '^not ok [0-9]+ remove\.match' range.ndjson "$WORK/violating.ndjson"
verdict "a violation in the first recording" 3 '^not ok [0-9]+ remove\.match' "$WORK/violating.ndjson" range.ndjson
cat range.ndjson "$WORK/violating.ndjson" >"$WORK/both.ndjson"
verdict "a violation in the second recording in a file" 3 '^not ok [0-9]+ remove\.match' "$WORK/both.ndjson"
sed '$s/"self_check":"equal"/"self_check":"differs"/' range.ndjson >"$WORK/differs.ndjson"
cat "$WORK/differs.ndjson" eject-range.ndjson >"$WORK/both.ndjson"
verdict "the ledgers of the first recording differ" 5 "ledgers differ" "$WORK/differs.ndjson" eject-range.ndjson
verdict "the ledgers of the first recording in a file differ" 5 "ledgers differ" "$WORK/both.ndjson"
# The worst of all self-checks counts, whichever comes first.
sed '$s/"self_check":"equal"/"self_check":"none"/' range.ndjson >"$WORK/none.ndjson"
for files in "none differs" "differs none" "none differs none"; do
	# shellcheck disable=SC2086,SC2046	# several files
	set -- $(printf "$WORK/%s.ndjson " $files)
	verdict "self-checks: $files, equal" 5 "ledgers differ" "$@" range.ndjson
	verdict "  in one file" 5 "ledgers differ" "$(joined "$@" range.ndjson)"
done
echo '# tracer: nop' >"$WORK/empty.txt"
for files in "$WORK/empty.txt range.ndjson" "range.ndjson $WORK/empty.txt" "$WORK/empty.txt $WORK/empty.txt range.ndjson"; do
	# shellcheck disable=SC2086	# several files
	verdict "a text without events is a recording: ${files//"$WORK/"/}" 5 '^# nothing happened in recording [12]: ' $files
	# shellcheck disable=SC2086	# several files
	verdict "  which may have been cut" 0 '^# PASS: .*, completeness unknown' --expect-adds 0..99 $files
done
head -n 100 failures-block.ndjson >"$WORK/cut.ndjson"
verdict "the first recording is cut" 5 '^# UNKNOWN' "$WORK/cut.ndjson" range.ndjson
sed '/mhp_offline_end/,$d' "$WORK/text" >"$WORK/open.txt"
verdict "the first recording ends inside an operation" 5 'offline operation on memory[0-9]+ has not ended' "$WORK/open.txt" range.ndjson
verdict "the second recording is cut" 5 '^# UNKNOWN' range.ndjson "$WORK/cut.ndjson"
./edit.py failures-block.ndjson lose:mhp_notify:5 >"$WORK/lost.ndjson"
cat "$WORK/lost.ndjson" range.ndjson >"$WORK/both.ndjson"
verdict "an event of the first recording in a file is lost" 5 "^# UNKNOWN: [0-9]+ events, 1 lost" "$WORK/both.ndjson"
verdict "an event of the first recording is lost" 5 "^# UNKNOWN: [0-9]+ events, 1 lost" "$WORK/lost.ndjson" range.ndjson
sed '1s/"block_bytes":[0-9]*/"block_bytes":2147483648/' range.ndjson >"$WORK/other.ndjson"
cat range.ndjson "$WORK/other.ndjson" >"$WORK/both.ndjson"
status "memory blocks of another size in the second recording" 6 'another size of memory blocks' "$MHPTOP" check range.ndjson "$WORK/other.ndjson"
status "memory blocks of another size in the second recording in a file" 6 "both.ndjson:$(($(wc -l <range.ndjson) + 1)): .*another size of memory blocks" "$MHPTOP" check "$WORK/both.ndjson"
status "a second recording that does not exist" 1 'none: No such file' "$MHPTOP" check range.ndjson "$WORK/none"
sed 300d range.ndjson | cat - eject-range.ndjson >"$WORK/both.ndjson"
status "a line of the first recording in a file is missing" 6 "both.ndjson:$(($(wc -l <range.ndjson) - 1)): wrote" "$MHPTOP" check "$WORK/both.ndjson"
# A text of which nothing says that it is complete, and a perf.data of which nothing is left, anywhere in the row
unknown='^# PASS: [0-9]+ events, 0 lost, completeness unknown$'
verdict "a text alone is not known to be complete" 0 "$unknown" "$WORK/text"
verdict "  nor before a recording" 0 "$unknown" "$WORK/text" range.ndjson
verdict "  nor behind a recording" 0 "$unknown" range.ndjson "$WORK/text"
verdict "  nor between two" 0 "$unknown" range.ndjson "$WORK/text" eject-range.ndjson
verdict "  what is expected may have happened in what is missing" 5 'may have happened after the last event' --expect-removes 999 \
	range.ndjson "$WORK/text" eject-range.ndjson
verdict "recordings are" 0 "^# PASS: $both events, 0 lost$" range.ndjson eject-range.ndjson
xz -dc perf-pipe.data.xz | head -c 1000 >"$WORK/empty.data"
for files in "$WORK/empty.data range.ndjson" "range.ndjson $WORK/empty.data" "$WORK/empty.data $WORK/empty.data range.ndjson"; do
	# shellcheck disable=SC2086	# several files
	verdict "a perf.data that was cut before its first event: ${files//"$WORK/"/}" 5 "^# UNKNOWN: $(seen range.ndjson) events, 0 lost" $files
done
verdict "  and no other recording" 5 '^# UNKNOWN: 0 events, 0 lost' "$WORK/empty.data" "$WORK/empty.data"
sed '1s/134217728/67108864/' range.ndjson >"$WORK/half.ndjson"
verdict "  memory blocks are as large as in the other one" 3 '^# FAIL: [0-9]+ events, 0 lost' "$WORK/empty.data" "$WORK/half.ndjson"
verdict "  whether it comes first or last" 3 '^# FAIL: [0-9]+ events, 0 lost' "$WORK/half.ndjson" "$WORK/empty.data"

# Each recording must prove something.
./edit.py eject-range.ndjson idle boot:idle:700 >"$WORK/idle.ndjson"
verdict "nothing happened in the second of two recordings" 5 'nothing happened in recording 2: no memory' range.ndjson "$WORK/idle.ndjson"
verdict "  in the first one" 5 'nothing happened in recording 1: no memory' "$WORK/idle.ndjson" range.ndjson
verdict "  in one file" 5 'nothing happened in recording 1: no memory' "$(joined "$WORK/idle.ndjson" range.ndjson)"
verdict "  but a number of operations is expected" 0 '^# PASS' --expect-adds 0..9 range.ndjson "$WORK/idle.ndjson"

# -- The end of each recording --------------------------------------------------------------------------------------------------

# An operation that hangs in the first recording is judged by the time at which that recording ended, not by its last event.
./edit.py eject-range.ndjson until:mhp_offline_begin:2 ends:8.5 boot:a:100 >"$WORK/hangs.ndjson"
./edit.py eject-range.ndjson boot:a:200 >"$WORK/next.ndjson"
cat "$WORK/hangs.ndjson" "$WORK/next.ndjson" >"$WORK/both.ndjson"
for files in "$WORK/both.ndjson" "$WORK/hangs.ndjson $WORK/next.ndjson"; do
	name=${files//"$WORK/"/}
	# shellcheck disable=SC2086	# two files
	{
		verdict "an operation has not ended when the first recording ends: $name" 5 \
			'the offline operation on memory33 has not ended after 8.5' $files
		verdict "  and has exceeded its limit" 3 'offline has not ended after 8.5' --max-offline 2s $files
		verdict "  or not" 5 '^# UNKNOWN' --max-offline 9s $files
	}
done
# Memory that was added is idle until its recording ends, too.
./edit.py eject-range.ndjson until:mhp_add_end:1 ends:30 boot:a:100 >"$WORK/idle.ndjson"
cat "$WORK/idle.ndjson" "$WORK/next.ndjson" >"$WORK/both.ndjson"
for files in "$WORK/both.ndjson" "$WORK/idle.ndjson $WORK/next.ndjson"; do
	# shellcheck disable=SC2086	# two files
	verdict "memory that is not online when the first recording ends: ${files//"$WORK/"/}" 3 'not online after 30s' --max-idle 5s $files
done
# Whatever is judged at the end of a stream is judged at the end of each recording, and only by what that one has.
./edit.py cycles.ndjson until:mhp_add_end:1 >"$WORK/added.ndjson"
./edit.py cycles.ndjson set:mhp_vmemmap_free:1:vmemmap_pages:511 >"$WORK/leaks.ndjson"
fails=$(jq -n '[inputs | select(.event == "mhp_offline_end")] | map(.ret != 0) | index(true) + 1' eject-range.ndjson)
./edit.py eject-range.ndjson until:mhp_offline_end:"$fails" >"$WORK/failed.ndjson"
head -n -1 "$WORK/failed.ndjson" >"$WORK/failed-cut.ndjson"
./edit.py "$WORK/failed.ndjson" boot:a:900 >"$WORK/failed-later.ndjson"
./edit.py eject-range.ndjson lose:mhp_notify:20 until:mhp_offline_end:1 >"$WORK/failed-lost.ndjson"
./edit.py eject-range.ndjson without:prepare_online without:finish_offline >"$WORK/newer.ndjson"
PYTHONDONTWRITEBYTECODE=1 ./made_up.py wide up >"$WORK/wide.ndjson"
PYTHONDONTWRITEBYTECODE=1 ./made_up.py retired waits >"$WORK/retired.ndjson"
PYTHONDONTWRITEBYTECODE=1 ./made_up.py retired other >"$WORK/retired-other.ndjson"
./edit.py failures-block.ndjson lose:mhp_notify:76 >"$WORK/failures-lost.ndjson"
./edit.py eject-range.ndjson unseen:mhp_notify >"$WORK/unseen.ndjson"
./edit.py eject-range.ndjson drop:mhp_notify:1 >"$WORK/missing.ndjson"
# The event behind the second mhp_offline_begin is the 25th mhp_notify.
./edit.py eject-range.ndjson lose:mhp_notify:25 until:mhp_offline_begin:2 ends:8.5 >"$WORK/end-lost.ndjson"
./edit.py eject-range.ndjson lose:mhp_notify:25 until:mhp_offline_end:1 >"$WORK/failed-end-lost.ndjson"
while IFS='|' read -r name want regex options files; do
	cd "$WORK" || exit 1
	# shellcheck disable=SC2086	# several options and files
	verdict "$name" "$want" "$regex" $options $files
	# shellcheck disable=SC2086	# several files
	verdict "  joined into one file" "$want" "$regex" ${options} "$(joined $files)"
	cd "$TOP/tests/rules" || exit 1
done <<END
memory that the first recording left behind does not hide a leak|3|^not ok [0-9]+ memmap.retired|--retries-ok|added.ndjson leaks.ndjson
a failure of the first recording that it does not make good|3|^not ok [0-9]+ budget.failures|--retries-ok|failed.ndjson $PWD/eject-range.ndjson
  nor does the second one|3|^not ok [0-9]+ budget.failures|--retries-ok|$PWD/eject-range.ndjson failed.ndjson
  if its end is missing, that is not certain|5|^# UNKNOWN|--retries-ok|failed-cut.ndjson $PWD/eject-range.ndjson
  one such failure is allowed|0|^# PASS|--retries-ok --allow-failures=1|failed.ndjson $PWD/eject-range.ndjson
  if its last events are lost, that is not certain|5|^# UNKNOWN: [0-9]+ events, 1 lost|--retries-ok|failed-end-lost.ndjson $PWD/eject-range.ndjson
  if the later try may be among its lost events, that is not certain|5|^# UNKNOWN: [0-9]+ events, 1 lost|--retries-ok|failed-lost.ndjson $PWD/eject-range.ndjson
  nor does it count as one of those that are allowed|5|^# UNKNOWN: [0-9]+ events, 1 lost|--retries-ok --allow-failures=1|failed-lost.ndjson failed.ndjson
  but not two|3|^not ok [0-9]+ budget.failures|--retries-ok --allow-failures=1|failed.ndjson failed-later.ndjson
  failures before a lost event are not certain either|5|^# UNKNOWN: [0-9]+ events, 1 lost|--retries-ok|failures-lost.ndjson $PWD/eject-range.ndjson
memmap that one kernel retired is none of the next one|0|^# PASS|--retries-ok --expect-adds=0|retired.ndjson retired-other.ndjson
an older kernel, then one without prepare_online|0|^# PASS|--retries-ok|$PWD/eject-range.ndjson newer.ndjson
one without prepare_online, then an older kernel|0|^# PASS|--retries-ok|newer.ndjson $PWD/eject-range.ndjson
a kernel with larger struct pages, then one with the usual ones|0|^# PASS|--retries-ok|wide.ndjson $PWD/cycles.ndjson
the usual struct pages, then larger ones|0|^# PASS|--retries-ok|$PWD/cycles.ndjson wide.ndjson
a source that cannot report some events, then one that can|0|^# unknown to events, and not judged: mhp_notify|--retries-ok|unseen.ndjson $PWD/eject-range.ndjson
one that can, then one that cannot|0|^# unknown to events, and not judged: mhp_notify|--retries-ok|$PWD/eject-range.ndjson unseen.ndjson
one that cannot, then one of which an event is missing|3|^not ok [0-9]+ order.online|--retries-ok|unseen.ndjson missing.ndjson
an operation of the first recording may have ended in its last events, which are lost|5|^# UNKNOWN: [0-9]+ events, 1 lost|--max-offline=2s|end-lost.ndjson $PWD/cycles.ndjson
END
(head -n -1 eject-range.ndjson; cat range.ndjson) >"$WORK/killed.ndjson"
verdict "a recorder that was killed, and the next recording in the same file" 5 \
	"killed.ndjson:$(($(wc -l <eject-range.ndjson) - 1)): recording ends without totals, and another one follows" "$WORK/killed.ndjson"
check "  all events are read" grep -q "^# UNKNOWN: $both events, 0 lost" "$WORK/verdict"
for doubt in no_room no_lock; do
	sed "\$s/\"lost\":0,/&\"$doubt\":3,/" eject-range.ndjson >"$WORK/doubt.ndjson"
	verdict "$doubt in the first recording" 5 'failed attempts|in time: 3' "$WORK/doubt.ndjson" range.ndjson
	verdict "  in one file" 5 'failed attempts|in time: 3' "$(joined "$WORK/doubt.ndjson" range.ndjson)"
done

# An operation that began before its recording, on a memory block of which the recording before it had events
cat eject-range.ndjson ../golden/attached.ndjson >"$WORK/both.ndjson"
for files in "$WORK/both.ndjson" "eject-range.ndjson ../golden/attached.ndjson"; do
	# shellcheck disable=SC2086	# two files
	verdict "an offline of the second recording hangs: ${files//"$WORK/"/}" 5 'offline operation on memory[0-9]+ has not ended' $files
	# shellcheck disable=SC2086	# two files
	verdict "  with a time limit" 3 'offline has not ended after' --max-offline 1s $files
done
# Memory that was online in any of them
./edit.py eject-range.ndjson idle boot:a:500 | sed 's/"state":"online"/"state":"offline"/' >"$WORK/offline.ndjson"
# Nothing happened in that one.
verdict "memory that was online in the first recording" 0 '^# PASS' --expect-adds 0..99 --expect-online 0x0-0x7ffffff range.ndjson "$WORK/offline.ndjson"
verdict "  in the second one" 0 '^# PASS' --expect-adds 0..99 --expect-online 0x0-0x7ffffff "$WORK/offline.ndjson" eject-range.ndjson
verdict "  in none" 3 'budget.online' --expect-online 0x0-0x7ffffff "$WORK/offline.ndjson" "$WORK/offline.ndjson"
verdict "  in none, but one of another tool does not tell" 5 '^# UNKNOWN' --expect-online 0x0-0x7ffffff "$WORK/offline.ndjson" trace-cmd-v7.dat

# Texts that were joined: an earlier time is that of the next one.
"$TOP/build/tests/as_text" perf eject-range.ndjson >"$WORK/run.txt"
sed '/mhp_offline_begin/,$d' "$WORK/run.txt" >"$WORK/start.txt"
verdict "two texts in one" 0 'note: recording 2 begins before' "$(joined "$WORK/start.txt" "$WORK/run.txt")"
head -n 24 printed/tgid.txt >"$WORK/start.txt"
verdict "two copies of tracefs' trace in one" 0 'note: recording 2 begins before' "$(joined "$WORK/start.txt" printed/tgid.txt)"
sed '/mhp_offline_end/,$d' "$WORK/run.txt" >"$WORK/open.txt"
verdict "two texts in one, the first one ends inside an operation" 5 'offline operation on memory[0-9]+ has not ended' \
	"$(joined "$WORK/open.txt" "$WORK/run.txt")"
gzip -k "$WORK/run.txt"
verdict "two packed texts in one" 0 "^# PASS: $((2 * $(grep -c mhp: "$WORK/run.txt"))) events" "$(joined "$WORK/run.txt.gz" "$WORK/run.txt.gz")"

# The screen shows it as well: what is in progress, up to the end of the recording, unless the last events are missing.
shown() { "$MHPTOP" replay --json "$@" 2>/dev/null | tail -n 1 | jq -c '[(.ns / 1e8 | floor), (.blocks[] | select(.id == 33) | .offline_time / 1e8 | floor)]'; }
./edit.py eject-range.ndjson until:mhp_offline_begin:2 boot:a:100 | sed '$s/"mono_ns":[0-9]*,//' >"$WORK/hangs-now.ndjson"
./edit.py eject-range.ndjson until:mhp_offline_begin:2 lose:mhp_offline_begin:2 ends:8.5 boot:a:100 >"$WORK/lost.ndjson"
begin=$("$MHPTOP" replay --json "$WORK/hangs-now.ndjson" | jq .ns)
now=$((begin / 100000000)) until=$((begin - 100000000000 + 4550000000))
eq "replay: an operation that hangs, without a time of the end" "$(shown "$WORK/hangs-now.ndjson")" "[$now,0]"
eq "  and with one" "$(shown "$WORK/hangs.ndjson")" "[$((now + 85)),85]"
eq "  with frames" "$(shown -d 1 "$WORK/hangs.ndjson")" "[$((now + 85)),85]"
eq "  with an earlier end of the window" "$(shown --until "+$((until / 1000000))ms" "$WORK/hangs.ndjson" | jq -c '.[1]')" 45
eq "  when the last events are missing" "$("$MHPTOP" replay --json "$WORK/lost.ndjson" 2>/dev/null | jq ".ns < $begin + 1e9")" true

# Two texts in one whose times go on: the second one is a recording of its own all the same.
./edit.py failures-block.ndjson boot:b:5000 >"$WORK/early.ndjson"
"$TOP/build/tests/as_text" tracefs "$WORK/early.ndjson" >"$WORK/early.txt"
sed '/mhp_offline_begin/q' "$WORK/early.txt" >"$WORK/hangs.txt"
./edit.py eject-range.ndjson boot:c:9000 >"$WORK/last.ndjson"
"$TOP/build/tests/as_text" tracefs "$WORK/last.ndjson" >"$WORK/last.txt"
for files in "early last 0" "hangs last 5"; do
	read -r first second want <<<"$files"
	verdict "two texts with a header: $first, $second" "$want" '^# [A-Z]+: [0-9]+ events' "$WORK/$first.txt" "$WORK/$second.txt"
	verdict "  joined into one file" "$want" '^# [A-Z]+: [0-9]+ events' "$(joined_text "$WORK/$first.txt" "$WORK/$second.txt")"
done
# What one recording reports of its lock counts, whether or not another one has an end.
./edit.py failures-block.ndjson drop:mhp_managed:1 boot:n:9 | sed '$s/"lost":0,/&"no_lock":3,/' >"$WORK/nolock.ndjson"
head -n 100 eject-range.ndjson >"$WORK/killed.ndjson"
for files in "nolock killed" "killed nolock"; do
	# shellcheck disable=SC2086,SC2046	# two files
	set -- $(printf "$WORK/%s.ndjson " $files)
	verdict "no_lock next to a recording without an end: $files" 5 'order and accounts may be wrong' "$@"
	verdict "  joined into one file" 5 'order and accounts may be wrong' "$(joined "$@")"
done

# What an earlier recording cannot report may have happened in it.
for expect in "add_end expect-adds 8" "online_end expect-onlines 64" "remove_end expect-removes 8"; do
	read -r event option number <<<"$expect"
	./edit.py eject-range.ndjson unseen:mhp_"$event" boot:u:5 >"$WORK/unseen.ndjson"
	for files in "$WORK/unseen.ndjson eject-range.ndjson" "eject-range.ndjson $WORK/unseen.ndjson"; do
		# shellcheck disable=SC2086	# two files
		verdict "--$option $number, and a recording that cannot report them" 5 '^# UNKNOWN' "--$option" "$number" $files
	done
done
# Whatever their order is; and what happened too often is certain.
./edit.py failures-block.ndjson unseen:mhp_online_end boot:u:5 >"$WORK/unseen.ndjson"
./edit.py eject-range.ndjson boot:a:60 >"$WORK/seen.ndjson"
for files in "unseen seen" "seen unseen"; do
	# shellcheck disable=SC2086	# two files
	set -- $files
	verdict "memory may have gone online in a recording that cannot report it: $files" 5 '^# UNKNOWN: ' \
		--expect-online 0x100000000-0x1ffffffff "$WORK/$1.ndjson" "$WORK/$2.ndjson"
	verdict "  but adds that should not have happened have" 3 '^not ok [0-9]+ budget\.count: ' --expect-adds 0 "$WORK/$1.ndjson" "$WORK/$2.ndjson"
done

# -- Other boots ------------------------------------------------------------------------------------------------------------------

./edit.py eject-range.ndjson boot:a:1000 >"$WORK/a.ndjson"
./edit.py failures-block.ndjson boot:b:5 >"$WORK/b.ndjson"
./edit.py failures-block.ndjson boot:a:5000 >"$WORK/later.ndjson"
./edit.py failures-block.ndjson boot:a:1000.5 >"$WORK/overlaps.ndjson"
./edit.py failures-block.ndjson boot:b:5000 >"$WORK/later-boot.ndjson"
sed '1s/"host":"[^"]*"/"host":"elsewhere"/; 1s/"boot":"b"/"boot":""/' "$WORK/later-boot.ndjson" >"$WORK/elsewhere.ndjson"
note() { grep -o 'note: .*' "$WORK/stderr"; }
while IFS='|' read -r second want note; do
	verdict "a and $second" "$want" '^# [A-Z]+: [0-9]+ events, 0 lost$' "$WORK/a.ndjson" "$WORK/$second.ndjson"
	eq "  note" "[$(note)]" "[${note:+note: recording 2 $note}]"
	verdict "a and $second in one file" "$want" '^# [A-Z]+: [0-9]+ events, 0 lost$' "$(joined "$WORK/a.ndjson" "$WORK/$second.ndjson")"
	eq "  note" "[$(note)]" "[${note:+note: recording 2 $note}]"
	eq "  the notice of replay" "[$("$MHPTOP" replay --json "$WORK/joined.ndjson" | jq -r '.notice // ""')]" "[${note:+recording 2 $note}]"
done <<'END'
later|0|
b|0|is of another boot or machine
later-boot|0|is of another boot or machine
elsewhere|0|is of another boot or machine
overlaps|5|begins before the end of the one before it: events may be in both
END
sed '1s/"kernel":"[^"]*"/"kernel":"6.12.117-mhp"/' range.ndjson >"$WORK/first.ndjson"
verdict "recordings without boot IDs, the second one with earlier times" 0 \
	'note: recording 2 begins before the end of the one before it: it is of another boot or out of order, or events are in both' "$WORK/first.ndjson" eject-range.ndjson
"$TOP/build/tests/as_text" perf "$WORK/b.ndjson" >"$WORK/b.txt"
verdict "  and a text" 0 'note: recording 2 begins before the end' "$WORK/a.ndjson" "$WORK/b.txt"
"$TOP/build/tests/as_text" perf "$WORK/later-boot.ndjson" >"$WORK/later.txt"
verdict "a text with later times" 0 '^# PASS' "$WORK/a.ndjson" "$WORK/later.txt"
none "  no note" "$(note)"

# Recordings of one boot that do not overlap may be given in any order.
./edit.py eject-range.ndjson boot:a:5000 >"$WORK/last.ndjson"
for files in "a last" "last a" "last b a" "b last a"; do
	# shellcheck disable=SC2046,SC2086	# several files
	verdict "one boot, in this order: $files" 0 '^# PASS' --expect-adds 8..12 $(printf "$WORK/%s.ndjson " $files)
done
eq "  the earlier one is read first" "$("$MHPTOP" replay --json "$WORK/last.ndjson" "$WORK/a.ndjson" | jq .ns)" \
	"$("$MHPTOP" replay --json "$WORK/last.ndjson" | jq .ns)"
# Two texts of which the last line of one is the first line of the other
removes=$(grep -c 'mhp_remove_end.* ret=0' "$WORK/run.txt")
sed '/mhp_remove_end/q' "$WORK/run.txt" >"$WORK/start.txt"
sed -n '/mhp_remove_end/,$p' "$WORK/run.txt" >"$WORK/rest.txt"
verdict "texts that share a line: it may be counted twice" 5 'recordings may overlap' --expect-removes $((removes + 1)) "$WORK/start.txt" "$WORK/rest.txt"
sed 1d "$WORK/rest.txt" >"$WORK/more.txt"
verdict "texts that share none, in the wrong order: nothing is counted twice" 0 '^# PASS' --expect-removes "$removes" "$WORK/more.txt" "$WORK/start.txt"

# What is counted twice is counted once at least.
./edit.py eject-range.ndjson boot:a:1000.5 >"$WORK/twice.ndjson"
twice='recordings( may)? overlap, so events may be counted twice'
while IFS='|' read -r options want regex; do
	# shellcheck disable=SC2086	# an option and its value
	{
		verdict "recordings overlap, $options" "$want" "$regex" $options "$WORK/a.ndjson" "$WORK/twice.ndjson"
		verdict "  another boot in between" "$want" "$regex" $options "$WORK/a.ndjson" "$WORK/b.ndjson" "$WORK/twice.ndjson"
		verdict "  the same text twice" "$want" "$regex|^# UNKNOWN" $options "$WORK/run.txt" "$WORK/run.txt"
	}
done <<END
--expect-removes=4|5|$twice
--expect-removes=8|5|$twice
--expect-removes=3|3|expected 3 successful removes; found
END
fails=$(jq -n '[inputs | select(.ret? and (.event | endswith("_end")))] | map(select(.ret != 0)) | length' eject-range.ndjson)
verdict "recordings overlap, failures that are allowed in one of them" 5 "$twice" --allow-failures "$fails" "$WORK/a.ndjson" "$WORK/twice.ndjson"
verdict "  the same text twice" 5 "$twice" --allow-failures "$fails" "$WORK/run.txt" "$WORK/run.txt"
verdict "  too many in one of them" 3 'budget.failures' --allow-failures $((fails - 1)) "$WORK/a.ndjson" "$WORK/twice.ndjson"
verdict "  and of the text" 3 'budget.failures' --allow-failures $((fails - 1)) "$WORK/run.txt" "$WORK/run.txt"
verdict "  without any of these" 0 '^# PASS' "$WORK/run.txt" "$WORK/run.txt"

# No time, no duration and no event of the first boot is shown with those of the second one.
frames() { "$MHPTOP" replay --json -d 0.1 "$@" 2>/dev/null; }
for second in b later-boot; do
	frames "$WORK/$second.ndjson" | jq -c '[.ns, .time, .blocks]' >"$WORK/alone"
	frames "$WORK/a.ndjson" "$WORK/$second.ndjson" | jq -c '[.ns, .time, .blocks]' >"$WORK/frames"
	check "frames are due by the clock of the second boot: $second" test "$(wc -l <"$WORK/alone")" -gt 5
	eq "  and show what they show of it alone" "$(tail -n "$(wc -l <"$WORK/alone")" "$WORK/frames")" "$(cat "$WORK/alone")"
	for style in mono delta utc; do
		eq "  the log, --time $style" "$("$MHPTOP" replay -b --time $style "$WORK/a.ndjson" "$WORK/$second.ndjson" 2>/dev/null | sed -n '/^time/p; /mhp_/p')" \
			"$("$MHPTOP" replay -b --time $style "$WORK/$second.ndjson" | sed -n '/^time/p; /mhp_/p')"
	done
done
./edit.py failures-block.ndjson idle boot:b:5 >"$WORK/idle.ndjson"
eq "  nor is its log" "$("$MHPTOP" replay -b "$WORK/a.ndjson" "$WORK/idle.ndjson" 2>/dev/null | grep -c mhp_)" 0
# A window is one of times of one clock.
status "--since with another boot" 1 '^mhptop: --since and --until are times of one boot, but recording 2 is of another boot or machine; replay it alone$' \
	"$MHPTOP" replay -b --since +1ms "$WORK/a.ndjson" "$WORK/b.ndjson"
status "  and with a later one" 1 'recording 2 is of another boot' "$MHPTOP" replay -b --since +1ms "$WORK/a.ndjson" "$WORK/later-boot.ndjson"
status "--until in the first one" 0 '' "$MHPTOP" replay -b --until +1ms "$WORK/a.ndjson" "$WORK/b.ndjson"
# The two clocks have no time in common.
./edit.py range.ndjson boot:first:100 >"$WORK/first-boot.ndjson"
./edit.py eject-range.ndjson boot:second:5000 >"$WORK/second-boot.ndjson"
of_second() { "$MHPTOP" replay --json --at 5000.01 "$@" | jq -c '[.ns, .blocks, .zones]'; }
eq "--at a time that only the second boot has" "$(of_second "$WORK/first-boot.ndjson" "$WORK/second-boot.ndjson")" "$(of_second "$WORK/second-boot.ndjson")"
status "  that is between them" 2 "^mhptop: --at: '3000' is in no boot of the recording, which ends at 50" "$MHPTOP" replay -b --at 3000 "$WORK/first-boot.ndjson" "$WORK/second-boot.ndjson"
status "--since with one boot" 0 '' "$MHPTOP" replay -b --since +1ms "$WORK/a.ndjson" "$WORK/later.ndjson"
# Of one boot, the log and the time since the first event go on.
first=$(jq -s '.[1].ns' "$WORK/a.ndjson")
eq "one boot: the time since the first event goes on" "$("$MHPTOP" replay -b --time delta "$WORK/a.ndjson" "$WORK/later.ndjson" | sed -n 's/^time *+\([0-9]*\).*/\1/p')" \
	"$(tail -n 1 "$WORK/later.ndjson" | jq "(.totals.mono_ns - $first) / 1e9 | floor")"
span() { "$MHPTOP" check --junit "$WORK/junit.xml" "$@" >/dev/null 2>&1; sed -n 's/.*<testsuite .*time="\([0-9.]*\)".*/\1/p' "$WORK/junit.xml"; }
check "JUnit: the time is that of both recordings, rounded" awk -v a="$(span "$WORK/a.ndjson")" -v b="$(span "$WORK/b.ndjson")" \
	-v both="$(span "$WORK/a.ndjson" "$WORK/b.ndjson")" 'BEGIN { exit !(a > 0.5 && b > 0.5 && (a + b - both) ^ 2 < 9e-12) }'
done_testing
