#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The metrics of mhptop serve: what they say about a recording, what is absent, how many there are, and how they reach a
# real Prometheus, node_exporter's folder, and nobody else. Needs no kernel.
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "${MHPTOP:-$TOP/build/mhptop}")
cd "$TOP" || exit 1
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
[[ $MHPTOP == */build/mhptop ]] || export MHP_SANITIZED=1
golden=tests/golden
rules=tools/prometheus/mhptop.rules.yml

metrics() { "$MHPTOP" serve --textfile "$WORK/metrics" "$@" && cat "$WORK/metrics"; }
# results NAME COMMAND…: the results that a program prints, and its exit code
results() {
	local name=$1 status=0 line
	shift
	"$@" >"$WORK/results" || status=$?
	while IFS= read -r line; do
		case $line in
		ok\ *) pass "${line#ok * }" ;;
		not\ ok\ *) fail "${line#not ok * }" "$(grep -A 1 -xF "$line" "$WORK/results" | tail -n 1)" ;;
		esac
	done <"$WORK/results"
	eq "$name" $status 0
}
# value NAME SERIES RECORDING WANT: "" if it must be absent
value() { eq "$1" "$(metrics "$3" 2>/dev/null | sed -n "s/^$2 //p")" "$4"; }
# The sum of all series that match
sum() { metrics "$2" 2>/dev/null | awk -v regex="^$1[{ ]" '$0 ~ regex { sum += $NF } END { printf "%.0f\n", sum }'; }

for path in "$golden"/*.ndjson tests/rules/eject-range.ndjson; do
	name=${path##*/} name=${name%.ndjson}
	metrics "$path" >"$WORK/$name.prom" 2>/dev/null
	check "promtool finds nothing to say about the metrics of $name" \
		bash -c 'got=$(promtool check metrics 2>&1 <"$0") && [[ -z $got ]] || { echo "$got"; exit 1; }' "$WORK/$name.prom"
done

# The sums of the accounts, in bytes, are those of a frame; operations are those of the recording.
for name in hosted buddy removed failures range; do
	path=$golden/$name.ndjson
	"$MHPTOP" replay --json "$path" >"$WORK/frame"
	eq "$name: memory, memmap and blocks are those of a frame" \
		"$(for metric in zone_present_bytes zone_managed_bytes memmap_self_hosted_bytes memmap_buddy_hosted_bytes; do
			sum "mhptop_$metric" "$path"
		done | paste -sd' ') $(metrics "$path" | awk '/^mhptop_blocks\{.*"(on|off)line"/ { print $NF }' | paste -sd' ')" \
		"$(jq -r '[.sums[("present", "managed", "self_hosted", "buddy_hosted")] * .page_bytes] + [.sums.blocks_online, .sums.blocks_offline] | join(" ")' "$WORK/frame")"
	eq "$name: operations are those of the recording" \
		"$(metrics "$path" | sed -nE 's/^mhptop_operations_total\{operation="([a-z]*)",result="([a-z]*)",.*\} ([0-9]*)$/\1 \2 \3/p' |
			awk '{ n[$1 " " $2] += $3 } END { for (key in n) if (n[key]) print key, n[key] }' | sort)" \
		"$(jq -r 'select(.event // "" | test("_end$")) | [(.event | ltrimstr("mhp_") | rtrimstr("_end")), if .ret == 0 then "ok" else "failed" end] | join(" ")' \
			"$path" | sort | uniq -c | awk '{ print $2, $3, $1 }' | sort)"
	eq "$name: each operation whose begin is there has a duration" "$(sum mhptop_operation_duration_seconds_count "$path")" \
		"$(jq -s '[.[].event // "" | select(test("mhp_(add|online|offline|remove)_begin"))] | length' "$path")"
