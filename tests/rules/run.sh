#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whether the rules detect violations in modified recordings of real runs, and what `mhptop check` prints and returns.
# MHPTOP is the program under test, MUTATE modifies recordings in bulk (mutate.c).
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP/tests/rules" || exit 1
MHPTOP=$(realpath "$TOP/${MHPTOP:-build/mhptop}") MUTATE=$TOP/build/tests/mutate

# violates RULE RECORDING EDIT…: the check reports that the edit violates the rule, and exits with 3
violates() {
	local rule=$1 recording=$2 got=0
	shift 2
	if ! ./edit.py "$recording.ndjson" "$@" >"$WORK/violating.ndjson"; then
		fail "$rule is violated by $*" "edit.py failed"
		return
	fi
	"$MHPTOP" check "$WORK/violating.ndjson" >"$WORK/verdict" 2>"$WORK/stderr" || got=$?
	if ((got == 3)) && grep -q "^not ok [0-9]* $rule: " "$WORK/verdict"; then
		pass "$rule is violated by $*"
	else
		fail "$rule is violated by $*" "exit $got"$'\n'"$(grep -A3 '^not ok' "$WORK/verdict")"
	fi
}

# verdict NAME WANT REGEX OPTION…: the exit status of a check, and a line of its verdict
verdict() {
	local name=$1 want=$2 regex=$3 got=0
	shift 3
	"$MHPTOP" check "$@" >"$WORK/verdict" 2>"$WORK/stderr" </dev/null || got=$?
	if ((got == want)) && cat "$WORK/verdict" "$WORK/stderr" | grep -qE -- "$regex"; then
		pass "$name"
	else
		fail "$name" "exit $got, want $want"$'\n'"$(grep -E '^not ok|^# [A-Z]' "$WORK/verdict"; cat "$WORK/stderr")"
	fi
}

for recording in *.ndjson; do
	"$MUTATE" "$recording" equivalent.txt >"$WORK/mutants"
	grep '^# [0-9a-z]' "$WORK/mutants" | sed "s/^# /# ${recording%.ndjson}: /"
	check "${recording%.ndjson}: a real run violates no rule" grep -q '^ok 1 ' "$WORK/mutants"
	check "${recording%.ndjson}: at least 99 % of its mutants are detected" grep -q '^ok 2 ' "$WORK/mutants"
	check "${recording%.ndjson}: a lost event is never reported as a violation" grep -q '^ok 3 ' "$WORK/mutants"
	check "${recording%.ndjson}: no stream that ends inside an operation passes" grep -q '^ok 4 ' "$WORK/mutants"
	check "${recording%.ndjson}: no operation without its end event passes" grep -q '^ok 5 ' "$WORK/mutants"
	check "${recording%.ndjson}: no lost event passes if the count of losses is hidden" grep -q '^ok 6 ' "$WORK/mutants"
	check "${recording%.ndjson}: the end of an operation that began before the stream counts" grep -q '^ok 7 ' "$WORK/mutants"
	verdict "${recording%.ndjson}: the check passes" 0 '^# PASS: ' "$recording"
done

# unjudged RECORDING REGEX EDIT…: what is unknown violates nothing, and the check says what it did not judge
unjudged() {
	local recording=$1 regex=$2 got=0
	shift 2
	./edit.py "$recording.ndjson" "$@" >"$WORK/unknown.ndjson" || got=7
	((got)) || "$MHPTOP" check "$WORK/unknown.ndjson" >"$WORK/verdict" 2>"$WORK/stderr" || got=$?
	if ((got == 0)) && grep -qE -- "$regex" "$WORK/verdict"; then
		pass "$recording: $* is not judged"
	else
		fail "$recording: $* is not judged" "exit $got"$'\n'"$(grep -E -A3 '^not ok|^# ' "$WORK/verdict"; cat "$WORK/stderr")"
	fi
}

for recording in failures-block failures-buddy; do
	for field in mhp_vmemmap_populate.host_pfn mhp_add_end.why; do
		unjudged $recording "^# not judged [0-9]+ times: $field is unknown" "unknown:${field/./:}"
	done
	unjudged $recording '^# not judged [0-9]+ times: mhp_failed.reason' unknown:mhp_offline_failed:reason unknown:mhp_online_failed:reason
	unjudged $recording '^# not judged [0-9]+ times: mhp_block_end.zone' unknown:mhp_online_end:zone unknown:mhp_online_begin:zone
	unjudged $recording '^# not judged [0-9]+ times: mhp_offline_blocker.p' unknown:mhp_offline_blocker:pfn unknown:mhp_offline_blocker:pass \
		unknown:mhp_offline_blocker:kind
	unjudged $recording '^# PASS' unknown:mhp_add_begin:nid
	unjudged $recording '^# unknown to events, and not judged: mhp_offline_blocker' unseen:mhp_offline_blocker
	unjudged $recording '^# unknown to events, and not judged: mhp_notify' unseen:mhp_notify
	unjudged $recording 'SKIP not judged: events cannot report mhp_vmemmap_ref' unseen:mhp_vmemmap_ref
done
for recording in range eject-range failures-range first-range; do
	unjudged $recording '^# unknown to events, and not judged: mhp_notify' unseen:mhp_notify
	unjudged $recording 'SKIP not judged: events cannot report mhp_vmemmap_ref' unseen:mhp_vmemmap_ref
done
unjudged ../golden/first-range 'SKIP not judged: events cannot report mhp_vmemmap_ref' unseen:mhp_vmemmap_ref
unjudged first-range '^# not judged [0-9]+ times: mhp_block_end.reason' unknown:mhp_offline_end:reason
unjudged first-range '^# PASS' unknown:mhp_online_end:reason unknown:mhp_online_end:zone
./edit.py ../golden/range-late.ndjson unseen:mhp_vmemmap_ref >"$WORK/late.ndjson"
verdict "range-late: references of the snapshot are not judged if their events are unknown" 5 '^# UNKNOWN: ' "$WORK/late.ndjson"
unjudged failures-buddy '^# not judged [0-9]+ times: mhp_vmemmap_populate.vmemmap_pages' unknown:mhp_vmemmap_populate:vmemmap_pages
unjudged cycles '^# not judged [0-9]+ times: mhp_vmemmap_free.host_pfn' unknown:mhp_vmemmap_free:host_pfn
unjudged cycles '^# PASS' unknown:mhp_vmemmap_free:hosting
unjudged cycles '^# not judged [0-9]+ times: mhp_remove_(begin|end).(nid|vmemmap_pages)' unknown:mhp_remove_begin:nid \
	unknown:mhp_remove_begin:vmemmap_pages unknown:mhp_remove_end:nid unknown:mhp_remove_end:vmemmap_pages

