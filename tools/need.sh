#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Say in one line what a build lacks, and how to get it; exit 1 then, 0 if it lacks nothing:
#
#	need.sh TOOL... -- MODULE...
#
# Tools are looked for in PATH, modules are pkg-config's. A module is named with what its .pc file requires in turn if that
# is what is missing. Makefiles ask when they begin, and when something failed. Nothing is installed.
set -uo pipefail

list=$(dirname "$0")/packages.list
missing=() wanted=tools

# Adds to missing why pkg-config cannot use module $1: it is not there, or what it requires is not.
lacking() {
	local line found=
	while IFS= read -r line; do
		[[ $line =~ ^Package\ \'([^\']+)\',\ required\ by\ \'([^\']+)\', ]] || continue
		[[ ${BASH_REMATCH[2]} != virtual:* ]] || continue
		missing+=("headers of ${BASH_REMATCH[1]} (${BASH_REMATCH[2]} requires it)")
		found=1
	done < <(LC_ALL=C pkg-config --print-errors --cflags --libs "$1" 2>&1 >/dev/null)
	[[ $found ]] || missing+=("headers of $1")
}

for word; do
	if [[ $word == -- ]]; then
		wanted=modules
		# Without it nothing is known about modules, and it is named anyway.
		command -v pkg-config >/dev/null || { missing+=(pkg-config); break; }
	elif [[ $wanted == tools ]]; then
		command -v "$word" >/dev/null || missing+=("$word")
	else
		pkg-config --cflags --libs "$word" >/dev/null 2>&1 || lacking "$word"
	fi
done
((${#missing[@]} > 0)) || exit 0

packages=
while IFS=$'\t' read -r purpose package; do
	[[ $purpose != build ]] || packages+=" $package"
done <"$list"
printf -v text ', %s' "${missing[@]}"
echo "make: missing: ${text:2}; as root run: apt-get install -y --no-install-recommends$packages" >&2
exit 1
