#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whether the rules notice what breaks them, in recordings of real runs, and what `mhptop check` says and returns then.
# MHPTOP is the program under test, MUTATE what breaks recordings wholesale (mutate.c).
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP/tests/rules" || exit 1
MHPTOP=$(realpath "$TOP/${MHPTOP:-build/mhptop}") MUTATE=$TOP/build/tests/mutate

# breaks RULE RECORDING EDIT…: the rule is broken by the edit, which the check says, and returns 3
breaks() {
	local rule=$1 recording=$2 got=0
	shift 2
	if ! ./edit.py "$recording.ndjson" "$@" >"$WORK/broken.ndjson"; then
		fail "$rule is broken by $*" "edit.py failed"
		return
	fi
	"$MHPTOP" check "$WORK/broken.ndjson" >"$WORK/verdict" 2>"$WORK/stderr" || got=$?
	if ((got == 3)) && grep -q "^not ok [0-9]* $rule: " "$WORK/verdict"; then
		pass "$rule is broken by $*"
	else
		fail "$rule is broken by $*" "exit $got"$'\n'"$(grep -A3 '^not ok' "$WORK/verdict")"
	fi
}

# verdict NAME WANT REGEX OPTION…: exit status of a check, and a line of its verdict
verdict() {
	local name=$1 want=$2 regex=$3 got=0
	shift 3
	"$MHPTOP" check "$@" >"$WORK/verdict" 2>"$WORK/stderr" </dev/null || got=$?
	if ((got == want)) && grep -qE -- "$regex" "$WORK/verdict"; then
		pass "$name"
	else
		fail "$name" "exit $got, want $want"$'\n'"$(grep -E '^not ok|^# [A-Z]' "$WORK/verdict"; cat "$WORK/stderr")"
	fi
}

for recording in *.ndjson; do
	"$MUTATE" "$recording" equivalent.txt >"$WORK/mutants"
	grep '^# [0-9a-z]' "$WORK/mutants" | sed "s/^# /# ${recording%.ndjson}: /"
	check "${recording%.ndjson}: a real run keeps all laws" grep -q '^ok 1 ' "$WORK/mutants"
	check "${recording%.ndjson}: 99 % or more of its mutants are noticed" grep -q '^ok 2 ' "$WORK/mutants"
	check "${recording%.ndjson}: no event that is lost accuses anybody" grep -q '^ok 3 ' "$WORK/mutants"
	verdict "${recording%.ndjson}: the check passes" 0 '^# PASS: ' "$recording"
done

breaks order.add failures-block drop:mhp_vmemmap_populate:3
breaks order.online failures-block drop:mhp_managed:1
breaks order.offline failures-block drop:mhp_vmemmap_offline:1
breaks order.remove range drop:mhp_vmemmap_free:130
breaks order.life failures-block double:mhp_online_end:1
breaks same.block failures-block set:mhp_vmemmap_online:1:nid:1
breaks result.reason failures-block set:mhp_offline_end:1:reason:none
breaks memmap.populate failures-block set:mhp_vmemmap_populate:2:host_pfn:7
breaks memmap.free range set:mhp_vmemmap_free:3:host_pfn:7
breaks memmap.alloc range set:mhp_vmemmap_populate:2:altmap_alloc:1025
breaks memmap.hosting failures-block set:mhp_add_end:1:hosting:buddy
breaks memmap.retired eject-range set:mhp_vmemmap_free:1:vmemmap_pages:511
breaks range.refs range set:mhp_vmemmap_ref:10:refs:9
breaks range.teardown range swap:mhp_vmemmap_free:3
breaks range.teardown range drop:mhp_vmemmap_ref:200
breaks pages.block failures-buddy set:mhp_managed:1:delta:32767
breaks pages.zone failures-block set:mhp_present:3:after:1
breaks pages.rollback failures-block set:mhp_present:4:delta:500
breaks remove.match eject-range gone:32
breaks remove.match range set:mhp_remove_end:5:ret:0

