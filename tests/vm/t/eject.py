#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The host ejects a DIMM while its blocks are online: the guest itself takes them offline.

    eject.py MODE          in a guest booted with memory_hotplug.memmap_on_memory=MODE

An eject makes two passes over the blocks, because some may depend on others. If a block cannot go
offline, the others are brought online again. The events must show which block stayed online and
why, and that nothing was removed; and once the block can go offline, the DIMM must be removed
completely.
"""
import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
import lib_pin as pin
from lib_account import Account
from lib_ledger import Recorder
from lib_sources import probes_too
from lib_trace import Trace, failures, pick, steps

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
RANGE = MODE == "range"
GIB = 1 << 30


class Ejection:
    """A DIMM with all its blocks online in ZONE_MOVABLE, which is ejected."""

    def __init__(self, account, title, name="d0"):
        self.account, self.title, self.name = account, title, name
        self.addr = guest.dimm_plug(name, "1G")
        self.numbers = list(oracle.blocks_of(self.addr, GIB))
        self.account.update()
        self.zones, self.events = account.begin, []

    def result(self, what, wrong):
        return guest.ok(f"{MODE}, {self.title}: {what}", wrong)

    def online(self, numbers):
        wrong = []
        for number in numbers:
            wrong += guest.differs(f"memory{number}", None, oracle.block_set(number, "online_movable"))
        self.account.update()
        self.result("its blocks go online", wrong + self.account.compare())

    def ends(self, number):
        """[(reason, ret)] of all attempts to take a block offline."""
        ours = [event for event in self.events if event.fields.get("start_pfn", -1) // oracle.BLOCK_PAGES == number]
        went = [("none", 0)] * len(pick(ours, "offline_end", ret=0))
        return failures(ours, "offline") + went

    def leaves(self):
        """The next eject succeeds, with one offline for each block, and leaves nothing behind."""
        try:
            guest.dimm_unplug(self.name)
            wrong = []
        except guest.HostError as err:
            wrong = [f"expected the eject to succeed, got: {err}"]
        self.events = self.account.update()
        self.result("the DIMM is ejected", wrong)
        wrong = []
        for number in self.numbers:
            wrong += guest.differs(f"offlines of memory{number}", [("none", 0)], self.ends(number))
        self.result("each block went offline once", wrong)
        self.gone()

    def gone(self):
        last = [step for step in steps(self.events) if step.startswith(("remove", "vmemmap_free", "vmemmap_ref"))]
        wrong = guest.differs("events at the end", ["remove_begin"] +
                              ["vmemmap_ref"] * len(self.numbers) * RANGE + ["vmemmap_free"] * len(self.numbers) + ["remove_end"], last)
        wrong += guest.differs("blocks of it", [], [n for n in self.numbers if oracle.block(n)])
        self.result("it is removed completely",
                    wrong + self.account.compare() + self.account.compare_qmp())

    def refused(self, stays, reason, code):
        """An eject that must fail because of one block."""
        try:
            guest.dimm_unplug(self.name)
            wrong = ["expected the eject to be refused, but it succeeded"]
        except guest.HostError as err:
            wrong = [] if "refused" in str(err) else [f"expected the eject to be refused, got: {err}"]
        self.events = self.account.update()
        self.result("the guest refuses the eject", wrong)
        tries = [(reason, -code)] * 2
        self.result("the block that stays online is tried in both passes and reports why", guest.differs(
            f"offlines of memory{stays}", tries, self.ends(stays)))
        wrong = []
        for number in self.numbers:
            if number != stays:
                wrong += guest.differs(f"offlines of memory{number}", [("none", 0)], self.ends(number))
        self.result("all other blocks went offline once", wrong)
        self.result("no removal began",
                    guest.differs("remove_begin", [], pick(self.events, "remove_begin")))
        self.put_back()

    def put_back(self):
        wrong = []
        for number in self.numbers:
            there = oracle.block(number)
            wrong += guest.differs(f"memory{number}", "online", there.state if there else "gone")
        self.result("all blocks are online again, and every page is accounted for",
                    wrong + self.account.compare() + self.account.compare_qmp())


def free_blocks(account):
    ejection = Ejection(account, "nothing in the way")
    ejection.online(ejection.numbers)
    ejection.leaves()
    guest.ok(f"{MODE}, nothing in the way: the zones are restored",
             guest.differs("zoneinfo", ejection.zones, oracle.zones()))


def reserved_huge_page(account):
    """The block above the DIMM keeps ZONE_MOVABLE in use there, so that the DIMM's blocks return to that zone."""
    ejection = Ejection(account, "reserved huge page")
    above = list(oracle.blocks_of(guest.dimm_plug("above", "128M"), 128 << 20))
    stays, *others = ejection.numbers
    ejection.online([stays])
    pages = pin.ReservedHugePages()
    ejection.online(others + above)
    ejection.refused(stays, "hugetlb", errno.EBUSY)
    pages.close()
    ejection.leaves()
    guest.dimm_unplug("above")
    account.update()
    ejection.result("the block above is removed too", account.compare() + account.compare_qmp())


def pinned_page(account):
    """Migration is retried until it succeeds: the eject waits as long as the page is pinned."""
    ejection = Ejection(account, "pinned page")
    holds, *others = ejection.numbers
    ejection.online([holds])
    page = pin.PinnedPage([holds])
    ejection.online(others)
    guest.host("memory-del", ejection.name)
    ejection.events = []

    def tries():
        ejection.events += account.update()
        return len(pick(ejection.events, "offline_blocker", pfn=page.pfn, stage="migrate")) >= 4
    ejection.result("the page is reported as blocker while the eject waits",
                    [] if guest.wait_for(30, tries) else ["fewer than 4 blocker events within 30 s"])
    ejection.result("the host is still waiting", guest.differs(
        "state", "unplugging", guest.host("memory-state", ejection.name, 60)))
    page.close()
    guest.memory_wait(ejection.name, "gone")
    ejection.events += account.update()
    wrong = []
    for number in ejection.numbers:
        wrong += guest.differs(f"offlines of memory{number}", [("none", 0)], ejection.ends(number))
    ejection.result("once the page is unpinned, the DIMM is ejected", wrong)
    ejection.gone()


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    trace, recorder, probes = Trace(), Recorder(), probes_too()
    account = Account(trace)
    for case in reserved_huge_page, free_blocks, pinned_page:
        case(account)
    recorder.agree(account, f"{MODE}, at the end")
    recorder.finish(account, MODE)
    if probes:
        probes.compare(recorder.path, MODE)
    guest.ok(f"{MODE}: none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
