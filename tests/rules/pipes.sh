#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `mhptop check` and `mhptop replay` do while a pipe has nothing yet, as the first of several recordings and later on:
# a signal and the end of the time end the wait. MHPTOP is the program under test. Nothing here depends on how fast it is.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP/tests/rules" || exit 1
MHPTOP=$(realpath "$TOP/${MHPTOP:-build/mhptop}")
./edit.py eject-range.ndjson drop:mhp_managed:1 >"$WORK/violating.ndjson"
cp eject-range.ndjson "$WORK/run.ndjson"
cd "$WORK" || exit 1
events=$(tail -n 1 run.ndjson | jq '.totals.seen')
mkfifo fifo silent

# waits PID WORD…: until the names of what the process has opened contain these words, as "signalfd" once it takes signals
waits() {
	python3 - "$@" <<-'PY'
		import os, sys, time
		pid, wanted = sys.argv[1], sys.argv[2:]
		def links():
		    try:
		        return " ".join(os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd"))
		    except OSError:
		        return ""
		end = time.monotonic() + 60
		while not all(word in links() for word in wanted) and time.monotonic() < end:
		    time.sleep(0.01)
		sys.exit(not all(word in links() for word in wanted))
	PY
}

# ended PID: its exit status. It is killed only if it would wait for ever.
ended() {
	local i
	for ((i = 0; i < 1000; i++)); do
		grep -qs '^State:.[^Z]' "/proc/$1/status" || break
		sleep 0.1
	done
	((i < 1000)) || kill -KILL "$1"
	wait "$1"
}

# ends SIGNAL WANT REGEX ARG…: mhptop waits for the FIFO, which nobody writes to; the signal ends it
ends() {
	local signal=$1 want=$2 regex=$3 got=0 pid
	shift 3
	env --default-signal "$MHPTOP" "$@" >out 2>err </dev/null &
	pid=$!
	waits $pid "$PWD/fifo" signalfd || fail "mhptop $*: it never waits"
	kill -s "$signal" $pid
	ended $pid || got=$?
	if ((got == want)) && cat out err | grep -qE -- "$regex"; then
		pass "$signal while a pipe has nothing: mhptop $*"
	else
		fail "$signal while a pipe has nothing: mhptop $*" "exit $got, want $want"$'\n'"$(tail -n 1 out; cat err)"
	fi
}

# -- A later recording is a pipe ------------------------------------------------------------------------------------------------

for signal in INT TERM HUP; do
	ends $signal 5 "^# UNKNOWN: $events events, 0 lost\$" check run.ndjson fifo
	ends $signal 3 "^# FAIL: $((events - 1)) events, 0 lost\$" check violating.ndjson fifo
	ends $signal 0 '^mhptop  kernel ' replay -b run.ndjson fifo
done
ends INT 3 '^# FAIL: ' check violating.ndjson run.ndjson fifo
"$MHPTOP" check run.ndjson fifo >out 2>err &
pid=$!
waits $pid "$PWD/fifo" signalfd || fail "it never waits"
cat run.ndjson >fifo
wait $pid
eq "what is written to it later is read" "$? $(tail -n 1 out)" "0 # PASS: $((2 * events)) events, 0 lost"
sleep 1000 >silent &
sleeper=$!
exec {end}<silent
"$MHPTOP" check --for 100ms violating.ndjson - <&"$end" >out 2>err
eq "--for ends the wait for a later recording" "$? $(tail -n 1 out)" "3 # FAIL: $((events - 1)) events, 0 lost"

# -- The first one is -------------------------------------------------------------------------------------------------------------

"$MHPTOP" check --for 100ms --junit junit.xml - <&"$end" >out 2>err
eq "--for ends the wait for the first line" "$? $(tail -n 1 out)" "5 # UNKNOWN: 0 events, 0 lost"
check "  with its reason" grep -q '^mhptop: inconclusive: nobody wrote a recording to the pipe in time$' err
check "  also in the verdict" grep -q '^# nobody wrote a recording to the pipe in time$' out
check "  also as JUnit" grep -q '<error ' junit.xml
exec {end}<&-
kill $sleeper
# What a shell without job control starts in the background ignores SIGINT.
for command in 'check fifo' 'check fifo run.ndjson' 'replay -b fifo'; do
	# shellcheck disable=SC2086	# several words
	env --ignore-signal=INT "$MHPTOP" $command >out 2>err </dev/null &
	pid=$!
	waits $pid "$PWD/fifo" || fail "mhptop $command: it never waits"
	kill -INT $pid
	ended $pid
	eq "SIGINT that was ignored ends mhptop $command" $? 130
done
env --ignore-signal=INT "$MHPTOP" record -o fifo >out 2>err </dev/null &
pid=$!
# It can be seen to take SIGINT, and then waits for a reader.
for ((i = 0; i < 1000; i++)); do
	# Bit 1 of the set is SIGINT.
	((0x$(sed -n 's/^SigIgn:\s*//p' /proc/$pid/status) & 2)) || break
	sleep 0.1
done
kill -INT $pid
ended $pid
eq "SIGINT that was ignored ends mhptop record, which waits for a reader" $? 130

# -- What had not come when the time was over ------------------------------------------------------------------------------------

# over NAME WANT REGEX PART ARG…: a check for a time; the FIFO has the bytes of a file, and stays open
over() {
	local name=$1 want=$2 regex=$3 part=$4 got=0 open
	shift 4
	exec {open}<>fifo
	cat "$part" >fifo
	"$MHPTOP" check --for 100ms "$@" >out 2>err </dev/null || got=$?
	exec {open}>&-
	if ((got == want)) && cat out err | grep -qE -- "$regex"; then
		pass "$name"
	else
		fail "$name" "exit $got, want $want"$'\n'"$(tail -n 1 out; cat err)"
	fi
}

# They fit into a pipe.
cp "$TOP/tests/rules/cycles.ndjson" small.ndjson
"$TOP/tests/rules/edit.py" small.ndjson drop:mhp_managed:1 >bad.ndjson
adds=$(grep -c '"event":"mhp_add_end".*"ret":0' small.ndjson)
silent='^mhptop: inconclusive: nobody wrote a recording to the pipe in time$'
inside='^mhptop: inconclusive: the pipe ended inside a line when the time was over$'
over "a silent pipe behind a recording" 5 "$silent" /dev/null small.ndjson fifo
over "  as many operations as expected" 5 "$silent" /dev/null --expect-adds "$adds" small.ndjson fifo
over "  fewer: the pipe may have had them" 5 "$silent" /dev/null --expect-adds $((adds + 1)) small.ndjson fifo
over "  more: that is certain" 3 '^# FAIL: ' /dev/null --expect-adds $((adds - 1)) small.ndjson fifo
over "  before a recording" 5 "$silent" /dev/null --expect-adds "$adds" fifo small.ndjson
over "  between two" 5 "$silent" /dev/null --expect-adds "$adds" small.ndjson fifo small.ndjson
over "a pipe that has a whole recording, and stays open" 0 '^# PASS: ' small.ndjson --expect-adds "$adds" fifo
over "  before another recording, which is not read any more" 5 'before all recordings were read$' small.ndjson --expect-adds "$adds" fifo bad.ndjson
head -n -1 small.ndjson >whole
over "  only its totals are missing" 0 '^# PASS: ' whole fifo
{ head -n -1 small.ndjson; printf '{"totals":{'; } >part
over "  inside the line of the totals" 5 "$inside" part fifo
head -c -2 small.ndjson >part
over "  without the last byte of its last line" 5 "$inside" part fifo
{ cat small.ndjson; head -c 100 small.ndjson; } >part
over "  and a part of the header of the next one" 5 "$inside" part fifo
head -c 100 small.ndjson >part
over "  only a part of its header" 5 "$inside" part --expect-adds 0 fifo
over "    behind another one" 5 "$inside" part --expect-adds "$adds" small.ndjson fifo
{ head -n -1 bad.ndjson; printf '{"totals":{'; } >part
over "  a violation is certain" 3 '^# FAIL: ' part fifo
"$TOP/build/tests/as_binary" small.ndjson >small.mhp
over "a binary recording" 0 '^# PASS: ' small.mhp fifo
head -c -1 small.mhp >part
over "  without its last byte" 5 "$inside" part fifo
{ cat small.mhp; head -c 9 small.mhp; } >part
over "  and the begin of another one" 5 "$inside" part fifo

# -- Output -------------------------------------------------------------------------------------------------------------------------

for signal in INT TERM HUP; do
	env --default-signal "$MHPTOP" check --junit fifo >out 2>err </dev/null &
	pid=$!
	# It waits for a reader in open(), which has no name to see.
	for ((i = 0; i < 1000; i++)); do
		[[ $(cut -d' ' -f 3 /proc/$pid/stat) == S && $(tr '\0' ' ' </proc/$pid/cmdline) == *junit* ]] && break
		sleep 0.01
	done
	kill -s $signal $pid
	ended $pid
	eq "$signal ends a live check, whose report waits for a reader" $? $((128 + $(kill -l $signal)))
done
cat fifo >junit.xml &
reader=$!
"$MHPTOP" check --junit fifo run.ndjson >out 2>err
status=$?
wait $reader # here: a subshell cannot
eq "a report in a FIFO that has a reader" "$status $(grep -c '<testsuite ' junit.xml)" "0 1"
status "a report in the FIFO that is checked" 2 '^mhptop: --junit fifo: this file is to be read$' "$MHPTOP" check --junit fifo run.ndjson fifo
cp run.ndjson victim.ndjson
status "a report in the file that is standard input" 2 '^mhptop: --junit victim.ndjson: this file is to be read$' \
	bash -c '"$1" check --junit victim.ndjson - <victim.ndjson' _ "$MHPTOP"
status "  as one of several" 2 '^mhptop: --junit victim.ndjson: this file is to be read$' \
	bash -c '"$1" check --junit victim.ndjson run.ndjson - <victim.ndjson' _ "$MHPTOP"
check "  which is left as it was" cmp victim.ndjson run.ndjson
for option in --junit --vmlinux --rules; do
	status "$option without a name" 2 "^mhptop: $option needs a file, not ''\$" "$MHPTOP" check $option '' run.ndjson
done
status "--output without a name" 2 "^mhptop: --output needs a file, not ''\$" "$MHPTOP" record -o ''

# -- What a pipe cannot hold, and what a file can ------------------------------------------------------------------------------

"$TOP/build/tests/as_text" perf run.ndjson >run.txt
gzip -k run.txt run.ndjson
zstd -q run.ndjson
refused() { bash -c 'cat "$2" | "$1" check -' _ "$MHPTOP" "$@"; }
status "gzip in a pipe is named" 6 'standard input:1: gzip data.*gunzip -c FILE' refused run.ndjson.gz
status "zstd in a pipe is named" 6 'standard input:1: zstd data.*unzstd -c FILE' refused run.ndjson.zst
status "text in a pipe is named" 6 'standard input:1: not an mhptop recording; .* must be a file' refused run.txt
for file in run.txt run.txt.gz run.ndjson run.ndjson.gz run.ndjson.zst "$TOP/tests/rules/trace-cmd-v7.dat"; do
	eq "a file as standard input: ${file##*/}" "$("$MHPTOP" check - <"$file" | tail -n 1)" "$("$MHPTOP" check "$file" | tail -n 1)"
done
status "a recording that does not exist is no verdict" 1 '^mhptop: cannot check: cannot open none: No such file' "$MHPTOP" check run.ndjson none
none "  none at all" "$(cat "$WORK/stdout")"
done_testing
