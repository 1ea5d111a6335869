#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Replays recordings and compares what mhptop says with what it should: frames, messages, exit codes. Needs no kernel.
#
#	run.sh             with $MHPTOP, build/mhptop by default
#	run.sh --write     writes down what it says now; read the difference before you believe it
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "${MHPTOP:-$TOP/build/mhptop}")
cd "$TOP/tests/golden" || exit 1
GENERATE=$TOP/build/tests/generate
export LC_ALL=C.UTF-8
unset NO_COLOR

replay() { "$MHPTOP" replay "$@"; }
# What is said besides is checked further down.
text_of() { replay -b "$1.ndjson" 2>/dev/null; }
json_of() { replay --json "$1.ndjson" 2>/dev/null | jq .; }

recordings=(hosted removed buddy failures late lost comm range range-late)

# The two that are too long to be written by hand
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
	[[ $name == lost ]] || status "$name is a good recording" 0 '' "$MHPTOP" replay -b "$name.ndjson"
done

check "range.ndjson is what range_life.py writes" diff range.ndjson <(range_life whole)
check "range-late.ndjson, too" diff range-late.ndjson <(range_life late)

# The same events as schema 1 wrote them: other names, the same frame and verdict
sed 's/mhp_snapshot_\([a-z]*\)/mhp_\1_seen/g; 1s/"schema":2/"schema":1/; 1s/"source"/"tier"/' ../rules/eject-range.ndjson >"$WORK/old.ndjson"
check "schema-1.ndjson is a recording of schema 1" cmp schema-1.ndjson "$WORK/old.ndjson"
eq "a recording of schema 1 makes the same frame" "$(replay --json schema-1.ndjson)" "$(replay --json ../rules/eject-range.ndjson)"
eq "and has the same verdict" "$("$MHPTOP" check schema-1.ndjson)" "$("$MHPTOP" check ../rules/eject-range.ndjson)"

# What comes out of a frame, without the rest of it
frame() { replay --json "${@:2}" | jq -c "$1"; }

eq "9 GiB are 72 blocks and 36,864 vmemmap pages" \
	"$("$GENERATE" 72 add | frame '[(.blocks | length), ([.blocks[].vmemmap_pages] | add), .sums.self_hosted]')" \
	'[72,36864,36864]'
eq "what was removed left nothing" \
	"$("$GENERATE" 72 | frame '[.sums.present, .sums.managed, .sums.self_hosted, .sums.blocks, .self_check]')" \
	'[0,0,0,0,"equal"]'
eq "freed is what was populated, block by block" \
	"$("$GENERATE" 72 | frame '[.blocks[] | select(.freed != .populated or .state != "removed")] | length')" 0
eq "keys of a frame" "$(frame 'keys' hosted.ndjson)" \
	'["block_bytes","blocks","events","host","kernel","ns","page_bytes","ranges","schema","self_check","source","sums","violated","violations","zones"]'

# Frames and check have the same rules.
for name in hosted range comm; do
	eq "$name: as many laws broken as check says" "$(frame '[.violated, (.violations | length)]' "$name.ndjson")" \
		"$("$MHPTOP" check "$name.ndjson" | sed -n 's/^# broken \([0-9]*\) times.*/\1/p' | jq -sc '[add // 0, add // 0]')"
done
mapfile -t edits < <(printf 'set:mhp_notify:%d:nr_pages:7\n' {1..11})
eq "a law that is broken often is told ten times" \
	"$("$TOP/tests/rules/edit.py" range.ndjson "${edits[@]}" | frame '[.violated, (.violations | length)]')" \
	'[11,10]'

