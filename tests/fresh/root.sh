#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes the minimal root of a Debian release, with make and git and nothing else, and prints its folder:
#
#	root.sh SUITE
#
# It is kept in the cache folder under a key of what it is made of, complete or not at all. The mirror is the one that
# this machine's own apt uses for Debian, or debootstrap's default.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=${here%/tests/fresh}
suite=${1-}
cache=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}/fresh
key=$(cat <(echo "$suite") "$here/root.sh" "$top/tools/packages.list" | sha256sum | cut -c1-16)
root=$cache/$suite@$key
new=

die() {
	echo "root.sh: $1" >&2
	exit 1
}

remove() { rm -rf --one-file-system "$@"; }

# The first archive of Debian in apt's sources whose suite matches a regex, in the form http://host/debian
mirror() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
		sed -nE "s,^([^ ]+[^ /])/? $1\$,\\1,p" | head -n 1
}

# The release as its own installer would have set it up, with security fixes and updates.
write_sources() {
	local main=$1 security
	[[ $main ]] || main=$(sed -nE 's/^deb (\[[^]]*\] )?([^ ]+[^ /])\/? .*/\2/p' "$new/etc/apt/sources.list" | head -n 1)
	security=$(mirror '[a-z]+-security')
	cat >"$new/etc/apt/sources.list" <<-END
		deb $main $suite main
		deb $main $suite-updates main
		deb ${security:-$main-security} $suite-security main
	END
	echo 'Acquire::Retries "3";' >"$new/etc/apt/apt.conf.d/retries"
	apt-config dump 2>/dev/null | grep -E '^Acquire::[a-z:]*proxy' -i >"$new/etc/apt/apt.conf.d/proxy" || true
}

# In a mount namespace, as debootstrap mounts /proc and leaves it there when it fails
make_root() {
	local from include=make,git
	from=$(mirror '[a-z]+')
	[[ $from != https:* ]] || include+=,ca-certificates
	new=$(mktemp -d "$cache/new.XXXXXX")
	trap 'remove "$new" "$new.log"' EXIT
	unshare --mount --propagation private \
		debootstrap --variant=minbase --include="$include" "$suite" "$new" ${from:+"$from"} >"$new.log" 2>&1 || {
		tail -n 20 "$new.log" >&2
		die "debootstrap $suite failed as shown above"
	}
	write_sources "$from"
	rm -f "$new"/var/cache/apt/archives/*.deb
	chmod 755 "$new"
	mv -T "$new" "$root"
}

# Remove outdated roots of this suite, except those in use, and what a killed run left behind. A root is renamed before it
# is deleted, so that half of one is never taken for a root.
prune() {
	local old
	for old in "$cache/$suite@"*; do
		[[ $old == "$root" ]] || flock -n "$old" mv -T "$old" "$(mktemp -u "$cache/gone.XXXXXX")" || true
	done
	find "$cache" -mindepth 1 -maxdepth 1 \( -name 'gone.*' -o \( -name 'new.*' -mmin +240 \) -o \( -name 'run.*' -mmin +240 \) \) \
		-exec rm -rf --one-file-system {} +
}

[[ $suite =~ ^[a-z]+$ ]] || die "'$suite' is not a Debian release; name one, such as trixie"
[[ $(id -u) == 0 ]] || die "creating a root file system needs root privileges; run make check-fresh as root"
command -v debootstrap >/dev/null || die "debootstrap is not installed; run tools/setup.sh fresh as root"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
[[ -d $root ]] || make_root
prune 9>&-
echo "$root"
