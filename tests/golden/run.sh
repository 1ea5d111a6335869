#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Replays recordings and compares frames, messages and exit codes with the expected ones. Needs no kernel.
#
#	run.sh             with $MHPTOP, build/mhptop by default
#	run.sh --write     writes the current output as the expected one; read the diff before you commit it
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "${MHPTOP:-$TOP/build/mhptop}")
cd "$TOP/tests/golden" || exit 1
GENERATE=$TOP/build/tests/generate
export LC_ALL=C.UTF-8
unset NO_COLOR

replay() { "$MHPTOP" replay "$@"; }
# Messages are checked further down.
text_of() { replay -b "$1.ndjson" 2>/dev/null; }
json_of() { replay --json "$1.ndjson" 2>/dev/null | jq .; }

recordings=(hosted removed buddy failures late attached lost comm stuck range range-late first-range first-range-late)

# These two are too long to write by hand. first-range and first-range-late are of kernels in which the memmap of a range
# belongs to the blocks in which it lies: schema 2.
range_life() { PYTHONDONTWRITEBYTECODE=1 python3 "$TOP/tests/tui/range_life.py" "$@"; }

if [[ ${1-} == --write ]]; then
	range_life whole >range.ndjson
	range_life late >range-late.ndjson
	for name in "${recordings[@]}"; do
		text_of "$name" >"$name.text"
		json_of "$name" >"$name.json"
	done
	exit
fi

for name in "${recordings[@]}"; do
	check "$name as text" diff "$name.text" <(text_of "$name")
	check "$name as JSON" diff "$name.json" <(json_of "$name")
	[[ $name == lost ]] || status "$name is replayed without errors" 0 '' "$MHPTOP" replay -b "$name.ndjson"
done

check "range.ndjson is the output of range_life.py" diff range.ndjson <(range_life whole)
check "range-late.ndjson is the output of range_life.py" diff range-late.ndjson <(range_life late)

# The same events in schema 2: other names, but the same frame and verdict. A real run of a kernel of the first design.
sed 's/mhp_\([a-z]*\)_seen/mhp_snapshot_\1/g; 1s/"schema":1/"schema":2/; 1s/"tier"/"source"/' schema-1.ndjson >"$WORK/schema-2.ndjson"
check "schema-1.ndjson is a recording of schema 1" grep -q 'mhp_block_seen' schema-1.ndjson
check "  and not the same in schema 2" bash -c '! cmp -s "$1" "$2"' _ schema-1.ndjson "$WORK/schema-2.ndjson"
eq "a recording of schema 1 gives the same frame as in schema 2" "$(replay --json schema-1.ndjson)" "$(replay --json "$WORK/schema-2.ndjson")"
eq "a recording of schema 1 gets the same verdict" "$("$MHPTOP" check schema-1.ndjson)" "$("$MHPTOP" check "$WORK/schema-2.ndjson")"
status "  which is that it violates no rule" 0 '' "$MHPTOP" check schema-1.ndjson

# Schema 2: the end of an online or offline has the reason, there are other names and words, and fields are missing
accounts() { replay --json "$1" | jq -c 'del(.schema, .events, .ns, .time) | del(.blocks[] | .[]? | objects | .begin_ns?, .end_ns?)'; }
status "a recording of schema 2 violates no rule" 0 '' "$MHPTOP" check schema-2.ndjson
eq "  its accounts are those of the same run in schema 3" "$(accounts schema-2.ndjson)" "$(accounts failures.ndjson)"
sed 's/"reason":"unmovable"/"reason":"signal"/' schema-2.ndjson >"$WORK/x"
status "  a reason that does not match the result violates a rule" 3 '' "$MHPTOP" check "$WORK/x"
check "  which is result.reason" grep -q '^not ok [0-9]* result.reason: ' "$WORK/stdout"
sed 's/"why":"self_hosted"/"why":"undecided"/' schema-2.ndjson >"$WORK/x"
eq "  a word that is no longer used is read" "$(replay --json "$WORK/x" | jq -c '[.ranges[].why]')" '[null]'
damaged_old() { sed "$1" schema-2.ndjson >"$WORK/x"; status "  $2" 6 "^mhptop: $WORK/x:[0-9]*: $3\$" "$MHPTOP" replay -b "$WORK/x"; }
damaged_old 's/,"reason":"signal"//' "a missing reason is damage" '"reason" is missing'
damaged_old 's/"reason":"signal"/"reason":"singal"/' "an unknown reason, too" '"reason" is not a valid word'
damaged_old '1s/"schema":2/"schema":3/' "so is the old form in a recording of schema 3" '"page_flags" is missing'

# One value of the frame, by a jq expression
frame() { replay --json "${@:2}" | jq -c "$1"; }

eq "9 GiB have 72 blocks and 36,864 vmemmap pages" \
	"$("$GENERATE" 72 add | frame '[(.blocks | length), ([.blocks[].vmemmap_pages] | add), .sums.self_hosted]')" \
	'[72,36864,36864]'
eq "nothing is left of removed memory" \
	"$("$GENERATE" 72 | frame '[.sums.present, .sums.managed, .sums.self_hosted, .sums.blocks, .self_check]')" \
	'[0,0,0,0,"equal"]'
eq "each block has freed as many vmemmap pages as it populated" \
	"$("$GENERATE" 72 | frame '[.blocks[] | select(.freed != .populated or .state != "removed")] | length')" 0
eq "the keys of a frame" "$(frame 'keys' hosted.ndjson)" \
	'["attention","block_bytes","blocks","events","host","kernel","ns","page_bytes","ranges","schema","self_check","source","sums","time","violated","violations","zones"]'

# What makes a recording inconclusive although no event was lost: KEY MESSAGE
uncertain() {
	sed "s/\"self_check\":\"equal\"/\"self_check\":\"none\",\"$1\":3/" hosted.ndjson >"$WORK/$1.ndjson"
	status "$1: check is inconclusive" 5 "mhptop: inconclusive: ${2//[()]/.}" "$MHPTOP" check "$WORK/$1.ndjson"
	status "$1: what replay shows may be wrong" 5 "mhptop: what is shown may be wrong: ${2//[()]/.}" "$MHPTOP" replay -b "$WORK/$1.ndjson"
	eq "$1: a frame has a notice" "$(frame .notice "$WORK/$1.ndjson" 2>/dev/null)" "\"$2\""
}
uncertain no_room "no room for all memory blocks, zones and ranges (failed attempts to make an account: 3)"
uncertain no_lock "order and accounts may be wrong (events that did not get the collector's lock in time: 3)"
sed '1s/"wall_ns"/"max_accounts":4,&/' hosted.ndjson >"$WORK/small.ndjson"
status "a ledger with fewer accounts than blocks is inconclusive" 5 "mhptop: inconclusive: no room for all memory blocks.*" \
	"$MHPTOP" check "$WORK/small.ndjson"
