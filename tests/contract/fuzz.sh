#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What tests/fuzz/run.sh makes of a target: a slow machine is no failure, as it executes a number of inputs in any case; a
# failure and a target that covers nothing are. A program that prints what libFuzzer would stands in for each target.
. "$(dirname "$0")/../host-lib.sh"
mkdir "$WORK/targets" "$WORK/tmp"
cat >"$WORK/targets/fuzz_fake" <<'END'
#!/bin/bash
# EDGES of junk and of seeds, inputs executed IN_TIME, exit STATUS
echo "$*" >>"$CALLS"
case "$*" in
*-runs=0*) echo "#2	INITED cov: ${EDGES% *} ft: 9 corp: 1/1b exec/s: 0 rss: 60Mb"; exit 0 ;;
*-runs=*) done=${*#*-runs=} done=${done%% *} ;;
*-max_total_time=*) done=$IN_TIME ;;
esac
echo "#30	INITED cov: ${EDGES#* } ft: 9 corp: 1/1b exec/s: 0 rss: 60Mb"
echo "#$done	DONE   cov: ${EDGES#* } ft: 9 corp: 1/1b lim: 16384 exec/s: 0 rss: 60Mb"
echo "stat::number_of_executed_units: $done"
exit "$STATUS"
END
chmod +x "$WORK/targets/fuzz_fake"
export CALLS=$WORK/calls

# result NAME WANT CALLS: the result of the target, and how often it was called to execute inputs; its behaviour is in the environment
result() {
	: >"$CALLS"
	FUZZ_TARGETS=$WORK/targets FUZZ_CORPUS=$WORK/kept TMPDIR=$WORK/tmp "$TOP/tests/fuzz/run.sh" fuzz_fake >"$WORK/out" 2>&1 </dev/null
	eq "$1" "$(sed -nE 's/^((not )?ok) 2 fuzz_fake:? ?(.*)/\1 \3/p' "$WORK/out")" "$2"
	eq "  runs" "$(grep -vc -e '-runs=0 ' "$CALLS")" "$3"
}

export EDGES STATUS IN_TIME
EDGES='100 900' STATUS=0 IN_TIME=54321 result "a fast machine" "ok 54321 executions, 900 edges, 900 with the seeds alone" 1
EDGES='100 900' STATUS=0 IN_TIME=7 result "a slow machine" "ok 1007 executions, 900 edges, 900 with the seeds alone" 2
EDGES='100 110' STATUS=0 IN_TIME=54321 result "a target that tests nothing" "not ok reaches the code under test" 1
EDGES='100 900' STATUS=77 IN_TIME=54321 result "a target that fails" "not ok reports no failures" 1
EDGES='100 900' STATUS=77 IN_TIME=7 result "  on a slow machine" "not ok reports no failures" 1
rm -f "$TOP/build/fuzz/fuzz_fake.log"
done_testing
