#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each fuzz target, two at a time:
#
#	run.sh [fuzz_TARGET...]
#
# It executes FUZZ_RUNS inputs, always the same ones, so that a change of the code alone changes the result. FUZZ_SECONDS
# requests random inputs for that time instead, or for a third of it where inputs are short.
#
# The targets are built by `make check-build`. Each begins with pieces of recordings or with what as_text makes of them,
# and with corpus/TARGET: past findings, and a few seeds that no recording has. FUZZ_CORPUS is a folder that keeps inputs
# that reached new code. Failing inputs are left in build/fuzz/findings. An input may take half a minute. FUZZ_TARGETS is
# the folder of the targets.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1
inputs=${FUZZ_RUNS:-10000} seconds=${FUZZ_SECONDS:-0} kept=${FUZZ_CORPUS:-$WORK/kept} findings=build/fuzz/findings targets=${FUZZ_TARGETS:-build/fuzz}
export ASAN_OPTIONS=quarantine_size_mb=64 UBSAN_OPTIONS=print_stacktrace=1

# pieces TO FIRST: some lines of standard input at a time, each time with the first line again if FIRST is 1
pieces() {
	awk -v to="$1" -v first="$2" '
		{ line[NR] = $0 }
		END {
			for (start = 1 + first; start <= NR; start += 12) {
				if (first)
					print line[1] >(to "." start)
				for (i = start; i < start + 16 && i <= NR; i++)
					print line[i] >(to "." start)
				close(to "." start)
			}
		}'
}

# wanted TARGET…: whether one of them is to run
wanted() {
	local name
	for name; do
		[[ " ${chosen[*]} " != *" $name "* ]] || return 0
	done
	return 1
}

seeds() {
	local file name style piece
	# As many rows and columns as the first two bytes say, then keys
	local keys=($'1Pjjzz\rkk\r' $'0(G/state=online\r' $'1xnsjj\rrRlm' $'=P\tjj\t\rlkg<>>' $'1\xffGzjjll'
		$'1(d2\r+-pthjGq?'
		$'1jj[[{]' $'1jjj{{}]p)' $'1jjjj@+1\r[@1s\r' $'1jjjj@22:13\r[' $'P\xff5jzk\r5[[' $'(P6jjk[6{5') nr=0
	wanted fuzz_recording fuzz_dashboard fuzz_text fuzz_binary || return 0
	mkdir -p "$WORK/seeds/fuzz_recording" "$WORK/seeds/fuzz_text" "$WORK/seeds/fuzz_dashboard" "$WORK/seeds/fuzz_binary" "$WORK/lines"
	for file in tests/golden/*.ndjson tests/rules/*.ndjson; do
		name=${file#tests/} name=${name/\//-}
		pieces "$WORK/seeds/fuzz_recording/$name" 1 <"$file"
		(($(wc -c <"$file") > 12288)) || cp "$file" "$WORK/seeds/fuzz_recording/$name"
		for piece in "$WORK/seeds/fuzz_recording/$name"*; do
			{ echo "${keys[nr++ % ${#keys[@]}]}"; cat "$piece"; } >"$WORK/seeds/fuzz_dashboard/${piece##*/}"
		done
		for style in perf trace-cmd tracefs; do
			build/tests/as_text $style "$file" | pieces "$WORK/seeds/fuzz_text/$name.$style" 0
		done
	done
	# Frames only, as the target has the begin. The checks are wrong, but it repairs them.
	for name in range attached comm failures; do
		sed 1d "tests/golden/$name.ndjson" | pieces "$WORK/lines/$name" 0
	done
	for piece in "$WORK/lines/"*; do
		{ printf '\3'; build/tests/as_binary "$piece"; } >"$WORK/seeds/fuzz_binary/${piece##*/}"
	done
}

# edges LOG WORD: the coverage at the log line with WORD
edges() { sed -n "s/.*[[:space:]]$2[[:space:]].*cov: \([0-9]*\).*/\1/p" "$1" | tail -n 1; }

