# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Library of the suites that judge files with mhptop check. MHPTOP is the program under test.
. "$(dirname "${BASH_SOURCE[0]}")/../host-lib.sh"
cd "$TOP/tests/rules" || exit 1
MHPTOP=$(realpath "$TOP/${MHPTOP:-build/mhptop}")

# verdict NAME WANT REGEX FILE…: the exit status of a check, and a line of its verdict or of its messages
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
