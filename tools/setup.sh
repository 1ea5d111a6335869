#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Install the missing packages of tools/packages.list for the given purposes:
#
#	setup.sh build kernel guest test fresh deb long bench
#
# Without root, or with MHP_SETUP=never (for machines administered by others), it prints the command instead. With
# MHP_SETUP=skip it does nothing; that is for distributions without dpkg, where the user installs what the list names.
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

# Packages that bring a service. Tests start what they need themselves, so a package that is installed here does not start
# its service, neither now nor when the machine boots.
services=" prometheus "
policy=/usr/sbin/policy-rc.d

deny_services() {
	[[ ! -e $policy ]] || return 0
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
}

disable_services() {
	local package
	for package; do
		[[ $services != *" $package "* ]] || ! command -v systemctl >/dev/null ||
			systemctl disable --quiet "$package.service" >&2
	done
}

main() {
	local packages command purpose
	(($# > 0)) || { echo "setup.sh: no purpose given; specify build, kernel, guest, test, fresh, deb, long or bench" >&2; exit 2; }
	for purpose; do
		grep -q "^$purpose"$'\t' "$list" ||
			{ echo "setup.sh: unknown purpose '$purpose'; specify build, kernel, guest, test, fresh, deb, long or bench" >&2; exit 2; }
	done
	[[ ${MHP_SETUP:-skip} =~ ^(never|skip)$ ]] ||
		{ echo "setup.sh: MHP_SETUP is '$MHP_SETUP'; set it to never or skip, or leave it unset" >&2; exit 2; }
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
	deny_services
	# Another apt-get may be at work, such as the one that installs upgrades when the machine boots.
	{ apt-get update -q && $command -o DPkg::Lock::Timeout=600; } >&2 || {
		echo "setup.sh: apt-get failed, see above; install by hand: $command" >&2
		exit 1
	}
	disable_services "${packages[@]}"
	mapfile -t packages < <(missing "${packages[@]}")
	((${#packages[@]} == 0)) || { echo "setup.sh: apt-get succeeded, yet missing: ${packages[*]}" >&2; exit 1; }
}

main "$@"