# What no real run here has
export PYTHONDONTWRITEBYTECODE=1
./made_up.py late-removal >"$WORK/made.ndjson"
verdict "what was there before is removed" 0 '^# PASS' "$WORK/made.ndjson"
./made_up.py late-removal online >"$WORK/made.ndjson"
verdict "while it is online" 3 '^not ok [0-9]+ remove\.match' "$WORK/made.ndjson"
./made_up.py retired >"$WORK/made.ndjson"
verdict "memmap that was retired comes back with its neighbour" 0 '^# PASS' "$WORK/made.ndjson"
check "and is not waited for" bash -c '! grep -q "memmap given up" "$0"' "$WORK/verdict"
./made_up.py retired waits >"$WORK/made.ndjson"
verdict "it is told of as long as that is there" 0 \
	'^# pages 0x100000\+16384: memmap given up, its backing at page 0x4000\+512 stays' "$WORK/made.ndjson"
./made_up.py retired leak >"$WORK/made.ndjson"
verdict "and is a leak when nobody is left" 3 '^not ok [0-9]+ memmap\.retired' "$WORK/made.ndjson"

verdict "a budget that is kept" 0 '^ok [0-9]+ budget\.time:' --max-offline 3600s --max-online 100 range.ndjson
verdict "a budget that is not" 3 '^# memory[0-9]+, .*(offline|online) took' --max-offline 1us range.ndjson
check "which says what it may take" grep -q '^# memory.* expected at most 1\.000000us; found' "$WORK/verdict"
sed '/mhp_offline_end/,$d' failures-block.ndjson >"$WORK/hang.ndjson"
tail -n 1 "$WORK/hang.ndjson" | sed 's/"seq":\([0-9]*\),"ns":[0-9]*/"seq":99999,"ns":99000000000/' >"$WORK/last"
sed -i "s/99999/$(grep -c '"event"' "$WORK/hang.ndjson")/" "$WORK/last"
sed -i '$d' "$WORK/hang.ndjson"
cat "$WORK/last" >>"$WORK/hang.ndjson"
verdict "an offline that does not end is no faster for that" 3 'found offline has not ended after [0-9.]*s' \
	--max-offline 2s "$WORK/hang.ndjson"
verdict "no more than so much for the memmap" 0 '^ok [0-9]+ budget\.vmemmap:' --max-vmemmap 1.6 failures-block.ndjson
verdict "but not less than it takes" 3 '^not ok [0-9]+ budget\.vmemmap:' --max-vmemmap 1.5% failures-block.ndjson
verdict "who hosts, as expected" 0 '^ok [0-9]+ budget\.hosting:' --expect-hosting range eject-range.ndjson
verdict "or not" 3 'found hosting buddy, why disabled' --expect-hosting block failures-buddy.ndjson
verdict "what was to be removed is" 0 '^ok [0-9]+ budget\.removed:' \
	--expect-removed 0x100000000-0x107ffffff eject-range.ndjson
verdict "or not" 3 '^not ok [0-9]+ budget\.removed:' --expect-removed 0x100000000-0x13fffffff failures-block.ndjson
check "of an earlier operation the last event is named alone" grep -qE '^#   before [0-9.]+ mhp_[a-z_]+$' "$WORK/verdict"
status "two ranges that are to go" 2 'expect-removed is given twice' "$MHPTOP" check \
	--expect-removed 0x100000000-0x107ffffff --expect-removed 0x200000000-0x207ffffff range.ndjson
verdict "failures are none" 3 '^not ok [0-9]+ budget\.failures:' --expect-success failures-block.ndjson
printf '# what must hold\nmax-offline 1us # not long\n\nexpect-hosting block\n' >"$WORK/rules"
verdict "settings from a file" 3 '^not ok [0-9]+ budget\.time:' --rules "$WORK/rules" failures-block.ndjson
check "and what they say of others" grep -qE '^ok [0-9]+ budget\.hosting:' "$WORK/verdict"
./edit.py failures-block.ndjson set:mhp_vmemmap_online:1:nid:1 >"$WORK/broken.ndjson"
verdict "a rule that is skipped" 0 '^# PASS' --skip same.block "$WORK/broken.ndjson"
eq "is not told of" "$(grep -c ' same\.block:' "$WORK/verdict")" 0

