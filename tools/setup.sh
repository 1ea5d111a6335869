#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Install what is missing of tools/packages.list, for the purposes given:
#
#	setup.sh build kernel guest test fresh
#
# As root it installs them with apt; otherwise it says in one line what to install, and so it does with MHP_SETUP=never,
# for machines that somebody else looks after. With MHP_SETUP=skip it does nothing: on a distribution without dpkg the user
# installs what the list names.
set -euo pipefail

list=$(dirname "$0")/packages.list

wanted() {
	local purpose package
	while IFS=$'\t' read -r purpose package; do
		[[ $purpose == \#* || " $* " != *" $purpose "* ]] || echo "$package"
	done <"$list"
}

# Those of the packages given that are not installed
missing() {
	local package
	for package; do
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
	done
}

main() {
	local packages command
	(($# > 0)) || { echo "setup.sh: no purpose given; say build, kernel, guest, test or fresh" >&2; exit 2; }
	[[ ${MHP_SETUP-} != skip ]] || exit 0
	command -v dpkg-query >/dev/null || {
		echo "setup.sh: dpkg-query is missing, so this is not Debian; install what tools/packages.list names for $*, then" \
			"set MHP_SETUP=skip" >&2
		exit 1
	}
	mapfile -t packages < <(wanted "$@")
	mapfile -t packages < <(missing "${packages[@]}")
	((${#packages[@]} > 0)) || exit 0

	command="apt-get install -y --no-install-recommends ${packages[*]}"
	if [[ $(id -u) != 0 || ${MHP_SETUP-} == never ]] || ! command -v apt-get >/dev/null; then
		echo "setup.sh: missing: ${packages[*]}; as root run: $command" >&2
		exit 1
	fi
	echo "setup.sh: installing ${packages[*]}" >&2
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get update -q && $command; } >&2 || {
		echo "setup.sh: apt-get failed, see above; install by hand: $command" >&2
		exit 1
	}
	mapfile -t packages < <(missing "${packages[@]}")
	((${#packages[@]} == 0)) || { echo "setup.sh: apt-get succeeded, yet missing: ${packages[*]}" >&2; exit 1; }
}

main "$@"