# A range that hosts its memmap as a whole, up to the Nth line that matches: its account; more of that frame; its row
upto() { frame "$1" "$WORK/upto" 2>/dev/null; }
ranges_at() {
	awk -v nth="$1" -v regex="$2" '{ print } $0 ~ regex && ++n == nth { exit }' range.ndjson >"$WORK/upto"
	upto '[.ranges[] | [.hosting, .sections, .refs, .alloc, .order, .removed, .ret]]'
}
row() { replay -b "$WORK/upto" 2>/dev/null | sed -nE '/^ +BASE .*RESULT$/{n;s/ +/ /gp}' | cut -d ' ' -f "$1"; }
eq "a range while it is added" "$(ranges_at 10 mhp_vmemmap_ref)" '[["none",9,10,4608,null,false,null]]'
eq "  its row" "$(row 2-4,12-)" '0x100000 2359296 0 under way'
eq "and after" "$(ranges_at 1 mhp_add_end)" '[["range",72,72,36864,null,false,0]]'
eq "  its row" "$(row 5-)" 'range self_hosted 72 72 36864 36864 - ok'
eq "  the pages that its blocks give up" \
	"$(upto '[[.blocks[].vmemmap_pages | select(. > 0)], .sums.self_hosted]')" \
	'[[32768,4096],36864]'
eq "one that holds the memmap of others does not go offline" "$(ranges_at 1 '"hosting"}$')" \
	'[["range",72,72,36864,null,false,0]]'
eq "  and says so" "$(upto '[.blocks[] | select(.last_ret != 0) | [.id, .state, .reason, .last_ret]]')" \
	'[[32,"online","hosting",-16]]'
eq "half of it is removed, its memmap is not" "$(ranges_at 1 mhp_remove_end)" '[["range",72,36,36864,null,false,0]]'
eq "  its row" "$(row 5-)" 'range self_hosted 72 36 36864 36864 - ok'
eq "  and its blocks" "$(upto '[.blocks[] | select(.id > 1) | .state] | group_by(.) | map([.[0], length])')" \
	'[["offline",36],["removed",36]]'
eq "the rest is on its way" "$(ranges_at 60 '"op":"put"')" '[["range",72,12,36864,null,false,0]]'
eq "  its row" "$(row 7-)" '72 12 36864 36864 - under way'
eq "its memmap is freed" "$(ranges_at 40 mhp_vmemmap_free)" '[["range",32,0,16384,"descending",false,0]]'
eq "  its row" "$(row 7-)" '32 0 36864 16384 descending freeing 32 left'
eq "nothing is left of it" "$(ranges_at 72 mhp_vmemmap_free)" '[["range",0,0,0,"descending",true,0]]'
eq "  its row" "$(row 7-)" '0 0 36864 0 descending removed'

# Sorting and filtering
eq "sorted by a column" "$(frame '[.blocks[].id]' --sort online_failures failures.ndjson)" '[0,1,32,33,35,34]'
eq "and backwards" "$(frame '[.blocks[].id]' --sort -id hosted.ndjson)" '[34,33,32,1,0]'
eq "filtered" "$(frame '[.blocks[].id]' --filter 'state=online,zone=Movable' hosted.ndjson)" '[32,33]'
eq "the README's question: what did not go offline, and why" \
	"$(replay -b --filter 'offline_failures>0' failures.ndjson | awk '$2 == "online" { print $1, $NF }' | paste -sd,)" \
	'32 isolation,33 unmovable,35 signal'
eq "of a recording history is there: no note" \
	"$(replay -b -n 1 --filter 'offline_failures>0' failures.ndjson 2>&1 >/dev/null)" ""
eq "by a word of any column" "$(frame '[.blocks[].id]' --filter isolation failures.ndjson)" '[32]'

# Frames: the last one, or one for each so many seconds of the recording
frames() { replay --json "$@" | jq -c '[.events.seen, .self_check]' | tr '\n' ' '; }
eq "a recording has one frame" "$(frames hosted.ndjson)" '[45,"equal"] '
eq "-n 1 is the last one" "$(frames -n 1 hosted.ndjson)" '[45,"equal"] '
"$GENERATE" 2200 add >"$WORK/long.ndjson"
sed 's/"ns":1\([0-9]*\)000,/"ns":1\1000000,/' "$WORK/long.ndjson" >"$WORK/slow.ndjson"
eq "with -d one for each second of the recording" "$(frames -d 1 "$WORK/slow.ndjson")" \
	'[1000,"pending"] [2000,"pending"] [2270,"equal"] '