sed -i '1s/"max_accounts":4/"max_accounts":5/' "$WORK/small.ndjson"
status "a ledger with as many accounts as blocks has room" 0 '' "$MHPTOP" replay -b "$WORK/small.ndjson"

# Frames and check apply the same rules.
for name in hosted range first-range comm stuck; do
	eq "$name: a frame has as many violations as check reports" "$(frame '[.violated, (.violations | length)]' "$name.ndjson")" \
		"$("$MHPTOP" check "$name.ndjson" | sed -n 's/^# violated in \([0-9]*\) of .*/\1/p' | jq -sc '[add // 0, add // 0]')"
done
mapfile -t edits < <(printf 'set:mhp_notify:%d:nr_pages:7\n' {1..11})
eq "at most ten violations of a rule are kept" \
	"$("$TOP/tests/rules/edit.py" range.ndjson "${edits[@]}" | frame '[.violated, (.violations | length)]')" \
	'[11,10]'

# A range that hosts its memmap as a whole, up to the Nth matching line: its account, other values of that frame, its row
upto() { frame "$1" "$WORK/upto" 2>/dev/null; }
life=range
ranges_at() {
	awk -v nth="$1" -v regex="$2" '{ print } $0 ~ regex && ++n == nth { exit }' "$life.ndjson" >"$WORK/upto"
	upto '[.ranges[] | [.hosting, .sections, .refs, .alloc, .order, .removed, .ret]]'
}
row() { replay -b "$WORK/upto" 2>/dev/null | sed -nE '/^ +BASE .*RESULT$/{n;s/ +/ /gp}' | cut -d ' ' -f "$1"; }
# memmap_at NTH REGEX: what uses the memmap of the range, where it is, and what the zones and two blocks count
memmap_at() {
	ranges_at "$1" "$2" >/dev/null
	upto '[.ranges[] | .users, .zone, .present], [.zones[] | select(.zone == "Movable") | .present, .managed, .vmemmap_pages],
		[.blocks[] | select(.id == (32, 33)) | .live]' | paste -sd' '
}
eq "a range while it is added" "$(ranges_at 10 mhp_vmemmap_ref)" '[["none",9,10,4608,null,false,null]]'
eq "  its row" "$(row 2-4,14-)" '0x100000 2359296 0 - in progress'
eq "a range after it was added" "$(ranges_at 1 mhp_add_end)" '[["range",72,72,36864,null,false,0]]'
eq "  its row" "$(row 5-)" 'range self_hosted 72 72 0 none 36864 0 36864 - ok'
eq "  the pages of its blocks used for memmap" \
	"$(upto '[[.blocks[].vmemmap_pages | select(. > 0)], .sums.self_hosted]')" \
	'[[32768,4096],36864]'
eq "a notifier vetoes its first block: its memmap is up meanwhile" "$(memmap_at 1 '"step":"cancel_online"')" \
	'[0,"Movable",0] [0,0,36864] [32768,4096]'
eq "  and then down again" "$(memmap_at 1 mhp_online_end)" '[0,"none",0] [0,0,0] [0,0]'
eq "its first block is online, and so is its memmap, in blocks that are offline" "$(memmap_at 2 mhp_online_end)" \
	'[1,"Movable",36864] [69632,32768,36864] [32768,4096]'
eq "  which the table says" "$(replay -b "$WORK/upto" 2>/dev/null | sed -nE 's/^ +(32|33) offline .* - +(.*)/\1: \2/p' | paste -sd,)" \
	'32: 32768 pages hold memmap in use,33: 4096 pages hold memmap in use'
eq "  the pages of the block itself" "$(upto '.blocks[] | select(.id == 100) | [.present, .managed, .vmemmap_pages, .live]')" \
	'[32768,32768,0,0]'
eq "its last user fails to go offline: the memmap is not present meanwhile" "$(memmap_at 1 mhp_offline_blocker)" \
	'[1,"Movable",0] [32768,32768,36864] [32768,4096]'
eq "  and then present again" "$(memmap_at 1 mhp_offline_end)" '[1,"Movable",36864] [69632,32768,36864] [32768,4096]'
eq "a block that is nothing but memmap is online: no user, no page" "$(memmap_at 3 mhp_online_end)" \
	'[1,"Movable",36864] [69632,32768,36864] [32768,4096]'
eq "  its pages" "$(upto '.blocks[] | select(.id == 32) | [.state, .present, .managed]')" '["online",0,0]'
eq "a user in another zone" "$(memmap_at 4 mhp_online_end)" '[2,"Movable",36864] [69632,32768,36864] [32768,4096]'
eq "  has its usable pages" "$(upto '.blocks[] | select(.id == 33) | [.zone, .present, .managed]')" '["Normal",28672,28672]'
eq "three users" "$(memmap_at 5 mhp_online_end)" '[3,"Movable",36864] [102400,65536,36864] [32768,4096]'
eq "a part of the range is not removed" "$(ranges_at 1 mhp_remove_end)" '[["range",72,72,36864,null,false,0]]'
eq "  its row" "$(row 5-)" 'range self_hosted 72 72 3 Movable 36864 36864 36864 - ok'
eq "the last user in its zone goes: the memmap moves" "$(memmap_at 3 mhp_offline_end)" '[1,"Normal",36864] [0,0,0] [32768,4096]'
eq "  to the other zone" "$(upto '.zones[] | select(.zone == "Normal") | [.present, .managed, .vmemmap_pages]')" \
	'[851968,798720,36864]'
