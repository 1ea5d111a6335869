#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `mhptop check` makes of recordings and texts of other tools that are cut, have lost events, were printed in another
# way, or hold what an attacker chose. printed/ has the output of real tools; perf.data.xz and perf-pipe.data.xz were
# recorded in a guest. MHPTOP is the program under test.
. "$(dirname "$0")/lib.sh"
export PYTHONDONTWRITEBYTECODE=1
# Of the parts of texts and of the kinds that they may lack, one in so many is tried; make check-long tries all.
EVERY=${EVERY:-4}

"$TOP/build/tests/as_text" perf failures-block.ndjson >"$WORK/text"
events=$(grep -c 'mhp:mhp_' "$WORK/text")
pass_all="^# PASS: $events events, 0 lost"

# -- Kinds of events that were not recorded -------------------------------------------------------------------------

# The kinds that a text may lack without proving less: those that no operation must have, and the begin of an add whose
# end begins the text, as if the recording had begun inside that add.
declare -A needless=([mhp_offline_blocker]=1)
for recording in eject-range failures-block failures-buddy failures-range range first-range cycles; do
	"$TOP/build/tests/as_text" perf $recording.ndjson >"$WORK/all.txt"
	verdict "$recording: all kinds" 0 '^# PASS: ' "$WORK/all.txt"
	[[ $recording == failures-* ]] && needless[mhp_add_begin]=1 || unset 'needless[mhp_add_begin]'
	for kind in $(grep -o 'mhp:mhp_[a-z_]*' "$WORK/all.txt" | cut -d : -f 2 | sort -u); do
		grep -v "mhp:$kind:" "$WORK/all.txt" >"$WORK/some.txt"
		if [[ ${needless[$kind]-} ]]; then
			verdict "$recording without $kind" 0 '^# PASS: ' "$WORK/some.txt"
		else
			verdict "$recording without $kind" 5 "^# there are no .*$kind.* events, so not all events were recorded" "$WORK/some.txt"
		fi
	done
done
"$TOP/build/tests/as_text" perf eject-range.ndjson >"$WORK/all.txt"
grep -v 'mhp:mhp_\(managed\|present\|notify\|vmemmap_ref\|offline_failed\):' "$WORK/all.txt" >"$WORK/some.txt"
verdict "without several kinds" 5 '^# there are no mhp_[a-z_]*, mhp_[a-z_]*, mhp_[a-z_]* or 2 other events, so' "$WORK/some.txt"
verdict "  all of them are named" 5 'not judged: .*mhp_present.*mhp_managed|not judged: .*mhp_managed.*mhp_present' "$WORK/some.txt"
verdict "  what is expected of begins and ends is judged" 3 '^not ok [0-9]+ budget\.failures:' --expect-success "$WORK/some.txt"
verdict "  and their time" 3 '^not ok [0-9]+ budget\.time:' --max-offline 1us "$WORK/some.txt"
grep 'mhp:mhp_\(managed\|present\|vmemmap_[a-z]*\):' "$WORK/all.txt" >"$WORK/some.txt"
verdict "without any begin and end" 5 '^# there are no mhp_[a-z_]*, .* events, so not all events were recorded' "$WORK/some.txt"
for kind in mhp_managed mhp_present mhp_notify mhp_vmemmap_ref mhp_vmemmap_free mhp_online_end; do
	awk -v kind="mhp:$kind:" '!(index($0, kind) && ++nr == 1)' "$WORK/all.txt" >"$WORK/some.txt"
	verdict "a single $kind that is missing is a violation" 3 '^# FAIL' "$WORK/some.txt"
done
./edit.py eject-range.ndjson unseen:mhp_managed >"$WORK/some.ndjson"
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/some.ndjson" "$WORK/some.dat"
verdict "a trace.dat without mhp_managed" 5 '^# there are no mhp_managed events, so not all events were recorded' "$WORK/some.dat"
./edit.py eject-range.ndjson drop:mhp_managed:1 >"$WORK/some.ndjson"
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/some.ndjson" "$WORK/some.dat"
verdict "  without one of them" 3 '^not ok [0-9]+ order\.online' "$WORK/some.dat"
nr=$(grep -c '"event":"mhp_managed"' eject-range.ndjson)
mapfile -t drops < <(for ((i = 0; i < nr; i++)); do echo drop:mhp_managed:1; done)
./edit.py eject-range.ndjson "${drops[@]}" >"$WORK/some.ndjson"
verdict "a recording of mhptop says itself what it may lack" 3 '^not ok [0-9]+ order\.online' "$WORK/some.ndjson"
# A part of a text, from and up to each of its events, lacks no kind.
for recording in eject-range failures-block cycles; do
	"$TOP/build/tests/as_text" perf $recording.ndjson >"$WORK/all.txt"
	lacking=0
	for ((at = 1; at < 60; at += EVERY)); do
		tail -n "+$((7 * at))" "$WORK/all.txt" >"$WORK/some.txt"
		"$MHPTOP" check "$WORK/some.txt" 2>"$WORK/stderr" </dev/null | grep -q '^# there are no' && ((++lacking))
		head -n "$((7 * at))" "$WORK/all.txt" >"$WORK/some.txt"
		"$MHPTOP" check "$WORK/some.txt" 2>"$WORK/stderr" </dev/null | grep -q '^# there are no' && ((++lacking))
	done
	eq "$recording: parts of a text lack no kind" "$lacking" 0
done