./edit.py failures-block.ndjson lose:mhp_notify:5 >"$WORK/lost.ndjson"
verdict "with an event lost nothing is proved" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' "$WORK/lost.ndjson"
./edit.py failures-block.ndjson lose:mhp_notify:5 set:mhp_vmemmap_online:9:nid:1 >"$WORK/lost.ndjson"
verdict "but what is broken long after a loss is" 3 '^# FAIL: [0-9]+ events, 1 lost' "$WORK/lost.ndjson"
./edit.py eject-range.ndjson lose:mhp_remove_end:1 >"$WORK/lost.ndjson"
verdict "what was to be removed may have been among what was lost" 5 '^# UNKNOWN' \
	--expect-removed 0x100000000-0x107ffffff "$WORK/lost.ndjson"
check "and the KTAP says so, too" grep -q '^not ok [0-9]* events: ' "$WORK/verdict"
head -n 100 failures-block.ndjson >"$WORK/cut.ndjson"
verdict "without totals nothing is proved" 5 '^# the recording has no totals' "$WORK/cut.ndjson"
sed 's/"self_check":"equal"/"self_check":"differs"/' range.ndjson >"$WORK/differs.ndjson"
verdict "nor if the ledgers differed" 5 '^# the ledgers of recorder and kernel differed' "$WORK/differs.ndjson"
# check_pipe OPTION…: a check of what is written to descriptor 4, as job $!; no time decides what it has read when.
check_pipe() {
	rm -f "$WORK/pipe"
	mkfifo "$WORK/pipe"
	exec 4<>"$WORK/pipe"
	"$MHPTOP" check "$@" - <"$WORK/pipe" >"$WORK/verdict" 2>"$WORK/stderr" 4>&- &
}
check_pipe
cat "$WORK/cut.ndjson" >&4
all_read $! 4
kill -TERM $!
wait $!
eq "nor if it was interrupted" "$? $(grep -c '^# interrupted before its end' "$WORK/verdict")" "5 1"
# The rest is there, or waits to be written, when it learns of the signal.
check_pipe
head -n 400 range.ndjson >&4
pid=$!
all_read $pid 4
kill -STOP $pid
kill -INT $pid
tail -n +401 range.ndjson >&4 &
exec 4>&-
kill -CONT $pid
wait $pid
eq "a pipe that was interrupted may write its end" "$? $(grep -c '^# PASS: 799 events' "$WORK/verdict")" "0 1"
check_pipe --for 0.5
cat "$WORK/cut.ndjson" >&4
wait $!
eq "the time is up on a pipe that says nothing, too" "$?" 0
exec 4>&-
printf '{"seq":' >>"$WORK/cut.ndjson"
status "a damaged recording" 6 'cut.ndjson:101: ' "$MHPTOP" check "$WORK/cut.ndjson"
status "no recording" 1 'cannot check: .*: No such file' "$MHPTOP" check "$WORK/none.ndjson"
status "no time" 2 '--max-offline needs a time' "$MHPTOP" check --max-offline soon range.ndjson
status "no percentage" 2 '--max-vmemmap needs a percentage' "$MHPTOP" check --max-vmemmap 0 range.ndjson
status "no host" 2 '--expect-hosting needs buddy, block or range' "$MHPTOP" check --expect-hosting me range.ndjson
status "no range" 2 '--expect-removed needs two physical addresses' "$MHPTOP" check --expect-removed 5-4 range.ndjson
status "no rule" 2 '--skip needs the name of a rule' "$MHPTOP" check --skip order range.ndjson
status "no seconds" 2 '--for needs a time' "$MHPTOP" check --for 0
echo 'max-offline 2s 3s' >"$WORK/rules"
status "a bad line of a file" 2 'rules:1: max-offline has more than one value' "$MHPTOP" check --rules "$WORK/rules" range.ndjson
status "check's options are its own" 2 '--junit is not for mhptop replay' "$MHPTOP" replay -b --junit x range.ndjson

