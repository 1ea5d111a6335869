#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs all unit tests, built by `make check-build`, as one stream of results with one plan. One that crashes, or whose
# results do not fill its own plan, is a failure; so is one that was not built.
cd "$(dirname "$0")/../.." || exit 1

count=0 failed=0

# Renumber the results of one test and add one for the test as a whole.
run() {
	local name=$1 line wanted=none got=0 wrong=0 status
	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			((++got, ++count))
			[[ $line == ok* ]] || wrong=1
			[[ $line =~ ^((not )?ok)\ [0-9]+\ (.*)$ ]]
			echo "${BASH_REMATCH[1]} $count $name: ${BASH_REMATCH[3]}"
			;;
		1..*) wanted=${line#1..} ;;
		KTAP*) ;;
		*) echo "# $line" ;;
		esac
	done < <(exec "build/tests/$name" 2>&1)
	wait $!
	status=$?
	((++count))
	# The leak checker reports at exit, after all results: only the exit status shows a leak.
	if [[ $wanted == "$got" && $status == "$wrong" ]]; then
		echo "ok $count $name: ran to its end"
	else
		echo "not ok $count $name: ran to its end"
		echo "# $got results of $wanted, exit status $status"
		failed=1
	fi
	((wrong == 0)) || failed=1
}

echo "KTAP version 1"
for file in tests/unit/test_*.c; do
	name=${file##*/}
	run "${name%.c}"
done
echo "1..$count"
exit $failed