# accused KIND…: how many of the texts that "$WORK/all.txt" becomes without these kinds, whole and in parts, are no PASS and not inconclusive
accused() {
	local pattern nr from part accused=0 status
	pattern=$(printf '\\|%s' "$@")
	grep -v "mhp:\(${pattern#*|}\):" "$WORK/all.txt" >"$WORK/some.txt"
	nr=$(wc -l <"$WORK/some.txt")
	for from in 1 $((nr / 5)) $((nr / 2)); do
		for part in "$nr" $((nr / 3)); do
			tail -n "+$from" "$WORK/some.txt" | head -n "$part" >"$WORK/part.txt"
			status=0
			"$MHPTOP" check "$WORK/part.txt" >"$WORK/verdict" 2>"$WORK/stderr" </dev/null || status=$?
			[[ $status == [05] ]] && continue
			((++accused))
			echo "without $*, $part lines from $from: $status" >>"$WORK/accused"
		done
	done
	return $((accused != 0))
}
first=0 # another one for each recording
for recording in failures-range failures-block cycles; do
	"$TOP/build/tests/as_text" perf $recording.ndjson >"$WORK/all.txt"
	mapfile -t kinds < <(grep -o 'mhp:mhp_[a-z_]*' "$WORK/all.txt" | cut -d : -f 2 | sort -u)
	: >"$WORK/accused"
	for ((i = first++ % EVERY; i < ${#kinds[@]}; i += EVERY)); do
		accused "${kinds[i]}"
		accused "${kinds[i]}" "${kinds[(i + 1) % ${#kinds[@]}]}"
		accused "${kinds[i]}" mhp_vmemmap_online mhp_vmemmap_ref
		accused "${kinds[i]}" mhp_notify
	done
	none "$recording: whatever kinds a part of a text lacks, no kernel is accused" "$(head -n 5 "$WORK/accused")"
done
"$TOP/build/tests/as_text" perf failures-range.ndjson >"$WORK/all.txt"
grep -v 'mhp:mhp_\(add_begin\|vmemmap_online\):' "$WORK/all.txt" >"$WORK/some.txt"
verdict "what looks like a violation may be due to kinds that are not there" 5 \
	'^# a rule seems violated, but there are no mhp_add_begin or mhp_vmemmap_online events, which may be why$' "$WORK/some.txt"
check "  its rule says so" grep -q '^# not judged 1 times: mhp_add_begin is unknown$' "$WORK/verdict"
# Of joined texts, each may lack something else.
"$TOP/build/tests/as_text" perf eject-range.ndjson >"$WORK/all.txt"
grep -v mhp_managed "$WORK/all.txt" >"$WORK/some.txt"
for order in 'all some' 'some all' 'some some'; do
	# shellcheck disable=SC2086	# two files
	set -- $order
	cat "$WORK/$1.txt" "$WORK/$2.txt" >"$WORK/joined.txt"
	verdict "joined texts of which one lacks a kind: $order" 5 '^# there are no mhp_managed events' "$WORK/joined.txt"
done
sed '0,/mhp_managed/{/mhp_managed/d}' "$WORK/all.txt" | cat "$WORK/all.txt" - >"$WORK/joined.txt"
verdict "  or a single event" 3 '^not ok [0-9]+ order\.online' "$WORK/joined.txt"

# -- Cut and unreadable input ---------------------------------------------------------------------------------------

head -c -7 "$WORK/text" >"$WORK/cut.txt"
verdict "a text that ends inside a line" 5 'cut.txt: the text was cut: it ends inside a line' "$WORK/cut.txt"
head -c -1 "$WORK/text" >"$WORK/cut.txt"
verdict "a text without its last newline" 5 'cut.txt: the text was cut' "$WORK/cut.txt"
{ sed -n '/mhp_add_begin/p' "$WORK/text" | head -n 1; echo -n '   kworker'; } >"$WORK/cut.txt"
verdict "a text that ends behind its first event" 5 'cut.txt: the text was cut: it ends inside a line' "$WORK/cut.txt"
{ sed -n '/mhp_notify/p' "$WORK/text" | head -n 1; echo -n '   kworker'; } >"$WORK/cut.txt"
verdict "  which does not give the size of memory blocks" 5 'the text was cut: it ends inside a line, and no mhp events are left' "$WORK/cut.txt"
for operation in add remove; do
	"$TOP/build/tests/as_text" perf eject-range.ndjson | sed "/mhp_${operation}_begin/!d" | head -n 1 >"$WORK/begun.txt"
	verdict "a text in which a $operation has only begun" 5 "the $operation operation on memory[0-9]* has not ended" "$WORK/begun.txt"
done
truncate -s 3G "$WORK/zeros"
status "3 GiB of zeros are refused at once, in 64 MiB of memory" 6 'zeros:1: NUL byte in a text file' \
	bash -c '[[ $1 == */build/tests/* ]] || ulimit -v 65536; ulimit -t 5; exec "$1" check "$2"' _ "$MHPTOP" "$WORK/zeros"
{ cat "$WORK/text"; head -c 70000 /dev/zero | tr '\0' x; echo; } >"$WORK/long.txt"
status "a line of 70,000 bytes" 6 "long.txt:$((events + 2)): line too long" "$MHPTOP" check "$WORK/long.txt"
{ cat "$WORK/text"; head -c 65000 /dev/zero | tr '\0' x; echo; } >"$WORK/long.txt"
verdict "a line of 65,000 bytes" 0 "$pass_all" "$WORK/long.txt"
# 100 MiB in one line: a reader that keeps the line runs out of memory, and must not take that for the end.
if [[ $MHPTOP == */build/mhptop ]]; then
	{ cat "$WORK/text"; head -c 100M /dev/zero | tr '\0' x; echo; sed -n 9p "$WORK/text"; } >"$WORK/long.txt"
	status "running out of memory is not the end of a text" 6 'long.txt:[0-9]*: line too long' \
		bash -c 'ulimit -v 65536; exec "$1" check "$2"' _ "$MHPTOP" "$WORK/long.txt"
	rm "$WORK/long.txt"
fi

# A newer kernel may set flags that have no word here, next to one that has.
sed 's/ flags=[a-z_|]*/ flags=memmap_on_memory|0x80000030/' "$WORK/text" >"$WORK/flags.txt"
check "a text with flags that have no word" grep -q ' flags=memmap_on_memory|0x80000030$' "$WORK/flags.txt"
verdict "  is read" 0 "$pass_all" "$WORK/flags.txt"
for flags in 'memmap_on_memory|0x' 'memmap_on_memory|30' 'memmap_on_memory|0x3g' 'memmap_on_memory|0x123456789'; do
	sed "s/ flags=[a-z_|]*/ flags=$flags/" "$WORK/text" >"$WORK/flags.txt"
	verdict "  unless they are $flags" 6 'flags has an invalid value' "$WORK/flags.txt"
done

# -- Joined files and lines out of order -----------------------------------------------------------------------------

for next in range.ndjson "$WORK/mark.ndjson" "$WORK/text.gz" "$WORK/text.zst" "$WORK/perf.data" trace-cmd-v7.dat; do
	case $next in
	*/mark.ndjson) printf '\xef\xbb\xbf' | cat - range.ndjson >"$next" ;;
	*.gz) gzip -c "$WORK/text" >"$next" ;;
	*.zst) zstd -q -c "$WORK/text" >"$next" ;;
	*.data) xz -dc perf.data.xz >"$next" ;;
	esac
	cat "$WORK/text" "$next" >"$WORK/joined.txt"
	status "a text that was joined with ${next##*/}" 6 "joined.txt:$((events + 2)): (a recording of another kind|NUL byte)" \
		"$MHPTOP" check "$WORK/joined.txt"
done
xz -dc trace-cmd-v6.dat.xz >"$WORK/v6.dat"
xz -dc perf-pipe.data.xz >"$WORK/perf-pipe.data"
for file in "$WORK/v6.dat" trace-cmd-v7.dat "$WORK/perf.data" "$WORK/perf-pipe.data"; do
	for next in "$WORK/text" range.ndjson "$WORK/v6.dat" trace-cmd-v7.dat "$WORK/perf.data" "$WORK/perf-pipe.data"; do
		cat "$file" "$next" >"$WORK/joined"
		status "${file##*/} that was joined with ${next##*/}" 6 'joined: something follows its end, such as another recording' \
			"$MHPTOP" check "$WORK/joined"
	done
	{ cat "$file"; head -c 4096 /dev/zero; } >"$WORK/padded"
	case $file in
	*/v6.dat | */perf.data) verdict "  but zeroes are not another recording" 0 '^# PASS: [0-9]+ events, 0 lost' "$WORK/padded" ;;
	esac
