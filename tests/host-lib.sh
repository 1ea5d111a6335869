# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What a test in bash on the host is written with: KTAP results. Guest tests have vm/guest-lib.sh instead.
#
#	. "$(dirname "$0")/../host-lib.sh"
#	check "it compiles" gcc -fsyntax-only x.c
#	eq "the sum" "$got" 42
#	done_testing

# shellcheck disable=SC2034
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
_count=0 _failed=0
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
echo "KTAP version 1"

pass() { echo "ok $((++_count)) ${1//'#'/}"; }

# fail NAME WHY: WHY may have several lines.
fail() {
	_failed=1
	echo "not ok $((++_count)) ${1//'#'/}"
	[[ -z ${2-} ]] || echo "# ${2//$'\n'/$'\n'# }"
}

skip() { echo "ok $((++_count)) ${1//'#'/} # SKIP $2"; }

# check NAME COMMAND…: passes if the command exits 0; its output is shown if not.
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name" "'$*' exited $?"$'\n'"$(tail -n 20 <<<"$output")"
	fi
}

# eq NAME GOT WANT
eq() {
	if [[ $2 == "$3" ]]; then
		pass "$1"
	else
		fail "$1" "got  '$2'"$'\n'"want '$3'"
	fi
}

# status NAME WANT REGEX COMMAND…: the command's exit status, and a regex that its standard error has in one line.
status() {
	local name=$1 want=$2 regex=$3 got=0
	shift 3
	"$@" >"$WORK/stdout" 2>"$WORK/stderr" </dev/null || got=$?
	if ((got != want)); then
		fail "$name" "'$*' exited $got, want $want"$'\n'"$(tail -n 5 "$WORK/stderr")"
	elif [[ $regex ]] && ! grep -qE -- "$regex" "$WORK/stderr"; then
		fail "$name" "'$*' did not say '$regex' but: $(head -n 5 "$WORK/stderr")"
	elif [[ $regex ]] && (($(wc -l <"$WORK/stderr") > 2)); then
		fail "$name" "'$*' needs more than a line and a hint: $(cat "$WORK/stderr")"
	else
		pass "$name"
	fi
}

# all_read PID FD: wait until the mhptop of that process id is ready for signals and has read all that was written to a
# pipe; FD is the pipe's other end. A minute at most.
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
	((_count > 0)) || fail "some test ran"
	echo "1..$_count"
	exit $_failed
}