violates order.add failures-block drop:mhp_vmemmap_populate:3
violates order.online failures-block drop:mhp_managed:1
violates order.offline failures-block drop:mhp_vmemmap_offline:1
violates order.remove cycles drop:mhp_vmemmap_free:1
violates order.life failures-block double:mhp_online_end:1
violates same.block failures-block set:mhp_vmemmap_online:1:nid:1
violates result.reason failures-block set:mhp_offline_failed:1:reason:isolation
violates result.reason failures-block drop:mhp_offline_failed:2
violates result.reason failures-block double:mhp_online_failed:1
violates result.reason failures-block set:mhp_offline_failed:3:ret:-12
violates result.reason first-range set:mhp_offline_end:1:reason:none
violates same.block failures-block set:mhp_offline_failed:1:start_pfn:1048575
violates same.block failures-block set:mhp_offline_failed:1:nr_pages:32257
violates order.life failures-block swap:mhp_online_failed:2
violates memmap.populate failures-block set:mhp_vmemmap_populate:2:host_pfn:7
violates memmap.free range set:mhp_vmemmap_free:3:host_pfn:7
violates memmap.alloc range set:mhp_vmemmap_populate:2:altmap_alloc:1025
violates memmap.hosting failures-block set:mhp_add_end:1:hosting:buddy
violates memmap.retired eject-range set:mhp_vmemmap_free:1:vmemmap_pages:511
violates range.refs range set:mhp_vmemmap_ref:10:refs:9
violates range.teardown range swap:mhp_vmemmap_free:3
violates range.teardown range drop:mhp_vmemmap_ref:100
violates range.users range drop:mhp_vmemmap_offline:1
violates range.users range drop:mhp_vmemmap_online:2
violates range.users range double:mhp_vmemmap_online:1
violates pages.range range drop:mhp_present:2
violates pages.range range set:mhp_present:2:delta:33791
violates pages.block failures-buddy set:mhp_managed:1:delta:32767
violates pages.zone failures-block set:mhp_present:3:after:1
violates pages.rollback failures-block set:mhp_present:4:delta:500
violates remove.match eject-range gone:32
violates remove.match range drop:mhp_remove_failed:1 set:mhp_remove_end:1:ret:0
violates remove.match first-range set:mhp_remove_end:5:ret:0
violates memory.leak cycles set:mhp_snapshot_memory:2:unaccounted:5000 set:mhp_snapshot_memory:3:unaccounted:9000 \
	set:mhp_snapshot_memory:4:unaccounted:13000

# A real run of a kernel that lost 511 of each 512 pages of memmap that it freed: no event shows it.
verdict "a kernel that frees less memmap than its events report" 3 '^not ok [0-9]+ memory\.leak:' leaking/cycles.ndjson
eq "no other rule detects that" "$(grep -c '^not ok' "$WORK/verdict")" 1

# A real run in which a balloon grew and shrank.
verdict "what a balloon takes from a zone is not judged" 0 '^# not judged 1 times: what a balloon took from the zone is unknown' balloon/swelling.ndjson
./edit.py balloon/swelling.ndjson set:mhp_managed:1:delta:40000 >"$WORK/swelling.ndjson"
verdict "  nor what it gives back while a block goes online" 0 '^# PASS: ' "$WORK/swelling.ndjson"
eq "  by either rule" "$(grep -c 'what a balloon took' "$WORK/verdict")" 2
sed -i '1s/"balloon":true,//' "$WORK/swelling.ndjson"
verdict "  nor is \"balloon\":false a balloon" 6 '"balloon" is not true' <(sed '1s/"type"/"balloon":false,&/' "$WORK/swelling.ndjson")
verdict "  without a balloon, such counts violate rules" 3 '^not ok [0-9]+ pages\.zone:' "$WORK/swelling.ndjson"
check "  both of these rules" grep -q '^not ok [0-9]* pages\.block:' "$WORK/verdict"
# Its driver was loaded after the recording had begun.
came='counts of managed pages look wrong, but a balloon driver was loaded meanwhile'
sed '$s/"mono_ns":[0-9]*/&,"balloon":true/' "$WORK/swelling.ndjson" >"$WORK/came.ndjson"
verdict "a balloon that came later may be the cause" 5 "^# $came$" "$WORK/came.ndjson"
check "  of a violation of either rule" test "$(grep -cE '^not ok [0-9]+ pages\.(zone|block):' "$WORK/verdict")" = 2
verdict "  but not of another one" 3 '^# FAIL: ' --max-online 1us "$WORK/came.ndjson"
verdict "  nor of one in another recording" 3 '^# FAIL: ' "$WORK/came.ndjson" "$WORK/swelling.ndjson"
cat "$WORK/came.ndjson" "$WORK/swelling.ndjson" >"$WORK/joined.ndjson"
verdict "  that follows in the same file" 3 '^# FAIL: ' "$WORK/joined.ndjson"
"$TOP/build/tests/as_binary" "$WORK/came.ndjson" >"$WORK/came.mhp"
verdict "  the binary form says it, too" 5 "^# $came$" "$WORK/came.mhp"
sed '$s/"mono_ns":[0-9]*/&,"balloon":true/' range.ndjson >"$WORK/came.ndjson"
verdict "  where nothing looks wrong, it does not matter" 0 '^# PASS: ' "$WORK/came.ndjson"
verdict "  nor is \"balloon\":false in the totals one" 6 '"balloon" is not true' <(sed 's/"balloon":true/"balloon":false/' "$WORK/came.ndjson")

verdict "the counts of memory are checked" 0 '^ok [0-9]+ memory\.leak: [^#]*$' cycles.ndjson
verdict "a recording without counts of memory skips the rule" 0 '^ok [0-9]+ memory\.leak: .*# SKIP' range.ndjson
./edit.py leaking/cycles.ndjson drop:mhp_snapshot_memory:4 >"$WORK/twice.ndjson"
verdict "two cycles are too few for the rule" 0 '^ok [0-9]+ memory\.leak: .*# SKIP' "$WORK/twice.ndjson"
./edit.py cycles.ndjson set:mhp_snapshot_memory:3:unaccounted:9000 set:mhp_snapshot_memory:4:unaccounted:9000 >"$WORK/step.ndjson"
verdict "pages that something allocates once" 0 '^ok [0-9]+ memory\.leak: [^#]*$' "$WORK/step.ndjson"
./edit.py eject-range.ndjson lose:mhp_online_end:1 until:mhp_offline_end:6 ends:30 >"$WORK/lost.ndjson"
verdict "inconclusive: that memory went online may be among the lost events" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' --max-idle 5s \
	"$WORK/lost.ndjson"
./edit.py leaking/cycles.ndjson wait:mhp_snapshot_memory:2:601 wait:mhp_snapshot_memory:3:601 wait:mhp_snapshot_memory:4:601 >"$WORK/slow.ndjson"
verdict "cycles of more than ten minutes are not compared" 0 '^ok [0-9]+ memory\.leak: .*# SKIP' "$WORK/slow.ndjson"
./edit.py leaking/cycles.ndjson swap:mhp_remove_end:1 swap:mhp_remove_end:2 swap:mhp_remove_end:3 >"$WORK/during.ndjson"
verdict "memory that is counted during an operation is not compared" 0 '^ok [0-9]+ memory\.leak: .*# SKIP' "$WORK/during.ndjson"
./edit.py leaking/cycles.ndjson lose:mhp_notify:3 >"$WORK/lost.ndjson"
verdict "inconclusive: an event was lost between the counts" 5 '^# UNKNOWN: ' "$WORK/lost.ndjson"

