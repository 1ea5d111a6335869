#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""mhptop can attach during any operation: its two ledgers agree and it reports no violation.

    attach.py              memory hidden by mem=, memmap_on_memory=Y

Two blocks of a large range go online and offline, and another range is added and removed, while
recorders on other CPUs start, take their snapshot and stop, one after the other. Each recording
starts at an arbitrary point; its ledger must still equal the kernel's.
"""
import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_ledger import SECONDS, TOOL_EVENTS, Recorder, violated_rules
from lib_range import HIDDEN, Range, load_module

ROUNDS = 15
LARGE = Range(HIDDEN, 48)
SMALL = Range(HIDDEN + (8 << 30), 2)


class Busy:
    """Repeats some steps in a thread until end() or the first error."""

    def __init__(self, *steps):
        self.steps, self.rounds, self.wrong, self.stop = steps, 0, [], False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.stop and not self.wrong:
            for what, step in self.steps:
                code = step()
                if code is not None:
                    self.wrong.append(f"{what}: {oracle.errno_name(code)}")
            self.rounds += 1

    def end(self):
        self.stop = True
        self.thread.join(SECONDS)
        return self.wrong


def setting(number, state):
    def step():
        try:
            oracle.write(f"{oracle.MEMORY}/memory{number}/state", state)
        except OSError as err:
            return err.errno
        return None
    return f"{state} of memory{number}", step


def attach(number):
    """Start and stop a recorder; returns what is wrong, and the number of kernel events during its snapshot."""
    recorder = Recorder(f"attach-{number}")
    time.sleep(number % 8 / 40)
    recorder.process.send_signal(signal.SIGINT)
    wrong = guest.differs("exit", 0, recorder.process.wait(SECONDS))
    if recorder.errors():
        wrong.append(recorder.errors())
    with open(recorder.path, encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    totals = records[-1].get("totals", {})
    wrong += guest.differs("ledgers", "equal", totals.get("self_check"))
    wrong += guest.differs("lost", 0, totals.get("lost"), "events")
    numbers = [record["seq"] for record in records if "seq" in record]
    wrong += guest.differs("order of the records", sorted(numbers), numbers)
    snapshot = [at for at, record in enumerate(records) if record.get("event") == "mhp_snapshot_block"]
    amid = sum(record.get("event") not in (None, *TOOL_EVENTS) for record in records[:snapshot[-1]])
    return [f"{number}: {line}" for line in wrong + violated_rules(recorder.path, busy=True)], amid


def main():
    load_module()
    guest.eq("a large range is added", None, LARGE.add())
    # Keep one block online: when a zone gets its first memory or loses its last, 6.12 rebuilds the zonelists without
    # synchronizing with allocations, and may crash (docs/limits.md).
    guest.eq("a block goes online", None, oracle.block_set(LARGE.numbers[0], "online_movable"))
    busy = [Busy(*(setting(number, state) for number in LARGE.numbers[1:3] for state in ("online_movable", "offline"))),
            Busy(("add", SMALL.add), ("remove", lambda: SMALL.remove(SMALL.numbers)))]
    wrong, amid = [], 0
    for number in range(ROUNDS):
        found, events = attach(number)
        wrong += found
        amid += events
    for what, one in zip(("brought online and taken offline", "added and removed"), busy):
        guest.ok(f"memory is {what} during the test", one.end() + ([] if one.rounds else ["not even once"]))
    guest.note(f"{ROUNDS} recorders started; {amid} events occurred during their snapshots")
    guest.ok("events occurred during the snapshots", [] if amid else ["none, so this test proves nothing"])
    guest.ok("all recorders agree with the kernel and report no violation", wrong)
    guest.eq("the block goes offline", None, oracle.block_set(LARGE.numbers[0], "offline"))
    guest.eq("the large range is removed", None, LARGE.remove(LARGE.numbers))


guest.run(main)
