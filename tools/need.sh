#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Report missing build dependencies, and how to install them, in one line. Exits with 1 if there are any, else with 0:
#
#	need.sh TOOL... -- MODULE...
#
# Tools are looked up in PATH, modules with pkg-config. If only a dependency of a module is missing, that is reported. The
# makefiles run this before a build and after a failure.
set -uo pipefail

list=$(dirname "$0")/packages.list
missing=() wanted=tools

# Record why module $1 is unusable: it, or a module that it requires, is missing.
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
		# Without pkg-config, modules cannot be checked.
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