# Time and numbers: a recorder takes both under one lock, unless an event did not get it in time.
for edit in mhp_online_begin:2:-0.5 mhp_managed:1:0.5; do
	./edit.py eject-range.ndjson time:$edit >"$WORK/back.ndjson"
	verdict "damaged: time goes back: $edit" 6 'back.ndjson:[0-9]+: the numbers and the times of events are not in the same order' "$WORK/back.ndjson"
	sed '$s/"lost":0,/&"no_lock":3,/' "$WORK/back.ndjson" >"$WORK/lock.ndjson"
	verdict "  unless events did not get the lock" 5 "did not get the collector's lock in time: 3" "$WORK/lock.ndjson"
	sed '$d' "$WORK/back.ndjson" >"$WORK/cut.ndjson"
	verdict "  or nothing says so" 5 "did not get the collector's lock in time: 1" "$WORK/cut.ndjson"
	cat "$WORK/cut.ndjson" eject-range.ndjson >"$WORK/joined.ndjson"
	verdict "  also in the first of two recordings" 5 "did not get the collector's lock in time: 1" "$WORK/joined.ndjson"
done
line=$(grep -n mhp_online_begin eject-range.ndjson | sed -n '2s/:.*//p')
./edit.py eject-range.ndjson time:mhp_online_begin:2:-0.5 >"$WORK/back.ndjson"
verdict "  with the line" 6 "back.ndjson:$line: " "$WORK/back.ndjson"
# A word of a newer kernel or mhptop, in one event or all of a name, accuses nobody; what is no word is damage.
for word in mhp_present:zone mhp_managed:cause mhp_notify:step mhp_offline_failed:reason mhp_add_end:why mhp_add_end:hosting \
	mhp_vmemmap_populate:hosting mhp_vmemmap_ref:op mhp_offline_blocker:stage mhp_offline_blocker:kind mhp_snapshot_block:state \
	mhp_snapshot_block:origin; do
	for at in '' '0,'; do
		sed -E "$at/\"${word%:*}\"/s/(\"${word%:*}\".*\"${word#*:}\":)\"[a-zA-Z_0-9]*\"/\1\"of_tomorrow\"/" eject-range.ndjson >"$WORK/word.ndjson"
		verdict "inconclusive: a word that is not known: ${word}${at:+, once}" 5 'or with unknown words, were skipped' "$WORK/word.ndjson"
	done
	sed -E "0,/\"${word%:*}\"/s/(\"${word%:*}\".*\"${word#*:}\":)\"[a-zA-Z_0-9]*\"/\1\"of;tomorrow\"/" eject-range.ndjson >"$WORK/word.ndjson"
	verdict "damaged: what is no word" 6 "\"${word#*:}\" is not a valid word" "$WORK/word.ndjson"
done
sed '/mhp_online_begin/s/"zone":"[A-Za-z]*"/"zone":"of_tomorrow"/' cycles.ndjson >"$WORK/word.ndjson"
verdict "damaged: an unknown word in a recording of schema 1 or 2" 6 '"zone" is not a valid word' "$WORK/word.ndjson"
for late in mhp_managed:1:1 mhp_managed:1:10 mhp_managed:1:200 mhp_online_begin:3:30 mhp_offline_end:2:70; do
	./edit.py eject-range.ndjson late:$late >"$WORK/late.ndjson"
	verdict "inconclusive: an event comes late: $late" 5 '^# UNKNOWN: ' "$WORK/late.ndjson"
done
./edit.py eject-range.ndjson late:mhp_snapshot_memory:1:63 | sed '$s/"lost":0,/&"no_lock":1,/' >"$WORK/late.ndjson"
verdict "the time of an event that comes late is no lower bound for an operation" 5 '^# UNKNOWN: ' --max-remove 10ms "$WORK/late.ndjson"
check "  nor is the operation said to have taken long" bash -c '! grep "took at least" "$1"' _ "$WORK/verdict"
./edit.py eject-range.ndjson wait:mhp_remove_end:1:3 late:mhp_snapshot_memory:1:63 | sed '$s/"lost":0,/&"no_lock":1,/' >"$WORK/late.ndjson"
verdict "  but the time of the event before it is" 3 'found remove took at least 3' --max-remove 10ms "$WORK/late.ndjson"
./edit.py eject-range.ndjson late:mhp_vmemmap_ref:1:66 >"$WORK/late.ndjson"
verdict "inconclusive: an event comes so late that it was taken for lost" 5 'events came out of order' "$WORK/late.ndjson"
./edit.py eject-range.ndjson drop:mhp_notify:47 late:mhp_vmemmap_ref:1:66 >"$WORK/late.ndjson"
verdict "  a violation long after it came" 3 '^not ok [0-9]+ order\.offline' "$WORK/late.ndjson"

# Cases that are in none of the recordings of real runs
export PYTHONDONTWRITEBYTECODE=1
./made_up.py late-removal >"$WORK/made.ndjson"
verdict "memory blocks of the snapshot are removed" 0 '^# PASS' "$WORK/made.ndjson"
./made_up.py late-removal online >"$WORK/made.ndjson"
verdict "a memory block of the snapshot is removed while it is online" 3 '^not ok [0-9]+ remove\.match' "$WORK/made.ndjson"
for going in offline online; do
	./made_up.py late-block "$going" | sed 's/{"totals":{/&"mono_ns":60000000000,/' >"$WORK/made.ndjson"
	verdict "a memory block has been going $going since before the recording" 5 \
		"^# the $going operation on memory32 has not ended after 59s" "$WORK/made.ndjson" # since the recording began
	verdict "  with --expect-success" 3 "found $going has not ended after" --expect-success "$WORK/made.ndjson"
	verdict "  with a time limit" 3 "expected at most 2s; found $going has not ended after" --max-$going 2s "$WORK/made.ndjson"
done
./made_up.py late-block ends >"$WORK/made.ndjson"
verdict "an operation that began before the recording ends in it" 0 '^# PASS' --expect-success --expect-offlines 1 "$WORK/made.ndjson"
verdict "  it may have exceeded a time limit" 5 '^# an operation that began before the recording may have exceeded' --max-offline 2s \
	"$WORK/made.ndjson"
verdict "  unless there is none for it" 0 '^# PASS' --max-offline 2s --skip budget.time --expect-success "$WORK/made.ndjson"
# Limits of values that the source does not know
./edit.py failures-buddy.ndjson unknown:mhp_add_end:hosting unknown:mhp_add_end:why >"$WORK/unknown.ndjson"
verdict "no limit for a host that is unknown" 0 '^# PASS' "$WORK/unknown.ndjson"
for limit in "expect-hosting buddy" "max-vmemmap 1%"; do
	# shellcheck disable=SC2086	# an option and its value
	verdict "--$limit for a host that is unknown" 5 '^# a limit was not judged, as mhp_add_end.hosting is unknown' --$limit "$WORK/unknown.ndjson"
done
./edit.py eject-range.ndjson until:mhp_add_end:1 ends:30 unseen:mhp_vmemmap_populate unseen:mhp_vmemmap_ref >"$WORK/idle.ndjson"
verdict "memory that stays offline, whose memmap no event reports" 3 'found not online after 30s' --max-idle 5s "$WORK/idle.ndjson"
./edit.py eject-range.ndjson unseen:mhp_vmemmap_populate unseen:mhp_vmemmap_ref >"$WORK/unseen.ndjson"
for limit in '--max-offline 1us' --expect-success '--expect-adds 3' '--max-idle 1us' '--expect-hosting buddy'; do
	# shellcheck disable=SC2086	# an option and its value
	verdict "  nor that of others: $limit" 3 '^# FAIL: ' $limit "$WORK/unseen.ndjson"