done
eq "reasons are those of the recording" \
	"$(metrics $golden/failures.ndjson | sed -nE 's/^mhptop_operations_total\{operation="([a-z]*)",result="failed",reason="([a-z_]*)"\} ([1-9].*)/\1 \2 \3/p' | sort)" \
	"$(jq -r 'select(.event // "" | test("_failed$")) | [(.event | ltrimstr("mhp_") | rtrimstr("_failed")), .reason] | join(" ")' \
		$golden/failures.ndjson | sort | uniq -c | awk '{ print $2, $3, $1 }' | sort)"
eq "schema 2 has the same operations" "$(metrics $golden/schema-2.ndjson | grep '^mhptop_operations_total{operation="o.*line"')" \
	"$(metrics $golden/failures.ndjson | grep '^mhptop_operations_total{operation="o.*line"')"
"$TOP/tests/rules/edit.py" $golden/range.ndjson set:mhp_notify:{1,2,3}:nr_pages:7 >"$WORK/violated.ndjson"
value "violations have their rule" 'mhptop_rule_violations_total{rule="same.block"}' "$WORK/violated.ndjson" 3
value "the time of the last event is that of the clock" mhptop_last_event_timestamp_seconds $golden/hosted.ndjson 1700000000.000180000

# A duration that is known: the begin and end of the offline are 2 s apart
sed '/mhp_offline_end/s/"ns":60/"ns":62/' $golden/hosted.ndjson >"$WORK/slow.ndjson"
value "an offline of 2 s is not among those up to 1 s" 'mhptop_operation_duration_seconds_bucket{operation="offline",le="1.0"}' "$WORK/slow.ndjson" 0
value "  it is among those up to 3 s" 'mhptop_operation_duration_seconds_bucket{operation="offline",le="3.0"}' "$WORK/slow.ndjson" 1
value "  it counts in the sum" 'mhptop_operation_duration_seconds_sum{operation="offline"}' "$WORK/slow.ndjson" \
	"$(jq -s '(map(select(.event == "mhp_offline_end").ns)[0] - map(select(.event == "mhp_offline_begin").ns)[0]) as $ns |
		"\($ns / 1000000000 | floor).\($ns % 1000000000 + 1000000000 | tostring[1:])"' -r "$WORK/slow.ndjson")"
value "an operation in progress has taken so long" 'mhptop_operation_in_progress_seconds{operation="offline"}' $golden/stuck.ndjson \
	"$("$MHPTOP" replay --json $golden/stuck.ndjson | jq -r '[.blocks[] | select(.state == "going_offline").offline_time][0] |
		"\(. / 1000000000 | floor).\(. % 1000000000 + 1000000000 | tostring[1:])"')"

# What is unknown is absent, never 0.
absent() { eq "$1: no $3" "$(metrics "$2" 2>/dev/null | grep -cE "^mhptop_($3)")" 0; }
present() { check "$1: $3" grep -qE "^mhptop_($3)" <(metrics "$2" 2>/dev/null); }
python3 tests/tui/recording.py --source sysfs >"$WORK/sysfs.ndjson"
absent "only sysfs" "$WORK/sysfs.ndjson" 'operation|events|rule|memmap|last_event'
present "only sysfs" "$WORK/sysfs.ndjson" 'blocks\{node="0",state="offline"\} 8$'
present "only sysfs" "$WORK/sysfs.ndjson" 'zone_present_bytes\{'
absent "events were lost" $golden/lost.ndjson 'zone|memmap|blocks'
present "events were lost" $golden/lost.ndjson 'events_lost_total [1-9]'
present "events were lost" $golden/lost.ndjson 'accounts_certain 0$'
grep -v '"event":"mhp_snapshot_' $golden/hosted.ndjson >"$WORK/x"
"$TOP/tests/rules/edit.py" "$WORK/x" set:mhp_notify:1:ret:0 >"$WORK/bare.ndjson"
absent "without a snapshot" "$WORK/bare.ndjson" 'blocks|memmap|zone_present_bytes.*DMA32'
present "without a snapshot" "$WORK/bare.ndjson" 'zone_present_bytes.*Movable'
sed 's/,"self_check":"equal"/,"self_check":"none","no_room":3/' $golden/hosted.ndjson >"$WORK/no_room.ndjson"
absent "a memory block of which it is unknown what hosts its memmap" $golden/late.ndjson 'memmap'
absent "accounts that found no room" "$WORK/no_room.ndjson" 'zone|memmap|blocks'
"$TOP/tests/rules/edit.py" $golden/hosted.ndjson unknown:mhp_managed:after >"$WORK/unknown.ndjson"
sed -i '/mhp_snapshot_zone/d' "$WORK/unknown.ndjson"
absent "a count that the source cannot report" "$WORK/unknown.ndjson" 'zone_managed_bytes'
"$TOP/tests/rules/edit.py" $golden/failures.ndjson unseen:mhp_remove_end >"$WORK/unseen.ndjson"
absent "an event that the source cannot report" "$WORK/unseen.ndjson" 'operations_total\{operation="remove"'
cat $golden/hosted.ndjson "$WORK/bare.ndjson" >"$WORK/two.ndjson"
absent "the accounts of an earlier recording" "$WORK/two.ndjson" 'blocks|memmap'
eq "the counters of an earlier recording go on" "$(sum mhptop_operations_total "$WORK/two.ndjson")" \
	"$(($(sum mhptop_operations_total $golden/hosted.ndjson) * 2))"