done
./trace_dat.py fill trace-cmd-v6.dat.xz range.ndjson "$WORK/buffers.dat" buffer:second buffer:third
verdict "a trace.dat with three buffers" 0 '^# PASS: [0-9]+ events, 0 lost$' "$WORK/buffers.dat"
check "  libtracecmd knows them" grep -q 'only the top buffer was read, of 3 buffers' "$WORK/stderr"
cat "$WORK/text" >>"$WORK/buffers.dat"
status "  that was joined with a text" 6 'buffers.dat: something follows its end' "$MHPTOP" check "$WORK/buffers.dat"
# Time runs backwards: by less than a millisecond, by more, and because each CPU's lines were put together.
awk 'NR == 32 { held = $0; next } 1; NR == 33 { print held }' "$WORK/text" >"$WORK/swapped.txt"
awk 'NR == 32 { held = $0; next } 1; NR == 92 { print held }' "$WORK/text" >"$WORK/moved.txt"
awk 'NR % 3 { print; next } { other[++n] = $0 } END { for (i = 1; i <= n; i++) print other[i] }' "$WORK/text" >"$WORK/cpus.txt"
sed '1n; /^#/d' "$WORK/text" "$WORK/text" >"$WORK/twice.txt"
for file in swapped moved cpus twice; do
	status "lines that are not in order: $file.txt" 6 "$file.txt:[0-9]+: its time is earlier than that of the event before it" \
		"$MHPTOP" check "$WORK/$file.txt"
done
for header in '# tracer: nop' 'cpus=2' '[    3.000000] Dumping ftrace buffer:'; do
	{ cat "$WORK/text"; echo "$header"; cat "$WORK/text"; } >"$WORK/twice.txt"
	verdict "a second text with a header: $header" 0 "^# PASS: $((2 * events)) events, 0 lost, completeness unknown" "$WORK/twice.txt"
	sed "20i $header" "$WORK/text" >"$WORK/header.txt"
	verdict "  inside an operation" 5 'the online operation on memory32 has not ended' "$WORK/header.txt"
done
# Texts of kernels whose events have different forms
for order in 'cycles failures-block' 'failures-block first-range' 'first-range eject-range cycles'; do
	for recording in $order; do
		echo '# tracer: nop'
		"$TOP/build/tests/as_text" tracefs "$recording.ndjson"
	done >"$WORK/forms.txt"
	verdict "texts of different kernels: $order" 0 '^# PASS: [0-9]+ events, 0 lost, completeness unknown' "$WORK/forms.txt"
	sed '0,/: mhp_notify:/s//: mhp_of_tomorrow:/' "$WORK/forms.txt" >"$WORK/newer.txt"
	verdict "  one of which has an event of a newer kernel" 5 'records of unknown events' "$WORK/newer.txt"
	{ echo '# tracer: nop'; grep -m 1 mhp_add_end "$WORK/forms.txt" | sed 's/mhp_add_end/mhp_of_tomorrow/'; cat "$WORK/forms.txt"; } >"$WORK/newer.txt"
	verdict "  behind one that has nothing else" 5 'records of unknown events' "$WORK/newer.txt"
done

# -- No events ---------------------------------------------------------------------------------------------------------

printf '# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:2\n#\n' >"$WORK/empty.txt"
printf 'cpus=2\n' >"$WORK/cpus.txt"
printf 'task 1 [000] 3.000001: sched:sched_wakeup: comm=a pid=2\n' >"$WORK/other.txt"
./perf_data.py without perf.data.xz >"$WORK/without.data"
for file in empty.txt cpus.txt other.txt without.data; do
	verdict "no mhp events: $file" 5 'inconclusive: nothing happened' "$WORK/$file"
	verdict "  if none are expected" 0 '^# PASS: 0 events, 0 lost, completeness unknown$' --expect-adds 0 "$WORK/$file"
	verdict "  if some are" 5 'what was expected may have happened after the last event' --expect-adds 1 "$WORK/$file"
done
echo 'a text' >"$WORK/any.txt"
status "any text is no recording" 6 'any.txt:1: neither an mhptop recording nor mhp events printed by another tool' \
	"$MHPTOP" check --expect-adds 0 "$WORK/any.txt"

# -- Lost events ------------------------------------------------------------------------------------------------------

# An unknown number of events is lost in the middle of each operation: no kernel is accused.
for lost in 'CPU:1 [LOST EVENTS]' 'CPU:0 [EVENTS DROPPED]'; do
	for line in 20 60 100 180; do
		sed "${line}d; $((line + 1))i $lost" "$WORK/text" >"$WORK/lost.txt"
		verdict "an unknown number of lost events, $lost before line $line" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' "$WORK/lost.txt"
	done
done
check "the verdict says that the number is unknown" grep -q 'the number of lost events is unknown' "$WORK/stderr"
# CPU 1 reports the loss late, when it records its next event: whatever was recorded meanwhile is not judged.
awk '/mhp_managed/ && !n++ { lost = NR; next }
	{ print }
	lost && NR == lost + 12 { print "CPU:1 [LOST 1 EVENTS]" }' "$WORK/text" | sed 's/\[[0-9]*\]/[000]/' >"$WORK/late.txt"
verdict "a loss that a CPU reports late" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' "$WORK/late.txt"
./edit.py range.ndjson drop:mhp_vmemmap_ref:100 >"$WORK/late.ndjson"
"$TOP/build/tests/as_text" tracefs "$WORK/late.ndjson" | sed 's/\[[0-9]*\]/[000]/' >"$WORK/late.txt"
verdict "  without a loss that is a violation" 3 '^# FAIL' "$WORK/late.txt"
# The oldest events of CPU 1 were overwritten, so the first ones are those of CPU 0 alone.
sed '1i # entries-in-buffer/entries-written: 500/501   #P:2' "$WORK/late.txt" |
	sed '$s/\[000\]/[001]/' >"$WORK/overwritten.txt"
verdict "events of one CPU that tracefs overwrote" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' "$WORK/overwritten.txt"
sed '1i # latency: 0 us, #500/507, CPU#0 | (M:desktop VP:0, KP:0, SP:0 HP:0 #P:2)' printed/latency.txt >"$WORK/overwritten.txt"
verdict "events that tracefs overwrote, in the latency format" 5 '^# UNKNOWN: [0-9]+ events, 7 lost' "$WORK/overwritten.txt"
sed '9i CPU:0 [LOST 3 EVENTS]' printed/two-buffers.txt >"$WORK/lost.txt"
verdict "lost events in a text of two buffers" 5 '^# UNKNOWN: [0-9]+ events, 3 lost' "$WORK/lost.txt"
# A console line that the message of another CPU cut in two: anywhere up to the end of the event's name
line=$(grep -n mhp_online_begin printed/console.txt | head -n 1)
for at in 'mhp_' '' 'mh' 'mhp_online_begin'; do
	awk -v nr="${line%%:*}" -v at="$at" 'NR != nr { print; next }
		{ i = index($0, "mhp_online_begin") + length(at); print substr($0, 1, i - 1)
		  print "[   66.822700] other: a message"; print substr($0, i) }' printed/console.txt >"$WORK/split.txt"
	verdict "a console line that was cut behind '$at'" 6 "split.txt:${line%%:*}: the line ends inside the name of an event" "$WORK/split.txt"
