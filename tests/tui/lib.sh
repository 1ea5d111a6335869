# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# A terminal for the dashboard: a private tmux server that takes keys and returns screens.
. "$(dirname "${BASH_SOURCE[0]}")/../host-lib.sh"

MHPTOP=$(realpath -m "${MHPTOP:-$TOP/build/mhptop}")
PATIENCE=${PATIENCE:-30} # seconds to wait for a screen before the test fails
export LC_ALL=C.UTF-8
export TZ=UTC-5:30 # east of Greenwich, so that local time differs from UTC
# The leak checker of a sanitized mhptop hangs when its terminal goes away.
export ASAN_OPTIONS=detect_leaks=0
export XDG_CONFIG_HOME=$WORK/config # not those of who runs the tests
unset NO_COLOR TMUX

tmux_() { tmux -L "mhptop-test-$$" -f /dev/null -u "$@"; }

cleanup() {
	tmux_ kill-server 2>/dev/null
	rm -rf "$WORK"
}
trap cleanup EXIT

# open COLSxROWS COMMAND: run a shell command in a terminal of that size, and save its status and the terminal's modes.
open() {
	local size=$1
	shift
	rm -f "$WORK"/{before,after,status}
	cat >"$WORK/go" <<-EOF
		echo shell-was-here
		stty -g >'$WORK/before'
		$*
		echo \$? >'$WORK/status'
		stty -g >'$WORK/after'
		sleep 1000
	EOF
	tmux_ kill-server 2>/dev/null
	until ! tmux_ ls >/dev/null 2>&1; do sleep 0.05; done
	# A server that is exiting may accept the request without creating the session.
	until_ok tmux_ new-session -d -x "${size%x*}" -y "${size#*x}" "bash '$WORK/go'" 2>/dev/null
}

# The process id of the mhptop started by open()
pid_of() { pgrep -P "$(tmux_ list-panes -F '#{pane_pid}')" -x mhptop; }
screen() { tmux_ capture-pane -p; }
screen_styled() { tmux_ capture-pane -pe; }
keys() { tmux_ send-keys "$@"; }
# type_line TEXT: into a prompt
type_line() {
	keys -l "$1"
	keys Enter
}
size() { tmux_ resize-window -x "${1%x*}" -y "${1#*x}"; }

# until_ok COMMAND…: retry the command until it succeeds or PATIENCE runs out.
until_ok() {
	local end=$((SECONDS + PATIENCE))
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# shellcheck disable=SC2317
has() { screen | grep -qE -- "$1"; }
# shellcheck disable=SC2317
has_not() { ! has "$1"; }

# shows NAME REGEX: within PATIENCE, a line of the screen matches.
shows() {
	if until_ok has "$2"; then
		pass "$1"
	else
		fail "$1" "no line matches '$2' on"$'\n'"$(screen)"
	fi
}

# hides NAME REGEX: within PATIENCE, no line of the screen matches.
hides() {
	if until_ok has_not "$2"; then
		pass "$1"
	else
		fail "$1" "a line matches '$2' on"$'\n'"$(screen)"
	fi
}

# finds NAME REGEX KEY: a line matches, at the latest after the key was pressed some times.
finds() {
	local times
	for ((times = 0; times < 60; times++)); do
		has "$2" && break
		keys "$3"
		sleep 0.05
	done
	shows "$1" "$2"
}

# shellcheck disable=SC2317
has_file() { [[ -s $1 ]]; }

# ends NAME STATUS: the command exits with that status, and the terminal is restored.
ends() {
	local why=
	if ! until_ok has_file "$WORK/after"; then
		fail "$1" "it is still running"$'\n'"$(screen)"
		return
	fi
	[[ $(cat "$WORK/status") == "$2" ]] || why="exit status $(cat "$WORK/status"), want $2"
	cmp -s "$WORK/before" "$WORK/after" || why+=" modes: $(diff "$WORK/before" "$WORK/after")"
	until_ok has shell-was-here || why+=" the previous screen is gone"
	[[ $(tmux_ display-message -p '#{cursor_flag}') == 1 ]] || why+=" the cursor is gone"
	if [[ $why ]]; then fail "$1" "$why"; else pass "$1"; fi
}