done
./edit.py eject-range.ndjson until:mhp_add_end:1 ends:30 unseen:mhp_online_end >"$WORK/idle.ndjson"
verdict "inconclusive: memory that stays offline, if nothing would report that it went online" 5 'cannot report all begins and ends' \
	--max-idle 5s "$WORK/idle.ndjson"
for event in add_begin add_end remove_begin remove_end online_begin online_end offline_begin offline_end present managed \
	vmemmap_populate vmemmap_online vmemmap_offline vmemmap_free; do
	./edit.py eject-range.ndjson unseen:mhp_$event >"$WORK/unseen.ndjson"
	verdict "inconclusive: a source that cannot report mhp_$event" 5 '^# the source cannot report all begins and ends' "$WORK/unseen.ndjson"
done
./edit.py failures-block.ndjson drop:mhp_managed:1 | sed '$s/"lost":0,/&"no_lock":3,/' >"$WORK/order.ndjson"
verdict "inconclusive: a violation, but the order of events may be wrong" 5 '^# order and accounts may be wrong' "$WORK/order.ndjson"
# Real runs in which a recorder was attached to an offline that had begun
verdict "the offline exceeds its limit after the attach" 3 'found offline took at least 8.0' --max-offline 2s late/works.ndjson
verdict "  it counts" 3 '^# expected 0 successful offlines; found 1$' --expect-offlines 0 late/works.ndjson
verdict "  a failure counts" 3 'found offline failed with -4' --expect-success late/fails.ndjson
verdict "  with --retries-ok" 3 'found offline failed with -4' --retries-ok late/fails.ndjson
verdict "  it is allowed" 0 '^# PASS' --allow-failures 1 late/fails.ndjson
verdict "the memory was online before it went offline" 0 '^ok [0-9]+ budget\.online:' --expect-online 0x108000000-0x10fffffff late/works.ndjson
# What sysfs says of memory blocks when the kernel's own data cannot be read
sed 's/"origin":"kernel"/"origin":"sysfs"/' range.ndjson >"$WORK/sysfs.ndjson"
verdict "memory that sysfs lists as online" 0 '^ok [0-9]+ budget\.online:' --expect-online 0x0-0x7ffffff "$WORK/sysfs.ndjson"
verdict "memory that sysfs does not list" 3 '^not ok [0-9]+ budget\.online:' --expect-online 0x900000000-0x907ffffff "$WORK/sysfs.ndjson"
sed 's/"origin":"kernel"/"origin":"sysfs"/' ../golden/attached.ndjson >"$WORK/sysfs.ndjson"
verdict "an offline that sysfs lists as going on" 3 'found offline has not ended after' --max-offline 1s "$WORK/sysfs.ndjson"
sed 's/"source":"events"/"source":"probes"/' ../golden/attached.ndjson >"$WORK/probes.ndjson"
verdict "an offline that the probes would not see end" 5 'the offline operation on memory[0-9]+ has not ended' --max-offline 1s \
	--expect-success "$WORK/probes.ndjson"
./edit.py range.ndjson until:mhp_add_end:1 unseen:mhp_snapshot_block >"$WORK/added.ndjson"
verdict "memory that no recording lists" 5 'may have happened after the last event|its end is missing' --expect-online 0x0-0x7ffffff \
	trace-cmd-v7.dat
verdict "  but a block that was added cannot have been online before" 3 '^not ok [0-9]+ budget\.online:' \
	--expect-online 0x100000000-0x13fffffff "$WORK/added.ndjson"
./made_up.py device-first >"$WORK/made.ndjson"
verdict "memmap that is smaller because it belongs to a device" 0 '^# PASS' "$WORK/made.ndjson"
./made_up.py retired >"$WORK/made.ndjson"
verdict "retired memmap is freed with its neighbour" 0 '^# PASS' --expect-adds 0 "$WORK/made.ndjson"
verdict "the memmap of devices alone proves nothing" 5 '^# nothing happened' --expect-success "$WORK/made.ndjson"
check "retired memmap that was freed is not listed" bash -c '! grep -q "memmap retired;" "$0"' "$WORK/verdict"
./made_up.py retired waits >"$WORK/made.ndjson"
verdict "retired memmap is listed while its neighbour remains" 0 \
	'^# pages 0x100000\+16384: memmap retired; its backing at page 0x4000\+512 stays' --expect-adds 0 "$WORK/made.ndjson"
./made_up.py retired leak >"$WORK/made.ndjson"
verdict "retired memmap without a neighbour is a leak" 3 '^not ok [0-9]+ memmap\.retired' "$WORK/made.ndjson"
./made_up.py retired lost >"$WORK/retired.ndjson"
./edit.py "$WORK/retired.ndjson" lose:mhp_vmemmap_free:2 >"$WORK/lost.ndjson"
verdict "retired memmap may have been freed in a lost event" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' "$WORK/lost.ndjson"
verdict "  it was" 0 '^# PASS' "$WORK/retired.ndjson"
for way in up down; do
	./made_up.py wide $way >"$WORK/made.ndjson"
	verdict "neighbours that share a backing page, removed $way" 0 '^# PASS' "$WORK/made.ndjson"
	check "  none of it is listed as retired" bash -c '! grep -q "memmap retired;" "$0"' "$WORK/verdict"
done
./made_up.py wide waits >"$WORK/made.ndjson"
verdict "the part of a backing page that its first user gave up is listed" 0 \
	'^# pages 0x106666\+6554: memmap retired; its backing at page 0x9200\+512 stays' "$WORK/made.ndjson"
./made_up.py wide leak >"$WORK/made.ndjson"
verdict "a backing page that its last user does not free is a leak" 3 '^not ok [0-9]+ memmap\.retired' "$WORK/made.ndjson"
./made_up.py wide more >"$WORK/made.ndjson"
verdict "a section cannot take more than the backing pages of its memmap" 3 '^not ok [0-9]+ memmap\.populate' "$WORK/made.ndjson"
# A text does not have the size of a struct page, and may have been printed without what was retired.
for case in 'wide:5:memmap of different sizes' 'wide down:5:memmap of different sizes' 'wide waits:5:memmap of different sizes' \
	'wide leak:3:^not ok [0-9]+ memmap\.retired' 'retired:0:^# PASS' 'retired waits:0:^# PASS'; do
	IFS=: read -r made status regex <<<"$case"
	# shellcheck disable=SC2086	# two words
	./made_up.py $made >"$WORK/made.ndjson"
	"$TOP/build/tests/as_text" perf "$WORK/made.ndjson" >"$WORK/made.txt"
	verdict "as text: $made" "$status" "$regex" --expect-adds 0..9 "$WORK/made.txt"
	grep -v mhp_vmemmap_retired "$WORK/made.txt" >"$WORK/some.txt"
	verdict "  without what was retired" "$status" "$regex" --expect-adds 0..9 "$WORK/some.txt"
done
./made_up.py retired leak >"$WORK/made.ndjson"
"$TOP/build/tests/as_text" perf "$WORK/made.ndjson" >"$WORK/made.txt"
verdict "as text: retired leak" 3 '^not ok [0-9]+ memmap\.retired' "$WORK/made.txt"
# A section that was there before had a part of what its neighbour frees.
for recording in ndjson txt; do
	./made_up.py wide late >"$WORK/made.ndjson"
	"$TOP/build/tests/as_text" perf "$WORK/made.ndjson" >"$WORK/made.txt"
	verdict "memmap that a neighbour shares which was there before, as $recording" "$([[ $recording == txt ]] && echo 5 || echo 0)" \
		'^# (PASS|UNKNOWN)' "$WORK/made.$recording"
