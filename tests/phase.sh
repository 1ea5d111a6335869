#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs a command and adds to build/phases how long it took, for the table that check.py prints at its end:
#
#	phase.sh NAME COMMAND…
#
# A line is RUN NAME MILLISECONDS; RUN is MHP_RUN, which check.py uses to ignore older runs.
begin=${EPOCHREALTIME/[.,]/} phases=${BASH_SOURCE[0]%/*}/../build/phases name=$1
shift
"$@"
status=$?
mkdir -p "${phases%/*}"
echo "${MHP_RUN:-none} $name $(((${EPOCHREALTIME/[.,]/} - begin) / 1000))" >>"$phases"
exit $status