eq "with -n no more than that" "$(frames -d 1 -n 2 "$WORK/slow.ndjson")" '[1000,"pending"] [2000,"pending"] '
eq "-n above 1 asks for seconds, too" "$(frames -n 2 "$WORK/slow.ndjson")" '[1000,"pending"] [2000,"pending"] '
sed '30,$s/"ns":600/"ns":700/' hosted.ndjson >"$WORK/gap.ndjson"
eq "a long pause is one frame, not one for each second" "$(frames -d 1 "$WORK/gap.ndjson")" '[28,"pending"] [45,"equal"] '
eq "the same from a pipe" "$(frames -d 1 <"$WORK/slow.ndjson")" "$(frames -d 1 "$WORK/slow.ndjson")"
eq "a pipe gets frames by the clock, too" \
	"$(mkfifo "$WORK/silent"; exec 4<>"$WORK/silent"; head -n 20 hosted.ndjson >&4; frames -d 0.2 -n 2 <"$WORK/silent" 4>&-)" \
	'[19,"pending"] [19,"pending"] '
eq "a pipe that stays open is read as it comes" \
	"$({ cat hosted.ndjson; sleep 1; } | frames)" '[45,"equal"] '

# Damage: the file, the line, the reason, and an exit code of its own; what came before is used
damaged() {
	local name=$1 line=$2 reason=$3 seen=$4
	status "$name" 6 "^mhptop: $WORK/x:$line: $reason\$" "$MHPTOP" replay -b "$WORK/x"
	[[ -z $seen ]] || eq "$name: what came before is used" "$(replay --json "$WORK/x" 2>/dev/null | jq .events.seen)" "$seen"
}
head -c 5000 hosted.ndjson >"$WORK/x"
damaged "a recording that was cut" 27 truncated 25
sed '30s/"mhp_[a-z]*"/7/' hosted.ndjson >"$WORK/x"
damaged "a line with a wrong event" 30 '"event" is not a string' 28
sed '16s/"Movable"/"Movabel"/' hosted.ndjson >"$WORK/x"
damaged "a line with a wrong word" 16 '"zone" has an unknown word: damaged, or recorded by a newer mhptop' 14
{ head -n 12 hosted.ndjson; head -c 4096 /dev/zero; tail -n +13 hosted.ndjson; } >"$WORK/x"
damaged "a hole of zeros" 13 'not a JSON object' 11
sed 12d hosted.ndjson >"$WORK/x"
damaged "a line that was taken out" 46 '[0-9]* records of [a-z_]* were written, [0-9]* were read' 45
cat hosted.ndjson hosted.ndjson >"$WORK/x"
damaged "two recordings in one" 48 'a line behind the totals' 45
sed '$s/"seen":45/"seen":99/' hosted.ndjson >"$WORK/x"
damaged "totals that do not go with what was written" 47 \
	'the totals contradict themselves: of 99 events 0 are lost and 45 written' 45
sed '$s/"mhp_add_begin":{"seen":[0-9]*/"mhp_add_begin":{"seen":40/' hosted.ndjson >"$WORK/x"
damaged "counts of events that do not add up" 47 \
	'the totals contradict themselves: 45 events, 0 lost, but by event [0-9]*, 0 lost' 45
sed '1s/"schema":2/"schema":3/' hosted.ndjson >"$WORK/x"
damaged "a newer schema" 1 'schema 3 is newer than 2, the newest known here: use the mhptop that recorded it' ''
printf '\177ELF\2\1\1\0\n\0\0' >"$WORK/x"
damaged "a program" 1 'not a recording of mhptop' ''
printf '\0\1{\377' >"$WORK/x"
damaged "noise without a line" 1 'not a recording of mhptop' ''
printf '{"a":1}' >"$WORK/x"
damaged "other JSON without a line" 1 'not a recording of mhptop' ''
echo '{"a":1}' >"$WORK/x"
damaged "other JSON" 1 'not a recording of mhptop' ''
: >"$WORK/x"
damaged "nothing" 1 'empty, not a recording' ''
head -c 20 hosted.ndjson >"$WORK/x"
damaged "a header that was cut" 1 truncated ''

# What somebody else wrote does not speak to the terminal.
sed '1s/"kernel":"[^"]*"/"kernel":"\\u001b]0;pwn\\u0007x"/;1s/"host":"[^"]*"/"host":"\\u009b31mbox"/;$d' hosted.ndjson \
	>"$WORK/"$'\e[31mx'