eq "the last user goes: the memmap is down" "$(memmap_at 5 mhp_offline_end)" '[0,"none",0] [0,0,0] [0,0]'
eq "the range is being removed" "$(ranges_at 60 '"op":"put"')" '[["range",72,12,36864,null,false,0]]'
eq "  its row" "$(row 7-)" '72 12 0 none 36864 0 36864 - in progress'
eq "the memmap of the range is being freed" "$(ranges_at 40 mhp_vmemmap_free)" '[["range",32,0,16384,"descending",false,0]]'
eq "  its row" "$(row 7-)" '32 0 0 none 36864 0 16384 descending freeing, 32 left'
eq "the range is removed" "$(ranges_at 72 mhp_vmemmap_free)" '[["range",0,0,0,"descending",true,0]]'
eq "  its row" "$(row 7-)" '0 0 0 none 36864 0 0 descending removed'

# The snapshot of such a range
life=range-late
eq "the snapshot of a range: users and memmap" "$(memmap_at 6 mhp_snapshot_block)" '[2,"Movable",2048] [65536,63488,2048] [2048,0]'
sed 's/,"users":2,"memmap_zone":"Movable"//' range-late.ndjson >"$WORK/old.ndjson"
eq "a snapshot without them: the memmap is in the zone of a block that is online" \
	"$(sed '/mhp_offline_begin/,$d' "$WORK/old.ndjson" | frame '[.ranges[] | .users, .zone, .present]' 2>/dev/null)" \
	'[2,"Movable",2048]'

# The first design, in recordings of schema 2
life=first-range
eq "first design: a block that holds the memmap of others does not go offline" "$(ranges_at 1 '"hosting"}$')" \
	'[["range",72,72,36864,null,false,0]]'
eq "  and has the reason" "$(upto '[.blocks[] | select(.last_ret != 0) | [.id, .state, .reason, .last_ret]]')" \
	'[[32,"online","hosting",-16]]'
eq "  the memmap belongs to the block, and nothing is known of users" \
	"$(upto '[.ranges[] | .users, .zone, .present], [.blocks[] | select(.id == 32) | .present, .managed, .live]' | paste -sd' ')" \
	'[null,null,null] [32768,0,32768]'
eq "first design: half of the range is removed, its memmap stays" "$(ranges_at 1 mhp_remove_end)" \
	'[["range",72,36,36864,null,false,0]]'
eq "  the states of its blocks" "$(upto '[.blocks[] | select(.id > 1) | .state] | group_by(.) | map([.[0], length])')" \
	'[["offline",36],["removed",36]]'
eq "first design: the rest is being removed" "$(ranges_at 60 '"op":"put"')" '[["range",72,12,36864,null,false,0]]'
sed '1s/"schema":2/"schema":3/' first-range.ndjson >"$WORK/x"
status "first design: judged as the second one, it violates rules" 3 '' "$MHPTOP" check "$WORK/x"
cat first-range.ndjson range.ndjson >"$WORK/x"
status "recordings of both designs in one file are judged each by its schema" 0 '' "$MHPTOP" check "$WORK/x"
status "  and so are two files" 0 '' "$MHPTOP" check range.ndjson first-range.ndjson

# Sorting and filtering
eq "sorted by a column" "$(frame '[.blocks[].id]' --sort online_failures failures.ndjson)" '[0,1,32,33,35,34]'
eq "sorted in descending order" "$(frame '[.blocks[].id]' --sort -id hosted.ndjson)" '[34,33,32,1,0]'
eq "filtered by two columns" "$(frame '[.blocks[].id]' --filter 'state=online,zone=Movable' hosted.ndjson)" '[32,33]'
eq "filtered by failures: which blocks did not go offline, and why" \
	"$(replay -b --filter 'offline_failures>0' failures.ndjson | awk '$2 == "online" { print $1, $NF }' | paste -sd,)" \
	'32 isolation,33 unmovable,35 signal'
none "a recording has the history: no note" \
	"$(replay -b -n 1 --filter 'offline_failures>0' failures.ndjson 2>&1 >/dev/null)"
for text in 0x108000 0X108000 1081344; do
	eq "filtered by a page frame number, $text" "$(frame '[.blocks[].id]' --filter "start_pfn=$text" hosted.ndjson)" '[33]'
done
eq "filtered by a word of any column" "$(frame '[.blocks[].id]' --filter isolation failures.ndjson)" '[32]'

# Frames: only the last one, or one per interval of recorded time
frames() { replay --json "$@" | jq -c '[.events.seen, .self_check]' | tr '\n' ' '; }
eq "a recording gives one frame" "$(frames hosted.ndjson)" '[45,"equal"] '
eq "-n 1 prints the last frame" "$(frames -n 1 hosted.ndjson)" '[45,"equal"] '
"$GENERATE" 2200 add >"$WORK/long.ndjson"
sed 's/"ns":1\([0-9]*\)000,/"ns":1\1000000,/' "$WORK/long.ndjson" >"$WORK/slow.ndjson"
eq "-d 1 prints a frame per second of recorded time" "$(frames -d 1 "$WORK/slow.ndjson")" \
	'[1000,"pending"] [2000,"pending"] [2270,"equal"] '
eq "-n limits the number of frames" "$(frames -d 1 -n 2 "$WORK/slow.ndjson")" '[1000,"pending"] [2000,"pending"] '
eq "-n above 1 prints a frame per second, too" "$(frames -n 2 "$WORK/slow.ndjson")" '[1000,"pending"] [2000,"pending"] '
sed '30,$s/"ns":600/"ns":700/' hosted.ndjson >"$WORK/gap.ndjson"
eq "a long pause gives one frame, not one per second" "$(frames -d 1 "$WORK/gap.ndjson")" '[28,"pending"] [45,"equal"] '
eq "a pipe gives the same frames" "$(frames -d 1 <"$WORK/slow.ndjson")" "$(frames -d 1 "$WORK/slow.ndjson")"
eq "an idle pipe gives frames by the clock" \
	"$(mkfifo "$WORK/silent"; exec 4<>"$WORK/silent"; head -n 20 hosted.ndjson >&4; frames -d 0.2 -n 2 <"$WORK/silent" 4>&-)" \
	'[19,"pending"] [19,"pending"] '
eq "a pipe that stays open is read as data arrives" \
	"$({ cat hosted.ndjson; sleep 1; } | frames)" '[45,"equal"] '

# A part of a recording; times as they are printed, or after its begin
part() { replay --json "$@" hosted.ndjson 2>&1 | jq -c '[.events.seen, .self_check, .self_check_why]'; }
eq "--until a time as printed includes the event at that time" "$(part --until 60.000080)" \
	'[20,"none","the recording was read only in part (--until)"]'