# Only of a pipe does nobody know when it ends.
absent "a recording in a file" $golden/hosted.ndjson 'source_ended'
metrics - < <(cat $golden/hosted.ndjson) >"$WORK/pipe.prom"
check "a pipe that has ended: promtool reads the metrics" promtool check metrics <"$WORK/pipe.prom"
eq "  source_ended says it" "$(sed -n 's/^mhptop_source_ended //p' "$WORK/pipe.prom")" 1
eq "  all others are those of the file" "$(grep -v source_ended "$WORK/pipe.prom")" "$(metrics $golden/hosted.ndjson)"

# How many series there are, if all of what needs attention is known, as on a running machine
ids=$(jq '.properties.attention.properties.unknown.items.enum | length' docs/schema/frame-3.json)
series_of() { echo $(($(grep -vc '^#' "$1") + ids - $(grep -c '^mhptop_attention{' "$1"))); }
tests/serve/machine.py >"$WORK/big.ndjson"
metrics "$WORK/big.ndjson" >"$WORK/big.prom"
series=$(series_of "$WORK/big.prom")
check "8 TiB in 65,536 memory blocks on 8 nodes: at most 250 series, $series" test "$series" -le 250
check "  at least 200, or this test shows nothing" test "$series" -ge 200
eq "  all blocks are counted" "$(sum mhptop_blocks "$WORK/big.ndjson")" 65536
eq "  no label has a page, a task or a block" "$(metrics "$WORK/big.ndjson" | grep -oE '[{,][a-z]+=' | tr -d '{,=' | sort -u | paste -sd' ')" \
	"id kernel le node operation reason result rule source state version zone"

eq "what needs attention" "$(sum 'mhptop_attention{id="offline_retries"}' $golden/stuck.ndjson)" 1
eq "  what does not" "$(sum 'mhptop_attention{id="not_online"}' $golden/stuck.ndjson)" 0
absent "  what a recording does not have" $golden/stuck.ndjson 'attention\{id="kernel_zone"'

# A name of a kernel that breaks out of its label does not.
sed '1s/"kernel":"[^"]*"/"kernel":"6\\"} 1\\nevil{x=\\"\\\\"/' $golden/hosted.ndjson >"$WORK/evil.ndjson"
eq "a label holds any text" "$(metrics "$WORK/evil.ndjson" | grep -c '^evil')" 0
check "  and promtool reads it" promtool check metrics <"$WORK/metrics"

# The file for node_exporter
check "anyone may read the file" test "$(stat -c %a "$WORK/metrics")" = 644
none "nothing is left beside it" "$(find "$WORK" -name 'metrics.*')"
status "a file that cannot be written" 1 '^mhptop: cannot write .*/none/x: No such file or directory$' \
	"$MHPTOP" serve --textfile "$WORK/none/x" $golden/hosted.ndjson
