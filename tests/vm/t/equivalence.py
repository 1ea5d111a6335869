#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""On a kernel that has the events, the probes record the same ones.

    equivalence.py MODE    in a guest booted with memory_hotplug.memmap_on_memory=MODE

Two recorders, one of each source, run during the whole scenario. Event by event and field by field, what the probes
recorded must equal the events, except for what they cannot report, which must be null. The table of the comparison is in
docs/sources.md.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_ledger import Recorder, violated_rules
from lib_scenario import Scenario
from lib_sources import Comparison

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
# The probes look at the page some functions earlier or later than the events do.
RACY = {("mhp_offline_blocker", field) for field in ("page_flags", "refcount", "mapcount")}


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    events, probes = Recorder("events", "events"), Recorder("probes", "probes")
    Scenario(MODE != "N").run()
    for recorder in (events, probes):
        guest.ok(f"{recorder.name}: the recorder ends with nothing lost and both ledgers equal", recorder.end())
        guest.ok(f"{recorder.name}: no rule is violated", violated_rules(recorder.path))
    comparison = Comparison(events.path, probes.path, RACY)
    guest.ok(f"{MODE}: the probes recorded {len(comparison.probes)} events, as the events did", comparison.wrong)
    for line in comparison.lines():
        guest.note(line)


guest.run(main)