eq "--until a time after the begin" "$(part --until +80us)" '[20,"none","the recording was read only in part (--until)"]'
eq "  with or without a sign" "$(part --until 80us)" "$(part --until +80us)"
eq "--until a wall-clock time" "$(part --until 2023-11-14T22:13:20.00008Z)" "$(part --until +80us)"
eq "  as printed, in the local time zone" "$(TZ=UTC-2 part --time local --until 00:13:20.00008)" "$(part --until +80us)"
first_ns=$(jq -n 'first(inputs | select(.event).ns)' hosted.ndjson)
eq "--until a time since the first event" "$(part --time delta --until 0.00004)" "$(part --until "$(awk -v ns="$first_ns" 'BEGIN { printf "%.6f", ns / 1e9 + 0.00004 }')")"
status "--until before the recording begins" 2 "^mhptop: '5' is before the recording, which begins at 60.000000\$" "$MHPTOP" replay -b --until 5 hosted.ndjson
status "  by the wall clock" 2 "^mhptop: '2023-11-14T22:13:19Z' is before the recording" "$MHPTOP" replay -b --until 2023-11-14T22:13:19Z hosted.ndjson
"$TOP/build/tests/as_text" perf hosted.ndjson >"$WORK/moments.txt"
status "--until a wall-clock time, of a recording without any" 2 '^mhptop: this recording has no wall-clock times' \
	"$MHPTOP" replay -b --until 2023-11-14T22:13:20Z "$WORK/moments.txt"
eq "--until before the first event" "$(part --until 60)" '[0,"none","the recording was read only in part (--until)"]'
eq "--until after the last event reads all" "$(part --until 60.000180)" '[45,"equal",null]'
log_of() { replay -b "$@" hosted.ndjson | grep -oE ' [0-9]+\.[0-9]+: mhp:' | tr -dc '0-9.\n' | paste -sd' '; }
eq "--since hides earlier events" "$(log_of --since 60.000168)" '60.000168 60.000172 60.000176 60.000180'
eq "--since and --until" "$(log_of --since +164us --until +172us)" '60.000164 60.000168 60.000172'
eq "--since keeps the accounts" "$(frame . --since 60.000168 hosted.ndjson)" "$(frame . hosted.ndjson)"
eq "frames begin with --since" "$(frames -d 1 --since 1001.5 "$WORK/slow.ndjson")" '[1499,"pending"] [2270,"equal"] '
eq "frames end with --until" "$(frames -d 1 --until 1001.5 "$WORK/slow.ndjson")" '[1000,"pending"] [1500,"none"] '
usage_of() { status "$1 $2 is refused" 2 "^mhptop: $1 needs a time as printed, such as 15.401234 or 14:05:00, one since the begin, .* not '" \
	"$MHPTOP" replay -b "$1" "$2" hosted.ndjson; }
for text in '' + ++1 -1 ' 1' noon 0x10; do
	usage_of --since "$text"
	usage_of --until "$text"
done

for times in '+2s +1s' '60.2 60.1' '60.2 +1ns'; do
	read -r since until <<<"$times"
	status "--since $since --until $until is refused" 2 '^mhptop: --since is later than --until$' "$MHPTOP" replay -b --since "$since" --until "$until" hosted.ndjson
done

# A moment: the same frame as of a recording that is read up to there. An import counts the event behind it as seen.
moments=$(jq -r 'select(.event) | select(.event | test("snapshot") | not) | .ns' hosted.ndjson | sort -nu | awk '{ printf "%.6f\n", int($1 / 1000) / 1e6 }')
frame_at() { replay --json "$1" "$2" "$3" 2>&1 | jq -c 'del(.self_check, .self_check_why, .notice, .events)'; }
differing() { for moment in $moments; do
	[[ $(frame_at --at "$moment" "$1") == "$(frame_at --until "$moment" "$1")" ]] || echo "$moment"
done; }
check "there are moments" test "$(wc -w <<<"$moments")" -gt 40
none "--at shows each moment as --until does" "$(differing hosted.ndjson)"
none "  of an import, too" "$(differing "$WORK/moments.txt")"
eq "  and a time since the begin, which no header says" "$(frame_at --at 40us "$WORK/moments.txt")" "$(frame_at --until 40us "$WORK/moments.txt")"
at() { replay --json "$@" 2>&1 | jq -c '[.events.seen, .self_check]' | paste -sd' '; }
eq "--at a time since the begin" "$(at --at 80us hosted.ndjson)" '[20,"pending"]'
eq "--at a step from the begin" "$(at --at +80us hosted.ndjson)" '[20,"pending"]'
eq "--at a wall-clock time" "$(at --at 2023-11-14T22:13:20.00008Z hosted.ndjson)" '[20,"pending"]'
eq "  in the local time zone" "$(TZ=UTC-2 at --at 00:13:20.00008 hosted.ndjson)" "$(at --at 80us hosted.ndjson)"
eq "  in UTC" "$(TZ=UTC-2 at --time utc --at 22:13:20.00008 hosted.ndjson)" '[20,"pending"]'
eq "--at the begin shows the snapshot" "$(frame '[.events.seen, [.blocks[].state]]' --at 0s hosted.ndjson)" "[4,$(jq -sc 'map(select(.event == "mhp_snapshot_block").state)' hosted.ndjson)]"
eq "--at the end shows it" "$(at --at 60.00018 hosted.ndjson)" '[45,"equal"]'
outside() { status "--at $1, outside of the recording" 2 "^mhptop: --at: '$1' is $2\$" "$MHPTOP" replay -b --at "$1" "${3:-hosted.ndjson}"; }
outside 1h 'after the recording, which takes 180us'
outside 60.1 'after the recording, which ends at 60.000180'
outside 59.9 'before the recording, which begins at 60.000000'
outside 2023-11-14T22:13:19Z 'before the recording, which begins at 2023-11-14T22:13:20.000000[+Z].*'
outside 2023-11-14T22:13:21Z 'after the recording, which ends at 2023-11-14T22:13:20.000180[+Z].*'
eq "--at of standard input that is a file" "$(at --at 80us <hosted.ndjson)" '[20,"pending"]'
eq "--at is where frames begin" "$(at --at 1001.2 -d 0.5 "$WORK/slow.ndjson")" '[1200,"pending"] [1699,"pending"] [2199,"pending"] [2270,"equal"]'
eq "  as many as -n says" "$(at --at 1001.2 -n 2 "$WORK/slow.ndjson")" '[1200,"pending"] [2199,"pending"]'
status "--at of a pipe" 2 '^mhptop: --at: a pipe cannot be read again: record to a file, and replay that$' \
	"$MHPTOP" replay -b --at 80us < <(cat hosted.ndjson)
