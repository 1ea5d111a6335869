#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bash completion of the commands, options and values of mhptop, as its help lists them.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1
mkdir "$WORK/bin"
ln -s "$TOP/${MHPTOP:-build/mhptop}" "$WORK/bin/mhptop"
PATH=$WORK/bin:$PATH
. tools/mhptop/cli/completion.bash

# completes NAME WANT WORD…: the completions of the last word are WANT, sorted, in one line.
completes() {
	local name=$1 want=$2
	shift 2
	COMP_WORDS=(mhptop "$@") COMP_CWORD=$# COMPREPLY=()
	_mhptop
	eq "$name" "$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' ')" "$want"
}

completes "commands" "check" ch
completes "options without a command" "--delay" --de
completes "an option of a command is not completed without the command" "" --juni
completes "options of check" "--max-add --max-offline --max-online --max-remove --max-vmemmap" check --max
completes "options of record" "--output" record --o
completes "options of replay" "--follow" replay --fo
completes "options of replay are not completed without it" "" --sinc
completes "columns" "online_failures online_time onlines" --sort on
completes "rules" "order.add order.life order.offline order.online order.remove" check --skip order
completes "hosts" "range" check --expect-hosting r
completes "nothing for a value without known words" "" check --max-add 2
cd "$WORK" || exit 1
touch run.ndjson
completes "files" "run.ndjson" replay run
completes "files of check" "run.ndjson" check run
completes "files of options" "run.ndjson" check --junit run
for option in $(mhptop check --help | grep -oE '^ *(-[a-z], )?--[a-z-]+' | grep -o -- '--.*'); do
	completes "$option of check" "$option" check "$option"
done
done_testing
