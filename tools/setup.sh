#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Install what is missing of tools/packages.list, for the purposes given:
#
#	setup.sh build kernel guest test
#
# As root it asks apt; otherwise, or where apt is not to be had, it says in one line what to install. What the packages
# are used for is not here. MHP_SETUP=never only says, for machines that are looked after by somebody else.
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
	(($# > 0)) || { echo "setup.sh: no purpose given; say build, kernel, guest or test" >&2; exit 2; }
	command -v dpkg-query >/dev/null || {
		echo "setup.sh: this is no Debian: dpkg-query is missing; see tools/packages.list for what to install" >&2
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
