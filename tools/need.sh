#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Say in one line what a build lacks, and how to get it; exit 1 then, 0 if it lacks nothing:
#
#	need.sh TOOL... -- MODULE...
#
# Tools are looked for in PATH, modules are pkg-config's. Makefiles ask when they begin, and when something failed.
# Nothing is installed: that is setup.sh's, with the same list of packages.
set -uo pipefail

list=$(dirname "$0")/packages.list
missing=() wanted=tools

for word; do
	if [[ $word == -- ]]; then
		wanted=modules
		# Without it nothing is known about modules, and it is named anyway.
		command -v pkg-config >/dev/null || { missing+=(pkg-config); break; }
	elif [[ $wanted == tools ]]; then
		command -v "$word" >/dev/null || missing+=("$word")
	else
		pkg-config --exists "$word" 2>/dev/null || missing+=("headers of $word")
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
