#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Completion offers the commands, options and values that the help of mhptop lists. Zsh and fish offer what bash does.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1
mkdir "$WORK/bin"
ln -s "$TOP/${MHPTOP:-build/mhptop}" "$WORK/bin/mhptop"
PATH=$WORK/bin:$PATH
. tools/mhptop/cli/completion.bash

# completes NAME WANT WORD…: tests that the completions of the last word are WANT, sorted, in one line
completes() {
	local name=$1 want=$2
	shift 2
	COMP_WORDS=(mhptop "$@") COMP_CWORD=$# COMPREPLY=()
	_mhptop
	eq "$name" "[$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' ')]" "[$want]"
}

completes "commands" "check" ch
completes "an option before a command" "--delay" --de
completes "no option of a command before the command" "" --juni
completes "options of check" "--max-add --max-idle --max-offline --max-online --max-remove --max-vmemmap" check --max
completes "options of serve" "--listen" serve --li
completes "options of export" "--perfetto" export --pe
completes "options of report" "--csv" report --c
completes "options of diff" "--help --json" diff --
completes "options of record" "--output" record --o
completes "options of replay" "--follow" replay --fo
completes "options of replay are not completed without it" "" --sinc
completes "columns" "online_bound online_failures online_time online_zone onlined_at onlined_by onlined_pid onlined_way onlines" --sort on
completes "rules" "order.add order.life order.offline order.online order.remove" check --skip order
completes "values of --time" "delta local mono utc" --time ""
completes "values of --expect-hosting" "range" check --expect-hosting r
completes "the question of plan" "offline" plan o
completes "the other question of plan" "add" plan a
completes "options of plan" "--all --at --help --json --mode --pages" plan --
completes "modes of plan add" "N Y force range" plan add 2G --mode ""
completes "options of doctor" "--help --json --now" doctor --
completes "options of explain" "--source" explain --so
completes "memory to plan for" "$(cd /sys/devices/system && ls -d memory/memory[0-9]* | sed 's,.*/,,' | grep '^memory1' | sort | paste -sd' ')" \
	plan offline memory1
completes "memory to explain" "memory0" explain memory0
completes "nodes to plan for" "node0" plan offline node0
completes "nothing for a number" "" check --max-add 2
cd "$WORK" || exit 1
touch run.ndjson
completes "recordings of replay" "run.ndjson" replay run
completes "recordings of check" "run.ndjson" check run
completes "recordings of report" "run.ndjson" report run
completes "recordings of diff" "run.ndjson" diff a run
completes "the page of report" "run.ndjson" report -o run
completes "recordings of explain" "run.ndjson" explain memory32 run
completes "the file of an option" "run.ndjson" check --junit run
completes "the file of an option of serve" "run.ndjson" serve --textfile run
completes "the token of serve" "run.ndjson" serve --token-file run
for option in $(mhptop check --help | grep -oE '^ *(-[a-z], )?--[a-z-]+' | grep -o -- '--.*'); do
	# Some options begin with the whole of another one.
	completes "$option of check" "$(mhptop check --help | grep -oE -- "^ *(-[a-z], )?${option}[a-z-]*" | grep -o -- '--.*' | paste -sd' ')" \
		check "$option"
done

# Where make install puts the scripts, as zsh and fish find that of bash from theirs
mkdir -p "$WORK"/share/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
cp "$TOP/tools/mhptop/cli/completion.bash" "$WORK/share/bash-completion/completions/mhptop"
cp "$TOP/tools/mhptop/cli/completion.zsh" "$WORK/share/zsh/site-functions/_mhptop"
cp "$TOP/tools/mhptop/cli/completion.fish" "$WORK/share/fish/vendor_completions.d/mhptop.fish"

# The completions of the last word, as zsh and fish add them. An empty word is one, too.
by_zsh() {
	zsh -fc 'compadd() { print -rl -- "${@[2,-1]}" }
		fpath=($1 $fpath); shift; words=("$@") CURRENT=$#; autoload -Uz _mhptop; _mhptop' zsh "$WORK/share/zsh/site-functions" mhptop "$@"
}
by_fish() {
	fish --no-config -c 'source $argv[1]; complete -C "$argv[2..-1]"' "$WORK/share/fish/vendor_completions.d/mhptop.fish" mhptop "$@"
}
same() {
	local name=$1
	shift
	COMP_WORDS=(mhptop "$@") COMP_CWORD=$# COMPREPLY=()
	_mhptop
	check "  bash offers some $name" test "${#COMPREPLY[@]}" -gt 0
	for shell in zsh fish; do
		eq "$name of $shell" "$("by_$shell" "$@" | sort)" "$(printf '%s\n' "${COMPREPLY[@]}" | sort)"
	done
}
same "commands" ch
same "options" check --max
same "rules" check --skip order
same "files" replay run
done_testing
