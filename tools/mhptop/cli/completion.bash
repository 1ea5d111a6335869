# SPDX-License-Identifier: GPL-2.0-only
# Bash completion of the commands and options of mhptop. The words are taken from its help.
_mhptop() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' words help
	((COMP_CWORD == 1)) || [[ ${COMP_WORDS[1]} == -* ]] || command=${COMP_WORDS[1]}
	help=$(mhptop ${command:+"$command"} --help 2>/dev/null)
	# What follows a command may also be one of its options.
	[[ $current != -* || $previous == -* ]] || previous=''
	case $previous in
	-o | --output | --junit | --rules | --vmlinux | --textfile | --tls-cert | --tls-key | --token-file)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--sort | --skip) words=$(sed -n 's/^  \([a-z][a-z_.]*\)  .*/\1/p' <<<"$help") ;;
	--source) words="events probes sysfs" ;;
	plan) words="offline add" ;;
	--mode) words="N Y force range" ;;
	offline | explain)
		words=$(cd /sys/devices/system 2>/dev/null && ls -d memory/memory[0-9]* | sed 's,.*/,,')
		[[ $previous == explain ]] || words+=" $(cd /sys/devices/system 2>/dev/null && ls -d node/node[0-9]* | sed 's,.*/,,')"
		;;
	--time) words="mono local utc delta" ;;
	--expect-hosting) words="buddy block range" ;;
	-*)
		# An option whose value cannot be completed
		! grep -qE -- "(^|[ ,])$previous [A-Z]" <<<"$help" || return
		;;&
	*)
		# Without a command, leave out options that belong to only one command.
		words=$(grep -vE '  (record|replay|check|plan|doctor|serve|export|report): ' <<<"$help" | grep -oE '^ {2,6}(-[a-zA-Z], )?--[a-z-]+' | grep -o -- '--.*')
		((COMP_CWORD > 1)) || words+=" $(sed -n 's/^  mhptop \([a-z]*\) .*/\1/p' <<<"$help")"
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	[[ $current == -* ]] || case $command in
	replay | check | explain | serve | export | report | diff) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current") ;;
	esac
}
complete -F _mhptop mhptop
