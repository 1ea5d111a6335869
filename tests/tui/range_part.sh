#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Print the beginning of a recording, as a complete recording.
#
#	range_part.sh RECORDING NTH REGEX     up to the Nth line that matches
awk -v nth="$2" -v regex="$3" '
	{ print }
	/"seq":[1-9]/ { seen++; match($0, /"event":"[a-z_]+"/); counts[substr($0, RSTART + 8, RLENGTH - 8)]++ }
	$0 ~ regex && ++n == nth { exit }
	END {
		printf "{\"totals\":{\"seen\":%d,\"lost\":0,\"folded\":%d,", seen, seen
		printf "\"self_check\":\"equal\",\"events\":{"
		for (event in counts)
			printf "%s%s:{\"seen\":%d,\"lost\":0}", comma++ ? "," : "", event, counts[event]
		print "}}}"
	}' "$1"