done
awk -v nr="${line%%:*}" 'NR != nr { print; next }
	{ i = index($0, "us : ") - 2; print substr($0, 1, i - 1); print "[   66.822700] other: a message"; print substr($0, i) }' \
	printed/console.txt >"$WORK/split.txt"
verdict "a console line that was cut in its time" 6 "split.txt:$((${line%%:*} + 2)): mhp_online_begin without a timestamp" "$WORK/split.txt"
# An event of a newer kernel
sed '0,/mhp:mhp_notify.*/s//&\n@@/' "$WORK/text" | awk '/^@@/ { sub(/mhp:mhp_[a-z_]*:/, "mhp:mhp_of_tomorrow:", last); print last; next } { last = $0; print }' >"$WORK/newer.txt"
verdict "a text with an event of a newer kernel" 5 '^# UNKNOWN: [0-9]+ events, 0 lost$' "$WORK/newer.txt"
check "  with its reason" grep -q 'records of unknown events' "$WORK/stderr"
# All events of a name are those of a newer kernel, or have a word of one: what they change is unknown.
for event in mhp_notify mhp_managed mhp_vmemmap_online mhp_offline_failed; do
	sed "s/mhp:$event:/mhp:mhp_of_tomorrow:/" "$WORK/text" >"$WORK/newer.txt"
	verdict "a text with mhp_of_tomorrow instead of $event" 5 '[0-9]+ records of unknown events, or with unknown words, were skipped' "$WORK/newer.txt"
	./trace_dat.py fill trace-cmd-v6.dat.xz failures-block.ndjson "$WORK/newer.dat" "rename:$event:mhp_of_tomorrow"
	verdict "  in a trace.dat" 5 '[0-9]+ records of unknown events, or with unknown words, were skipped' "$WORK/newer.dat"