done

verdict "operations within their time limits" 0 '^ok [0-9]+ budget\.time:' --max-offline 3600s --max-online 100 range.ndjson
verdict "an offline that exceeds its time limit" 3 '^# memory[0-9]+, .*(offline|online) took' --max-offline 1us range.ndjson
check "the violation states the time limit" grep -q '^# memory.* expected at most 1us; found' "$WORK/verdict"
sed '/mhp_offline_end/,$d' failures-block.ndjson >"$WORK/hang.ndjson"
tail -n 1 "$WORK/hang.ndjson" | sed 's/"seq":\([0-9]*\),"ns":[0-9]*/"seq":99999,"ns":999000000000/' >"$WORK/last"
sed -i "s/99999/$(grep -c '"event"' "$WORK/hang.ndjson")/" "$WORK/last"
sed -i '$d' "$WORK/hang.ndjson"
cat "$WORK/last" >>"$WORK/hang.ndjson"
verdict "an offline that exceeds its time limit without ending" 3 'found offline has not ended after [0-9.]*s' \
	--max-offline 2s "$WORK/hang.ndjson"
verdict "memmap within its limit" 0 '^ok [0-9]+ budget\.vmemmap:' --max-vmemmap 1.6 failures-block.ndjson
verdict "memmap above its limit" 3 '^not ok [0-9]+ budget\.vmemmap:' --max-vmemmap 1.5% failures-block.ndjson
verdict "memmap hosted as expected" 0 '^ok [0-9]+ budget\.hosting:' --expect-hosting range eject-range.ndjson
verdict "memmap hosted by the buddy instead of the block" 3 'found hosting buddy, why disabled' --expect-hosting block failures-buddy.ndjson
verdict "the expected range was removed" 0 '^ok [0-9]+ budget\.removed:' \
	--expect-removed 0x100000000-0x107ffffff eject-range.ndjson
verdict "the expected range was not removed" 3 '^not ok [0-9]+ budget\.removed:' --expect-removed 0x100000000-0x13fffffff failures-block.ndjson
check "an event of an earlier operation is shown without its fields" grep -qE '^#   before [0-9.]+ mhp_[a-z_]+$' "$WORK/verdict"
status "two different --expect-removed ranges are rejected" 2 'expect-removed is given twice' "$MHPTOP" check \
	--expect-removed 0x100000000-0x107ffffff --expect-removed 0x200000000-0x207ffffff range.ndjson
verdict "a failed operation with --expect-success" 3 '^not ok [0-9]+ budget\.failures:' --expect-success failures-block.ndjson
verdict "an operation that fails and a later try that works" 0 '^ok [0-9]+ budget\.failures:' --retries-ok eject-range.ndjson
./edit.py eject-range.ndjson lose:mhp_offline_begin:9 until:mhp_offline_end:8 >"$WORK/lost.ndjson"
verdict "inconclusive: the later try may be among the lost events" 5 '^# UNKNOWN' --retries-ok "$WORK/lost.ndjson"
verdict "two numbers of operations" 0 '^ok [0-9]+ budget\.count:' --expect-adds 4..9 --expect-removes 0..4 eject-range.ndjson
verdict "too few operations" 3 '^# expected 5 successful adds; found 4$' --expect-adds 5 eject-range.ndjson
verdict "too many operations" 3 '^# expected 1 to 3 successful removes; found 4$' --expect-removes 1..3 eject-range.ndjson
verdict "added memory that goes online in time" 0 '^ok [0-9]+ budget\.idle:' --max-idle 1m eject-range.ndjson
verdict "added memory that goes online late" 3 'expected online at most 1us after its add; found online after' --max-idle 1us eject-range.ndjson
./edit.py eject-range.ndjson set:mhp_add_end:1:ns:999000000000 >"$WORK/later.ndjson"
verdict "damaged: memory that went online before it was added" 6 'not in the same order' --max-idle 5s "$WORK/later.ndjson"
verdict "memory blocks that were removed more than once count once" 3 'found 9 of 12 memory blocks' \
	--expect-removed 0x100000000-0x15fffffff eject-range.ndjson
verdict "memory of the snapshot is online" 0 '^ok [0-9]+ budget\.online:' --expect-online 0x0-0x7ffffff range.ndjson
# check_pipe OPTION…: start a check of a pipe whose write end is descriptor 4, as job $!
check_pipe() {
	rm -f "$WORK/pipe"
	mkfifo "$WORK/pipe"
	exec 4<>"$WORK/pipe"
	"$MHPTOP" check "$@" - <"$WORK/pipe" >"$WORK/verdict" 2>"$WORK/stderr" 4>&- &
}
# silent NAME WANT REGEX FILE LAST: check a pipe that is silent for a second before the last lines of a file
silent() {
	local got=0 pid
	check_pipe --max-offline 300ms
	pid=$!
	head -n "-$5" "$4" >&4
	all_read $pid 4
	sleep 1
	tail -n "$5" "$4" >&4
	exec 4>&-
	wait $pid || got=$?
	if ((got == $2)) && cat "$WORK/verdict" "$WORK/stderr" | grep -qE -- "$3"; then
		pass "$1"
	else
		fail "$1" "exit $got, want $2"$'\n'"$(cat "$WORK/verdict" "$WORK/stderr")"
	fi
}
# A pipe: the clock that counts is how long it has been silent, also if the totals of an old recorder end it.
sed '/mhp_offline_begin/q' eject-range.ndjson >"$WORK/begun.ndjson"
./edit.py eject-range.ndjson until:mhp_offline_begin:1 >"$WORK/hang.ndjson"
silent "a pipe that is silent for longer than the limit" 3 '^# memory32, .* found offline has not ended after' "$WORK/hang.ndjson" 1
silent "a pipe that ends without totals: nobody knows since when it had no writer" 5 'its end is missing' "$WORK/begun.ndjson" 0
./edit.py eject-range.ndjson until:mhp_offline_begin:1 ends:0.1 >"$WORK/hang.ndjson"
silent "the end of a recording counts, not how long its pipe is silent" 5 'the offline operation on memory32 has not ended after 100ms' \
	"$WORK/hang.ndjson" 1
# Kernels since 6.19
./edit.py failures-block.ndjson without:prepare_online without:finish_offline >"$WORK/new.ndjson"
verdict "a kernel without the steps that 6.19 removed" 0 '^# PASS' "$WORK/new.ndjson"
./edit.py failures-block.ndjson without:prepare_online >"$WORK/new.ndjson"
verdict "a kernel that has one of these steps needs the other one" 3 \
	'expected prepare_online or mhp_online_end; found mhp_vmemmap_online|expected mhp_online_end or prepare_online; found' "$WORK/new.ndjson"
printf '# our limits\nmax-offline 1us # not long\n\nexpect-hosting block\n' >"$WORK/rules"
verdict "a limit from a rules file" 3 '^not ok [0-9]+ budget\.time:' --rules "$WORK/rules" failures-block.ndjson
check "the other settings of the rules file" grep -qE '^ok [0-9]+ budget\.hosting:' "$WORK/verdict"
./edit.py failures-block.ndjson set:mhp_vmemmap_online:1:nid:1 >"$WORK/violating.ndjson"
verdict "a violated rule with --skip" 0 '^# PASS' --skip same.block "$WORK/violating.ndjson"
eq "a skipped rule is not in the report" "$(grep -c ' same\.block:' "$WORK/verdict")" 0

