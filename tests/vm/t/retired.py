#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Memmap that shares its backing page with a neighbour is retired, and freed with the neighbour.

    retired.py                a kernel whose struct page has 80 bytes, memmap_on_memory=N

The memmap of a section then takes 2.5 MiB, and PMDs of 2 MiB map it: neighbours share a backing page.
Two and four neighbours are added and removed in all orders. A model of the PMDs, which knows nothing
of the events, predicts the pages that each step takes or returns and what it retires; the free memory
of /proc/zoneinfo must change by as much. mhptop check must find nothing wrong with the recording, and
must list what is still retired when one of the neighbours stays.
"""
import itertools
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_ledger import MHPTOP, START_SECONDS, Recorder, violated_rules
from lib_range import HIDDEN, Range, load_module
from lib_trace import Trace, pick

STRUCT_PAGE = 80
PMD = 2 << 20
BACKING = PMD // oracle.PAGE        # pages behind a PMD
MEMMAP = oracle.BLOCK_PAGES * STRUCT_PAGE               # bytes of a section
SLACK_KB = 512                      # page tables and what else goes on; a backing page has 2048 kB
ORDERS = (*itertools.product(itertools.permutations((0, 1)), repeat=2),
          ((0, 1, 2, 3), (0, 1, 2, 3)), ((0, 1, 2, 3), (3, 2, 1, 0)), ((3, 1, 0, 2), (1, 2, 0, 3)))


class Model:
    """The backing pages: for each PMD of the vmemmap, the sections that use it."""

    def __init__(self):
        self.users = {}

    @staticmethod
    def pmds(number):
        start = number * MEMMAP
        return range(start // PMD, (start + MEMMAP - 1) // PMD + 1)

    def add(self, number):
        """Returns the pages that the section takes."""
        new = [pmd for pmd in self.pmds(number) if not self.users.get(pmd)]
        for pmd in self.pmds(number):
            self.users.setdefault(pmd, set()).add(number)
        return len(new) * BACKING

    def remove(self, number):
        """Returns the pages that come back, and the (start_pfn, nr_pages) that are retired."""
        retired = []
        for pmd in self.pmds(number):
            self.users[pmd].discard(number)
            if self.users[pmd]:
                start = max(pmd * PMD, number * MEMMAP)
                end = min((pmd + 1) * PMD, (number + 1) * MEMMAP)
                first = start // STRUCT_PAGE
                retired.append((first, -(-end // STRUCT_PAGE) - first))
        return sum(not self.users[pmd] for pmd in self.pmds(number)) * BACKING, retired


class Steps:
    """Adds and removals of single sections, each compared with the model and with the free memory."""

    def __init__(self):
        self.trace, self.model, self.wrong = Trace(), Model(), []

    def _memory(self, what, before, pages):
        change = before - oracle.free_kb()
        if abs(change - pages * oracle.PAGE_KB) > SLACK_KB:
            self.wrong.append(f"{what}: {change} kB of free memory taken, expected {pages * oracle.PAGE_KB}")

    def add(self, number):
        there, free = Range(number * oracle.BLOCK_BYTES, 1), oracle.free_kb()
        self.wrong += guest.differs(f"add {number}", None, there.add(0))
        pages, events = self.model.add(number), self.trace.read()
        self._memory(f"add {number}", free, pages)
        self.wrong += guest.differs(f"add {number}, populated", [pages], [
            event.fields["vmemmap_pages"] for event in pick(events, "vmemmap_populate")])

    def remove(self, number):
        free = oracle.free_kb()
        self.wrong += guest.differs(f"remove {number}", None, Range.remove([number]))
        (pages, retired), events = self.model.remove(number), self.trace.read()
        self._memory(f"remove {number}", free, -pages)
        self.wrong += guest.differs(f"remove {number}, freed", [pages], [
            event.fields["vmemmap_pages"] for event in pick(events, "vmemmap_free")])
        self.wrong += guest.differs(f"remove {number}, retired", retired, [
            (event.fields["start_pfn"], event.fields["nr_pages"]) for event in pick(events, "vmemmap_retired")])
        self.wrong += guest.differs(f"remove {number}, backing pages", [BACKING] * len(retired), [
            event.fields["backing_pages"] for event in pick(events, "vmemmap_retired")])


def stop(recorder):
    recorder.process.send_signal(signal.SIGINT)
    return guest.differs("exit of mhptop record", 0, recorder.process.wait(START_SECONDS)) + guest.differs(
        "messages of mhptop record", "", recorder.errors())


def checked(path):
    return subprocess.run([MHPTOP, "check", path], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False,
                          text=True).stdout


def waits(steps, first):
    """The neighbour stays when the recorder ends."""
    recorder = Recorder("waits")
    steps.add(first)
    steps.add(first + 1)
    steps.remove(first)
    wrong, verdict = stop(recorder), checked(recorder.path)
    start = (first * MEMMAP + PMD) // STRUCT_PAGE
    note = f"# pages {start:#x}+{(first + 1) * oracle.BLOCK_PAGES - start}: memmap retired; its backing at page "
    wrong += [] if note in verdict else [f"not in the verdict: {note}", *verdict.splitlines()[-6:]]
    steps.remove(first + 1)
    guest.ok("the memmap of a section that is gone is listed while its neighbour stays", wrong + steps.wrong)


def main():
    guest.eq("memmap_on_memory is off", "N", oracle.memmap_mode())
    load_module()
    first = HIDDEN // oracle.BLOCK_BYTES
    guest.eq("the first section's memmap begins with a PMD", 0, first * MEMMAP % PMD)
    steps, recorder = Steps(), Recorder()
    # The page tables of the vmemmap and of the direct mapping stay or come back; have them once before memory is compared.
    steps.add(first)
    steps.remove(first)
    steps.wrong.clear()
    for adds, removals in ORDERS:
        for number in adds:
            steps.add(first + number)
        for number in removals:
            steps.remove(first + number)
        guest.ok(f"added in the order {adds}, removed in the order {removals}", steps.wrong)
        steps.wrong.clear()
    guest.ok("the recorder ends with nothing lost", stop(recorder))
    with open(recorder.path, encoding="utf-8") as file:
        text = file.read()
    guest.ok("the recording names the size of struct page",
             [] if f'"struct_page_bytes":{STRUCT_PAGE},' in text.splitlines()[0] else text.splitlines()[:1])
    guest.ok("memmap was retired", [] if '"mhp_vmemmap_retired"' in text else ["there is no such event"])
    guest.ok("mhptop check finds no violation", violated_rules(recorder.path))
    verdict = checked(recorder.path)
    guest.ok("nothing is listed as retired at the end", [
        line for line in verdict.splitlines() if "memmap retired;" in line])
    waits(steps, first)
    guest.ok("no event was lost", steps.trace.lost())
    steps.trace.close()


guest.run(main)
