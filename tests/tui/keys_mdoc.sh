#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Print the keys of the dashboard as an mdoc list for the manual page.
set -euo pipefail
keys=$(cd "$(dirname "$0")/../.." && pwd)/tools/mhptop/view/tui/keys.h

echo '.Bl -tag -width "PgUp Ctrl-B"'
printf '#include "%s"\n#define X(action, keys, hint, what, ...) @keys@what@ NEXT\nTUI_KEYS(X)\n' "$keys" |
	cpp -P | sed 's/ *NEXT */\n/g' |
	sed -nE 's/^ *@"([^"]*)"@"([^"]*)"@ *$/.It Ic \\\&\1\n\2./p'
echo '.El'