status "--at of a recording that is followed" 2 '^mhptop: --at: a recording that is followed has no end yet' \
	"$MHPTOP" replay -b --at 80us --follow hosted.ndjson
for text in '' + -1s noon 25:00; do
	status "--at '$text' is refused" 2 '^mhptop: --at needs a time as printed, ' "$MHPTOP" replay -b --at "$text" hosted.ndjson
done
for text in '' 0 -1 x 1001 2y; do
	status "--speed '$text' is refused" 2 '^mhptop: --speed needs a number from 0.001 to 1000' "$MHPTOP" replay -b --speed "$text" hosted.ndjson
done
started=$EPOCHREALTIME
eq "--speed gives the frames of -d" "$(frames --speed 4 "$WORK/slow.ndjson")" "$(frames -d 1 "$WORK/slow.ndjson")"
check "  each in its time" awk -v from="$started" -v to="$EPOCHREALTIME" 'BEGIN { exit to - from < 0.25 }'

# A recording that its recorder is still writing
has_ended() { [[ -e $WORK/ended ]]; }
head -n 20 hosted.ndjson >"$WORK/growing"
sed -n 21p hosted.ndjson | head -c 40 >>"$WORK/growing"
frames --follow "$WORK/growing" >"$WORK/frame" &
reader=$!
# The reader has read all there was once its timer is armed and its position is at the end.
at_end() {
	local pid
	pid=$(pgrep -f "replay --json --follow $WORK/growing" | head -n 1)
	grep -qsx "pos:.*[[:blank:]]$(stat -c %s "$WORK/growing")" "/proc/$pid/fdinfo/"* 2>/dev/null
}
until at_end || ! kill -0 $reader 2>/dev/null; do sleep 0.05; done
sed -n 21p hosted.ndjson | tail -c +41 >>"$WORK/growing"
tail -n +22 hosted.ndjson >>"$WORK/growing"
wait $reader
eq "--follow reads a recording to its totals" "$(cat "$WORK/frame")" '[45,"equal"] '

# What is in progress while nothing more is written: the time of this boot is that of the clock, the time of another one is
# not known. Block 33 begins to go offline with the last record.
now() { python3 -c 'import time; print(time.monotonic_ns())'; }
hung() { "$TOP/tests/rules/edit.py" "$TOP/tests/rules/eject-range.ndjson" until:mhp_offline_begin:2 "boot:$1:$2" | head -n -1 >"$WORK/hung"; }
since=$(($(now) / 1000000000 - 100))
hung "$(cat /proc/sys/kernel/random/boot_id)" $((since > 0 ? since : 0))
begun=$(tail -n 1 "$WORK/hung" | jq .ns)
in_progress() { jq '.blocks[] | select(.id == 33) | .offline_time'; }
for command in "--follow $WORK/hung" -; do
	before=$(now)
	# shellcheck disable=SC2086	# an option and a file
	shown=$({ cat "$WORK/hung"; until has_ended; do sleep 0.1; done; } | { replay --json -n 1 -d 2 $command; touch "$WORK/ended"; } | in_progress)
	check "what is in progress since this boot goes on with the clock: ${command% *}" \
		test $((before - begun)) -le "$shown" -a "$shown" -le $(($(now) - begun))
	rm -f "$WORK/ended"
done
hung other $((since > 0 ? since : 0))
eq "what is in progress in a recording of another boot ends with the last record" \
	"$(replay --json -n 1 -d 2 --follow "$WORK/hung" </dev/null | in_progress)" 0
# Times. In stuck.ndjson block 34 is going offline, and the machine was suspended for an hour in the meantime.
going() { replay --json "$@" stuck.ndjson | jq -c '[.ns, .time, (.blocks[] | select(.id == 34) | .offline_time)]' | paste -sd' '; }
eq "the time of a frame, and how long an operation has been in progress" "$(going)" \
	'[72500156000,"2023-11-14T23:13:32.500156Z",12500008000]'
eq "a frame per 5 s of recorded time has the time at which it is due" "$(going -d 5)" \
	'[65000004000,"2023-11-14T23:13:25.000004Z",4999856000] [72500156000,"2023-11-14T23:13:32.500156Z",12500008000]'
eq "an operation in progress is filtered by its duration" "$(frame '[.blocks[].id]' --filter 'offline_time>12s' stuck.ndjson)" '[34]'
eq "  and sorted by it" "$(frame '.blocks[-1].id' --sort offline_time stuck.ndjson)" 34
# In attached.ndjson blocks 32 and 36 are going offline when mhptop is attached, and block 33 is going online.
eq "an offline that had begun before: its duration is a lower bound" "$(frame '[.blocks[] | select(.offline_time) | .id, .offline_time, .offline_bound]' attached.ndjson)" \
	'[32,3000000000,"at_least",36,2999984000,"at_least"]'
eq "  an online that has ended, too" "$(frame '[.blocks[] | select(.online_time) | .id, .online_time, .online_bound]' attached.ndjson)" '[33,1500000000,"at_least"]'
eq "  it is filtered by" "$(frame '[.blocks[].id]' --filter 'offline_time>2999990us' attached.ndjson)" '[32]'
eq "  and sorted by" "$(frame '.blocks[-1].id' --sort offline_time attached.ndjson)" 32
eq "  lower bounds are filtered" "$(frame '[.blocks[].id]' --filter at_least attached.ndjson)" '[32,33,36]'
eq "  it is listed" "$(replay -b attached.ndjson | grep '^offline of')" \
	$'offline of memory32: > 3.0s, since before 60.000012\noffline of memory36: > 3.0s, since before 60.000028'