controls() { "$MHPTOP" replay "$1" "$WORK/"$'\e[31mx' 2>&1 | grep -cP '[\x00-\x08\x0b-\x1f\x7f\x{80}-\x{9f}]'; }
eq "control characters in a header and a file's name: none in text" "$(controls -b)" 0
eq "none in JSON" "$(controls --json)" 0
eq "they are marked" "$(replay --json "$WORK/"$'\e[31mx' 2>/dev/null | jq -c '[.kernel, .host]')" '["?]0;pwn?x","?31mbox"]'

# Events were lost: all is done, but nobody can tell what they were
lost() { status "$1" 5 "^mhptop: $2 events were lost when it was recorded: what is shown may be wrong" "${@:3}"; }
lost "a recording that lacks events" '3 of 16' "$MHPTOP" replay -b lost.ndjson
lost "the same as JSON" '3 of 16' "$MHPTOP" replay --json lost.ndjson
eq "  with a frame all the same" "$(jq .events.lost "$WORK/stdout")" 3
lost "the same with frames by time" '3 of 16' "$MHPTOP" replay --json -d 0.01 lost.ndjson
sed '$s/,"self_check_why":"[^"]*"//' lost.ndjson >"$WORK/x"
eq "an older recorder did not tell why nothing was compared: it is known" "$(frame .self_check_why "$WORK/x" 2>/dev/null)" \
	'"when it was recorded, 3 events were lost, so the ledgers were not compared"'
sed '9d;$d' hosted.ndjson >"$WORK/x"
lost "a recording without totals that has a gap" '1 of 45' "$MHPTOP" replay -b "$WORK/x"
sed '14s/"Movable"/"Movabel"/' lost.ndjson >"$WORK/x"
damaged "lost events, and damage, which is worse" 14 \
	'"zone" has an unknown word: damaged, or recorded by a newer mhptop' 15

# No damage: it is told, and used
sed '$d' hosted.ndjson >"$WORK/x"
status "a recorder that was killed" 0 "^mhptop: $WORK/x:46: recording ends without totals" "$MHPTOP" replay -b "$WORK/x"
sed '$d;20d;25d' hosted.ndjson >"$WORK/x"
eq "then gaps in the numbers are what was lost" "$(replay --json "$WORK/x" 2>/dev/null | jq -c .events)" \
	'{"seen":45,"lost":2}'
sed 's/"mhp_offline_begin"/"mhp_of_tomorrow"/' hosted.ndjson >"$WORK/x"
status "an event that is not known here" 0 \
	"^mhptop: $WORK/x: 1 records of events not known here were left out" "$MHPTOP" replay -b "$WORK/x"
eq "is not a lost one" "$(replay --json "$WORK/x" 2>/dev/null | jq -c .events)" '{"seen":45,"lost":0}'
status "a file that is not there" 1 '^mhptop: cannot open .*/y: No such file or directory$' "$MHPTOP" replay -b "$WORK/y"
status "a folder" 1 ':1: Is a directory$' "$MHPTOP" replay -b "$WORK"

# The command line
usage() { status "$1" 2 "^mhptop: $2\$" "$MHPTOP" "${@:3}"; }
usage "no such command" '"frob" is no command' frob
usage "an argument that speaks to the terminal" '"[?][[]31mfoo[?]" is no command' $'\e[31mfoo\u009b'
usage "no such option" '--frob is no option' --frob
usage "no such letter" '-x is no option' -bx
usage "a value that is missing" '-d needs a value' -b -d
usage "a value that is none" '--frames needs a number above 0, not "-1"' -b -n -1
usage "a delay that is none" '--delay needs seconds from 0.01 to 86400, not "0"' -b -d 0
usage "an option of another command" '--json is not for mhptop record' record --json
usage "an option of a command, without it" '--output is not for mhptop without a command' -b -o x
usage "a word too many" 'what is "b" for\?' replay a b
usage "a column that is none" '--sort: "colour" is no column' -b --sort colour
usage "a filter that is none" '--filter: "colour" is no column; --help lists them' -b --filter colour=red
usage "a dashboard without a terminal" 'standard output is no terminal: use -b or --json' replay hosted.ndjson
for command in '' record replay doctor; do
	# shellcheck disable=SC2086
	status "help${command:+ of $command}" 0 '' "$MHPTOP" $command --help
	check "  starts with how to call it" grep -q '^Usage: mhptop' "$WORK/stdout"