done
for edit in zone:Movable/Fast reason:notifier/tired step:going_offline/gone; do
	field=${edit%%:*} words=${edit#*:}
	sed "s/ $field=${words%/*}/ $field=${words#*/}/" "$WORK/text" >"$WORK/newer.txt"
	verdict "a text with another word: $edit" 5 '[0-9]+ records of unknown events, or with unknown words, were skipped' "$WORK/newer.txt"
	./trace_dat.py fill trace-cmd-v6.dat.xz failures-block.ndjson "$WORK/newer.dat" "word:$edit"
	verdict "  in a trace.dat" 5 '[0-9]+ records of unknown events, or with unknown words, were skipped' "$WORK/newer.dat"
done
for field in nid ret reason zone; do
	sed "s/ $field=[^ ]*/ $field=/" "$WORK/text" >"$WORK/empty.txt"
	verdict "$field without a value" 6 "empty.txt:[0-9]+: mhp_[a-z_]*: $field has an invalid value" "$WORK/empty.txt"
done
# What the kernel prints where its console was too slow for a dump, and perf if it was
awk 'NR == 14 { print "** 5 printk messages dropped **"; next } 1' printed/console.txt >"$WORK/lost.txt"
verdict "lines that the console dropped" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' "$WORK/lost.txt"
check "  their number is unknown" grep -q 'the number of lost events is unknown' "$WORK/stderr"
for lost in 'Processed 600 events and lost 3 chunks!' 'Processed 600 samples and lost 2.50%!'; do
	for at in 1 90 '$'; do
		sed "40d; ${at}i $lost" "$WORK/text" >"$WORK/lost.txt"
		verdict "a summary of perf at line $at: $lost" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' "$WORK/lost.txt"
	done
done
sed '9i CPU:1 [LOST 12345678901234567890 EVENTS]' "$WORK/text" >"$WORK/lost.txt"
verdict "a number of lost events with 20 digits" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' "$WORK/lost.txt"
# A trace.dat whose second CPU reports late
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/late.ndjson" "$WORK/late.dat"
verdict "trace.dat: without a loss it is a violation" 3 '^# FAIL' "$WORK/late.dat"
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/late.ndjson" "$WORK/late.dat" stats:1
verdict "trace.dat: a loss without a place is no violation" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' "$WORK/late.dat"
./edit.py eject-range.ndjson drop:mhp_managed:9 >"$WORK/late.ndjson"
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/late.ndjson" "$WORK/late.dat" lost:3:1 stats:1
verdict "trace.dat: a violation behind the only loss" 3 '^# FAIL: [0-9]+ events, 1 lost' "$WORK/late.dat"
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/late.ndjson" "$WORK/late.dat" lost:3:1 stats:2
verdict "trace.dat: another loss has no place" 5 '^# UNKNOWN: [0-9]+ events, 2 lost' "$WORK/late.dat"

# -- perf.data --------------------------------------------------------------------------------------------------------

for file in perf.data perf-pipe.data; do
	xz -dc $file.xz >"$WORK/$file"
	verdict "$file" 0 '^# PASS: 24 events, 0 lost' "$WORK/$file"
	for nth in 1 10 24; do
		./perf_data.py lost $file.xz $nth 7 >"$WORK/lost.data"
		verdict "$file: events lost before event $nth" 5 '^# UNKNOWN: 31 events, 7 lost' "$WORK/lost.data"
	done
	./perf_data.py lost-samples $file.xz 9 >"$WORK/lost.data"
	verdict "$file: losses that perf counted at its end" 5 '^# UNKNOWN: 33 events, 9 lost' "$WORK/lost.data"
done
verdict "--for does not end the reading of a file, however slow perf is" 0 '^# PASS: 92 events, 0 lost$' \
	--for 1ns "$WORK/perf.data" trace-cmd-v7.dat "$WORK/perf.data"
verdict "  what is in it has happened" 3 '^not ok [0-9]+ budget\.count:' --for 1ns --expect-adds 0 "$WORK/perf.data"
check "times are read in nanoseconds" bash -c '"$1" replay --json "$2" | jq -e ".ns % 1000 > 0 and any(.blocks[]; .offline_time % 1000 > 0)"' \
	_ "$MHPTOP" "$WORK/perf.data"
for nth in 8 12 16 20 24; do
	./perf_data.py cut perf-pipe.data.xz $nth >"$WORK/cut.data"
	verdict "perf-pipe.data: cut inside event $nth" 5 'cut.data: the perf.data was cut, or perf was killed' "$WORK/cut.data"
	./perf_data.py flush perf-pipe.data.xz $nth >"$WORK/cut.data"
	verdict "perf-pipe.data: cut behind event $nth" 5 'cut.data: the perf.data was cut, or perf was killed' "$WORK/cut.data"
done
./perf_data.py round perf-pipe.data.xz 12 >"$WORK/cut.data"
verdict "perf-pipe.data: cut behind a round is like its end" 0 '^# PASS: 12 events, 0 lost, completeness unknown$' "$WORK/cut.data"
verdict "  so what is expected may have come later" 5 'what was expected may have happened after the last event' --expect-removes 1 "$WORK/cut.data"
verdict "perf.data: its end is known" 0 '^# PASS: 24 events, 0 lost$' "$WORK/perf.data"
# What perf was asked to record
while IFS='|' read -r edits want regex; do
	for file in perf.data perf-pipe.data; do
		# shellcheck disable=SC2086	# words
		IFS=';' read -ra sampled <<<"$edits"
		./perf_data.py scope $file.xz "${sampled[@]}" >"$WORK/scope.data"
		verdict "$file: $edits" "$want" "$regex" "$WORK/scope.data"
	done
done <<'END'
tid:-1|0|^# PASS: 24 events
tid:1234|5|^# perf recorded the events of some tasks only; record with -a$
online:3|5|^# perf recorded the events of some CPUs only; record with -a$
online:1|0|^# PASS: 24 events
period:2|5|^# perf recorded some of the events only; record without -c, -F and :u$
flag:10|5|^# perf recorded some of the events only; record without -c, -F and :u$
flag:5|5|^# perf recorded some of the events only; record without -c, -F and :u$
flag:27|5|^# perf kept the last events of each CPU only; record without --overwrite$
command:perf record -a -e mhp:* --filter nr_pages>9 sleep 6|5|^# perf left out events by a filter; record without --filter$
command:perf record -a -e mhp:* --filt=nr_pages>9 sleep 6|5|^# perf left out events by a filter; record without --filter$
command:perf record -a -e mhp:* -G / sleep 6|5|^# perf recorded the events of some cgroups only; record without --cgroup$
command:perf record -a -e mhp:* --control fd:3|5|^# recording could be switched off; record without --control$
command:perf record -a -e mhp:* --switch-output=1M|5|^# events at the begin and end may be in another file; record without --switch-output$
command:perf record -a -e mhp:* -- grep --filter|0|^# PASS: 24 events
command:perf record -a -e mhp:* --freq 9 --cpu 1|0|^# PASS: 24 events
no-index|0|^# PASS: 24 events
no-index;command:perf record -ge mhp:* --all-cpus true|0|^# PASS: 24 events
no-index;command:perf record -ga -o x true|0|^# PASS: 24 events
no-index;command:perf record -m 16 -e mhp:* -a true|0|^# PASS: 24 events
no-index;command:perf record -e mhp:* true|5|^# the perf.data does not say that all tasks were recorded; record with -a$
no-index;command:perf record -e mhp:* ls -a|5|^# the perf.data does not say that all tasks were recorded; record with -a$
no-index;command:perf record -ea -omhp ls|5|^# the perf.data does not say that all tasks were recorded; record with -a$
no-index;command:perf script -a|5|^# the perf.data does not say that all tasks were recorded; record with -a$
kind:12|5|^# there are no mhp_add_begin events, so not all events were recorded$
END
# An event that was not recorded is unknown, whether operations report it or not.
mapfile -t kinds < <(/usr/bin/perf evlist -i "$WORK/perf.data" 2>/dev/null | sed -n 's/^mhp://p')
optional=$(for ((nth = 1; nth <= ${#kinds[@]}; nth++)); do
	./perf_data.py scope perf.data.xz without kind:$nth >"$WORK/scope.data"
	"$MHPTOP" check --expect-adds 0 "$WORK/scope.data" >/dev/null 2>&1 && echo "${kinds[nth - 1]}"
done | sort | paste -sd' ')
eq "perf.data: the kinds of events that need not be recorded" "$optional" "mhp_offline_blocker mhp_vmemmap_ref mhp_vmemmap_retired"
verdict "perf.data: adds were recorded, and there was one" 3 '^not ok [0-9]+ budget\.count:' --expect-adds 2 "$WORK/perf.data"
for nth in "${!kinds[@]}"; do
	[[ ${kinds[nth]} =~ ^mhp_(add|remove)_|populate|_free ]] && left_out+=("kind:$((nth + 1))")
done
./perf_data.py scope perf.data.xz "${left_out[@]}" >"$WORK/scope.data"
verdict "perf.data: adds were not recorded, so that nobody knows whether there was one" 5 \
	'^# there are no mhp_[a-z_]*, mhp_[a-z_]*, mhp_[a-z_]* or 3 other events, so not all events were recorded$' \
	--expect-adds 1 --skip order.life "$WORK/scope.data"
verdict "  nor that there was none" 5 '^# UNKNOWN: ' --expect-adds 0 "$WORK/scope.data"
./perf_data.py scope perf.data.xz without kind:{1..18} >"$WORK/scope.data"
verdict "perf.data: no mhp events were to be recorded" 5 "^# perf recorded no mhp events; record with -a -e 'mhp:\*'$" --expect-adds 0 "$WORK/scope.data"
verdict "  in the first of two files" 5 "^# perf recorded no mhp events" --expect-adds 0..9 "$WORK/scope.data" cycles.ndjson
verdict "  in the second one" 5 "^# perf recorded no mhp events" --expect-adds 0..9 cycles.ndjson "$WORK/scope.data"
./perf_data.py scope perf.data.xz tid:1234 >"$WORK/scope.data"
verdict "perf.data of some tasks: what is there counts" 3 '^not ok [0-9]+ budget\.count:' --expect-adds 0 "$WORK/scope.data"
verdict "  but not what is missing" 5 '^# UNKNOWN: ' --expect-adds 2 --max-offline 1ns "$WORK/scope.data"
sed -n '/mhp_online_begin/,/mhp_online_end/p' eject-range.ndjson | sed '/mhp_online_end/q' >"$WORK/some.ndjson"
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/some.ndjson" "$WORK/some.dat" without:mhp_{add,remove}_{begin,end} without:mhp_vmemmap_{populate,free}
verdict "trace.dat: adds were not recorded" 5 '^# there are no mhp_[a-z_]*, mhp_[a-z_]*, mhp_[a-z_]* or 3 other events, so not' \
	--expect-adds 1 "$WORK/some.dat"
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/some.ndjson" "$WORK/some.dat"
verdict "  they were, but there were none" 3 '^not ok [0-9]+ budget\.count:' --expect-adds 1 "$WORK/some.dat"
# The name of a task, like the text of another event, has line breaks, between which there is what its user wants.
event=$(/usr/bin/perf script -F comm,tid,cpu,time,event,trace -i "$WORK/perf.data" 2>/dev/null | grep -m 1 mhp_offline_end)
check "perf.data: an event to forge" test -n "$event"
while IFS= read -r forged; do
	./perf_data.py name perf.data.xz "x"$'\n'"$forged"$'\n'"x" >"$WORK/forged.data"
	check "perf.data: perf prints '${forged:0:40}'" grep -qF "$forged" <(/usr/bin/perf script --force -i "$WORK/forged.data" 2>/dev/null)
	status "  and mhptop refuses it" 6 'forged.data: other events in this perf.data, or names of tasks, look like mhp events' \
		"$MHPTOP" check "$WORK/forged.data"
done <<END
$event
evil 1 [000] 9.000000001: mhp:mhp_of_tomorrow: a=1
CPU:0 [LOST 9 EVENTS]
{"event":"mhp_add_end"}
END
for forged in '# tracer: nop' 'some text'; do
	./perf_data.py name perf.data.xz "x"$'\n'"$forged"$'\n'"x" >"$WORK/forged.data"
	verdict "perf.data: a harmless name of a task: $forged" 0 '^# PASS: 24 events, 0 lost$' "$WORK/forged.data"
done
# From the header of the file to the first event
for bytes in 16 20 1000 $(($(stat -c %s "$WORK/perf-pipe.data") / 4)) $(($(stat -c %s "$WORK/perf-pipe.data") / 2)); do
	head -c "$bytes" "$WORK/perf-pipe.data" >"$WORK/cut.data"
	verdict "perf-pipe.data: cut after $bytes bytes, before the first event" 5 '^# UNKNOWN: 0 events, 0 lost' "$WORK/cut.data"
	check "  the message says so" grep -q 'the perf.data was cut, or perf was killed, and no mhp events are left' "$WORK/stderr"
done
eq "  the verdict has the reason" "$(grep -A 1 '^not ok' "$WORK/verdict" | tail -n 1)" '# the recording was cut: its end is missing'
./perf_data.py killed perf.data.xz >"$WORK/killed.data"
verdict "perf.data: its perf was killed" 5 'the perf.data was cut, or perf was killed, and no mhp events are left' "$WORK/killed.data"
printf 'PERFILE2nothing' >"$WORK/bad.data"
status "perf.data: damaged" 6 'cannot read .*/bad.data: not a perf.data' "$MHPTOP" check "$WORK/bad.data"
# What a user may have chosen has no effect on perf.
mkdir -p "$WORK/home" "$WORK/bin"
printf '#!/bin/sh\ntouch %s\nexit 1\n' "$WORK/ran" >"$WORK/bin/perf"
chmod +x "$WORK/bin/perf"
echo 'not a setting [' >"$WORK/home/.perfconfig"
verdict "perf.data: neither PATH nor .perfconfig matters" 0 '^# PASS: 24 events' "$WORK/perf.data"
check "  with both of them hostile" env PATH="$WORK/bin:$PATH" HOME="$WORK/home" "$MHPTOP" check "$WORK/perf.data"
none "  the other perf does not run" "$(ls "$WORK/ran" 2>/dev/null)"
eq "perf.data: perf opens programs by itself" "$(./perf_data.py opens perf.data.xz perf script -i)" "opened"
eq "perf.data: perf opens no programs for mhptop" "$(./perf_data.py opens perf.data.xz "$MHPTOP" check)" "not opened"
if unshare -m true 2>/dev/null; then
	check "perf.data: no output of perf is kept in a file" unshare -m bash -c \
		'mount -t tmpfs -o ro none /var/tmp && exec 3<"$2" && mount -t tmpfs -o ro none /tmp && exec "$1" check /dev/fd/3' \
		_ "$MHPTOP" "$WORK/perf.data"
else
	skip "perf.data: no output of perf is kept in a file" "it needs a mount namespace"
fi
if unshare -m mount -t tmpfs none /usr/bin 2>/dev/null; then
	status "perf.data: perf is not installed" 1 'there is no /usr/bin/perf; apt-get install linux-perf, or check the output of' \
		unshare -m bash -c 'mount -t tmpfs none /usr/bin && exec "$1" check "$2"' _ "$MHPTOP" "$WORK/perf.data"
else
	skip "perf.data: perf is not installed" "hiding it needs a mount namespace"
fi
# perf loops on some damaged files. It ends with the mhptop that reads them.
printf '#!/bin/sh\nwhile :; do :; done\n' >"$WORK/loops"
chmod +x "$WORK/loops"
if unshare -m mount --bind "$WORK/loops" /usr/bin/perf 2>/dev/null; then
	unshare -m bash -c 'mount --bind "$1" /usr/bin/perf && exec "$2" check "$3"' _ "$WORK/loops" "$MHPTOP" "$WORK/perf.data" >/dev/null 2>&1 &
	reader=$!
	until loops=$(pgrep -P $reader -f '/usr/bin/perf script'); do sleep 0.1; done
	kill -KILL $reader
	wait $reader 2>/dev/null
	for ((tries = 0; tries < 600; tries++)); do
		kill -0 "$loops" 2>/dev/null || break
		sleep 0.1
	done
	check "perf.data: a perf that loops ends with mhptop" test $tries -lt 600
	kill -KILL "$loops" 2>/dev/null
else
	skip "perf.data: a perf that loops ends with mhptop" "putting another perf in its place needs a mount namespace"
fi

# -- Texts of other shapes --------------------------------------------------------------------------------------------

verdict "two buffers of trace-cmd report: one is read" 0 '^# PASS: 44 events, 0 lost' printed/two-buffers.txt
check "  and the other is named" grep -q 'only the top buffer was read, of 2 buffers' "$WORK/stderr"
grep -v '^ ' printed/two-buffers.txt >"$WORK/one.txt"
verdict "an instance of trace-cmd report alone" 0 '^# PASS: 44 events, 0 lost' "$WORK/one.txt"
verdict "the latency format of tracefs" 0 '^# PASS: 24 events, 0 lost' printed/latency.txt
# Its lines begin with the name of the task, if that has eight characters.
for comm in cpus=123 '{"abcdef' PERFILE2; do
	sed "s/^kworker\/-/$comm-/" printed/latency.txt >"$WORK/comm.txt"
	verdict "  a task called $comm" 0 '^# PASS: 24 events, 0 lost' "$WORK/comm.txt"
done
verdict "a trace that was dumped to the console" 0 '^# PASS: 24 events, 0 lost' printed/console.txt
sed 's/^\[\( *[0-9.]*\)\]/<4>[\1][    T1]/; s/$/\r/' printed/console.txt >"$WORK/console.txt"
verdict "  with the thread that printed it, and carriage returns" 0 '^# PASS: 24 events, 0 lost' "$WORK/console.txt"
verdict "a trace with record-tgid" 0 '^# PASS: 24 events, 0 lost' printed/tgid.txt
eq "  the task, CPU and time" "$("$TOP/build/tests/as_text" trace-cmd printed/tgid.txt | sed -n 's/: *start_pfn=.*//; s/ \+/ /g; 2p')" \
	" $(sed -n 's/([ 0-9-]*) //; s/ \.\.\.\.\. / /; s/: *start_pfn=.*//; s/ \+/ /g; /mhp_/{s/^ //p;q}' printed/tgid.txt)"
sed 's/([ 0-9]*)/(-------)/' printed/tgid.txt >"$WORK/tgid.txt"
verdict "a trace with record-tgid that has no process" 0 '^# PASS: 24 events, 0 lost' "$WORK/tgid.txt"
sed 's/ \.\.\.\.\. / /' printed/tgid.txt >"$WORK/tgid.txt"
verdict "a trace without irq-info" 0 '^# PASS: 24 events, 0 lost' "$WORK/tgid.txt"
# perf script -F
for edit in 's/: \( *mhp:\)/:          1 \1/' 's/ \([0-9]*\) \[/ 77\/\1    [/' 's/\(\[[0-9]*\]\)/\1 K     /' 's/^ *//' 's/^.\{17\}//'; do
	sed "$edit" "$WORK/text" >"$WORK/shape.txt"
	verdict "perf script with other fields: $edit" 0 "$pass_all" "$WORK/shape.txt"
done
"$TOP/build/tests/as_text" trace-cmd failures-block.ndjson | sed 's/ mhp_/ (+17) mhp_/' >"$WORK/shape.txt"
verdict "trace-cmd report --ts-diff" 0 "$pass_all" "$WORK/shape.txt"
sed 's/: *mhp:/: <unknown> mhp:/' "$WORK/text" >"$WORK/shape.txt"
status "an event behind something unknown" 6 'shape.txt:2: mhp_[a-z_]* without' "$MHPTOP" check "$WORK/shape.txt"
sed 's/mhp:mhp_notify:/mhp:mhp_of_tomorrow:/' "$WORK/text" >"$WORK/shape.txt"
verdict "events of a newer kernel are not judged" 5 '[0-9]+ records of unknown events, or with unknown words, were skipped' --skip order.online --skip order.offline \
	--skip result.reason "$WORK/shape.txt"
# perf script --deltatime
awk 'match($0, / [0-9]+\.[0-9]+: /) {
	now = substr($0, RSTART, RLENGTH - 2)
	print substr($0, 1, RSTART) sprintf("%.6f", now - last) substr($0, RSTART + RLENGTH - 2)
	last = now
}' "$WORK/text" >"$WORK/shape.txt"
status "times since the event before" 6 'shape.txt: the times are differences between events, or not in order' "$MHPTOP" check "$WORK/shape.txt"
# Two events of an operation, in the wrong order by a little
sed -n '/mhp_offline_begin/,/mhp_offline_end/p' "$WORK/text" | sed '/mhp_offline_end/q' >"$WORK/one.txt"
awk '/mhp_offline_begin/ && match($0, / [0-9]+\.[0-9]+: /) {
	print substr($0, 1, RSTART) sprintf("%.9f", substr($0, RSTART, RLENGTH - 2) + 9) substr($0, RSTART + RLENGTH - 2); next
} 1' "$WORK/one.txt" >"$WORK/shape.txt"
check "an end before its begin is no violation of a time limit" bash -c '! "$1" check --max-offline 100s "$2" | grep "^not ok .* budget.time"' \
	_ "$MHPTOP" "$WORK/shape.txt"
while IFS='|' read -r name edit missing; do
	sed "$edit" "$WORK/text" >"$WORK/shape.txt"
	status "perf script without $name" 6 \
		"shape.txt:2: mhp_[a-z_]* without $missing; print it with perf script --show-lost-events -F comm,tid,cpu,time,event,trace" \
		"$MHPTOP" check "$WORK/shape.txt"
done <<'END'
the CPU|s/\[[0-9]*\] //|a CPU
the time|s/[0-9]*\.[0-9]*: //|a timestamp
the task|s/ [0-9]* \[/ [/|a task before its CPU
all of it|s/^.*mhp:/mhp:/|a timestamp
END
sed 's/ *[0-9]*\.[0-9]*: / 17: /' printed/tgid.txt >"$WORK/shape.txt"
status "a clock that counts no time" 6 'without a timestamp' "$MHPTOP" check "$WORK/shape.txt"

# -- What an attacker chooses -------------------------------------------------------------------------------------------

# Tasks are called "a [3] 1.1: b:", "mhp_add_end:", "[LOST 9 EVENTS]", "foo: bar", "a b-7 [001]"; a file has the name of an event.
verdict "names of tasks and files that look like events, in perf" 0 '^# PASS: 132 events, 0 lost' printed/names-perf.txt
verdict "names of tasks and files that look like events, in tracefs" 0 '^# PASS: 132 events, 0 lost' printed/names-tracefs.txt
eq "  the names of the tasks" \
	"$("$TOP/build/tests/as_text" trace-cmd printed/names-perf.txt | sed -n 's/-[0-9]* *\[[0-9]*\] *[0-9.]*: mhp_.*//; s/^ *//; s/ *$//p' |
		grep -v -e kworker -e tracer | sort -u | paste -sd,)" '[LOST 9 EVENTS],a [3] 1.1: b:,a b-7 [001],foo: bar,lead trail,memory,mhp_add_end:'
eq "  their CPUs and IDs" \
	"$("$TOP/build/tests/as_text" trace-cmd printed/names-perf.txt | sed -nE 's/.*-([0-9]+) +\[([0-9]+)\] +[0-9.]+: mhp_.*/\1 \2/p')" \
	"$(sed -nE 's/^.{16} +([0-9]+) \[([0-9]+)\] +[0-9.]+: +mhp:.*/\1 \2/p' printed/names-perf.txt)"
for comm in 'mhp_add_end:' '[LOST 9 EVENTS]' 'CPU:1 [LOST' '1 [0] 1.1: b:' 'a-1 [0] 1.1: b:' '[    1.123456]' '1d..1. 5us :'; do
	for style in perf trace-cmd tracefs; do
		"$TOP/build/tests/as_text" $style failures-block.ndjson |
			sed -E "s/^.{16}/$(printf '%16s' "${comm//\//\\/}")/" >"$WORK/comm.txt"
		verdict "a task called '$comm' in $style" 0 "$pass_all" "$WORK/comm.txt"
	done
done

# -- gzip and zstd --------------------------------------------------------------------------------------------------------

gzip -c "$WORK/text" >"$WORK/text.gz"
zstd -q -c "$WORK/text" >"$WORK/text.zst"
gzip -c range.ndjson >"$WORK/range.gz"
zstd -q -c range.ndjson >"$WORK/range.zst"
range=$(($(wc -l <range.ndjson) - 2)) # events: all but the header and the totals
for packing in gz zst; do
	verdict "text.$packing" 0 "$pass_all" "$WORK/text.$packing"
	verdict "a recording of mhptop, $packing" 0 "^# PASS: $range events, 0 lost" "$WORK/range.$packing"
	case $packing in gz) pack=gzip ;; zst) pack=zstd ;; esac
	{ cat "$WORK/text"; head -c 600000 /dev/urandom | base64; } | $pack -c >"$WORK/cut.$packing"
	truncate -s -9 "$WORK/cut.$packing"
	verdict "text.$packing that was cut" 5 'the text was cut' "$WORK/cut.$packing"
	cp "$WORK/text.$packing" "$WORK/bad.$packing"
	printf '\xff\xff\xff\xff\xff\xff\xff\xff' | dd of="$WORK/bad.$packing" bs=1 seek=600 conv=notrunc status=none
	status "text.$packing that is damaged" 6 'bad\.[a-z]*:[0-9]+: ' "$MHPTOP" check "$WORK/bad.$packing"
	head -c 300 "$WORK/range.$packing" >"$WORK/cut.$packing"
	# gzip gives a part of the header; zstd gives nothing before a whole block.
	truncated="cut\\.$packing: the packed file is truncated: its end is missing"
	verdict "a recording, $packing, that was cut" 5 "$truncated" "$WORK/cut.$packing"
	verdict "  before another one" 5 "$truncated" "$WORK/cut.$packing" range.ndjson
	verdict "  behind it" 5 "$truncated" range.ndjson "$WORK/cut.$packing"
	# The checksum: 4 bytes, and as many for the size with gzip. All lines are there.
	for bytes in 1 4; do
		head -c -$bytes "$WORK/range.$packing" >"$WORK/cut.$packing"
		verdict "a recording, $packing, without its last $bytes bytes" 5 "$truncated" "$WORK/cut.$packing"
		verdict "  all events are judged" 5 "^# UNKNOWN: $range events, 0 lost" "$WORK/cut.$packing"
		status "  an export says so" 5 "cut\\.$packing:[0-9]*: the packed file is truncated" "$MHPTOP" export --ndjson "$WORK/cut.$packing"
		for command in 'replay -b' report 'export --perfetto'; do
			# shellcheck disable=SC2086	# several words
			status "  mhptop $command says so" 0 "$truncated" "$MHPTOP" $command "$WORK/cut.$packing"
		done
	done
	adds=$(grep -c '"event":"mhp_add_end".*"ret":0' range.ndjson)
	verdict "  what was expected may be missing" 5 "$truncated" --expect-adds $((adds + 1)) "$WORK/cut.$packing"
	verdict "  more than was expected is certain" 3 "$truncated" --expect-adds $((adds - 1)) "$WORK/cut.$packing"
	cat "$WORK/range.$packing" <(./edit.py range.ndjson drop:mhp_managed:1 | $pack -c) >"$WORK/two.$packing"
	verdict "two recordings, $packing, with a violation in the second" 3 '^# FAIL: ' "$WORK/two.$packing"
	head -c $(($(stat -c %s "$WORK/range.$packing") + 30)) "$WORK/two.$packing" >"$WORK/cut.$packing"
	verdict "  which is cut at its begin" 5 "$truncated" "$WORK/cut.$packing"
	head -c -1 "$WORK/two.$packing" >"$WORK/cut.$packing"
	verdict "  which is cut behind the violation" 3 "$truncated" "$WORK/cut.$packing"
done
status "a recording, gz, that is to be followed" 6 "range.gz:1: gzip data, which cannot be followed: leave out --follow" \
	timeout 60 "$MHPTOP" replay --json --follow "$WORK/range.gz"
cat "$WORK/text.gz" <(sed -n 1,2p "$WORK/text" | gzip) >"$WORK/parts.gz"
verdict "several packed parts in a file" 5 "^# UNKNOWN: $((events + 1)) events, 0 lost" "$WORK/parts.gz"
gzip -c trace-cmd-v7.dat >"$WORK/dat.gz"
status "a packed trace.dat is named" 6 'dat.gz: a recording of trace-cmd in gzip; unpack it first with gunzip' "$MHPTOP" check "$WORK/dat.gz"
zstd -q -c "$WORK/perf.data" >"$WORK/perf.zst"
status "a packed perf.data is named" 6 'perf.zst: a perf.data in zstd; unpack it first with unzstd' "$MHPTOP" check "$WORK/perf.zst"
# The header of a frame says how much memory it takes: bytes 4 and 5.
python3 - "$WORK/text.zst" >"$WORK/long.zst" <<'END'
import sys
packed = open(sys.argv[1], "rb").read()
single, content = packed[4] >> 5 & 1, packed[4] >> 6
size = max((1, 2, 4, 8)[content] if content or single else 0, 0)
at = 5 + (0 if single else 1)
# A window of 2 GiB, without the size of the content
sys.stdout.buffer.write(packed[:4] + bytes([packed[4] & 4, 21 << 3]) + packed[at + size:])
END
status "zstd that takes too much memory" 1 'long.zst:1: too much memory to unpack it; unpack it with zstd -d --long=31' "$MHPTOP" check "$WORK/long.zst"
# Too little memory is no damage, wherever it becomes too little.
if [[ $MHPTOP == */build/mhptop ]]; then
	# Nor are too few descriptors.
	for file in trace-cmd-v7.dat "$WORK/perf.data"; do
		codes=$(for nr in 4 5 6 7 8 9 10 11 12 40; do
			prlimit --nofile=$nr "$MHPTOP" check "$file" >/dev/null 2>&1
			echo $?
		done | sort -un | paste -sd' ')
		eq "too few descriptors are no damage, ${file##*/}" "$codes" "0 1"
	done
	for file in range.ndjson "$WORK/range.zst" "$WORK/range.gz" "$WORK/text.zst" "$WORK/perf.data"; do
		codes=$(for ((kib = 5000; kib < 30000; kib += kib < 11000 ? 100 : 2000)); do
			(ulimit -v $kib; exec "$MHPTOP" check "$file") >/dev/null 2>&1
			echo $?
		done | sort -un | paste -sd' ')
		check "too little memory is no damage, ${file##*/}: $codes" grep -qE '(^| )1( |$)' <(grep -vE '(^| )[346]( |$)' <<<"$codes")
	done
	{ cat "$WORK/text"; head -c 48M /dev/zero | tr '\0' '\n'; } | gzip -1 >"$WORK/bomb.gz"
	resident=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$MHPTOP" check "$WORK/bomb.gz")
	check "48 MiB that gzip packed takes at most 16 MiB: $resident KiB" test "$resident" -le 16384
fi
printf '\xef\xbb\xbf' | cat - range.ndjson >"$WORK/mark.ndjson"
verdict "a byte order mark" 0 "^# PASS: $range events" "$WORK/mark.ndjson"
printf '\xef\xbb\xbf' | cat - "$WORK/text" >"$WORK/mark.txt"
verdict "a byte order mark before a text" 0 "$pass_all" "$WORK/mark.txt"

# -- replay ---------------------------------------------------------------------------------------------------------------

for file in "$WORK/text" "$WORK/text.gz" "$WORK/perf.data" trace-cmd-v7.dat printed/console.txt; do
	blocks=$("$MHPTOP" replay --json "$file" 2>"$WORK/stderr" | jq '.blocks | length')
	check "replay reads ${file##*/}" test "${blocks:-0}" -gt 0
done

done_testing
