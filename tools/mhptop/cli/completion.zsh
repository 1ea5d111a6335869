#compdef mhptop
# SPDX-License-Identifier: GPL-2.0-only
# Zsh completion of mhptop: what bash would offer. The script for bash is installed in a folder next to this one's.
_mhptop() {
	local script=${functions_source[_mhptop]:A:h}/../../bash-completion/completions/mhptop
	local -a found=(${(f)"$(bash -c 'script=$1 COMP_CWORD=$2; shift 2; COMP_WORDS=("$@")
		. "$script" && _mhptop && printf "%s\n" "${COMPREPLY[@]}"' bash $script $((CURRENT - 1)) "${words[@]}" 2>/dev/null)"})
	compadd -- $found
}
_mhptop "$@"