eq "an operation whose begin was seen is known exactly" "$(frame '[.blocks[] | select(.offline_time) | .offline_bound] | unique' stuck.ndjson)" '["exact"]'
times() { TZ=UTC-5:30 replay -b "$@" | sed -nE 's/^time +//p; s/^offline .* since //p; s/.* ([^ ]+): mhp:.* pass=.*/\1/p' | paste -sd' '; }
eq "times as seconds" "$(times stuck.ndjson)" '72.500156 60.000148 62.000156 62.499000 72.500156'
eq "times as seconds since the first event" "$(times --time delta stuck.ndjson)" \
	'+12.500152 +0.000144 +2.000152 +2.498996 +12.500152'
eq "times in UTC, before and after the suspend" "$(times --time utc stuck.ndjson | sed 's/2023-11-14T//g')" \
	'23:13:32.500156Z 22:13:20.000148Z 22:13:22.000156Z 23:13:22.499000Z 23:13:32.500156Z'
eq "times in the local time zone" "$(times --time local stuck.ndjson | cut -d' ' -f 1,2)" \
	'2023-11-15T04:43:32.500156+05:30 2023-11-15T03:43:20.000148+05:30'
status "an unknown style of times" 2 "^mhptop: --time needs mono, local, utc or delta, not 'iso'\$" "$MHPTOP" replay -b --time iso stuck.ndjson
status "a recording has no styles" 2 "^mhptop: --time cannot be used with 'mhptop record'\$" "$MHPTOP" record --time utc
grep -v mhp_clock stuck.ndjson >"$WORK/x"
eq "a recording that lacks the new clocks is read as before" "$(replay -b "$WORK/x")" "$(replay -b stuck.ndjson)"
sed 's/"wall_ns":17[0-9]*,/"wall_ns":0,/' hosted.ndjson >"$WORK/x"
eq "without clocks, the wall-clock time is unknown" "$(frame '[.ns, .time]' "$WORK/x")" '[60000180000,null]'
eq "  and seconds are printed" "$(replay -b --time utc "$WORK/x")" "$(replay -b "$WORK/x")"

# Damage: a message with file, line and reason, and its own exit code; the lines before it are used
damaged() {
	local name=$1 line=$2 reason=$3 seen=$4
	status "$name" 6 "^mhptop: $WORK/x:$line: $reason\$" "$MHPTOP" replay -b "$WORK/x"
	[[ -z $seen ]] || eq "$name: the lines before it are used" "$(replay --json "$WORK/x" 2>/dev/null | jq .events.seen)" "$seen"
}
head -c 4900 hosted.ndjson >"$WORK/x"
damaged "a truncated recording" 27 truncated 25
sed '30s/"mhp_[a-z]*"/7/' hosted.ndjson >"$WORK/x"
damaged "a line whose event is not a string" 30 '"event" is not a string' 28
sed '16s/"Movable"/"Mov\x7fble"/' hosted.ndjson >"$WORK/x"
damaged "a line with something that is no word" 16 '"zone" is not a valid word' 14
{ head -n 12 hosted.ndjson; head -c 4096 /dev/zero; tail -n +13 hosted.ndjson; } >"$WORK/x"
damaged "a hole of zeros" 13 'not a JSON object' 11
sed 12d hosted.ndjson >"$WORK/x"
damaged "a line that was deleted" 46 'wrote [0-9]* records of [a-z_]*, read [0-9]*' 45
cat hosted.ndjson <(sed 1d hosted.ndjson) >"$WORK/x"
damaged "lines after the totals" 48 'unexpected line after the totals' 45
sed '$s/"seen":45/"seen":99/' hosted.ndjson >"$WORK/x"
damaged "totals that do not match the number of records" 47 \
	'the totals are inconsistent: 99 events, of which 0 lost and 45 written' 45
sed '$s/"mhp_add_begin":{"seen":[0-9]*/"mhp_add_begin":{"seen":40/' hosted.ndjson >"$WORK/x"
damaged "counts of events that do not add up" 47 \
	'the totals are inconsistent: 45 events, 0 lost, but the counts by event add up to [0-9]*, 0 lost' 45
sed '1s/"schema":3/"schema":4/' hosted.ndjson >"$WORK/x"
damaged "a newer schema" 1 'schema 4 is newer than 3, the newest this mhptop reads: use the mhptop that recorded it' ''
printf '\177ELF\2\1\1\0\n\0\0' >"$WORK/x"
damaged "a program" 1 'NUL byte in a text file' ''
printf '\0\1{\377' >"$WORK/x"
damaged "noise without a line" 1 'neither an mhptop recording nor mhp events printed by another tool' ''
printf '{"a":1}' >"$WORK/x"
damaged "other JSON without a line" 1 'not an mhptop recording' ''
echo '{"a":1}' >"$WORK/x"
damaged "other JSON" 1 'not an mhptop recording' ''
: >"$WORK/x"
damaged "an empty file" 1 'empty file, not a recording' ''
head -c 20 hosted.ndjson >"$WORK/x"
damaged "a truncated header" 1 truncated ''

# Control characters of a recording do not reach the terminal.
sed '1s/"kernel":"[^"]*"/"kernel":"\\u001b]0;pwn\\u0007x"/;1s/"host":"[^"]*"/"host":"\\u009b31mbox"/;$d' hosted.ndjson \
	>"$WORK/"$'\e[31mx'
controls() { "$MHPTOP" replay "$1" "$WORK/"$'\e[31mx' 2>&1 | grep -cP '[\x00-\x08\x0b-\x1f\x7f\x{80}-\x{9f}]'; }
eq "control characters in a header and a file name: none in text" "$(controls -b)" 0
eq "control characters in a header and a file name: none in JSON" "$(controls --json)" 0
eq "control characters are replaced by ?" "$(replay --json "$WORK/"$'\e[31mx' 2>/dev/null | jq -c '[.kernel, .host]')" '["?]0;pwn?x","?31mbox"]'

# Lost events: the frames are printed, but may be wrong
lost() { status "$1" 5 "^mhptop: $2 events were lost when it was recorded: everything after the first gap may be wrong" "${@:3}"; }
lost "a recording that lacks events" '3 of 16' "$MHPTOP" replay -b lost.ndjson
lost "a recording that lacks events, as JSON" '3 of 16' "$MHPTOP" replay --json lost.ndjson
eq "  the frame is printed" "$(jq .events.lost "$WORK/stdout")" 3
lost "a recording that lacks events, with frames by time" '3 of 16' "$MHPTOP" replay --json -d 0.01 lost.ndjson
sed '$s/,"self_check_why":"[^"]*"//' lost.ndjson >"$WORK/x"
eq "a recording without the reason for the missing self-check gets one" "$(frame .self_check_why "$WORK/x" 2>/dev/null)" \
	'"when it was recorded, 3 events were lost, so the ledgers were not compared"'
