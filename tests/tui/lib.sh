# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# A terminal to try the dashboard in: tmux with a server of its own, keys in, screens out. What is expected of the
# dashboard is not here but in run.sh.
. "$(dirname "${BASH_SOURCE[0]}")/../host-lib.sh"

MHPTOP=$(realpath -m "${MHPTOP:-$TOP/build/mhptop}")
PATIENCE=${PATIENCE:-30} # seconds until a screen that does not come is a failure
export LC_ALL=C.UTF-8
# The leak checker of a sanitized mhptop does not end when its terminal goes away.
export ASAN_OPTIONS=detect_leaks=0
unset NO_COLOR TMUX

tmux_() { tmux -L "mhptop-test-$$" -f /dev/null -u "$@"; }

cleanup() {
	tmux_ kill-server 2>/dev/null
	rm -rf "$WORK"
}
trap cleanup EXIT

# open COLSxROWS COMMAND: run a shell command in a terminal of that size, and keep its status and the terminal's modes.
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
	# One that is on its way out may still take the call, and not do it.
	until_ok tmux_ new-session -d -x "${size%x*}" -y "${size#*x}" "bash '$WORK/go'" 2>/dev/null
}

# The process id of the mhptop that open() started
pid_of() { pgrep -P "$(tmux_ list-panes -F '#{pane_pid}')" -x mhptop; }
screen() { tmux_ capture-pane -p; }
screen_styled() { tmux_ capture-pane -pe; }
keys() { tmux_ send-keys "$@"; }
size() { tmux_ resize-window -x "${1%x*}" -y "${1#*x}"; }

# until_ok COMMAND…: again and again until it succeeds, or patience is at an end.
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

# shows NAME REGEX: some line of the screen comes to match.
shows() {
	if until_ok has "$2"; then
		pass "$1"
	else
		fail "$1" "no line matches '$2' on"$'\n'"$(screen)"
	fi
}

# hides NAME REGEX: no line matches in the end.
hides() {
	if until_ok has_not "$2"; then
		pass "$1"
	else
		fail "$1" "a line matches '$2' on"$'\n'"$(screen)"
	fi
}

# shellcheck disable=SC2317
has_file() { [[ -s $1 ]]; }

# ends NAME STATUS: the command ends with that status, and the terminal is as it was.
ends() {
	local why=
	if ! until_ok has_file "$WORK/after"; then
		fail "$1" "it still runs"$'\n'"$(screen)"
		return
	fi
	[[ $(cat "$WORK/status") == "$2" ]] || why="exit status $(cat "$WORK/status"), want $2"
	cmp -s "$WORK/before" "$WORK/after" || why+=" modes: $(diff "$WORK/before" "$WORK/after")"
	until_ok has shell-was-here || why+=" the screen of before is gone"
	[[ $(tmux_ display-message -p '#{cursor_flag}') == 1 ]] || why+=" the cursor is gone"
	if [[ $why ]]; then fail "$1" "$why"; else pass "$1"; fi
}
