#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs every example of the table of verdicts in docs/rules.md: each must have the verdict and the exit code of its row.
. "$(dirname "$0")/../host-lib.sh"
mkdir "$WORK/bin" "$WORK/run"
ln -s "$(realpath "$TOP/${MHPTOP:-build/mhptop}")" "$WORK/bin/mhptop"
ln -s "$TOP/tests/rules/edit.py" "$TOP/tests/rules/perf_data.py" "$TOP/build/tests/generate" "$WORK/bin"
export PATH=$WORK/bin:$PATH
cp "$TOP/tests/rules/eject-range.ndjson" "$WORK/run/run.ndjson"
cp "$TOP/docs/rules.md" "$TOP/tests/golden/attached.ndjson" "$TOP"/tests/rules/printed/{console,two-buffers,latency,tgid}.txt "$WORK/run"
cp "$TOP/tests/rules/late/"*.ndjson "$WORK/run"
cp "$TOP/tests/rules/trace-cmd-v7.dat" "$WORK/run/trace.dat"
cp "$TOP/tests/rules/leaking/cycles.ndjson" "$WORK/run/leaking.ndjson"
xz -dc "$TOP/tests/rules/perf.data.xz" >"$WORK/run/perf.data"
"$TOP/build/tests/as_binary" "$WORK/run/run.ndjson" >"$WORK/run/run.mhp"
"$TOP/build/tests/as_text" perf "$WORK/run/run.ndjson" >"$WORK/run/run.txt"
cd "$WORK/run" || exit 1

# The rows, as VERDICT EXIT EXAMPLE, separated by tabs. In a table, "|" is written as "\|".
sed -n '/^## Verdicts$/,/^## /p' "$TOP/docs/rules.md" | grep -E '^\| (PASS|FAIL|UNKNOWN|DAMAGED) .* \| .* \| .*\|$' |
	sed -E 's/^\| ([A-Z]+) \| ([0-9]+) \| .* \| `(.*)` \|$/\1\t\2\t\3/; s/\\\|/|/g' >"$WORK/rows"
eq "every row of the table has an example" "$(grep -vcP '^[A-Z]+\t[0-9]\t[^\t]+$' "$WORK/rows")" 0
eq "each line of the table is a row" "$(grep -c . "$WORK/rows")" \
	"$(sed -n '/^| verdict | exit code | case/,/^$/p' "$TOP/docs/rules.md" | tail -n +3 | grep -c '^|')"
eq "the table has each verdict" "$(cut -f 1,2 "$WORK/rows" | sort -u | paste -sd,)" $'DAMAGED\t6,FAIL\t3,PASS\t0,PASS\t1,UNKNOWN\t1,UNKNOWN\t5'

while IFS=$'\t' read -r verdict exit example; do
	if [[ $example == *ulimit* && ${MHPTOP-} == *build/tests/* ]]; then
		skip "$verdict: $example" "a program with sanitizers needs terabytes of addresses"
		continue
	fi
	if [[ $example == *unshare* ]] && ! unshare -m true 2>/dev/null; then
		skip "$verdict: $example" "needs a mount namespace"
		continue
	fi
	got=0
	timeout -s KILL 600 bash -c "$example" >"$WORK/verdict" 2>"$WORK/stderr" </dev/null || got=$?
	if ((got == exit)) && grep -qE "^# $verdict: " "$WORK/verdict"; then
		pass "$verdict: $example"
	else
		fail "$verdict: $example" "exit $got, want $exit"$'\n'"$(grep -E '^not ok|^# [A-Z]' "$WORK/verdict"; cat "$WORK/stderr")"
	fi
done <"$WORK/rows"
done_testing
