# SPDX-License-Identifier: GPL-2.0-only
# Completion of mhptop's commands and options for bash. The words come from mhptop itself.
_mhptop() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words
	case $previous in
	-o | --output)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--sort)
		words=$(mhptop --help 2>/dev/null | sed -n 's/^  \([a-z_]*\)  .*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
		return
		;;
	-d | -n | --delay | --frames | --filter) return ;;
	esac
	case $command in
	replay)
		[[ $current == -* ]] || { mapfile -t COMPREPLY < <(compgen -f -- "$current"); return; }
		;;
	esac
	words="--batch --json --delay --frames --sort --filter --ascii --no-color --help --version"
	((COMP_CWORD > 1)) || words+=" record replay doctor"
	[[ $command != record ]] || words="--output --help"
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _mhptop mhptop