sed '9d;$d' hosted.ndjson >"$WORK/x"
lost "a recording without totals that has a gap" '1 of 45' "$MHPTOP" replay -b "$WORK/x"
sed '14s/"Movable"/"Mov@ble"/' lost.ndjson >"$WORK/x"
damaged "lost events, and damage, which is worse" 14 '"zone" is not a valid word' 15

# Not damaged: a message, and the recording is used
sed '$d' hosted.ndjson >"$WORK/x"
status "a recorder that was killed" 0 "^mhptop: $WORK/x:46: recording ends without totals" "$MHPTOP" replay -b "$WORK/x"
sed '$d;20d;25d' hosted.ndjson >"$WORK/x"
eq "  gaps in its sequence numbers are lost events" "$(replay --json "$WORK/x" 2>/dev/null | jq -c .events)" \
	'{"seen":45,"lost":2}'
sed 's/"mhp_offline_begin"/"mhp_of_tomorrow"/' hosted.ndjson >"$WORK/x"
status "an unknown event" 5 \
	"^mhptop: what is shown may be wrong: 1 records of unknown events, or with unknown words, were skipped" "$MHPTOP" replay -b "$WORK/x"
eq "  is not counted as lost" "$(replay --json "$WORK/x" 2>/dev/null | jq -c .events)" '{"seen":45,"lost":0}'
status "a file that does not exist" 1 '^mhptop: cannot open .*/y: No such file or directory$' "$MHPTOP" replay -b "$WORK/y"
status "a directory" 1 ':1: Is a directory$' "$MHPTOP" replay -b "$WORK"

# The command line
usage() { status "$1" 2 "^mhptop: $2\$" "$MHPTOP" "${@:3}"; }
usage "an unknown command" "unknown command 'frob'" frob
usage "an argument with control characters" "unknown command '[?][[]31mfoo[?]'" $'\e[31mfoo\u009b'
usage "an unknown option" 'unknown option --frob' --frob
usage "an unknown letter" 'unknown option -x' -bx
usage "an ambiguous prefix of options" 'unknown option --max' check --max
usage "a value for an option without one" '--json takes no value' --json=1
usage "a missing value" '-d needs a value' -b -d
usage "a negative number of frames" "--frames needs a number above 0, not '-1'" -b -n -1
usage "a number of frames after a blank" "--frames needs a number above 0, not ' 5'" -b -n ' 5'
usage "a negative number of frames after a blank" "--frames needs a number above 0, not ' -5'" -b -n ' -5'
usage "hexadecimal digits without 0x" "--filter: start_pfn needs a number such as 0x100000, not '1a8000'" -b --filter start_pfn=1a8000
usage "0x that is not at the beginning" "--filter: start_pfn needs a number such as 0x100000, not '10x8'" -b --filter start_pfn=10x8
usage "a delay of 0" "--delay needs seconds from 0.01 to 86400, not '0'" -b -d 0
usage "an option of another command" "--json cannot be used with 'mhptop record'" record --json
usage "an option of a command, without the command" '--output cannot be used without a command' -b -o x
usage "several files to follow" "--follow needs one FILE, not 2" replay -b --follow a b
usage "an argument too many" "unexpected argument 'b'" record b
usage "an unknown column to sort by" "--sort: unknown column 'colour'" -b --sort colour
usage "an unknown column in a filter" "--filter: unknown column 'colour'; --help lists them" -b --filter colour=red
usage "no question of plan" "plan needs 'offline' and memory, or 'add' and a size, not ''" plan
usage "plan add without a size" 'plan add needs a size such as 2G' plan add
usage "plan add with a size that is none" "plan add needs a size such as 2G, not '2X'" plan add 2X
usage "an unknown mode of plan add" "--mode needs N, Y, force or range, not 'on'" plan add 2G --mode on
usage "an address that is none" "--at needs an address such as 0x100000000, not '4G'" plan add 2G --at 4G
usage "an option of plan offline for plan add" '--all and --pages are for plan offline' plan add 2G --pages
usage "the other one" '--all and --pages are for plan offline' plan add 2G --all
usage "an option of plan add for plan offline" '--at and --mode are for plan add' plan offline 32 --at 0x0
usage "JSON of the doctor without --now" "--json needs --now with 'mhptop doctor'" doctor --json
usage "a dashboard without a terminal" 'standard output is not a terminal: use -b or --json' replay hosted.ndjson
for command in '' record replay doctor; do
	# shellcheck disable=SC2086
	status "help${command:+ of $command}" 0 '' "$MHPTOP" $command --help
	check "  starts with the usage" grep -q '^Usage: mhptop' "$WORK/stdout"
done
status "the version" 0 '' "$MHPTOP" --version
eq "  is one line" "$(grep -cE '^mhptop [0-9.]+$' "$WORK/stdout")" 1

# A full disk, a closed pipe, a signal
for words in --help --version 'record --help' doctor; do
	# shellcheck disable=SC2086
	status "a full disk for mhptop $words" 1 '^mhptop: cannot write standard output: No space left on device$' \
		bash -c '"$0" "$@" >/dev/full' "$MHPTOP" $words
done
status "a full disk" 1 '^mhptop: cannot write a frame: No space left on device$' \
	bash -c '"$0" replay -b hosted.ndjson >/dev/full' "$MHPTOP"
"$GENERATE" 5000 add >"$WORK/big.ndjson"
status "a closed pipe is not an error" 0 '' \
	bash -c 'set -o pipefail; "$0" replay -b "$1" | head -n 1' "$MHPTOP" "$WORK/big.ndjson"
status "a pipe that is closed while there is nothing to write is not an error" 0 '' timeout 60 bash -c '
	mkfifo "$2/idle"
	exec 4<>"$2/idle"
	cat "$1" >&4
	set -o pipefail
	"$0" replay --json -d 100 <"$2/idle" 4>&- | true' "$MHPTOP" hosted.ndjson "$WORK"
