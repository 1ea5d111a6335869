#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the mirror of Debian that this machine's apt uses, in the form http://host/debian:
#
#	mirror.sh REGEX
#
# It is the first archive of Debian in apt's sources whose release's code name matches the regex. Exits with 1 if there is
# none.
set -euo pipefail

found=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
	sed -nE "s,^([^ ]+[^ /])/? ${1:-[a-z]+}\$,\\1,p" | head -n 1)
if [[ ! $found ]]; then
	echo "mirror.sh: apt knows no archive of Debian; run apt-get update" >&2
	exit 1
fi
echo "$found"