mkdir "$WORK/folder"
status "a folder in the place of the file" 1 '^mhptop: cannot write .*/folder: Is a directory$' \
	"$MHPTOP" serve --textfile "$WORK/folder" $golden/hosted.ndjson
none "  nothing is left beside it" "$(find "$WORK" -name 'folder.*')"
cp $golden/hosted.ndjson "$WORK/victim.ndjson"
ln "$WORK/victim.ndjson" "$WORK/link.prom"
for name in victim.ndjson link.prom; do
	status "$name, which is the recording" 2 "^mhptop: --textfile .*/$name: this file is to be read$" \
		"$MHPTOP" serve --textfile "$WORK/$name" $golden/removed.ndjson "$WORK/victim.ndjson"
done
status "  the recording as standard input" 2 '^mhptop: --textfile .*/victim.ndjson: this file is to be read$' \
	bash -c '"$1" serve --textfile "$2" - <"$2"' _ "$MHPTOP" "$WORK/victim.ndjson"
check "  it is whole" cmp $golden/hosted.ndjson "$WORK/victim.ndjson"
mkfifo "$WORK/textfile.fifo"
status "a FIFO in the place of the file" 2 '^mhptop: --textfile .*/textfile.fifo: this is not a file, and a file would replace it$' \
	"$MHPTOP" serve --textfile "$WORK/textfile.fifo" $golden/hosted.ndjson
check "  which is there still" test -p "$WORK/textfile.fifo"
status "a damaged recording" 6 '^mhptop: .*:20: ' "$MHPTOP" serve --textfile "$WORK/x" <(sed '20s/.*/{/' $golden/hosted.ndjson)
status "no such recording" 1 '^mhptop: .*none.ndjson: No such file or directory' "$MHPTOP" serve "$WORK/none.ndjson"

# Addresses
for address in 0.0.0.0:9464 '[::]:9464' 192.0.2.1:80 '[2001:db8::1]:80' 128.0.0.1:9464; do
	others="^mhptop: --listen ${address//[[\]]/.}: other machines can reach this address, which needs --tls-cert, --tls-key and --token-file$"
	status "not on $address" 2 "$others" "$MHPTOP" serve --listen "$address" $golden/hosted.ndjson
	status "  nor with a token alone" 2 "$others" "$MHPTOP" serve --listen "$address" --token-file x $golden/hosted.ndjson
	status "  nor with TLS alone" 2 "$others" "$MHPTOP" serve --listen "$address" --tls-cert x --tls-key x $golden/hosted.ndjson
done
for address in '' 9464 127.0.0.1 127.0.0.1: 127.0.0.1:x 127.0.0.1:65536 127.0.0.1:-1 '127.0.0.1: 1' example.org:80 '[::1]' '[]:1' ::1:80 \
	127.1:80 "$(printf '%200s' x):1"; do
	status "no address: '${address:0:20}'" 2 "^mhptop: --listen needs ADDR:PORT" "$MHPTOP" serve --listen "$address" $golden/hosted.ndjson
done
status "the port is taken" 1 '^mhptop: cannot listen on 127.0.0.1:[0-9]*: Address already in use$' python3 -c '
import socket, subprocess, sys
with socket.create_server(("127.0.0.1", 0)) as taken:
    sys.exit(subprocess.run([sys.argv[1], "serve", "--listen", "127.0.0.1:%d" % taken.getsockname()[1], sys.argv[2]]).returncode)' \
	"$MHPTOP" $golden/hosted.ndjson