"$MHPTOP" check --junit "$WORK/junit.xml" "$WORK/broken.ndjson" >/dev/null
eq "JUnit: one failure, told of" "$(python3 - "$WORK/junit.xml" <<'PY'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
failed = [case.get("name") for case in suite if case.find("failure") is not None]
print(suite.get("failures"), len(suite) == int(suite.get("tests")), failed, "node 1" in suite.find(".//failure").text)
PY
)" "1 True ['same.block'] True"
check "JUnit: with both events and their times" grep -qE '^#   before [0-9]+\.[0-9]+ mhp_notify: ' "$WORK/junit.xml"
"$MHPTOP" check --junit "$WORK/junit.xml" "$WORK/cut.ndjson" >/dev/null 2>&1
check "JUnit: an error if something is missing" grep -q 'error message="the recording is damaged"' "$WORK/junit.xml"
status "JUnit: nowhere to write" 1 'cannot write .*/none/x: No such file' "$MHPTOP" check --junit "$WORK/none/x" range.ndjson
check "from a pipe" bash -c 'cat range.ndjson | "$1" check - | grep -q "^# PASS"' _ "$MHPTOP"
status "a full disk" 1 'cannot write the verdict' bash -c '"$1" check range.ndjson >/dev/full' _ "$MHPTOP"
# What other tools print
for style in perf trace-cmd tracefs; do
	for recording in *.ndjson; do
		"$TOP/build/tests/as_text" $style "$recording" >"$WORK/text"
		events=$(grep -c '"event":"mhp_' "$recording") tool=$(grep -cE '"event":"mhp_snapshot_(block|zone)"' "$recording")
		verdict "${recording%.ndjson} as $style prints it" 0 "^# PASS: $((events - tool)) events" "$WORK/text"
	done
done
"$TOP/build/tests/as_text" perf failures-block.ndjson >"$WORK/text"
sed 's/\(mhp:mhp_vmemmap_online: .*nid=\)0/\11/' "$WORK/text" >"$WORK/broken.txt"
verdict "and what breaks a law there" 3 '^not ok [0-9]+ same\.block:' "$WORK/broken.txt"
sed '9s/nr_pages=[0-9]*/nr_pages=many/' "$WORK/text" >"$WORK/bad.txt"
status "a field that makes no sense" 6 'bad.txt:9: mhp_.*: nr_pages has no value that makes sense' "$MHPTOP" check "$WORK/bad.txt"
sed '9s/ nr_pages=[0-9]*//' "$WORK/text" >"$WORK/bad.txt"
status "a field that is missing" 6 'bad.txt:9: mhp_.*: nr_pages is missing' "$MHPTOP" check "$WORK/bad.txt"
while read -r name edit reason; do
	sed "$edit" "$WORK/text" >"$WORK/bad.txt"
	status "${name//_/ }" 6 "$reason" "$MHPTOP" check "$WORK/bad.txt"
done <<'END'
a_time_that_is_none 9s/\.\([0-9]*\):/.1.\1:/ bad.txt:9:.no.processor.or.time
a_time_that_no_clock_has 9s/[0-9]*\.\([0-9]*\):/18446744074.\1:/ bad.txt:9:.no.processor.or.time
a_change_that_does_not_fit s/delta=[0-9]*/delta=18446744073709551615/ mhp_.*:.delta.has.no.value
a_page_below_the_first 9s/start_pfn=/start_pfn=-/ bad.txt:9:.mhp_.*:.start_pfn.has.no.value
a_byte_0 9s/mhp:/\x00/ bad.txt:9:.a.byte.0
blocks_that_no_machine_has s/\(_begin:.*nr_pages=\)[0-9]*/\14503599627370497/ mhp_.*:.nr_pages.has.no.value
END
sed '0,/mhp_add_begin/s/\(mhp_add_begin: .*nr_pages=\)[0-9]*/\1144115188075855872/' "$WORK/text" >"$WORK/bad.txt"
status "more pages than there are" 6 'mhp_add_begin: nr_pages has no value that makes sense' \
	timeout -s KILL 60 "$MHPTOP" check "$WORK/bad.txt"
