#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write a synthetic recording of a range that hosts its memmap as a whole, in the order of a real kernel.

    range_life.py [whole|late] >FILE

whole: a DIMM of 9 GiB is added; two of its memory blocks go online, after the
blocks that hold their memmap; one of the latter fails to go offline; all go
offline; the upper half is removed, then the rest, and with it the memmap.
late: a range of four online blocks is in the snapshot, one of them already
removed; the range is being removed when the recording ends.
"""
import sys

from recording import SIZE, VMEMMAP, Recording, own

BOOT = (0, 1)
FIRST = 32
ZONE = "Movable"


class Range:
    """A range of memory blocks and its operations."""

    def __init__(self, rec, blocks, refs=0):
        self.rec, self.base, self.blocks = rec, FIRST * SIZE, blocks
        self.free, self.refs, self.alloc = blocks * VMEMMAP, refs, blocks * VMEMMAP if refs else 0

    def altmap(self):
        return dict(altmap_base=self.base, altmap_free=self.free, altmap_alloc=self.alloc)

    def hosts(self, number):
        """The pages of a block that hold memmap."""
        return max(0, min(SIZE, self.base + self.free - number * SIZE))

    def ref(self, number, step):
        self.refs += step
        self.rec.put("mhp_vmemmap_ref", "kworker/0:1", start_pfn=number * SIZE, altmap_base=self.base, refs=self.refs,
                     op="hold" if step > 0 else "put")

    def add(self):
        whole = dict(start_pfn=self.base, nr_pages=self.blocks * SIZE)
        self.rec.put("mhp_add_begin", "kworker/0:1", **whole, nid=0, flags=3)
        for nth in range(self.blocks):
            self.ref(FIRST + nth, 1)
            self.alloc += VMEMMAP
            self.rec.put("mhp_vmemmap_populate", "kworker/0:1", start_pfn=(FIRST + nth) * SIZE, nr_pages=SIZE,
                         host_pfn=self.base + nth * VMEMMAP, vmemmap_pages=VMEMMAP, **self.altmap(), altmap_align=0,
                         ret=0, nid=0, hosting="range")
        self.rec.put("mhp_add_end", "kworker/0:1", **whole, vmemmap_pages=self.free, ret=0, nid=0, hosting="range",
                     why="self_hosted")

    def account(self, event, pfn, delta):
        sums = self.rec.present if event == "mhp_present" else self.rec.managed
        sums[ZONE] += delta
        self.rec.put(event, start_pfn=pfn, delta=delta, after=sums[ZONE], nid=0, zone=ZONE,
                     cause="online" if delta > 0 else "offline")

    def own(self, number):
        return {**own(number, False), "vmemmap_pages": self.hosts(number)}

    def notify(self, number, step):
        """The pages that hold no memmap; all pages of a block that holds nothing else, but in its first and last step."""
        mine = SIZE - self.hosts(number)
        start = number * SIZE + (SIZE - mine if mine else 0)
        if not mine and step not in ("prepare_online", "finish_offline"):
            mine = SIZE
        self.rec.put("mhp_notify", start_pfn=start, nr_pages=mine, ret=0, step=step)

    def vmemmap(self, number, way):
        if self.hosts(number):
            self.rec.put(f"mhp_vmemmap_{way}", start_pfn=number * SIZE, vmemmap_pages=self.hosts(number), nid=0,
                         zone=ZONE)

    def online(self, number):
        held, mine = self.hosts(number), SIZE - self.hosts(number)
        self.rec.put("mhp_online_begin", **self.own(number), nid=0, zone=ZONE)
        self.notify(number, "prepare_online")
        self.vmemmap(number, "online")
        self.notify(number, "going_online")
        if mine:
            self.account("mhp_managed", number * SIZE + held, mine)
            self.account("mhp_present", number * SIZE + held, mine)
        else:
            self.account("mhp_present", number * SIZE, held)
        self.notify(number, "online")
        if held and mine:
            self.account("mhp_present", number * SIZE, held)
        self.rec.put("mhp_online_end", **self.own(number), ret=0, nid=0, zone=ZONE)

    def offline(self, number):
        held, mine = self.hosts(number), SIZE - self.hosts(number)
        self.rec.put("mhp_offline_begin", **self.own(number), nid=0, zone=ZONE)
        if held and mine:
            self.account("mhp_present", number * SIZE, -held)
        self.notify(number, "going_offline")
        if mine:
            self.account("mhp_managed", number * SIZE + held, -mine)
            self.account("mhp_present", number * SIZE + held, -mine)
        else:
            self.account("mhp_present", number * SIZE, -held)
        self.notify(number, "offline")
        self.vmemmap(number, "offline")
        self.notify(number, "finish_offline")
        self.rec.put("mhp_offline_end", **self.own(number), ret=0, nid=0, zone=ZONE)

    def refused(self, number):
        """A block that holds the memmap of an online block fails to go offline."""
        self.rec.put("mhp_offline_begin", **self.own(number), nid=0, zone=ZONE)
        self.rec.put("mhp_offline_failed", start_pfn=number * SIZE, nr_pages=SIZE, ret=-16, reason="hosting")
        self.rec.put("mhp_offline_end", **self.own(number), ret=-16, nid=0, zone=ZONE)

    def remove(self, first, blocks, frees=None):
        """Remove all that is left, or a part that holds no memmap. The recording ends after this many frees, if given."""
        held = sum(self.hosts(number) for number in range(first, first + blocks))
        part = dict(start_pfn=first * SIZE, nr_pages=blocks * SIZE, vmemmap_pages=held)
        self.rec.put("mhp_remove_begin", "kworker/0:1", **part, nid=0)
        for number in range(first, first + blocks):
            self.ref(number, -1)
        for nth in () if self.refs else reversed(range(self.blocks)):
            if frees is not None and nth < self.blocks - frees:
                return
            self.alloc -= VMEMMAP
            self.rec.put("mhp_vmemmap_free", "kworker/0:1", start_pfn=(FIRST + nth) * SIZE, nr_pages=SIZE,
                         host_pfn=self.base + nth * VMEMMAP, vmemmap_pages=VMEMMAP, **self.altmap(), altmap_align=0,
                         hosting="range")
        self.rec.put("mhp_remove_end", "kworker/0:1", **part, nid=0, ret=0)

    def seen(self, number):
        self.rec.seen("mhp_snapshot_block", start_pfn=number * SIZE, nr_pages=SIZE, vmemmap_pages=self.hosts(number),
                      populated=VMEMMAP, altmap_base=self.base, altmap_alloc=self.alloc, nid=0, zone=ZONE,
                      hosting="range", state="online", refs=self.refs, altmap_free=self.free,
                      range_pages=self.blocks * SIZE, sections=self.blocks)


def begin(rec):
    for zone in ("Normal", ZONE):
        rec.seen("mhp_snapshot_zone", present=rec.present[zone], managed=rec.managed[zone], nid=0, zone=zone)
    for number in BOOT:
        rec.block_snapshot(number)


def whole(rec):
    begin(rec)
    dimm = Range(rec, 72)
    dimm.add()
    for number in (32, 37, 33, 100):
        dimm.online(number)
    dimm.refused(32)
    for number in (100, 33, 37, 32):
        dimm.offline(number)
    dimm.remove(68, 36)
    dimm.remove(32, 36)


def late(rec):
    rec.present[ZONE], rec.managed[ZONE] = 3 * SIZE, 3 * SIZE - 4 * VMEMMAP
    begin(rec)
    there = Range(rec, 4, refs=3)
    for number in (32, 33, 34):
        there.seen(number)
    for number in (34, 33, 32):
        there.offline(number)
    there.remove(32, 3, frees=3)


def main():
    rec = Recording("events", 0)
    {"whole": whole, "late": late}[sys.argv[1] if len(sys.argv) > 1 else "whole"](rec)
    rec.end()


main()
