#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The JSON Schemas in docs/schema are those of the events and columns; recordings and frames are valid, damaged ones are not.
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "${MHPTOP:-$TOP/build/mhptop}")
cd "$TOP" || exit 1
export LC_ALL=C.UTF-8
golden=tests/golden
validate=tests/export/schema.py
edit() { "$TOP/tests/rules/edit.py" "$@" >"$WORK/edited.ndjson"; }

for what in recording frame; do
	check "docs/schema/$what-3.json is generated from the events and columns (make docs)" \
		diff "docs/schema/$what-3.json" <(build/tests/schema_doc "$what")
done

# Older schemas have other names; their headers say so.
for path in "$golden"/*.ndjson tests/rules/*.ndjson; do
	if grep -qm1 '"schema":3' "$path"; then
		check "${path#tests/} is valid" $validate recording "$path"
	else
		status "${path#tests/}, of an older schema, is not valid" 1 "${path##*/}:1: " $validate recording "$path"
	fi
done
for path in "$golden"/*.json; do
	check "${path#tests/} is valid" $validate frame "$path"
done
edit $golden/range.ndjson set:mhp_notify:{1,2,3}:nr_pages:7
"$MHPTOP" replay --json "$WORK/edited.ndjson" >"$WORK/frame"
check "a frame with violations is valid" $validate frame "$WORK/frame"
"$MHPTOP" replay --json tests/rules/first-range.ndjson >"$WORK/frame"
check "a frame of a recording of an older schema is valid" $validate frame "$WORK/frame"
"$MHPTOP" --source sysfs --json -n 1 >"$WORK/frame" 2>/dev/null
check "a frame of this machine is valid" $validate frame "$WORK/frame"
edit $golden/failures.ndjson unknown:mhp_offline_failed:reason unseen:mhp_vmemmap_ref
check "a recording with unknown fields and events is valid" $validate recording "$WORK/edited.ndjson"
check "  it has them" grep -q '"reason":null' "$WORK/edited.ndjson"
build/tests/generate 4 remove 2 >"$WORK/generated.ndjson"
check "what mhptop writes is valid" $validate recording "$WORK/generated.ndjson"

# invalid FILE KIND SED NAME: the edited file is not valid
invalid() {
	sed "$3" "$1" >"$WORK/invalid"
	if cmp -s "$1" "$WORK/invalid"; then
		fail "$4" "the edit changes nothing"
	else
		status "$4" 1 "invalid:[0-9]*: " $validate "$2" "$WORK/invalid"
	fi
}
invalid $golden/hosted.ndjson recording 's/"zone":"Movable"/"zone":"Moveable"/' "a word that the event does not have"
invalid $golden/hosted.ndjson recording 's/"nr_pages":32768,//' "a field that is missing"
invalid $golden/hosted.ndjson recording 's/"delta":-/"delta":1e30,"x":/' "a number that does not fit"
invalid $golden/hosted.ndjson recording 's/"event":"mhp_present",/&"pages":1,/' "a field that the event does not have"
invalid $golden/hosted.ndjson recording 's/"self_check":"equal"/"self_check":"good"/' "totals with a word that there is not"
invalid $golden/hosted.ndjson recording '1s/"page_bytes":4096,//' "a header without the size of a page"
invalid $golden/hosted.json frame 's/"state": "online"/"state": "on"/' "a frame with a word that there is not"
invalid $golden/hosted.json frame '/"hosting": /d' "a block without a column"
invalid $golden/hosted.json frame 's/"violated": 0/"violated": -1/' "a negative count"
done_testing
