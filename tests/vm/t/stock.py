#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that Debian ships, without a patch: the probes tell what happens to its memory.

    stock.py MODE          in a guest booted with memory_hotplug.memmap_on_memory=MODE

The scenario of lib_scenario.py runs while mhptop records with the source that it chose by itself, the probes. The events
are added up as those of a patched kernel are (lib_account.py), and must agree with zoneinfo, meminfo and sysfs. One by
one, they must be those that the patched kernel reports of the same steps (lib_sequence.py). mhptop check must find nothing
in the recording, and find a rule that is violated on purpose.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
from lib_account import Account
from lib_ledger import Recorder, violated_rules
from lib_scenario import Scenario
from lib_sequence import wrong_sequence
from lib_sources import read
from lib_trace import Event, pick, steps

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
HOSTED = MODE == "Y"
HOSTING = "block" if HOSTED else "buddy"


class RecordedTrace:
    """The events of a recording, for an Account, in the form of lib_trace.py."""

    def __init__(self):
        self.events = []

    def read(self):
        events, self.events = self.events, []
        return events


def as_events(records):
    """Unknown fields are left out: an Account must not need them."""
    return [Event(record["event"], record["ns"] / 1e9, record["cpu"], record["comm"], record["pid"],
                  {key: value for key, value in record.items() if value is not None}, "") for record in records]


def wrong_life(events, scenario):
    """What the scenario must have caused, whatever the kernel."""
    # Those of the DIMM come first, then those of virtio-mem.
    wrong = guest.differs("add_end, hosting", [HOSTING] * 3 + ["buddy"] * 3, [
        event.fields["hosting"] for event in pick(events, "add_end", ret=0)])
    wrong += guest.differs("refused add", [-22], [event.fields["ret"] for event in pick(events, "add_end")
                                                  if event.fields["ret"]])
    wrong += guest.differs("reason of the refused add", ["unaligned"],
                           [event.fields.get("reason") for event in pick(events, "add_failed")])
    reasons = [event.fields.get("reason") for event in pick(events, "offline_failed")]
    wrong += guest.differs("reasons of failed offlines", ["signal", "notifier", "holes", "isolation"], reasons)
    wrong += guest.differs("reason of the failed online", ["notifier"], [
        event.fields.get("reason") for event in pick(events, "online_failed")])
    migrate = {event.fields["pfn"] for event in pick(events, "offline_blocker", stage="migrate")}
    wrong += guest.differs("pinned page", True, scenario.pinned in migrate)
    unmovable = [event.fields["pfn"] for event in pick(events, "offline_blocker", stage="isolate_range")]
    wrong += guest.differs("page of the kernel, in its memory block", [scenario.numbers[-1]],
                           [oracle.block_of(pfn) for pfn in unmovable])
    logged = [pfn for pfn in oracle.dumped_pfns("unmovable page") if pfn]      # old kernels log it in another form
    wrong += guest.differs("page of the kernel, as logged", logged or unmovable, unmovable)
    half = pick(events, "managed", cause="driver", delta=oracle.BLOCK_PAGES // 2)
    return wrong + guest.differs("the half that virtio-mem plugs into an online block", 1, len(half))


def violated_on_purpose(path):
    """A zone loses one page more than it says."""
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    at = next(i for i, line in enumerate(lines) if '"mhp_present"' in line)
    record = json.loads(lines[at])
    record["after"] -= 1
    lines[at] = json.dumps(record) + "\n"
    edited = os.path.join(guest.RESULTS, "edited.ndjson")
    with open(edited, "w", encoding="utf-8") as file:
        file.writelines(lines)
    ended = subprocess.run([ledger.MHPTOP, "check", edited], stdout=subprocess.PIPE, check=False, text=True,
                           timeout=ledger.SECONDS)
    return guest.differs("exit", 3, ended.returncode) + (
        [] if "not ok" in ended.stdout and "pages.zone" in ended.stdout else ["pages.zone passes"])


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    trace = RecordedTrace()
    recorder, account = Recorder(), Account(trace)
    scenario = Scenario(HOSTED)
    scenario.run()
    guest.ok("the recorder ends with nothing lost and both ledgers equal", recorder.end())
    header, records = read(recorder.path)
    guest.eq("mhptop chose the probes", "probes", header["source"])
    trace.events = as_events(records)
    events = account.update()
    guest.note(f"{len(events)} events: {' '.join(steps(events))}")
    guest.note(f"unknown events: {' '.join(header.get('unknown_events', []))}")
    guest.ok("zoneinfo, meminfo and sysfs agree with the events", account.compare_zoneinfo()
             + account.compare_memtotal() + account.compare_sysfs())
    guest.ok("the events are those of the scenario", wrong_life(events, scenario))
    guest.ok("event by event, they are those of the patched kernel", wrong_sequence(
        MODE, records, header.get("unknown_events", ())))
    guest.ok("no rule is violated", violated_rules(recorder.path))
    guest.ok("a rule that is violated on purpose is found", violated_on_purpose(recorder.path))


guest.run(main)
