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
from lib_sequence import wrong_sequence
from lib_sources import ProbesToo

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    events, probes = Recorder("events", "events"), ProbesToo()
    Scenario(MODE != "N").run()
    guest.ok("events: the recorder ends with nothing lost and both ledgers equal", events.end())
    guest.ok("events: no rule is violated", violated_rules(events.path))
    comparison = probes.compare(events.path, MODE)
    guest.ok(f"{MODE}: the events are those of scenario-{MODE}.txt", wrong_sequence(MODE, comparison.events))
    for line in comparison.lines():
        guest.note(line)


guest.run(main)
