#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What tests/fuzz/run.sh makes of a target: it executes a number of inputs that are always the same, or random ones for
# some time; a failure and a target that covers nothing fail. A program that prints what libFuzzer would stands in for
# each target.
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
[[ ! ${FINDING-} ]] || { echo "that input" >"$FINDING"; echo "artifact_prefix='x'; Test unit written to $FINDING"; }
exit "$STATUS"
END
chmod +x "$WORK/targets/fuzz_fake"
export CALLS=$WORK/calls

# result NAME WANT OPTIONS: the result of the target, and how many inputs it was to execute; its behaviour is in the environment
result() {
	: >"$CALLS"
	FUZZ_TARGETS=$WORK/targets FUZZ_CORPUS=$WORK/kept TMPDIR=$WORK/tmp "$TOP/tests/fuzz/run.sh" fuzz_fake >"$WORK/out" 2>&1 </dev/null
	eq "$1" "$(sed -nE 's/^((not )?ok) 2 fuzz_fake:? ?(.*)/\1 \3/p' "$WORK/out")" "$2"
	eq "  inputs" "$(grep -v -e '-runs=0 ' "$CALLS" | grep -oE -e '-(runs|seed|max_total_time)=[0-9]+' | xargs)" "$3"
}

export EDGES STATUS IN_TIME=54321
unset FUZZ_SECONDS FUZZ_RUNS
EDGES='100 900' STATUS=0 result "a number of inputs" "ok 10000 executions, 900 edges, 900 with the seeds alone" "-runs=10000 -seed=1"
EDGES='100 900' STATUS=0 FUZZ_RUNS=70 result "  of one's own" "ok 70 executions, 900 edges, 900 with the seeds alone" "-runs=70 -seed=1"
EDGES='100 900' STATUS=0 FUZZ_SECONDS=60 result "random inputs for some time" "ok 54321 executions, 900 edges, 900 with the seeds alone" "-max_total_time=21"
EDGES='100 900' STATUS=0 IN_TIME=0 FUZZ_SECONDS=60 result "  in which none is executed" "not ok reaches the code under test" "-max_total_time=21"
EDGES='100 110' STATUS=0 result "a target that tests nothing" "not ok reaches the code under test" "-runs=10000 -seed=1"
EDGES='100 900' STATUS=77 result "a target that fails" "not ok reports no failures" "-runs=10000 -seed=1"
export FINDING=$WORK/finding
EDGES='100 900' STATUS=77 result "  and says for which input" "not ok reports no failures" "-runs=10000 -seed=1"
eq "  which its log has" "$(sed -n '/base64 -d | gunzip:$/{n;s/^# *//p}' "$WORK/out" | base64 -d | gunzip)" "that input"
rm -f "$TOP/build/fuzz/fuzz_fake.log"
done_testing