./edit.py failures-block.ndjson lose:mhp_notify:5 >"$WORK/lost.ndjson"
verdict "inconclusive: an event was lost" 5 '^# UNKNOWN: [0-9]+ events, 1 lost' "$WORK/lost.ndjson"
./edit.py failures-block.ndjson lose:mhp_notify:5 set:mhp_vmemmap_online:9:nid:1 >"$WORK/lost.ndjson"
verdict "a violation long after a lost event is reported" 3 '^# FAIL: [0-9]+ events, 1 lost' "$WORK/lost.ndjson"
./edit.py eject-range.ndjson lose:mhp_remove_end:1 >"$WORK/lost.ndjson"
verdict "inconclusive: the removal may be among the lost events" 5 '^# UNKNOWN' \
	--expect-removed 0x100000000-0x107ffffff "$WORK/lost.ndjson"
check "the KTAP test of missing events fails" grep -q '^not ok [0-9]* events: ' "$WORK/verdict"
head -n 100 failures-block.ndjson >"$WORK/cut.ndjson"
verdict "inconclusive: no totals" 5 '^# the recording was cut: its end is missing' "$WORK/cut.ndjson"
sed 's/"self_check":"equal"/"self_check":"differs"/' range.ndjson >"$WORK/differs.ndjson"
verdict "inconclusive: the ledgers differ" 5 "^# the recorder's and the kernel's ledgers differ" "$WORK/differs.ndjson"
check_pipe
cat "$WORK/cut.ndjson" >&4
all_read $! 4
kill -TERM $!
wait $!
eq "inconclusive: interrupted" "$? $(grep -c '^# interrupted before the end of the stream' "$WORK/verdict")" "5 1"
# The pipe has two more seconds after the signal. They do not count as silence, so an offline with a limit of 1.9 s has
# not exceeded it, unless the machine is so busy that this takes longer until the signal is received: then again.
for _ in {1..50}; do
	check_pipe --max-offline 1900ms
	pid=$!
	head -n 1 eject-range.ndjson >&4
	all_read $pid 4
	sed '1d; /mhp_offline_begin/q' eject-range.ndjson >&4
	all_read $pid 4
	kill -INT $pid
	wait $pid
	status=$?
	exec 4>&-
	((status == 3)) || break
done
eq "the time after a signal is no silence" "$status $(grep -c '^# interrupted before the end of the stream' "$WORK/verdict")" "5 1"
# A second signal ends these two seconds. Busy machines are allowed to need a few tries for that.
for _ in {1..50}; do
	check_pipe
	pid=$!
	cat "$WORK/cut.ndjson" >&4
	all_read $pid 4
	began=$EPOCHREALTIME
	kill -INT $pid
	kill -TERM $pid
	wait $pid
	status=$?
	awk -v began="$began" -v now="$EPOCHREALTIME" 'BEGIN { exit !(now - began < 1.9) }' && break
	status=late
done
exec 4>&-
eq "a second signal ends a check at once" "$status $(grep -c '^# interrupted before the end of the stream' "$WORK/verdict")" "5 1"
# When the check receives the signal, the rest is in the pipe, or its writer is waiting.
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
eq "after a signal, a pipe has time to deliver the rest" "$? $(grep -c "^# PASS: $(grep -c '"event"' range.ndjson) events" "$WORK/verdict")" "0 1"
# A check that was stopped, and finds its time over, must not take for silence what it has not read yet.
# On a busy machine the time may be over before that: it gets more of it, until it can be stopped in time.
for time in 2 8 32 128; do
	began=$EPOCHREALTIME
	check_pipe --for $time --max-offline 500ms
	pid=$!
	sed '/mhp_offline_begin/q' eject-range.ndjson >&4
	all_read $pid 4
	kill -STOP $pid
	awk -v began="$began" -v now="$EPOCHREALTIME" -v time=$time 'BEGIN { exit now - began < time - 0.5 }' || break
	kill -KILL $pid
	wait $pid
done
sed -n '/mhp_offline_begin/,/mhp_offline_end/p' eject-range.ndjson | sed '1d; /mhp_offline_end/q' >&4
sleep $((time + 1))
kill -CONT $pid
wait $pid
eq "what is in the pipe is read before its silence is judged" "$? $(grep -c '^# PASS' "$WORK/verdict")" "0 1"
# What the pipe has before the check begins is read, however late that is.
rm "$WORK/pipe"
mkfifo "$WORK/pipe"
exec 4<>"$WORK/pipe"
sed '/mhp_online_end/q' failures-block.ndjson >&4
"$MHPTOP" check --for 0.5 - <"$WORK/pipe" >"$WORK/verdict" 2>"$WORK/stderr"
eq "--for ends the check of a silent pipe" "$?" 0
exec 4>&-
printf '{"seq":' >>"$WORK/cut.ndjson"
status "a damaged recording" 6 'cut.ndjson:101: ' "$MHPTOP" check "$WORK/cut.ndjson"
status "a recording that does not exist" 1 'cannot check: .*: No such file' "$MHPTOP" check "$WORK/none.ndjson"
status "an invalid time" 2 "--max-offline needs a time such as 2s or 150ms, not 'soon'" "$MHPTOP" check --max-offline soon range.ndjson
status "an invalid percentage" 2 '--max-vmemmap needs a percentage' "$MHPTOP" check --max-vmemmap 0 range.ndjson
status "an invalid host" 2 '--expect-hosting needs buddy, block or range' "$MHPTOP" check --expect-hosting me range.ndjson
status "an invalid range" 2 '--expect-removed needs two physical addresses' "$MHPTOP" check --expect-removed 5-4 range.ndjson
status "an invalid number of operations" 2 "--expect-adds needs a number such as 2, or two such as 2..4, not '4..2'" \
	"$MHPTOP" check --expect-adds 4..2 range.ndjson
status "an invalid number of failures" 2 "--allow-failures needs a number, not '-1'" "$MHPTOP" check --allow-failures -1 range.ndjson
status "two different --expect-online ranges are rejected" 2 'expect-online is given twice' "$MHPTOP" check \
	--expect-online 0x100000000-0x107ffffff --expect-online 0x200000000-0x207ffffff range.ndjson
status "an unknown rule" 2 '--skip: unknown rule' "$MHPTOP" check --skip order range.ndjson
status "an invalid time for --for" 2 '--for needs a time' "$MHPTOP" check --for 0
echo 'max-offline 2s 3s' >"$WORK/rules"
status "an invalid line of a rules file" 2 'rules:1: max-offline has more than one value' "$MHPTOP" check --rules "$WORK/rules" range.ndjson
status "an option of check with replay" 2 "--junit cannot be used with 'mhptop replay'" "$MHPTOP" replay -b --junit x range.ndjson

