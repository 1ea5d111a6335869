#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each command ends with the exit codes that the table has for it, and with no other.
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "${MHPTOP:-$TOP/build/mhptop}")
cd "$TOP" || exit 1
good=tests/golden/hosted.ndjson lost=tests/golden/lost.ndjson
sed '20s/.*/{/' $good >"$WORK/damaged"
tests/rules/edit.py tests/golden/range.ndjson set:mhp_notify:{1,2,3}:nr_pages:7 >"$WORK/violated"
# What guests show, as it takes memory hotplug, or depends on what the machine is: plan-*, list, attention-*, loss.
elsewhere="(none) 5
doctor 3
doctor 5
list 4
plan 3
plan 4
plan 5
record 5"

# gives COMMAND ARG…: remember what it ends with
gives() {
	local name=$1 got=0
	[[ $name == "(none)" ]] && shift
	"$MHPTOP" "$@" >"$WORK/stdout" 2>/dev/null </dev/null || got=$?
	echo "$name $got" >>"$WORK/seen"
}
# Without the privileges that events need
powerless() {
	local name=$1 got=0
	[[ $name == "(none)" ]] && shift
	setpriv --no-new-privs ${caps:+"$caps"} "$MHPTOP" "$@" >"$WORK/stdout" 2>/dev/null </dev/null || got=$?
	echo "$name $got" >>"$WORK/seen"
}
[[ $(id -u) != 0 ]] || caps=--bounding-set=-all

commands=$(sed -nE '/^\.\\" statuses:/,/^\.\\" \/statuses/s/^\.It (Cm )?([^ ]*) Ta [x\\].*/\2/p' docs/mhptop.8)
for name in $commands; do
	gives "$name" --help
	gives "$name" --nonsense
	if [[ $name == "(none)" ]]; then set --; else set -- "$name"; fi
	"$MHPTOP" "$@" --help >/dev/full 2>/dev/null
	echo "$name $?" >>"$WORK/seen"
	eq "--help of $name has the codes of the manual page" "$("$MHPTOP" "$@" --help | sed -n '/^Exit:/,$s/^  \([0-9]\)  .*/\1/p' | sort -u | paste -sd' ')" \
		"$(sed -nE "/^\.\\\\\" statuses:/,/^\.\\\\\" \/statuses/s/^\.It (Cm )?${name//[()]/.} Ta //p" docs/mhptop.8 | awk -F' Ta ' '{ for (i = 1; i <= NF; i++) if ($i == "x") printf "%s%d", n++ ? " " : "", i - 1 }')"
done
for name in "replay --json" check "explain memory32" "serve --textfile $WORK/metrics" "export --ndjson" "export --perfetto" "report --csv"; do
	for recording in $good $lost "$WORK/damaged" "$WORK/violated" "$WORK/none"; do
		# shellcheck disable=SC2086
		gives $name "$recording"
	done
done
for other in $good $lost "$WORK/damaged" "$WORK/violated" "$WORK/none"; do
	gives diff $good "$other"
done
gives diff $lost $lost
powerless "(none)" --json -n 1 --source events
powerless record --source events
powerless check --source events
powerless explain --source events memory0
powerless serve --source events --textfile "$WORK/metrics"
powerless doctor

sort -u "$WORK/seen" >"$WORK/pairs"
sed -nE '/^\.\\" statuses:/,/^\.\\" \/statuses/s/^\.It (Cm )?([^ ]*) Ta ([x\\].*)/\2 Ta \3/p' docs/mhptop.8 |
	awk -F' Ta ' '{ for (i = 2; i <= NF; i++) if ($i == "x") print $1, i - 2 }' | sort -u >"$WORK/table"
none "no command ends with a code that the table does not have" "$(comm -23 "$WORK/pairs" "$WORK/table")"
eq "each code of the table was seen, but for those that need a guest" "$(comm -13 "$WORK/pairs" "$WORK/table")" "$elsewhere"
done_testing
