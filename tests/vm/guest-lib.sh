# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Library of guest tests in bash: KTAP results, and memory devices through the host.
#
#	. "$MHP_LIB"
#	plan 2				# or done_testing at the end; one of them is required
#	addr=$(dimm_plug d0 1G) || fail "plug" "$addr"
#	eq "blocks" "$(blocks_in "$addr" 1G | wc -l)" 8
#	check "unplug" dimm_unplug d0
#
# Files that a test leaves for the host go to $RESULTS. Its output goes to output.log.

MHP_TAP=$RESULTS/results.tap
MHP_COUNT=$MHP_RUN/count
MEMORY=/sys/devices/system/memory

# --- results ---------------------------------------------------------------------

_tap() { printf '%s\n' "$*" >> "$MHP_TAP"; }

# The number is kept in a file, so that results of subshells count too.
_result() {
	local verdict=$1 name=${2//'#'/} n=0
	[[ -e $MHP_COUNT ]] && read -r n < "$MHP_COUNT"
	echo $((n + 1)) > "$MHP_COUNT"
	_tap "$verdict $((n + 1)) ${name//$'\n'/ }${3:+ # SKIP ${3//$'\n'/ }}"
}

# note TEXT: a comment in the results, one for each line of TEXT.
note() {
	local line
	while IFS= read -r line; do
		_tap "# $line"
	done <<< "$*"
}

# plan N: announces N results. done_testing: all results are in; fails if any test failed.
plan() { _tap "KTAP version 1"; _tap "1..$1"; }

done_testing() {
	local n=0
	[[ -e $MHP_COUNT ]] && read -r n < "$MHP_COUNT"
	_tap "1..$n"
	[[ ! -e $MHP_COUNT.failed ]]
}

pass() { _result ok "$1"; }

# fail NAME WHY: returns 1, so that `fail … || exit` ends a test that cannot continue.
fail() {
	: > "$MHP_COUNT.failed"
	_result "not ok" "$1"
	[[ $2 ]] && note "$1: $2"
	return 1
}

skip() { _result ok "$1" "${2:-no reason given}"; }

# skip_all WHY: this test cannot run here at all; ends it.
skip_all() { _tap "1..0 # SKIP $*"; exit 0; }

# bail WHY: the test cannot continue; ends it as failed.
bail() { _tap "Bail out! $*"; exit 1; }

# need COMMAND…: skip the whole test unless each is installed.
need() {
	local command
	for command; do
		command -v "$command" > /dev/null || skip_all "$command is not installed"
	done
}

# check NAME COMMAND…: passes if the command exits 0; otherwise its output becomes a comment.
check() {
	local name=$1 status output=$MHP_RUN/check.$BASHPID
	shift
	"$@" > "$output" 2>&1
	status=$?
	printf '%s\n' "$(< "$output")"
	if ((status == 0)); then
		pass "$name"
	else
		fail "$name" "'$*' exited $status"$'\n'"$(tail -n 20 "$output")"
	fi
}

# eq NAME GOT WANT
eq() {
	if [[ ! $2 && ! $3 ]]; then
		fail "$1" "both are empty: nothing was compared; use none if that is what is wanted"
	elif [[ $2 == "$3" ]]; then
		pass "$1"
	else
		fail "$1" "got '$2', want '$3'"
	fi
}

# none NAME GOT: nothing must be there, of a program of which another result shows that it ran.
none() {
	if [[ ! $2 ]]; then
		pass "$1"
	else
		fail "$1" "got '$2', want nothing"
	fi
}

# wait_for SECONDS COMMAND…: waits until the command exits 0; returns 1 if it never does.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

# --- the host ----------------------------------------------------------------------

# host COMMAND ARG…: sends a request to the host; prints the answer, returns its status. See control.py.
host() {
	local id lock port reply status words
	printf -v words '%q ' "$@"
	id=$BASHPID.$RANDOM$RANDOM
	exec {lock}> "$MHP_RUN/ctl.lock" || return
	flock $lock
	exec {port}<> "$MHP_CTL" || return
	printf '%s %s\n' "$id" "$words" >&$port
	while IFS= read -r reply <&$port; do
		[[ $reply == "$id "* ]] && break
	done
	exec {port}>&- {lock}>&-
	reply=${reply#"$id "}
	status=${reply%% *}
	reply=${reply#"$status"}
	[[ ${reply# } ]] && printf '%b\n' "${reply# }"
	return "${status:-1}"
}

# qmp COMMAND | qmp '{"execute": …, "arguments": …}': any QMP command; prints the reply.
qmp() { host qmp "$1"; }

# --- memory devices ------------------------------------------------------------------

# memory_wait ID SECONDS STATE: waits until a device reaches STATE (plugged, gone); prints why if it does not.
memory_wait() {
	local state
	while state=$(host memory-state "$1" "$2"); do
		case $state in
		"$3" | "$3 "*) return 0 ;;
		plugging | unplugging) sleep 0.1 ;;
		*) echo "$1: $state"; return 1 ;;
		esac
	done
	echo "$state"
	return 1
}

# dimm_plug ID SIZE [NODE] [ADDR]: returns when the guest has accepted it; prints its address.
dimm_plug() {
	dimm_plug_start "$@" && memory_wait "$1" "${DIMM_SECONDS:-60}" plugged
}

dimm_plug_start() { host dimm-add "$1" "$2" "${3-}" "${4-}"; }

# dimm_unplug ID: returns when the DIMM is gone; returns 1 and prints why if the guest refuses or does not answer.
dimm_unplug() { dimm_unplug_start "$1" && dimm_unplug_wait "$1"; }

dimm_unplug_start() { host memory-del "$1"; }

dimm_unplug_wait() { memory_wait "$1" "${2:-${DIMM_SECONDS:-60}}" gone; }

# vmem_resize ID SIZE: sets the requested size of a virtio-mem device (run.py --vmem SIZE creates
# vmem0, vmem1, …, empty at first); returns immediately.
vmem_resize() { host vmem-resize "$1" "$2"; }

# qmp_memory_devices: "ID ADDRESS BYTES NODE KIND" of each device, as QEMU reports it.
qmp_memory_devices() { host memory-devices; }

# qmp_memory_size: "BYTES-AT-BOOT BYTES-PLUGGED".
qmp_memory_size() { host memory-size; }

# --- memory blocks in sysfs ------------------------------------------------------------

# bytes SIZE: converts 1G, 128M, 0x1000 or 4096 to a number.
bytes() {
	case $1 in
	*[Tt]) echo $((${1%?} << 40)) ;;
	*[Gg]) echo $((${1%?} << 30)) ;;
	*[Mm]) echo $((${1%?} << 20)) ;;
	*[Kk]) echo $((${1%?} << 10)) ;;
	*) echo $(($1)) ;;
	esac
}

block_bytes() { echo $((16#$(< $MEMORY/block_size_bytes))); }

# blocks_in ADDRESS SIZE: the numbers of the memory blocks that exist in this range.
blocks_in() {
	local size id end
	size=$(block_bytes)
	end=$((($1 + $(bytes "$2")) / size))
	for ((id = $1 / size; id < end; id++)); do
		[[ -e $MEMORY/memory$id ]] && echo $id
	done
	return 0
}

block_state() { echo "$(< "$MEMORY/memory$1/state")"; }

# block_set ID online|online_kernel|online_movable|offline
block_set() { echo "$2" > "$MEMORY/memory$1/state"; }