status "a socket that is closed while there is nothing to write is not an error" 0 '' timeout 60 python3 -c '
import socket, subprocess, sys
ours, theirs = socket.socketpair()
with open(sys.argv[3], "r+b", 0) as pipe:
    pipe.write(open(sys.argv[2], "rb").read())
    replay = subprocess.Popen([sys.argv[1], "replay", "--json", "-d", "100"], stdin=pipe, stdout=theirs)
    theirs.close()
    ours.close()
    sys.exit(replay.wait())' "$MHPTOP" hosted.ndjson "$WORK/idle"
mkfifo "$WORK/fifo"
exec 4<>"$WORK/fifo" # it stays open
"$MHPTOP" replay --json <"$WORK/fifo" >"$WORK/frame" 4>&- &
cat hosted.ndjson >&4
all_read $! 4
kill -TERM $!
wait $!
eq "a signal makes it print the last frame and exit" $? 0
exec 4>&-
eq "  the frame has everything that was read" "$(jq .events.seen "$WORK/frame")" 45

# Signals that are ignored stay ignored, SIGQUIT ends it like the others
exec 4<>"$WORK/fifo"
env --ignore-signal=HUP --default-signal=QUIT "$MHPTOP" replay --json <"$WORK/fifo" >"$WORK/frame" 4>&- &
head -n 20 hosted.ndjson >&4
all_read $! 4
kill -HUP $!
tail -n +21 hosted.ndjson >&4
all_read $! 4
kill -QUIT $!
wait $!
eq "SIGHUP that is ignored, as by nohup, does not end it; SIGQUIT does" "$?, $(jq .events.seen "$WORK/frame")" '0, 45'
exec 4>&-

# Closed standard descriptors
status "standard output is closed" 1 '^mhptop: cannot write a frame: Bad file descriptor$' \
	timeout 60 bash -c '"$0" replay -b hosted.ndjson >&-' "$MHPTOP"
status "all standard descriptors are closed" 1 '' timeout 60 bash -c '"$0" replay -b hosted.ndjson <&- >&- 2>&-' "$MHPTOP"
status "standard input is closed" 1 '^mhptop: standard input:1: Bad file descriptor$' \
	timeout 60 bash -c '"$0" replay -b - <&-' "$MHPTOP"

# The output is opened first: a FIFO without a reader can be interrupted, a wrong path is reported at once.
"$MHPTOP" record -o "$WORK/fifo" &
waits() { [[ $(cat "/proc/$1/comm") == mhptop && $(cut -d ' ' -f 3 "/proc/$1/stat") == S ]]; }
until waits $! 2>/dev/null || ! kill -0 $! 2>/dev/null; do sleep 0.01; done
kill -TERM $! 2>/dev/null
wait $! 2>/dev/null
eq "record waits for the reader of a FIFO, and can be interrupted" $? 143
status "record to a folder that does not exist" 1 '^mhptop: cannot open .*/none/x: No such file or directory$' \
	"$MHPTOP" record -o "$WORK/none/x"

# Live without the events: sysfs, and a message that says so
if [[ -r /sys/devices/system/memory/block_size_bytes ]]; then
	status "without the events sysfs is polled, and a message says why" 0 '^mhptop: polling sysfs instead of reading events: .' "$MHPTOP" --json -n 1
	eq "  the source of the frame is sysfs" "$(jq -r .source "$WORK/stdout")" sysfs
	status "a single frame filtered by history gets a note" 0 '^mhptop: note: offline_failures is counted from when mhptop starts' \
		"$MHPTOP" -b -n 1 --filter 'offline_failures>0'
	eq "  other filters get no note" \
		"$("$MHPTOP" -b -n 1 --filter state=online 2>&1 >/dev/null | grep -c note:)" 0
	eq "  several frames get no note" \
		"$("$MHPTOP" -b -n 2 -d 0.05 --filter 'offline_failures>0' 2>&1 >/dev/null | grep -c note:)" 0
	eq "  a frame as text has no events, not 0 or pending ones" \
		"$("$MHPTOP" -b -n 1 2>/dev/null | grep -E '^(events|rules)')" 'events  none'
	eq "  -n prints that many frames" "$("$MHPTOP" --json -n 3 -d 0.05 2>/dev/null | wc -l)" 3
else
	status "without the events and sysfs it fails" 4 '^mhptop: .' "$MHPTOP" --json -n 1
fi
status "record fails without the events" 4 '^mhptop: cannot record: .' "$MHPTOP" record -o "$WORK/none"
check "  it leaves no file" test ! -e "$WORK/none"
cp hosted.ndjson "$WORK/kept"
status "record fails without the events, and the file exists" 4 '^mhptop: cannot record: .' "$MHPTOP" record -o "$WORK/kept"
check "  it keeps the file" cmp hosted.ndjson "$WORK/kept"

# The doctor does not contradict itself.
"$MHPTOP" doctor >"$WORK/doctor"
if grep -q '^note: CONFIG_KALLSYMS_ALL' "$WORK/doctor"; then
	eq "doctor: without CONFIG_KALLSYMS_ALL, kernel addresses are no use" "$(grep -c '^ok: kernel addresses' "$WORK/doctor")" 0
else
	skip "doctor: without CONFIG_KALLSYMS_ALL, kernel addresses are no use" "this kernel has it, or its configuration is unknown"
fi
if unshare -Ur true 2>/dev/null; then
	eq "doctor: capabilities of a user namespace do not count" \
		"$(unshare -Ur "$MHPTOP" doctor | grep -cE '^(missing|note): CAP_.* not in a user namespace')" 3
else
	skip "doctor: capabilities of a user namespace do not count" "cannot create one"
fi

# The maximum number of blocks
"$GENERATE" 65536 online >"$WORK/huge.ndjson"
replay --json "$WORK/huge.ndjson" >"$WORK/huge.json"
eq "65,536 memory blocks" "$(jq -c '[(.blocks | length), .sums.blocks_online, .self_check]' "$WORK/huge.json")" \
	'[65536,65536,"equal"]'
if [[ $MHPTOP == */build/mhptop ]]; then
	resident=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$MHPTOP" replay -b -n 1 "$WORK/huge.ndjson")
	check "65,536 memory blocks take at most 24 MiB: $resident KiB" test "$resident" -le 24576
fi
done_testing