# runs LOG: the number of executed inputs
runs() { sed -n 's/^stat::number_of_executed_units: *//p' "$1" | awk '{ sum += $1 } END { print sum + 0 }'; }

# fuzz NAME: its log and exit status to $WORK
fuzz() {
	local name=$1 folder status=0 time=$seconds amount options
	mkdir -p "$kept/$name" "$WORK/junk"
	echo nothing >"$WORK/junk/nothing"
	# As a list, because a folder's order differs from one file system to another
	for folder in "$WORK/seeds/$name" "tests/fuzz/corpus/$name"; do
		[[ ! -d $folder ]] || find "$folder" -type f
	done | LC_ALL=C sort | paste -sd, >"$WORK/$name.seeds"
	# Filters and settings are short; their coverage saturates quickly.
	[[ -d $WORK/seeds/$name ]] || time=$((seconds / 3 + 1))
	# What the code compares includes times and addresses, which differ from run to run.
	amount=(-runs="$inputs" -seed=1 -use_cmp=0)
	((seconds == 0)) || amount=(-max_total_time="$time")
	"$targets/$name" -runs=0 -artifact_prefix="$findings/$name-" "$WORK/junk" >"$WORK/$name.junk" 2>&1
	options=(-timeout=30 -rss_limit_mb=1024 -malloc_limit_mb=128 -max_len=16384 -dict="$WORK/dictionary"
		-artifact_prefix="$findings/$name-" -print_final_stats=1 -seed_inputs="@$WORK/$name.seeds" "$kept/$name")
	"$targets/$name" "${amount[@]}" "${options[@]}" >"$WORK/$name.log" 2>&1 || status=$?
	echo $status >"$WORK/$name.status"
}

# A log may be all that is left of a run: print a short finding so that `base64 -d | gunzip` restores it.
in_text() {
	[[ ! -f $1 ]] || { echo "the input, for base64 -d | gunzip:"; gzip -9n <"$1" | base64 -w 300 | head -n 12; }
}

# Report the result. A target that covers little more than for a rejected input did not test anything.
report() {
	local name=$1 log=$WORK/$1.log refused seeded all runs
	runs=$(runs "$log")
	refused=$(edges "$WORK/$name.junk" INITED) seeded=$(edges "$log" INITED) all=$(edges "$log" DONE)
	if [[ $(<"$WORK/$name.status") != 0 ]]; then
		cp "$log" "build/fuzz/$name.log"
		fail "$name reports no failures" "$(grep -aE '^(==[0-9]*==ERROR|SUMMARY|.*(violated|runtime error): )' "$log" | head -n 5
			grep -aE 'Test unit written to' "$log" || tail -n 5 "$log"
			echo "again: build/fuzz/$name THAT_FILE; all of it: build/fuzz/$name.log"
			in_text "$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)")"
	elif ((runs == 0 || 2 * ${seeded:-0} < 3 * ${refused:-0} || ${all:-0} < ${seeded:-0} || ${all:-0} == 0)); then
		fail "$name reaches the code under test" \
			"$runs executions; ${all:-0} edges, ${seeded:-0} with the seeds, ${refused:-0} without"
	else
		pass "$name: $runs executions, $all edges, $seeded with the seeds alone"
	fi
}

mkdir -p "$findings"
if (($# == 0)); then
	for file in tests/fuzz/fuzz_*.c; do
		name=${file##*/}
		set -- "$@" "${name%.c}"
	done
fi
check "there is a dictionary" bash -c 'build/fuzz/dictionary >"$1" && grep -q mhp_add_begin "$1"' _ "$WORK/dictionary"
chosen=("$@")
seeds
for name; do
	(($(jobs -rp | wc -l) < 2)) || wait -n
	fuzz "$name" &
done
wait
for name; do
	report "$name"
done
done_testing
