#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The recorder as a service: several files, packed files, the flight recorder, signals, and its unit. The events are those of
# recordings, which build/tests/as_live plays to the recorder as if they happened now.
# Whoever started the tests may ignore SIGHUP, as nohup does.
[[ $HEEDS_HUP ]] || HEEDS_HUP=1 exec env --default-signal=HUP "$0" "$@"
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1
MHPTOP=$TOP/build/mhptop live=$TOP/build/tests/as_live
many=$WORK/many.ndjson failures=$TOP/tests/golden/failures.ndjson hosted=$TOP/tests/golden/hosted.ndjson
cd "$WORK" || exit 1

# results NAME COMMAND…: the results that a program prints, and its exit code
results() {
	local name=$1 status=0 line
	shift
	"$@" >results || status=$?
	while IFS= read -r line; do
		case $line in
		ok\ *) pass "${line#ok * }" ;;
		not\ ok\ *) fail "${line#not ok * }" "$(grep -A 1 -xF "$line" results | tail -n 1)" ;;
		esac
	done <results
	eq "$name" $status 0
}
verdict() { "$MHPTOP" check "$@" 2>/dev/null | sed -n 's/^# \([A-Z]*: .*\)/\1/p'; }
# What is about events: without the numbers, and without the snapshots of files that go on where another one ended
events() {
	local file base
	for file; do
		base=$("$MHPTOP" export --ndjson "$file" 2>/dev/null | jq -r 'select(.type == "mhptop") | .base_records // 0')
		"$MHPTOP" export --ndjson "$file" 2>/dev/null | jq -c --argjson base "$base" 'select(.event and .seq > $base) | del(.seq)'
	done
}
# newest FILE: FILE and the earlier ones, the oldest first
newest() { find . -regex "\./$1\(\.[0-9]+\)?" -printf '%f\n' | sort -t. -k3 -V -r | awk -v last="$1" '$0 == last { next } { print } END { print last }'; }
# cycles RECORDING N: the recording with its events N times, one life of the memory after the other
cycles() {
	head -n 1 "$1"
	tail -n +2 "$1" | jq -c --slurp --argjson times "$2" '
		map(select((.event // "") | test("^mhp_snapshot"))) as $snapshot | map(select((.event // "") | test("^mhp_(?!snapshot)"))) as $life |
		$snapshot[], (range($times) as $n | $life[] | .seq += $n * ($life | length) | .ns += $n * 1000000000),
		(.[-1] | .totals.folded = ($snapshot | length) + $times * ($life | length) | .totals.seen = .totals.folded |
			.totals.mono_ns = $life[-1].ns + $times * 1000000000 |
			.totals.events |= with_entries(if .key | test("snapshot") then . else .value.seen *= $times end))'
}
totals() { tail -n 1 "$1" | jq -c ".totals | $2"; }

# -- Wherever another file begins ----------------------------------------------------------------------------------------------

results "nothing is lost wherever another file begins" "$TOP/build/tests/pieces" "$WORK" \
	"$TOP"/tests/golden/{attached,buddy,comm,failures,hosted,late,range-late,removed,stuck}.ndjson "$TOP"/tests/rules/late/*.ndjson
rm -f pieces.*

cycles "$TOP/tests/golden/removed.ndjson" 40 >cycles.ndjson
PAUSE=9999 "$live" cycles.ndjson record -o "$many"
eq "a recording of many events" "$(verdict "$many" | sed 's/[0-9]* events/N events/')" "PASS: N events, 0 lost"

# -- Size ----------------------------------------------------------------------------------------------------------------------

want=$(events "$many")
for form in ndjson mhp ndjson.zst mhp.zst; do
	PAUSE=9999 "$live" "$many" record -o "size.$form" --max-size 64K --keep 99
	eq "$form: the recorder ends" $? 0
	mapfile -t files < <(newest "size.$form")
	case $form in
	*.zst) eq "$form: packed, all of it fits into one file" "${#files[@]}" 1 ;;
	*) check "$form: there are several files, ${#files[@]}" test "${#files[@]}" -gt 1 ;;
	esac
	none "  none is larger than it may be" "$(find . -name "size.$form*" -size +65536c)"
	eq "  in a row, they are judged as one" "$(verdict "${files[@]}")" "$(verdict "$many")"
	mapfile -t reversed < <(printf '%s\n' "${files[@]}" | tac)
	eq "  in any order" "$(verdict "${reversed[@]}")" "$(verdict "$many")"
	eq "  all events are there, once, as they were" "$(events "${files[@]}" | md5sum)" "$(md5sum <<<"$want")"
	eq "  what they show is the same" "$("$MHPTOP" replay --json "${files[@]}" | jq -c '[.blocks, .zones, .ranges, .events, .self_check]')" \
		"$("$MHPTOP" replay --json "$many" | jq -c '[.blocks, .zones, .ranges, .events, .self_check]')"
	for file in "${files[@]}"; do
		eq "  $file alone violates no rule" "$(verdict "$file" | grep -cE '^(PASS|UNKNOWN: [0-9]+ events, 0 lost)')" 1
	done
	eq "  all are for their owner only" "$(stat -c %a "${files[@]}" | sort -u)" 600
done
check "  zstd finds them whole" zstd -qt size.ndjson.zst size.mhp.zst
eq "unpacked, they are what would have been written without packing" "$(zstd -qdc size.ndjson.zst | sed '1d;$d' | md5sum)" \
	"$(sed '1d;$d' "$many" | md5sum)"
cat size.ndjson.1 size.ndjson >both.ndjson
eq "two files joined to one are judged as one" "$(verdict both.ndjson | cut -d: -f1)" PASS
eq "  with the result of the last one" "$("$MHPTOP" replay --json both.ndjson | jq -r .self_check)" equal
eq "the oldest one says that the result of the self-check is in another file" "$(totals size.ndjson.1 .self_check_why)" \
	'"it went on in another file, whose totals have the result"'
eq "  the newest one has it" "$(totals size.ndjson .self_check)" '"equal"'
# The accounts of a recorder that has lost events are no snapshot.
for lost in 20-21 100-110; do
	for recording in range eject-range; do
		LOSE=$lost PAUSE=9999 "$live" "$TOP/tests/rules/$recording.ndjson" record -o lost.ndjson --max-size 64K --keep 99 2>stderr
		mapfile -t files < <(newest lost.ndjson)
		check "$recording, $lost lost: there are several files" test "${#files[@]}" -gt 1
		none "  none of them alone accuses the kernel" "$(for file in "${files[@]}"; do verdict "$file"; done | grep -vE '^(PASS|UNKNOWN)')"
		eq "  all in a row neither" "$(verdict "${files[@]}" | cut -d: -f1)" UNKNOWN
		rm lost.ndjson*
	done
done
# What does not follow is no part of it.
mapfile -t files < <(newest size.ndjson)
all=$(verdict "${files[@]}" | tr -dc '0-9 ' | cut -d' ' -f2)
snapshot=$(head -n 1 size.ndjson.2 | jq .base_records)
eq "without one in the middle, the next one is a recording of its own, with its snapshot" \
	"$(verdict "${files[@]:0:2}" "${files[@]:3}" | sed 's/: \([0-9]*\).*/ \1/')" \
	"PASS $((all - $(totals "${files[2]}" .folded) + $(head -n 1 "${files[2]}" | jq .base_records) + $(head -n 1 "${files[3]}" | jq .base_records)))"
head -n -1 "${files[0]}" >cut.ndjson
eq "behind one that was cut, it is one of its own" "$(verdict cut.ndjson "${files[1]}" | sed 's/: \([0-9]*\).*/ \1/')" \
	"UNKNOWN $(($(totals "${files[0]}" .folded) + $(totals "${files[1]}" .folded)))"
sed '1s/"boot":"[^"]*"/"boot":"another"/' "${files[1]}" >boot.ndjson
check "  and so is one of another boot" test "$(verdict "${files[0]}" boot.ndjson | sed 's/[^0-9]*\([0-9]*\).*/\1/')" = \
	$(($(totals "${files[0]}" .folded) + $(totals "${files[1]}" .folded)))
check "there was a snapshot, of $snapshot records" test "$snapshot" -gt 0
PAUSE=9999 "$live" "$many" record -o kept.ndjson --max-size 64K --keep 1
eq "--keep 1: the latest two are there" "$(newest kept.ndjson | paste -sd' ')" "kept.ndjson.1 kept.ndjson"
PAUSE=9999 "$live" "$hosted" record -o kept.ndjson --max-size 64K --keep 2
eq "the file of an earlier recorder is kept" "$(newest kept.ndjson | paste -sd' ')" "kept.ndjson.2 kept.ndjson.1 kept.ndjson"
cp kept.ndjson before.ndjson
PAUSE=9999 "$live" "$hosted" record -o kept.ndjson --reopen
eq "  also with --reopen" "$(newest kept.ndjson | paste -sd' ') $(md5sum <kept.ndjson.1)" \
	"kept.ndjson.3 kept.ndjson.2 kept.ndjson.1 kept.ndjson $(md5sum <before.ndjson)"
rm kept.ndjson.3
PAUSE=9999 "$live" "$hosted" record -o kept.ndjson --max-size 64K --keep 0
eq "--keep 0: what it would be renamed to is left alone" "$(newest kept.ndjson | paste -sd' ')" "kept.ndjson.2 kept.ndjson.1 kept.ndjson"

# Lost events are missing where they were lost, wherever another file begins, and are counted once.
for lose in 300-300 200-800 1760-1799; do
	LOSE=$lose PAUSE=9999 "$live" "$many" record -o lost.ndjson --max-size 64K 2>stderr
	eq "events $lose are lost: the recorder says so" "$? $(sed 's/.*: \([0-9]* of .* lost\) .*/\1/' stderr)" \
		"5 $(jq -n --argjson seen "$(totals "$many" .seen)" "([\$seen, ${lose#*-}] | min) - ${lose%-*} + 1") of $(totals "$many" .seen) events were lost"
	mapfile -t files < <(newest lost.ndjson)
	eq "  and so do the files in a row" "$(verdict "${files[@]}" | sed 's/.*, \([0-9]* lost\).*/\1/')" "$(sed 's/.*: \([0-9]*\) of .*/\1 lost/' stderr)"
	none "  none is damaged" "$(for file in "${files[@]}"; do verdict "$file"; done | grep DAMAGED)"
	rm -f lost.*
done

# -- Signals -------------------------------------------------------------------------------------------------------------------

# begin OPTION…: a recorder in the background, whose events come through descriptor 9
begin() {
	rm -f pipe
	mkfifo pipe
	"$live" - record "$@" <pipe 2>stderr &
	recorder=$!
	exec 9>pipe
}
# feed FROM TO: these lines of a recording, and wait until they were read
feed() { sed -n "$1,$2p" "$hosted" >&9 && all_read $recorder 9; }
# end: no more events, and SIGTERM. The exit code.
end() {
	exec 9>&-
	kill -TERM $recorder
	wait $recorder
}
# until_true COMMAND…: at most a minute
until_true() {
	local i
	for ((i = 0; i < 600; i++)); do "$@" 2>/dev/null && return; sleep 0.1; done
	return 1
}
has_totals() { tail -n 1 "$1" | grep -q '^{"totals"'; }

begin -o hup.ndjson --reopen
feed 1 20
mv hup.ndjson hup.old.ndjson
kill -HUP $recorder
check "SIGHUP with --reopen: the file that was renamed gets its totals" until_true has_totals hup.old.ndjson
until_true test -s hup.ndjson
kill -HUP $recorder
check "  if nobody renamed it, it goes on" until_true grep -q 'SIGHUP came, but hup.ndjson was not renamed: recording goes on in it' stderr
mv hup.ndjson hup.second.ndjson
echo mine >hup.ndjson
kill -HUP $recorder
check "  if another program writes a file of that name, it goes on" until_true grep -q 'another program has written to hup.ndjson' stderr
eq "  and leaves it alone" "$(<hup.ndjson)" mine
: >hup.ndjson
kill -HUP $recorder
check "  an empty one is taken" until_true test -s hup.ndjson
feed 21 9999
end
eq "  it ends" $? 0
eq "  nothing is lost" "$(verdict hup.ndjson hup.second.ndjson hup.old.ndjson)" "$(verdict "$hosted")"

begin -o end.ndjson
feed 1 20
kill -HUP $recorder
wait $recorder
eq "SIGHUP without --reopen ends the recorder, as if its terminal were closed" "$? $(totals end.ndjson .folded)" "0 19"
exec 9>&-
for option in '' --reopen; do
	# shellcheck disable=SC2086	# none, or one
	begin -o nohup.ndjson $option
	kill -TERM $recorder
	wait $recorder
	exec 9>&-
	rm -f pipe && mkfifo pipe
	# shellcheck disable=SC2086	# none, or one
	nohup "$live" - record -o nohup.ndjson $option <pipe 2>stderr &
	recorder=$!
	exec 9>pipe
	feed 1 20
	kill -HUP $recorder
	feed 21 9999
	end
	eq "SIGHUP that is ignored, as nohup does, stays ignored${option:+ with $option}" "$? $(totals nohup.ndjson .folded)" \
		"0 $(totals "$hosted" .folded)"
done

# The real logrotate, with the example: its command is the unit's ExecReload.
begin -o "$WORK/record.mhp.zst" --reopen
feed 1 20
sed "s,/var/lib/mhptop,$WORK,; s/systemctl reload .*/kill -HUP $recorder/; s/notifempty/ifempty/" "$TOP/docs/examples/mhptop-record.logrotate" >rotate.conf
check "logrotate takes the example" /usr/sbin/logrotate -f -s rotate.state rotate.conf
check "  another file is begun" until_true test -s record.mhp.zst
feed 21 9999
end
eq "  the recorder ends" "$? $(cat stderr)" "0 "
check "  both are whole" zstd -qt record.mhp.zst.1 record.mhp.zst
eq "  nothing is lost" "$(verdict record.mhp.zst.1 record.mhp.zst)" "$(verdict "$hosted")"

# -- Followed ------------------------------------------------------------------------------------------------------------------

seen() { jq -c '[.events.seen, .self_check]' "$1"; }
for form in ndjson.zst mhp.zst; do
	begin -o "followed.$form"
	feed 1 20
	until_true test "$("$MHPTOP" export --ndjson "followed.$form" 2>/dev/null | wc -l)" = 20
	"$MHPTOP" replay --json "followed.$form" >now.json 2>/dev/null
	check "$form: --follow shows what a recorder has written so far" \
		timeout 600 bash -c '"$0" replay --json -n 1 -d 1 --follow "$1" >so_far.json </dev/null' "$MHPTOP" "followed.$form"
	eq "  all of it" "$(jq .events.seen so_far.json)" "$(jq .events.seen now.json)"
	"$MHPTOP" replay --json --follow "followed.$form" >frame.json 2>errors &
	reader=$!
	# More than 16 looks that find nothing, after which zstd would take it for an error
	sleep 5
	check "  it waits for more" kill -0 $reader
	feed 21 9999
	end
	wait $reader
	eq "  and ends with the totals" "$? $(seen frame.json) $(cat errors)" "0 $(seen <("$MHPTOP" replay --json "followed.$form")) "
	rm now.json so_far.json frame.json
done

# -- Killed --------------------------------------------------------------------------------------------------------------------

for form in ndjson.zst mhp.zst; do
	begin -o "killed.$form"
	feed 1 20
	until_true test "$("$MHPTOP" export --ndjson "killed.$form" 2>/dev/null | wc -l)" = 20
	kill -KILL $recorder
	wait $recorder
	exec 9>&-
	eq "$form: of a recorder that was killed, all events are there" "$("$MHPTOP" export --ndjson "killed.$form" 2>/dev/null | wc -l)" 20
	status "  the end is missing" 5 'recording ends|is cut|end of the packed|inconclusive' "$MHPTOP" check "killed.$form"
	eq "  so it is not known what came after them" "$(verdict "killed.$form" | cut -d: -f1)" UNKNOWN
done

# -- Flight recorder -----------------------------------------------------------------------------------------------------------

PAUSE=9999 "$live" "$hosted" record -o flight.ndjson --flight 64K 2>stderr
eq "a flight recorder that sees nothing fail writes nothing" "$? $(find . -name 'flight*') $(cat stderr)" "0  "
PAUSE=9999 "$live" "$failures" record -o whole.ndjson
PAUSE=9999 "$live" "$failures" record -o flight.ndjson --flight 1M 2>stderr
eq "an operation fails" "$? $(head -n 1 stderr)" "0 mhptop: wrote flight.ndjson: the offline operation at pfn 0x100200 failed"
mapfile -t files < <(newest flight.ndjson)
eq "  all events are there, as they did not exceed the size" "$(events "${files[@]}" | md5sum)" "$(events whole.ndjson | md5sum)"
eq "  the verdict is that of the whole recording" "$(verdict "${files[@]}")" "$(verdict "$failures")"
# More events than it keeps
memory() { "$MHPTOP" replay --json "$1" | jq -c '[[.blocks[] | select(.state != "removed") | [.id, .state, .zone, .hosting, .vmemmap_pages]], [.zones[].present | select(. > 0)]]'; }
for form in ndjson mhp.zst; do
	begin -o "ring.$form" --flight 64K
	cat "$many" >&9
	all_read $recorder 9
	kill -USR1 $recorder
	until_true test "$(stat -c %s "ring.$form" 2>/dev/null)"
	end
	eq "$form: the latest events are kept" "$? $(cat stderr)" "0 mhptop: wrote ring.$form: SIGUSR1 asked for it"
	"$MHPTOP" export --ndjson "ring.$form" >ring.lines
	check "  the first ones are not, and the header says how many" test "$(head -n 1 ring.lines | jq .dropped)" -gt 0
	dropped=$(head -n 1 ring.lines | jq .dropped)
	eq "  check says it" "$("$MHPTOP" check "ring.$form" | sed -n 's/^# events before .*: //p')" "$dropped"
	eq "  and so does a frame" "$("$MHPTOP" replay -b "ring.$form" | sed -n 's/^events .* not kept \([0-9]*\) .*/\1/p')" "$dropped"
	eq "  with those that were dropped, none is missing" "$(jq -s '.[0].dropped - .[0].base_records + .[-1].totals.folded' ring.lines)" "$(totals "$many" .seen)"
	check "  they take about as much as asked for" test "$(events "ring.$form" | wc -l)" -gt 250
	eq "  they are as they were" "$(events "ring.$form" | md5sum)" "$(tail -n "$(events "ring.$form" | wc -l)" <<<"$want" | md5sum)"
	eq "  no event counts as lost, and no rule is violated for it" "$(verdict "ring.$form" | sed 's/[0-9]* events/N events/')" "PASS: N events, 0 lost"
	eq "  memory ends as in the whole recording" "$(memory "ring.$form")" "$(memory "$many")"
done
begin -o asked.ndjson --flight 1M
feed 1 20
kill -USR1 $recorder
check "SIGUSR1 writes what is there" until_true has_totals asked.ndjson
eq "  all events so far" "$(totals asked.ndjson .folded)" 19
feed 21 9999
kill -USR1 $recorder
check "  again, what came since then" until_true has_totals asked.ndjson.1
until_true has_totals asked.ndjson
end
eq "  both in a row are judged as one" "$? $(verdict asked.ndjson.1 asked.ndjson)" "0 $(verdict "$hosted")"
stuck=$TOP/tests/golden/stuck.ndjson
PATIENCE=0 "$live" "$stuck" record -o stuck.ndjson --flight 1M 2>stderr &
recorder=$!
check "an operation that does not end" until_true grep -q 'wrote stuck.ndjson: the offline operation at pfn 0x[0-9a-f]* does not end' stderr
kill -TERM $recorder
wait $recorder
eq "  is in the recording" "$(verdict stuck.ndjson | cut -d, -f1)" "$(verdict "$stuck" | cut -d, -f1)"
"$TOP/tests/rules/edit.py" "$TOP/tests/rules/eject-range.ndjson" gone:32 >violated.ndjson
PAUSE=9999 "$live" violated.ndjson record -o violated.mhp --flight 1M 2>stderr
check "a rule is violated" grep -q 'wrote violated.mhp: the rule [a-z.]* was violated' stderr
eq "  check finds it in the recording" "$(verdict violated.mhp | cut -d: -f1)" FAIL
LOSE=20-21 PAUSE=9999 "$live" "$hosted" record -o gap.ndjson --flight 1M 2>stderr
check "events are lost" grep -q 'wrote gap.ndjson: events were lost' stderr
eq "  the recording says how many" "$(totals gap.ndjson .lost)" 2
LOSE=20-21 PAUSE=9999 "$live" "$TOP/tests/rules/range.ndjson" record -o before.ndjson --flight 64K 2>stderr
mapfile -t files < <(newest before.ndjson)
check "events are lost that are not kept: what follows is written, in ${#files[@]} files" test "${#files[@]}" -gt 0
none "  and accuses no kernel" "$(for file in "${files[@]}"; do verdict "$file"; done | grep -vE '^(PASS|UNKNOWN)')"

# -- The command line, the service manager, the unit ---------------------------------------------------------------------------

for option in "--max-size 1M" "--flight 1M" --reopen; do
	# shellcheck disable=SC2086	# an option and its value
	status "$option needs a file" 2 "^mhptop: ${option%% *} needs -o FILE$" "$MHPTOP" record $option
	# shellcheck disable=SC2086	# an option and its value
	status "  that can be renamed" 1 '^mhptop: cannot write /dev/null: .* need a file' "$MHPTOP" record $option -o /dev/null
done
for size in 0 1 65535 x 1X -1; do
	status "no size: $size" 2 "^mhptop: --max-size needs a size such as 64M, and 64K at least, not '$size'$" "$MHPTOP" record -o x --max-size "$size"
done
status "no number" 2 "^mhptop: --keep needs a number up to 999, not 'all'$" "$MHPTOP" record -o x --max-size 1M --keep all
status "nothing to keep" 2 '^mhptop: --keep needs --max-size, --flight or --reopen$' "$MHPTOP" record -o x --keep 3
status "two that exclude each other" 2 '^mhptop: --max-size and --flight cannot be used together$' "$MHPTOP" record -o x --max-size 1M --flight 1M
status "a folder that does not exist" 1 '^mhptop: cannot open none/x: No such file or directory$' "$live" "$hosted" record -o none/x --flight 1M
none "nothing is left of all that" "$(find . -name 'x*')"
results "a service manager hears what it should" "$TOP/tests/record/manager.py" "$live" "$hosted"

cd "$TOP" || exit 1
unit=tools/systemd/mhptop-record.service
sed "s,/usr/local/bin/mhptop,$MHPTOP,; /^Documentation=/d" $unit >"$WORK/mhptop-record.service"
check "systemd finds the unit valid" bash -c 'got=$(systemd-analyze verify "$0" 2>&1) && [[ -z $got ]] || { echo "$got"; exit 1; }' \
	"$WORK/mhptop-record.service"
check "  and hardened" systemd-analyze security --offline=yes --threshold=25 --no-pager "$WORK/mhptop-record.service"
eq "make install installs it, with the path of the program" \
	"$(make -s install DESTDIR="$WORK/tree" PREFIX=/elsewhere >&2; sed -n 's/^ExecStart=//p' "$WORK/tree/elsewhere/lib/systemd/system/mhptop-record.service")" \
	"/elsewhere/bin/mhptop record $(sed -n 's/^ExecStart=.* record //p' $unit)"
read -ra words < <(sed -n 's/^ExecStart=[^ ]* //p' $unit)
eq "  its options are valid" "$("$MHPTOP" "${words[@]}" --help | head -n 1)" "Usage: mhptop record [options]"
done_testing
