#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The dashboard in terminals of several sizes: what is on the screen, what the keys do, and that the terminal is always
# restored.
#
#	run.sh             with $MHPTOP, build/mhptop by default
#	run.sh PART        only part_PART.sh
#	run.sh --write [REGEX]
#	                   writes the screens of part_views.sh anew, or those whose name matches; look at them before you commit them
. "$(dirname "$0")/lib.sh"

if [[ ! -x $MHPTOP ]]; then
	fail "mhptop is built" "$MHPTOP is missing; make mhptop builds it"
	done_testing
fi
command -v tmux >/dev/null || { fail "tmux is installed" "tools/setup.sh test installs it"; done_testing; }

recording() { python3 "$TOP/tests/tui/recording.py" "$@"; }
STORY=$WORK/story.ndjson LOST=$WORK/lost.ndjson SYSFS=$WORK/sysfs.ndjson LARGE=$WORK/large.ndjson RANGE=$WORK/range.ndjson
recording >"$STORY"
recording --lost 3 >"$LOST"
recording --source sysfs >"$SYSFS"
recording --blocks 65536 >"$LARGE"
PYTHONDONTWRITEBYTECODE=1 python3 "$TOP/tests/tui/range_life.py" >"$RANGE"

WRITE=
if [[ ${1-} == --write ]]; then
	WRITE=${2:-.}
	. "$TOP/tests/tui/part_views.sh"
	exit
fi
for part in "$TOP"/tests/tui/part_${1:-*}.sh; do
	# shellcheck source=/dev/null
	. "$part"
done
done_testing
