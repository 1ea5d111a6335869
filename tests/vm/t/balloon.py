#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Pages of a balloon keep a memory block online while the balloon grows and shrinks: the events name their kind.

The driver refuses to migrate a page while it fills or empties the balloon. Such a page has both marks, that of an offline
page and that of a page that a driver can move.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
import lib_walk as walk
from lib_account import Account
from lib_ledger import Recorder
from lib_sources import probes_too
from lib_trace import Trace, pick

DIMM, TAKEN, SWING = 1 << 30, 700 << 20, 200 << 20     # bytes: plugged, in the balloon, and how much that changes
MANY = 2048                                             # pages of the balloon in the block that is to go
SECONDS = 18000                                         # a guest's clock may be fast: the time limit of run.py ends a hang
WANTED = 2                                              # blockers


def managed_bytes():
    return oracle.meminfo()["MemTotal"] * 1024


def swell(total, taken, wait=False):
    """Ask the balloon to hold so many bytes."""
    guest.host("qmp", json.dumps({"execute": "balloon", "arguments": {"value": total - taken}}))
    if wait and not guest.wait_for(SECONDS, lambda: managed_bytes() <= total - taken):
        guest.bail(f"the balloon does not take {taken} bytes: {managed_bytes()} of {total} are left")


def marked(number):
    """Pages of a block that are marked as offline."""
    return walk.having(walk.tally(walk.read_words("kpageflags", number * oracle.BLOCK_PAGES, oracle.BLOCK_PAGES)), walk.OFFLINE)


def blockers_of(account, number, total):
    """Take a block offline while the balloon changes its size, until there are blockers. Returns these and what is wrong."""
    events, taken = [], TAKEN
    child = subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"])

    def tries():
        nonlocal taken
        taken = TAKEN + SWING if taken == TAKEN else TAKEN
        swell(total, taken)
        events.extend(pick(account.update(), "offline_blocker"))
        return len(events) >= WANTED or child.poll() is not None
    guest.wait_for(SECONDS, tries)
    swell(total, TAKEN)
    return events, guest.differs("offline", 0, child.wait())


def main():
    trace, recorder, probes = Trace(), Recorder(), probes_too()
    account = Account(trace)
    numbers = list(oracle.blocks_of(guest.dimm_plug("d0", f"{DIMM >> 20}M"), DIMM))
    total = managed_bytes()
    wrong = [line for number in numbers for line in guest.differs(
        f"memory{number}", None, oracle.block_set(number, "online_movable"))]
    guest.ok("the DIMM goes online", wrong)
    total += DIMM
    swell(total, TAKEN, wait=True)
    events, wrong, rounds = [], [], 0
    while not events and rounds < len(numbers):
        number = max((number for number in numbers if oracle.block(number).state == "online"), key=marked)
        if marked(number) < MANY:
            break
        more, refused = blockers_of(account, number, total)
        events += more
        wrong += refused
        rounds += 1
    guest.ok("blocks go offline while the balloon changes", wrong)
    guest.ok("pages of the balloon were in the way", [] if events else [f"no blocker in {rounds} rounds"])
    guest.ok("their kind is that of pages which a driver can move", [
        event.text for event in events if event.fields["kind"] != "movable_ops" and event.fields["kind"] != "free"])
    guest.ok("and some were still there when they were looked at", [] if any(
        event.fields["kind"] == "movable_ops" for event in events) else [event.text for event in events])
    recorder.finish(account, "balloon")
    if probes:
        probes.compare(recorder.path, "balloon")
    trace.close()


guest.run(main)