done
status "the version" 0 '' "$MHPTOP" --version
eq "  is one line" "$(grep -cE '^mhptop [0-9.]+$' "$WORK/stdout")" 1

# Output that is full, closed, or told to end
for words in --help --version 'record --help' doctor; do
	# shellcheck disable=SC2086
	status "a full disk for mhptop $words" 1 '^mhptop: cannot write standard output: No space left on device$' \
		bash -c '"$0" "$@" >/dev/full' "$MHPTOP" $words
done
status "a full disk" 1 '^mhptop: cannot write a frame: No space left on device$' \
	bash -c '"$0" replay -b hosted.ndjson >/dev/full' "$MHPTOP"
"$GENERATE" 5000 add >"$WORK/big.ndjson"
status "a pipe that is closed is no error" 0 '' \
	bash -c 'set -o pipefail; "$0" replay -b "$1" | head -n 1' "$MHPTOP" "$WORK/big.ndjson"
status "nor is one that is closed while nothing is to be written" 0 '' timeout 60 bash -c '
	mkfifo "$2/idle"
	exec 4<>"$2/idle"
	cat "$1" >&4
	set -o pipefail
	"$0" replay --json -d 100 <"$2/idle" 4>&- | true' "$MHPTOP" hosted.ndjson "$WORK"
mkfifo "$WORK/fifo"
exec 4<>"$WORK/fifo" # it stays open
"$MHPTOP" replay --json <"$WORK/fifo" >"$WORK/frame" 4>&- &
cat hosted.ndjson >&4
all_read $! 4
kill -TERM $!
wait $!
eq "a signal ends with the last frame" $? 0
exec 4>&-
eq "  which has all that was read" "$(jq .events.seen "$WORK/frame")" 45

# Live, without the events: what sysfs tells, said to be that
if [[ -r /sys/devices/system/memory/block_size_bytes ]]; then
	status "without the events sysfs is shown, and why" 0 '^mhptop: only sysfs, polled: .' "$MHPTOP" --json -n 1
	eq "  marked as such" "$(jq -r .source "$WORK/stdout")" sysfs
	status "one frame has no history to filter by" 0 '^mhptop: note: offline_failures is known from when mhptop starts' \
		"$MHPTOP" -b -n 1 --filter 'offline_failures>0'
	eq "  which is not told of other filters" \
		"$("$MHPTOP" -b -n 1 --filter state=online 2>&1 >/dev/null | grep -c note:)" 0
	eq "  nor of more frames" \
		"$("$MHPTOP" -b -n 2 -d 0.05 --filter 'offline_failures>0' 2>&1 >/dev/null | grep -c note:)" 0
	eq "  with a frame for each -n" "$("$MHPTOP" --json -n 3 -d 0.05 2>/dev/null | wc -l)" 3
else
	status "without the events and sysfs nothing can be shown" 4 '^mhptop: .' "$MHPTOP" --json -n 1
fi
status "nothing can be recorded without the events" 4 '^mhptop: cannot record: .' "$MHPTOP" record -o "$WORK/none"
check "  and no file is left" test ! -e "$WORK/none"

# As many blocks as there may be
"$GENERATE" 65536 online >"$WORK/huge.ndjson"
replay --json "$WORK/huge.ndjson" >"$WORK/huge.json"
eq "65,536 memory blocks" "$(jq -c '[(.blocks | length), .sums.blocks_online, .self_check]' "$WORK/huge.json")" \
	'[65536,65536,"equal"]'
if [[ $MHPTOP == */build/mhptop ]]; then
	resident=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$MHPTOP" replay -b -n 1 "$WORK/huge.ndjson")
	check "they take at most 24 MiB: $resident KiB" test "$resident" -le 24576
fi
done_testing