# Certificates, keys and tokens. Where one is refused, nothing listens.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/key" -out "$WORK/cert" -days 2 -subj /CN=mhptop 2>"$WORK/stderr"
openssl genrsa -out "$WORK/other_key" 2048 2>"$WORK/stderr"
openssl pkey -in "$WORK/key" -aes256 -passout pass:secret -out "$WORK/locked"
openssl rand -hex 32 >"$WORK/token"
chmod 600 "$WORK"/{key,other_key,locked,token}
# refused NAME CODE MESSAGE OPTION…
refused() { status "$1" "$2" "^mhptop: $3$" timeout 60 "$MHPTOP" serve --listen 127.0.0.1:0 "${@:4}" $golden/hosted.ndjson; }
not_a_pair="cannot serve HTTPS: --tls-cert and --tls-key must be a certificate and its key without a passphrase, in PEM"
tls=(--tls-cert "$WORK/cert" --tls-key "$WORK/key")
refused "a certificate without its key" 2 "--tls-cert and --tls-key can only be used together" --tls-cert "$WORK/cert"
refused "a key without its certificate" 2 "--tls-cert and --tls-key can only be used together" --tls-key "$WORK/key"
refused "the key of another certificate" 1 "$not_a_pair" --tls-cert "$WORK/cert" --tls-key "$WORK/other_key"
refused "a key with a passphrase" 1 "$not_a_pair" --tls-cert "$WORK/cert" --tls-key "$WORK/locked"
refused "a key for a certificate" 1 "$not_a_pair" --tls-cert "$WORK/key" --tls-key "$WORK/key"
refused "a certificate that is not there" 1 "cannot read $WORK/none: No such file or directory" --tls-cert "$WORK/none" --tls-key "$WORK/key"
refused "a token that is not there" 1 "cannot read $WORK/none: No such file or directory" "${tls[@]}" --token-file "$WORK/none"
refused "a folder for a token" 1 "cannot use $WORK: it is not a file" --token-file "$WORK"
mkfifo -m 600 "$WORK/fifo"
refused "a FIFO for a token, without waiting for it" 1 "cannot use $WORK/fifo: it is not a file" --token-file "$WORK/fifo"
install -m 600 /dev/null "$WORK/secret"
truncate -s 65537 "$WORK/secret"
refused "a large file for a key" 1 "cannot use $WORK/secret: it is larger than 64 KiB" --tls-cert "$WORK/cert" --tls-key "$WORK/secret"
size="a token has 16 to 512 characters; 'openssl rand -hex 32' makes one"
letters="a token has only letters, digits and -._~[+]/=; 'openssl rand -hex 32' makes one"
for text in '' '  ' 0123456789abcde "$(printf '%0513d' 0)"; do
	printf '%s\n' "$text" >"$WORK/secret"
	refused "a token of ${#text} characters" 1 "cannot use $WORK/secret: $size" --token-file "$WORK/secret"
done
for text in '0123456789 abcdef' $'0123456789\nabcdef' '0123456789abcdef,' $'0123456789abcdef\x80' '0123456789"abcdef'; do
	printf '%s\n' "$text" >"$WORK/secret"
	refused "a token with $(printf %q "${text:10:1}${text:16:1}")" 1 "cannot use $WORK/secret: $letters" --token-file "$WORK/secret"
done
# refused_modes WHY CURE MODE...: a key and a token with these modes
refused_modes() {
	local why=$1 cure=$2 mode file option
	shift 2
	for mode; do
		for file in key token; do
			cp "$WORK/$file" "$WORK/secret"
			chmod "$mode" "$WORK/secret"
			option=(--token-file "$WORK/secret")
			[[ $file == token ]] || option=(--tls-cert "$WORK/cert" --tls-key "$WORK/secret")
			refused "a $file with the mode $mode" 1 "cannot use $WORK/secret: $why; 'chmod $cure $WORK/secret' forbids that" "${option[@]}"
		done
	done
}
refused_modes "other users can read or write it" o= 604 602 601 644
refused_modes "its group can write it" g-w 620 660
for file in token key cert; do
	cp "$WORK/$file" "$WORK/kept"
	refused "metrics in the place of the $file" 2 "--textfile $WORK/$file: this file is to be read" --textfile "$WORK/$file" \
		"${tls[@]}" --token-file "$WORK/token"
	check "  which is whole" cmp "$WORK/$file" "$WORK/kept"
