#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""An add that runs out of memory midway leaves nothing behind, and its events add up to zero.

    add-fails.py MODE      debug kernel, memmap_on_memory=MODE, RAM hidden by mem= for probing

Fault injection (failslab, only below add_memory_resource()) makes one allocation of an add fail,
a later one each time: first for a DIMM whose blocks host their memmap, then for probed memory
whose memmap is allocated from the buddy allocator. All memmap that was populated must be freed,
page for page; there must be a begin event and an end event with the error; zones, blocks and
free memory must not change.
"""
import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_account import Account
from lib_fault import Fault
from lib_ledger import Recorder
from lib_trace import Trace, pick, steps

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
WHERE = "add_memory_resource"
HIDDEN = 4 << 30                    # above the memory that mem=1G leaves
# Bytes of slab objects that may be allocated before the failure, which select the failing allocation
DIMM_SPACES = range(0, 14 * 1024, 1024)     # about one allocation in five
PROBE_SPACES = range(0, 22 * 160, 160)      # each step probes one of the hidden memory blocks
SLACK_KB = 2048                     # free memory that KASAN and the observers may keep after an attempt


class Attempt:
    """One add with one failing allocation, after `space` bytes have been allocated."""

    def __init__(self, account, fault, add, take_back, space):
        account.update()
        self.account, self.blocks = account, set(oracle.block_ids())
        self.zones, self.free = oracle.zones(), oracle.free_kb()
        fault.arm(space)
        add()
        self.injected = fault.disarm()
        self.events = account.update()
        ends = pick(self.events, "add_end")
        self.end = ends[-1].fields if ends else {}
        self.populated = len(pick(self.events, "vmemmap_populate", ret=0))
        self.failed = bool(self.end.get("ret"))
        self.wrong = self._wrong(len(ends))
        take_back(self.failed)

    def _wrong(self, ends):
        wrong = guest.differs("ends", 1, ends, "events")
        if not self.failed:
            return wrong + self.account.compare()
        words = steps(self.events)
        wrong += guest.differs("first and last event", ["add_begin", "add_end"], [words[0], words[-1]])
        wrong += guest.differs("ret, hosting, vmemmap_pages", (-errno.ENOMEM, "none", 0), (
            self.end["ret"], self.end["hosting"], self.end["vmemmap_pages"]))
        wrong += guest.differs("freed", self.populated, len(pick(self.events, "vmemmap_free")), "sections")
        wrong += guest.differs("zoneinfo", self.zones, oracle.zones())
        wrong += guest.differs("blocks", self.blocks, set(oracle.block_ids()))
        taken = self.free - oracle.free_kb()
        if taken > SLACK_KB:
            wrong.append(f"free memory: expected a decrease of at most {SLACK_KB} kB, got {taken} kB")
        return wrong + self.account.compare()


def sweep(account, title, add, take_back, spaces):
    failed, late, wrong, spared = 0, 0, [], 0
    fault = Fault(WHERE)
    for space in spaces:
        attempt = Attempt(account, fault, add, take_back, space)
        if not attempt.injected:
            break
        failed += attempt.failed
        late += attempt.failed and attempt.populated > 0
        spared += not attempt.failed
        wrong += [f"after {space} bytes: {line}" for line in attempt.wrong]
    guest.ok(f"{title}: an add that fails frees the memmap it populated and changes nothing else", wrong)
    guest.ok(f"{title}: adds failed, some of them after populating memmap",
             [] if failed and late else [f"expected at least one of each, got {failed} and {late}"])
    guest.note(f"{title}: {failed} adds failed, {late} of them after populating memmap; "
               f"{spared} succeeded despite the failed allocation")


def dimm(account):
    def add():
        guest.dimm_plug("d0", "256M")

    def take_back(_failed):
        guest.dimm_unplug("d0")
        account.update()
    sweep(account, "a DIMM that hosts its memmap", add, take_back, DIMM_SPACES)


def probe(account):
    """Nothing removes probed memory, so the next attempt uses the next block."""
    place = [HIDDEN]

    def add():
        try:
            oracle.write(f"{oracle.MEMORY}/probe", hex(place[0]))
        except OSError:
            pass

    def take_back(failed):
        place[0] += 0 if failed else oracle.BLOCK_BYTES
    sweep(account, "probed memory", add, take_back, PROBE_SPACES)


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    trace, recorder = Trace(), Recorder()
    account = Account(trace)
    dimm(account)
    probe(account)
    recorder.agree(account, "at the end")
    recorder.finish(account, "failed adds")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