for lost in 'CPU:1 [LOST 7 EVENTS]' 'CPU 1 is empty [7 EVENTS DROPPED]' ' 0 0x1 [0x30]: PERF_RECORD_LOST lost 7'; do
	sed "60i $lost" "$WORK/text" >"$WORK/lost.txt"
	verdict "events are missing: $lost" 5 '^# UNKNOWN: [0-9]+ events, 7 lost' "$WORK/lost.txt"
done
sed '1i # entries-in-buffer/entries-written: 500/507   #P:2' "$WORK/text" >"$WORK/lost.txt"
verdict "what tracefs overwrote is missing" 5 '^# UNKNOWN: [0-9]+ events, 7 lost' "$WORK/lost.txt"
grep mhp_notify "$WORK/text" >"$WORK/other.txt"
status "a text that does not tell how large blocks are" 6 'no event in it tells how large a memory block is' \
	"$MHPTOP" check "$WORK/other.txt"
echo 'kworker-1 [000] 1.000000: sched_switch: prev=1' >"$WORK/other.txt"
status "a text without our events" 6 'no mhp event as other tools print them' "$MHPTOP" check "$WORK/other.txt"

# What trace-cmd recorded
for recording in *.ndjson; do
	./trace_dat.py fill trace-cmd-v6.dat.xz "$recording" "$WORK/${recording%.ndjson}.dat"
	"$TOP/build/tests/as_text" trace-cmd "$recording" >"$WORK/text"
	"$MHPTOP" check "$WORK/text" >"$WORK/told"
	verdict "${recording%.ndjson} as trace-cmd records it" 0 '^# PASS: [0-9]+ events' "$WORK/${recording%.ndjson}.dat"
	eq "and what it prints have one verdict" "$(<"$WORK/verdict")" "$(<"$WORK/told")"
	"$TOP/build/tests/as_text" trace-cmd "$WORK/${recording%.ndjson}.dat" >"$WORK/again"
	check "and its records are the same" diff "$WORK/text" "$WORK/again"
done
./edit.py failures-block.ndjson set:mhp_add_begin:1:nid:-1 >"$WORK/negative.ndjson"
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/negative.ndjson" "$WORK/negative.dat"
eq "a number of four bytes keeps its sign" "$("$TOP/build/tests/as_text" trace-cmd "$WORK/negative.dat" 2>&1)" \
	"$("$TOP/build/tests/as_text" trace-cmd "$WORK/negative.ndjson")"
xz -dc trace-cmd-v6.dat.xz >"$WORK/v6.dat"
verdict "what it recorded in a guest" 0 '^# PASS: 44 events, 0 lost' "$WORK/v6.dat"
verdict "and compressed" 0 '^# PASS: 44 events, 0 lost' trace-cmd-v7.dat
status "which needs no trace-cmd" 0 '' env PATH=/nowhere "$MHPTOP" check trace-cmd-v7.dat
./edit.py failures-block.ndjson set:mhp_vmemmap_online:1:nid:1 >"$WORK/broken.ndjson"
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/broken.ndjson" "$WORK/broken.dat"
verdict "and what breaks a law there" 3 '^not ok [0-9]+ same\.block:' "$WORK/broken.dat"
# with NAME WANT REGEX EDIT: a recording of trace-cmd with something changed
with() {
	./trace_dat.py fill trace-cmd-v6.dat.xz range.ndjson "$WORK/with.dat" "$4"
	status "$1" "$2" "$3" "$MHPTOP" check "$WORK/with.dat"
}
for lost in lost:50:7 lost:50:0 stats:7; do
	with "events are missing, $lost" 5 'events were lost: nothing was proved' "$lost"
	check "and counted" grep -qE "^# UNKNOWN: 79[0-9] events, $([[ $lost == *7 ]] && echo 7 || echo 1) lost" "$WORK/stdout"
