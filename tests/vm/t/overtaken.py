#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A count of memory that an event has overtaken is refused by the collector, and taken anew.

    overtaken.py           memmap_on_memory=Y

For one count mhptop reads /proc/zoneinfo and /proc/meminfo five times. Here its /proc/meminfo is a
pipe, so that the test sees each reading and can make it wait: before the last one ends, a memory block
goes online. What was counted is then out of date, and would be a loss or a gain of pages between the
events. Each count in the recording must have the managed pages that the events before it add up to.
"""
import json
import os
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle

READINGS = 5
PIPE, RECORDING = "/tmp/meminfo", "/tmp/overtaken.ndjson"


class Meminfo:
    """Gives mhptop the content of /proc/meminfo whenever it opens the pipe, and calls a function before the nth time."""

    def __init__(self, pid, nth, overtake):
        self.pid, self.nth, self.overtake = pid, nth, overtake
        self.given, self.ended = 0, False
        self.thread = threading.Thread(target=self._give)
        self.thread.start()

    def _waits(self):
        """Whether mhptop waits in open(). It does not while it reads what it was given before."""
        try:
            return self.ended or "wait_for_partner" in oracle.read(f"/proc/{self.pid}/stack")
        except OSError:
            self.ended = True
            return True

    def _give(self):
        while not self.ended:
            if not guest.wait_for(1, self._waits) or self.ended:
                continue
            if self.given == self.nth - 1:
                self.overtake()
            with open(PIPE, "w", encoding="utf-8") as pipe:
                pipe.write(oracle.read("/proc/meminfo"))
            self.given += 1

    def end(self):
        self.ended = True
        # mhptop may have left an open() that the thread waits for.
        reader = os.open(PIPE, os.O_RDONLY | os.O_NONBLOCK)
        self.thread.join()
        os.close(reader)


def bring_online(number):
    """What oracle.block_set() does, which has a time limit and so needs the main thread."""
    with open(f"{oracle.MEMORY}/memory{number}/state", "w", encoding="ascii") as state:
        state.write("online_movable")


def records():
    return [json.loads(line) for line in oracle.read(RECORDING).splitlines(keepends=True) if line.endswith("\n")]


def counts(lines):
    """(managed pages of a count, managed pages by the snapshot and the events before it, onlines before it)"""
    managed, onlines, found = 0, 0, []
    for line in lines:
        if line.get("event") == "mhp_snapshot_zone":
            managed += line["managed"]
        elif line.get("event") == "mhp_managed":
            managed += line["delta"]
        elif line.get("event") == "mhp_online_end":
            onlines += not line["ret"]
        elif line.get("event") == "mhp_snapshot_memory":
            found.append((line["managed"], managed, onlines))
    return found


def main():
    address = guest.dimm_plug("d0", "256M")
    number = oracle.blocks_of(address, 256 << 20)[0]
    os.mkfifo(PIPE)
    with subprocess.Popen(["unshare", "-m", "sh", "-c", 'mount --bind "$1" /proc/meminfo && exec "$2" record -o "$3"',
                           "_", PIPE, ledger.MHPTOP, RECORDING], stdin=subprocess.DEVNULL) as recorder:
        meminfo = Meminfo(recorder.pid, READINGS, lambda: bring_online(number))
        try:
            guest.ok("memory is counted when the recorder starts", [] if guest.wait_for(
                ledger.SECONDS, lambda: os.path.exists(RECORDING) and counts(records())) else ["there is no count"])
            recorder.send_signal(signal.SIGINT)
            guest.eq("the recorder ends", 0, recorder.wait(ledger.SECONDS))
        finally:
            recorder.kill()
            meminfo.end()
    guest.eq("a memory block went online before the count was complete", "online", oracle.block(number).state)
    found = counts(records())
    guest.ok("each count has the managed pages of its place among the events", [
        f"count {nth}: expected {want} pages, got {got}" for nth, (got, want, _) in enumerate(found, 1) if got != want])
    guest.eq("no count is left from before the memory block went online", [1], sorted({onlines for *_, onlines in found}))
    guest.ok("memory was counted anew", [] if meminfo.given >= 2 * READINGS else [f"only {meminfo.given} readings"])
    guest.ok("the recording violates no rule", guest.differs("rules", [], ledger.violated_rules(RECORDING)))


guest.run(main)
