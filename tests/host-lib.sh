# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Library of host tests in bash: KTAP results. Guest tests use vm/guest-lib.sh instead.
#
#	. "$(dirname "$0")/../host-lib.sh"
#	check "it compiles" gcc -fsyntax-only x.c
#	eq "the sum" "$got" 42
#	done_testing

# shellcheck disable=SC2034
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The version of Linux that the guests boot, and the folder of the results of runs on it (see vm/base.py)
BASE=${BASE:-$(<"$TOP/kernel/base")}
VM=build/vm
[[ $BASE == "$(<"$TOP/kernel/base")" ]] || VM=build/vm/$BASE
_count=0 _failed=0
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
echo "KTAP version 1"

pass() { echo "ok $((++_count)) ${1//'#'/}"; }

# fail NAME WHY: WHY may have more than one line.
fail() {
	_failed=1
	echo "not ok $((++_count)) ${1//'#'/}"
	[[ -z ${2-} ]] || echo "# ${2//$'\n'/$'\n'# }"
}

skip() { echo "ok $((++_count)) ${1//'#'/} # SKIP $2"; }

# check NAME COMMAND…: passes if the command exits 0; otherwise shows its output.
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name" "'$*' exited $?"$'\n'"$(tail -n 20 <<<"$output")"
	fi
}

# eq NAME GOT WANT: both must be something, as both are nothing if a program does not start.
eq() {
	if [[ ! $2 && ! $3 ]]; then
		fail "$1" "both are empty: nothing was compared; use none if that is what is wanted"
	elif [[ $2 == "$3" ]]; then
		pass "$1"
	else
		fail "$1" "got  '$2'"$'\n'"want '$3'"
	fi
}

# none NAME GOT: nothing must be there, of a program of which another result shows that it ran.
none() {
	if [[ ! $2 ]]; then
		pass "$1"
	else
		fail "$1" "got  '$2'"$'\n'"want nothing"
	fi
}

# status NAME WANT REGEX COMMAND…: the command's exit status must be WANT, and a line of its standard error must match REGEX.
status() {
	local name=$1 want=$2 regex=$3 got=0
	shift 3
	"$@" >"$WORK/stdout" 2>"$WORK/stderr" </dev/null || got=$?
	if ((got != want)); then
		fail "$name" "'$*' exited $got, want $want"$'\n'"$(tail -n 5 "$WORK/stderr")"
	elif [[ $regex ]] && ! grep -qE -- "$regex" "$WORK/stderr"; then
		fail "$name" "stderr of '$*' does not match '$regex': $(head -n 5 "$WORK/stderr")"
	elif [[ $regex ]] && (($(wc -l <"$WORK/stderr") > 2)); then
		fail "$name" "'$*' prints more than one line and a hint: $(cat "$WORK/stderr")"
	else
		pass "$name"
	fi
}

# all_read PID FD: waits, at most a minute, until mhptop with this process id is ready for signals and has read everything
# written to a pipe; FD is the other end of the pipe.
all_read() {
	python3 - "$1" "$2" <<-'PY'
		import array, fcntl, os, sys, termios, time
		pid, pipe, waiting = sys.argv[1], int(sys.argv[2]), array.array("i", [1])
		def ready():
		    fcntl.ioctl(pipe, termios.FIONREAD, waiting)
		    links = (os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd"))
		    return not waiting[0] and "anon_inode:[signalfd]" in links
		end = time.monotonic() + 60
		while not ready() and time.monotonic() < end:
		    time.sleep(0.01)
		sys.exit(not ready())
	PY
}

done_testing() {
	((_count > 0)) || fail "at least one test ran"
	echo "1..$_count"
	exit $_failed
}