done
if ((EUID == 0)); then
	install -m 600 -o nobody "$WORK/token" "$WORK/foreign"
	refused "a token of another user" 1 "cannot use $WORK/foreign: it belongs to another user; 'chown root $WORK/foreign' changes that" \
		--token-file "$WORK/foreign"
else
	skip "a token of another user" "only root can give a file away"
fi
status "a token, and nothing that it would protect" 2 '^mhptop: --token-file protects what is served: it needs --listen beside --textfile$' \
	"$MHPTOP" serve --textfile "$WORK/x" --token-file "$WORK/token" $golden/hosted.ndjson

# Without the events, the machine's own blocks
if [[ -r /sys/devices/system/memory/block_size_bytes ]]; then
	"$MHPTOP" serve --source sysfs --textfile "$WORK/live.prom" &
	for ((i = 0; i < 600; i++)); do [[ -e $WORK/live.prom ]] && break; sleep 0.1; done
	check "sysfs: promtool reads the metrics of this machine" promtool check metrics <"$WORK/live.prom"
	eq "  its blocks are those of sysfs" "$(awk '/^mhptop_blocks.*"online"/ { sum += $NF } END { print sum }' "$WORK/live.prom")" \
		"$(cat /sys/devices/system/memory/memory*/state | grep -cx online)"
	eq "  present pages are those of zoneinfo" "$(awk '/^mhptop_zone_present/ { sum += $NF } END { printf "%.0f", sum }' "$WORK/live.prom")" \
		"$(awk -v page="$(getconf PAGESIZE)" '$1 == "present" { sum += $2 } END { printf "%.0f", sum * page }' /proc/zoneinfo)"
	kill -TERM $!
	wait $!
	eq "  a signal ends it" $? 0
	check "  and takes the file away" test ! -e "$WORK/live.prom"
else
	skip "sysfs: promtool reads the metrics of this machine" "this machine has no memory blocks in sysfs"
fi

# Alerts
check "promtool finds the alert rules valid" promtool check rules --lint=all --lint-fatal "$rules"
cp "$rules" tests/serve/alerts.yml "$WORK"
check "each alert is raised by what it says, and by nothing else" promtool test rules "$WORK/alerts.yml"
eq "  all of them are tested" "$(sed -n 's/.*- alert: //p' "$rules" | sort)" \
	"$(sed -n 's/.*alertname: //p' tests/serve/alerts.yml | sort -u)"
none "  they name only metrics that exist" "$(grep -oE 'mhptop_[a-z_]+' "$rules" | sort -u | grep -vxFf <(grep -ohE '^mhptop_[a-z_]+' "$WORK"/*.prom))"
eq "docs/serve.md has all metrics" "$(sed -n 's/^| `\(mhptop_[a-z_]*\)`.*/\1/p' docs/serve.md | sort)" \
	"$(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$WORK"/{failures,hosted,pipe}.prom | sort -u)"
eq "docs/serve.md has all alerts" "$(sed -n 's/^| `\(Mhptop[a-zA-Z]*\)`.*/\1/p' docs/serve.md | sort)" \
	"$(sed -n 's/.*- alert: //p' "$rules" | sort)"

# A fleet
check "promtool finds the recording rules of a fleet valid" promtool check rules --lint=all --lint-fatal tools/prometheus/mhptop.fleet.rules.yml
cp tools/prometheus/mhptop.fleet.rules.yml tests/serve/sums.yml "$WORK"
check "  the sums are right with scrapes every minute, every five minutes, and late" promtool test rules "$WORK/sums.yml"
eq "  all of them are tested" "$(sed -n 's/.*- record: //p' tools/prometheus/mhptop.fleet.rules.yml | sort)" \
	"$(grep -oE 'job:mhptop_[a-z_]+:[a-z0-9]+' tests/serve/sums.yml | sort -u)"