done
with "a format without a field" 6 'with.dat: mhp_notify: step is missing$' field:mhp_notify:step
with "a clock that tells no time" 6 'recorded with the clock counter, which tells no time' clock:counter
head -c 20 "$WORK/v6.dat" >"$WORK/cut.dat"
status "no more than a beginning" 6 'cannot read .*/cut.dat: damaged' "$MHPTOP" check "$WORK/cut.dat"
# Code of a user must not run when root checks a file.
mkdir -p "$WORK/home/.local/lib/traceevent/plugins" "$WORK/home/.traceevent/plugins"
gcc -shared -fPIC -o "$WORK/home/plugin.so" -x c - <<'C'
#include <fcntl.h>
#include <stdlib.h>
static void __attribute__((constructor)) loaded(void) { creat(getenv("LOADED"), 0600); }
C
cp "$WORK/home/plugin.so" "$WORK/home/.local/lib/traceevent/plugins"
cp "$WORK/home/plugin.so" "$WORK/home/.traceevent/plugins"
check "with plugins at home" env HOME="$WORK/home" TRACEEVENT_PLUGIN_DIR="$WORK/home" TRACE_CMD_PLUGIN_DIR="$WORK/home" \
	LOADED="$WORK/loaded" "$MHPTOP" check trace-cmd-v7.dat
eq "none is loaded" "$(ls "$WORK/loaded" 2>/dev/null)" ""
for file in trace-cmd-v6.dat.xz trace-cmd-v7.dat "$WORK/range.dat"; do
	eq "100 times damaged, ${file##*/} is read or refused in one line" \
		"$(./trace_dat.py run 1 100 "$WORK" "$file" "$MHPTOP" check 2>/dev/null)" ""
done
# Pages of no memory on earth: who walks them must not do so for ever.
sed '0,/mhp_remove_begin/s/\(mhp_remove_begin.*nr_pages"*:\)[0-9]*/\1144115188075855872/' eject-range.ndjson >"$WORK/huge.ndjson"
./trace_dat.py fill trace-cmd-v6.dat.xz "$WORK/huge.ndjson" "$WORK/huge.dat"
status "more pages than there are" 6 'mhp_remove_begin: nr_pages has no value that makes sense' \
	timeout -s KILL 60 "$MHPTOP" check "$WORK/huge.dat"
printf 'PERFILE2nothing' >"$WORK/perf.data"
status "perf.data without perf" 1 "perf is not installed; apt-get install linux-perf, or give what 'perf script' prints" \
	env PATH=/nowhere "$MHPTOP" check "$WORK/perf.data"
mkdir "$WORK/bin"
printf '#!/bin/sh\necho cannot >&2\nexit 1\n' >"$WORK/bin/perf"
chmod +x "$WORK/bin/perf"
status "perf.data that perf cannot read" 6 "'perf script -i' failed: see what it said" \
	env PATH="$WORK/bin:$PATH" "$MHPTOP" check "$WORK/perf.data"

"$TOP/build/tests/generate" 8192 >"$WORK/many.ndjson"
verdict "the lives of 8,192 memory blocks keep all laws" 0 '^# PASS: 164352 events' "$WORK/many.ndjson"
if [[ $MHPTOP == */build/mhptop ]]; then
	resident=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$MHPTOP" check "$WORK/many.ndjson")
	check "and to judge them takes at most 32 MiB: $resident KiB" test "$resident" -le 32768
fi
eq "every rule is in docs/rules.md" "$("$MHPTOP" check range.ndjson | sed -n 's/^\(not \)\?ok [0-9]* \([a-z.]*\): .*/\2/p' |
	grep -vx events | while read -r rule; do grep -q "^### $rule\$" "$TOP/docs/rules.md" || echo "$rule"; done)" ""
done_testing