"$MHPTOP" check --junit "$WORK/junit.xml" "$WORK/violating.ndjson" >/dev/null
eq "JUnit: one failure, with its details" "$(python3 - "$WORK/junit.xml" <<'PY'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
failed = [case.get("name") for case in suite if case.find("failure") is not None]
print(suite.get("failures"), len(suite) == int(suite.get("tests")), failed, "node 1" in suite.find(".//failure").text)
PY
)" "1 True ['same.block'] True"
check "JUnit: both events, with their times" grep -qE '^#   before [0-9]+\.[0-9]+ mhp_notify: ' "$WORK/junit.xml"
"$MHPTOP" check --time utc --junit "$WORK/junit.xml" "$WORK/violating.ndjson" >"$WORK/verdict"
for file in verdict junit.xml; do
	check "wall-clock times of the events in $file" \
		grep -qE '^#   before 20[0-9-]{8}T[0-9:]{8}\.[0-9]{6}Z mhp_notify: ' "$WORK/$file"
done
"$MHPTOP" check --junit "$WORK/junit.xml" "$WORK/cut.ndjson" >/dev/null 2>&1
check "JUnit: an error for a damaged recording" grep -q 'error message="the recording is damaged"' "$WORK/junit.xml"
check "JUnit: the duration and the time of the run" grep -qE '<testsuite .* timestamp="20[0-9T:-]*Z" time="[0-9]+\.[0-9]{6}">$' "$WORK/junit.xml"
status "JUnit: a file that cannot be written" 1 'cannot write .*/none/x: No such file' "$MHPTOP" check --junit "$WORK/none/x" range.ndjson
verdict "JUnit: a file that cannot be written hides no violation" 3 '^# FAIL' --junit "$WORK/none/x" "$WORK/violating.ndjson"
check "  both are reported" grep -q 'cannot write .*/none/x: No such file' "$WORK/stderr"
verdict "JUnit: a file that cannot be written hides no doubt" 5 '^# UNKNOWN' --junit "$WORK/none/x" "$WORK/lost.ndjson"
status "a full disk hides no violation" 3 'cannot write the verdict' \
	bash -c '"$1" check "$2" >/dev/full' _ "$MHPTOP" "$WORK/violating.ndjson"
status "JUnit: a full disk" 1 'cannot write /dev/full: No space' "$MHPTOP" check --junit /dev/full range.ndjson
check "a recording from a pipe" bash -c 'cat range.ndjson | "$1" check - | grep -q "^# PASS"' _ "$MHPTOP"
status "a full disk" 1 'cannot write the verdict' bash -c '"$1" check range.ndjson >/dev/full' _ "$MHPTOP"
# Text that other tools print. That of a kernel of the first design of range hosting cannot be told from others.
for style in perf trace-cmd tracefs; do
	for recording in *.ndjson; do
		[[ $recording != first-* ]] || continue
		"$TOP/build/tests/as_text" $style "$recording" >"$WORK/text"
		events=$(grep -c '"event":"mhp_' "$recording") tool=$(grep -cE '"event":"mhp_snapshot_(block|zone|memory)"' "$recording")
		verdict "${recording%.ndjson} as printed by $style" 0 \
			"^# PASS: $((events - tool)) events, 0 lost, completeness unknown$" "$WORK/text"
	done
done
"$TOP/build/tests/as_text" perf failures-block.ndjson >"$WORK/text"
sed 's/\(mhp:mhp_vmemmap_online: .*nid=\)0/\11/' "$WORK/text" >"$WORK/violating.txt"
verdict "a violation in text of perf script" 3 '^not ok [0-9]+ same\.block:' "$WORK/violating.txt"
sed '9s/nr_pages=[0-9]*/nr_pages=many/' "$WORK/text" >"$WORK/bad.txt"
status "text: an invalid value" 6 'bad.txt:9: mhp_.*: nr_pages has an invalid value' "$MHPTOP" check "$WORK/bad.txt"
sed '9s/ nr_pages=[0-9]*//' "$WORK/text" >"$WORK/bad.txt"
status "text: a missing field" 6 'bad.txt:9: mhp_.*: nr_pages is missing' "$MHPTOP" check "$WORK/bad.txt"
while read -r name edit reason; do
	sed "$edit" "$WORK/text" >"$WORK/bad.txt"
	status "text: ${name//_/ }" 6 "$reason" "$MHPTOP" check "$WORK/bad.txt"
done <<'END'
a_malformed_timestamp 9s/\.\([0-9]*\):/.1.\1:/ bad.txt:9:.mhp_.*without.a.timestamp
a_timestamp_out_of_range 9s/[0-9]*\.\([0-9]*\):/18446744074.\1:/ bad.txt:9:.mhp_.*without.a.timestamp
a_number_that_does_not_fit_its_field s/delta=[0-9]*/delta=18446744073709551615/ mhp_.*:.delta.has.an.invalid.value
a_negative_pfn 9s/start_pfn=/start_pfn=-/ bad.txt:9:.mhp_.*:.start_pfn.has.an.invalid.value
a_NUL_byte 9s/mhp:/\x00/ bad.txt:9:.NUL.byte
a_block_larger_than_any_machine s/\(_begin:.*nr_pages=\)[0-9]*/\14503599627370497/ mhp_.*:.nr_pages.has.an.invalid.value
END
sed '0,/mhp_add_begin/s/\(mhp_add_begin: .*nr_pages=\)[0-9]*/\1144115188075855872/' "$WORK/text" >"$WORK/bad.txt"
status "text: an add larger than any machine" 6 'mhp_add_begin: nr_pages has an invalid value' \
	timeout -s KILL 60 "$MHPTOP" check "$WORK/bad.txt"
for lost in 'CPU:1 [LOST 7 EVENTS]' 'CPU 1 is empty [7 EVENTS DROPPED]' '1 21456124903 0x9098 [0x38]: PERF_RECORD_LOST: id:211: lost:7' \
	'            perf    95 [001]    21.456124903: PERF_RECORD_LOST lost 7'; do
	sed "60i $lost" "$WORK/text" >"$WORK/lost.txt"
	verdict "inconclusive: text with lost events: $lost" 5 '^# UNKNOWN: [0-9]+ events, 7 lost' "$WORK/lost.txt"
done
sed '1i # entries-in-buffer/entries-written: 500/507   #P:2' "$WORK/text" >"$WORK/lost.txt"
verdict "inconclusive: events that tracefs overwrote" 5 '^# UNKNOWN: [0-9]+ events, 7 lost' "$WORK/lost.txt"
grep mhp_notify "$WORK/text" >"$WORK/other.txt"
for option in '' '--expect-adds 0' --expect-success; do
	# shellcheck disable=SC2086	# an option and its value, or none
	verdict "inconclusive: text without the size of a memory block $option" 5 \
		'inconclusive: no event gives the size of a memory block, so none was checked: also record' $option "$WORK/other.txt"
done
sed -n '/mhp_offline_end/{p;q}' "$WORK/text" >"$WORK/other.txt"
verdict "inconclusive: text that has nothing but the end of an offline" 5 'inconclusive: no rule had anything to check' "$WORK/other.txt"
sed -i 's/ ret=.*/ ret=0/' "$WORK/other.txt"
verdict "  which worked, as expected" 0 '^# PASS: 1 events, 0 lost, completeness unknown' --expect-offlines 1 --expect-success "$WORK/other.txt"
sed -i 's/ ret=0/ ret=-16/' "$WORK/other.txt"
verdict "  which failed" 3 '^not ok [0-9]+ budget.failures' --expect-success "$WORK/other.txt"
echo 'kworker-1 [000] 1.000000: sched_switch: prev=1' >"$WORK/other.txt"
status "text without mhp events" 5 'inconclusive: nothing happened' "$MHPTOP" check "$WORK/other.txt"

