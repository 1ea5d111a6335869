#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Prints the path of the tarball of Debian's linux-source-<base>, for tests that read it: tarball.sh [BASE]
#
# As build.sh does, it downloads the package if the machine does not have it and <base>/suite says from where.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(dirname "$HERE")

# shellcheck source=lib/common.sh
. "$HERE/lib/common.sh"
# shellcheck source=lib/package.sh
. "$HERE/lib/package.sh"

default_base
BASE=${1:-$BASE}
make_cache
find_tarball
echo "$TARBALL"
