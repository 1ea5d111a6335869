#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What .ci/run makes of the runs of make: one line of totals at the end, and a failure if a run ends without its own. A
# program that prints what a test wants stands in for make.
. "$(dirname "$0")/../host-lib.sh"
mkdir -p "$WORK/tree/.ci" "$WORK/bin"
cp "$TOP/.ci/run" "$WORK/tree/.ci/run"
cat >"$WORK/bin/make" <<'END'
#!/bin/bash
echo "$1" >>"$ORDER"
. "$CASES/$1"
END
chmod +x "$WORK/bin/make"
export ORDER=$WORK/order CASES=$WORK

# run WANT CHECK FRESH: the exit status of .ci/run if make does this for check and for check-fresh; its output in $WORK/out
run() {
	local got=0
	echo "$2" >"$WORK/check"
	echo "$3" >"$WORK/check-fresh"
	: >"$ORDER"
	PATH=$WORK/bin:$PATH "$WORK/tree/.ci/run" >"$WORK/out" 2>&1 </dev/null || got=$?
	eq "$name" "exit $got" "exit $1"
	eq "  both targets are made" "$(paste -sd' ' "$ORDER")" "check check-fresh"
}

# totals WANT: the last line of the output, which alone has the form of totals
totals() {
	eq "  totals" "$(tail -n 1 "$WORK/out")" "$1"
	eq "  there is one line of totals" "$(grep -cE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$WORK/out")" 1
}

good='echo "ok 1 a test"; echo "# where the time went:"; echo "#     0.8 min  $1"; echo "40 passed, 0 failed, 2 skipped"'
name="both runs pass"
run 0 "$good" "$good"
totals "80 passed, 0 failed, 4 skipped"
eq "  where the time of each went" "$(grep -A 3 '^# make ' "$WORK/out" | grep -c -e '^# make check:$' -e '0.8 min  check$' \
	-e '^# make check-fresh:$' -e '0.8 min  check-fresh$')" 4

name="tests of the first run fail"
run 1 'echo "38 passed, 2 failed, 2 skipped"; exit 2' "$good"
totals "78 passed, 2 failed, 4 skipped"
name="tests of the second run fail"
run 1 "$good" 'echo "1 passed, 3 failed, 0 skipped"; exit 2'
totals "41 passed, 3 failed, 2 skipped"

# Whatever its exit status, a run without totals has failed, and the totals of an earlier run are not its own.
for ends in 'exit 0' 'exit 2' 'kill -KILL $$' 'echo -n "40 passed, 0 failed"' 'echo "# 40 passed, 0 failed, 2 skipped"'; do
	name="the first run ends without totals: $ends"
	run 1 "echo 'ok 1 a test'; $ends" "$good"
	totals "40 passed, 1 failed, 2 skipped"
	name="the second run ends without totals: $ends"
	run 1 "$good" "echo 'ok 1 a test'; $ends"
	totals "40 passed, 1 failed, 2 skipped"
done
name="neither run has totals"
run 1 'exit 0' 'exit 0'
totals "0 passed, 2 failed, 0 skipped"
name="a run fails after its totals"
run 1 "$good; exit 2" "$good"
totals "80 passed, 0 failed, 4 skipped"
done_testing