tests/serve/fleet.py docs/fleet.md tools/grafana/*.json >"$WORK/queries.yml" 2>"$WORK/stderr"
none "the dashboards have no panel over another one" "$(<"$WORK/stderr")"
check "  promtool finds its queries valid, and those of docs/fleet.md" promtool check rules --lint=all --lint-fatal "$WORK/queries.yml"
check "  there are some" test "$(grep -o '"expr"' "$WORK/queries.yml" | wc -l)" -gt 40
none "  they name only metrics that exist" "$(cat "$WORK/queries.yml" tools/prometheus/mhptop.fleet.rules.yml | grep -oE '\bmhptop_[a-z_]+\b' |
	sort -u | grep -vxFf <(grep -ohE '^mhptop_[a-z_]+' "$WORK"/*.prom; sed -n 's/.*record: job:\(mhptop_[a-z_]*\):.*/\1/p' tools/prometheus/mhptop.fleet.rules.yml))"
none "  and only sums that are recorded" "$(grep -oE 'job:mhptop_[a-z_]+:[a-z0-9]+' "$WORK/queries.yml" docs/fleet.md -h | sort -u |
	grep -vxFf <(sed -n 's/.*record: //p' tools/prometheus/mhptop.fleet.rules.yml))"
mkdir "$WORK/cost"
status "what the rules and dashboards read can be counted" 0 '' tests/serve/fleet_cost.py "$MHPTOP" 20 "$WORK/cost"
cost=$(sed -nE 's/.* samples, ([0-9]+) for each machine.*/\1/p; s/^dashboard of sums.*: ([0-9]+) samples.*/\1/p' "$WORK/stdout" | paste -sd' ')
eq "  docs/fleet.md has the numbers" "$(sed -nE 's/^\| .* \| ([0-9,]+) for each machine \|$/\1/p; s/^\| .* \| ([0-9,]+) in all \|$/\1/p' docs/fleet.md | tr -d , | paste -sd' ')" "$cost"
tests/serve/machine.py 256 1 >"$WORK/small.ndjson"
metrics "$WORK/small.ndjson" >"$WORK/small.prom"
few=$(series_of "$WORK/small.prom")
own=$(sed -n 's/^OWN = \([0-9]*\) .*/\1/p' tests/serve/prometheus.py)
check "docs/fleet.md has the numbers of series, $few and $series, and what Prometheus adds" grep -q \
	"has $few series.*one of 8 TiB .* has $series series.*Prometheus adds $own to each" <(tr '\n' ' ' <docs/fleet.md)
eq "  and its sums follow from them" "$(sed -nE 's/^\| (series|samples a second|text a second[^|]*|disk a day[^|]*) \| (.*) \|$/\2/p
		s/^- \*\*Divide the machines.\*\* With ([0-9]+) servers, each scrapes ([0-9,]+) machines and has ([0-9,]+) series.*/\1 \2 \3/p' docs/fleet.md)" \
	"$(awk -v n="$((few + own))" -v bytes="$(wc -c <"$WORK/small.prom")" 'function r(x) { return int(x + 0.5) }
		function thousands(x) { return x < 1000 ? x : sprintf("%d,%03d", x / 1000, x % 1000) }
		BEGIN {
			printf "%d | %.1f million\n%.1f | %d,000\n", n, n / 10, n / 60, r(n * 100 / 60)
			printf "%d bytes | %d MB\n", r(bytes / 60), r(bytes / 600)
			printf "%d to %d kB | %d to %d GB\n", r(n * 0.144) * 10, r(n * 0.288) * 10, r(n * 0.144), r(n * 0.288)
			printf "16 6,250 %s\n", thousands(n * 6250)
		}')"
check "docs/serve.md has the number of series of the large one, $series" grep -q "has $series series" docs/serve.md

