# SPDX-License-Identifier: GPL-2.0-only
# Fish completion of mhptop: what bash would offer. The script for bash is installed in a folder next to this one's.
set -g __mhptop_script (path resolve (status dirname)/../../bash-completion/completions/mhptop)
function __mhptop_complete
    set -l words (commandline -opc) (commandline -ct)
    bash -c 'script=$1; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        . "$script" && _mhptop && printf "%s\n" "${COMPREPLY[@]}"' bash $__mhptop_script $words 2>/dev/null
end
complete -c mhptop -f -a '(__mhptop_complete)'