# Recordings of trace-cmd, of kernels with the events of their time
fill() {
	local formats=trace-cmd-v6.dat.xz
	grep -q '^{"schema":2' "$1" && formats=trace-cmd-v6-schema-2.dat.xz
	./trace_dat.py fill $formats "$@"
}
for recording in *.ndjson; do
	fill "$recording" "$WORK/${recording%.ndjson}.dat"
	"$TOP/build/tests/as_text" trace-cmd "$recording" >"$WORK/text"
	"$MHPTOP" check "$WORK/text" | sed 's/, completeness unknown$//' >"$WORK/of-text"
	verdict "${recording%.ndjson} as recorded by trace-cmd" 0 '^# PASS: [0-9]+ events' "$WORK/${recording%.ndjson}.dat"
	eq "${recording%.ndjson}: the same verdict for trace-cmd's recording and its text" "$(<"$WORK/verdict")" "$(<"$WORK/of-text")"
	"$TOP/build/tests/as_text" trace-cmd "$WORK/${recording%.ndjson}.dat" >"$WORK/again"
	check "${recording%.ndjson}: the same records from trace-cmd's recording and its text" diff "$WORK/text" "$WORK/again"
done
./edit.py failures-block.ndjson set:mhp_add_begin:1:nid:-1 >"$WORK/negative.ndjson"
fill "$WORK/negative.ndjson" "$WORK/negative.dat"
eq "trace.dat: a negative number of four bytes" "$("$TOP/build/tests/as_text" trace-cmd "$WORK/negative.dat" 2>&1)" \
	"$("$TOP/build/tests/as_text" trace-cmd "$WORK/negative.ndjson")"
xz -dc trace-cmd-v6-schema-2.dat.xz >"$WORK/v6.dat"
verdict "trace.dat: version 6, recorded in a guest, before schema 3" 0 '^# PASS: 44 events, 0 lost' "$WORK/v6.dat"
xz -dc trace-cmd-v6.dat.xz >"$WORK/v6.dat"
verdict "trace.dat: version 6, recorded in a guest" 0 '^# PASS: 44 events, 0 lost' "$WORK/v6.dat"
verdict "trace.dat: version 7, compressed" 0 '^# PASS: 44 events, 0 lost' trace-cmd-v7.dat
status "trace.dat: trace-cmd need not be installed" 0 '' env PATH=/nowhere "$MHPTOP" check trace-cmd-v7.dat
./edit.py failures-block.ndjson set:mhp_vmemmap_online:1:nid:1 >"$WORK/violating.ndjson"
fill "$WORK/violating.ndjson" "$WORK/violating.dat"
verdict "trace.dat: a violation" 3 '^not ok [0-9]+ same\.block:' "$WORK/violating.dat"
# with NAME WANT REGEX EDIT: check an edited recording of trace-cmd
with() {
	fill range.ndjson "$WORK/with.dat" "$4"
	status "$1" "$2" "$3" "$MHPTOP" check "$WORK/with.dat"
}
for lost in lost:50:7 lost:50:0 stats:7; do
	with "trace.dat: lost events, $lost" 5 'inconclusive: events were lost' "$lost"
	check "trace.dat: the number of lost events, $lost" grep -qE "^# UNKNOWN: [0-9]+ events, $([[ $lost == *7 ]] && echo 7 || echo 1) lost" "$WORK/stdout"
done
./trace_dat.py fill trace-cmd-v6.dat.xz failures-block.ndjson "$WORK/with.dat" rename:mhp_offline_blocker:mhp_of_tomorrow
status "trace.dat: an event of a newer kernel" 5 'records of unknown events, or with unknown words, were skipped' "$MHPTOP" check "$WORK/with.dat"
for bytes in 1 50 102 117 118; do
	head -c -$bytes trace-cmd-v7.dat >"$WORK/cut.dat"
	status "trace.dat: version 7, $bytes bytes are missing" 5 'cut.dat: the trace.dat was cut: sections are missing at its end$' "$MHPTOP" check "$WORK/cut.dat"
done
with "trace.dat: a format that lacks a field" 6 'with.dat: mhp_notify: step is missing$' field:mhp_notify:step
with "trace.dat: a clock that does not count nanoseconds" 6 'recorded with clock counter, which does not count nanoseconds' clock:counter
head -c 20 "$WORK/v6.dat" >"$WORK/cut.dat"
status "trace.dat: truncated after 20 bytes" 6 'cannot read .*/cut.dat: damaged' "$MHPTOP" check "$WORK/cut.dat"
# A user's plugins must not run when root checks a file.
mkdir -p "$WORK/home/.local/lib/traceevent/plugins" "$WORK/home/.traceevent/plugins"
gcc -shared -fPIC -o "$WORK/home/plugin.so" -x c - <<'C'
#include <fcntl.h>
#include <stdlib.h>
static void __attribute__((constructor)) loaded(void) { creat(getenv("LOADED"), 0600); }
C
cp "$WORK/home/plugin.so" "$WORK/home/.local/lib/traceevent/plugins"
cp "$WORK/home/plugin.so" "$WORK/home/.traceevent/plugins"
check "trace.dat: a check with plugins in the home folder" env HOME="$WORK/home" TRACEEVENT_PLUGIN_DIR="$WORK/home" TRACE_CMD_PLUGIN_DIR="$WORK/home" \
	LOADED="$WORK/loaded" "$MHPTOP" check trace-cmd-v7.dat
none "trace.dat: no plugin is loaded" "$(ls "$WORK/loaded" 2>/dev/null)"
for file in trace-cmd-v6.dat.xz trace-cmd-v7.dat "$WORK/range.dat"; do
	none "trace.dat: 100 damaged copies of ${file##*/} are read, or rejected in one line" \
		"$(./trace_dat.py run 1 100 "$WORK" "$file" "$MHPTOP" check 2>/dev/null)"
done
# More pages than any machine has: a loop over all of them would not end.
sed '0,/mhp_remove_begin/s/\(mhp_remove_begin.*nr_pages"*:\)[0-9]*/\1144115188075855872/' eject-range.ndjson >"$WORK/huge.ndjson"
fill "$WORK/huge.ndjson" "$WORK/huge.dat"
status "trace.dat: a removal larger than any machine" 6 'mhp_remove_begin: nr_pages has an invalid value' \
	timeout -s KILL 60 "$MHPTOP" check "$WORK/huge.dat"

"$TOP/build/tests/generate" 8192 >"$WORK/many.ndjson"
verdict "8,192 memory blocks added, onlined, offlined and removed" 0 '^# PASS: 164352 events' "$WORK/many.ndjson"
if [[ $MHPTOP == */build/mhptop ]]; then
	resident=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$MHPTOP" check "$WORK/many.ndjson")
	check "checking 8,192 memory blocks takes at most 32 MiB: $resident KiB" test "$resident" -le 32768
fi
none "every rule is in docs/rules.md" "$("$MHPTOP" check range.ndjson | sed -n 's/^\(not \)\?ok [0-9]* \([a-z.]*\): .*/\2/p' |
	grep -vx events | while read -r rule; do grep -q "^### $rule\$" "$TOP/docs/rules.md" || echo "$rule"; done)"
done_testing