# The unit. Its manual page is not installed here.
sed "s,/usr/local/bin/mhptop,$MHPTOP,; /^Documentation=/d" tools/systemd/mhptop-serve.service >"$WORK/mhptop-serve.service"
check "systemd finds the unit valid" bash -c 'got=$(systemd-analyze verify "$0" 2>&1) && [[ -z $got ]] || { echo "$got"; exit 1; }' \
	"$WORK/mhptop-serve.service"
check "  and hardened" systemd-analyze security --offline=yes --threshold=30 --no-pager "$WORK/mhptop-serve.service"
eq "make install installs it, with the path of the program" \
	"$(make -s install DESTDIR="$WORK/tree" PREFIX=/elsewhere >&2; sed -n 's/^ExecStart=//p' "$WORK/tree/elsewhere/lib/systemd/system/mhptop-serve.service")" \
	"/elsewhere/bin/mhptop serve"
make -s uninstall DESTDIR="$WORK/tree" PREFIX=/elsewhere
none "  make uninstall leaves nothing" "$(find "$WORK/tree" ! -type d)"

mkdir "$WORK/mhptop-serve.service.d"
sed -n '/^    \[Service\]/,/^$/s/^    //p' docs/serve.md | sed "s,^ExecStart=mhptop,ExecStart=$MHPTOP," >"$WORK/mhptop-serve.service.d/tls.conf"
check "  also with TLS and a token, as docs/serve.md has it" bash -c \
	'got=$(SYSTEMD_UNIT_PATH=${0%/*}: systemd-analyze verify "$0" 2>&1) && [[ -z $got ]] || { echo "$got"; exit 1; }' "$WORK/mhptop-serve.service"
eq "  which is read again on SIGHUP" "$(grep -c '^ExecReload=/bin/kill -HUP' "$WORK/mhptop-serve.service.d/tls.conf")" 1
rm -r "$WORK/mhptop-serve.service.d"

cp tools/systemd/mhptop-serve.socket "$WORK"
sed -i '/^Documentation=/d' "$WORK/mhptop-serve.socket"
check "  and its socket" bash -c 'got=$(systemd-analyze verify "$0" 2>&1) && [[ -z $got ]] || { echo "$got"; exit 1; }' "$WORK/mhptop-serve.socket"
results "a service manager hears what it should" tests/serve/manager.py "$MHPTOP" $golden/hosted.ndjson

"$TOP/tests/rules/edit.py" $golden/failures.ndjson until:mhp_offline_failed:1 >"$WORK/failing.ndjson"
results "the page for a browser has what a frame has" tests/serve/state.py "$MHPTOP" $golden/{failures,range,lost,stuck}.ndjson tests/rules/eject-range.ndjson "$WORK/failing.ndjson"

mkdir "$WORK/troubles"
results "the server goes on where it can, and says what it cannot" tests/serve/troubles.py "$MHPTOP" $golden/hosted.ndjson "$WORK/troubles"

mkdir "$WORK/prometheus"
check "a real Prometheus scrapes, answers a query, raises an alert, and has a number for each panel of the dashboard" \
	tests/serve/prometheus.py "$MHPTOP" $golden/failures.ndjson "$rules" tools/grafana/mhptop.json "$WORK/prometheus"
mkdir "$WORK/federation"
check "two Prometheus servers, and a third one that collects their sums as docs/fleet.md says, which has a number for each panel" \
	tests/serve/federation.py "$MHPTOP" tools/prometheus/mhptop.fleet.rules.yml docs/fleet.md tools/grafana/mhptop-fleet.json "$WORK/federation"
mkdir "$WORK/secure"
results "only those who have the token are answered" tests/serve/secure.py "$MHPTOP" $golden/failures.ndjson "$WORK/secure"
check "1,000 strangers keep nobody out and cost no memory" tests/serve/strangers.py "$MHPTOP" $golden/failures.ndjson
check "  nor does who asks for a large state and does not read it" tests/serve/slow_readers.py "$MHPTOP"
check "  nor do those who begin with TLS" tests/serve/strangers.py --tls "$MHPTOP" $golden/failures.ndjson
done_testing
