#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write a synthetic recording of a range that hosts its memmap as a whole, in the order of a real kernel.

    range_life.py [whole|late] >FILE

whole: a DIMM of 9 GiB is added; a memory block goes online and brings the memmap up; two more go online, one of them in
another zone; a block that is nothing but memmap goes online and offline; a block fails to go offline; a part of the range
is not removed; the blocks go offline, the memmap moves to another zone and then goes down; the range is removed.
late: a range of four blocks is in the snapshot, two of them online; they go offline, and the range is being removed when
the recording ends.
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
        self.users, self.zone = {}, None    # blocks that use the memmap, and their zones; that of the memmap

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

    def account(self, event, pfn, delta, zone, cause=None):
        sums = self.rec.present if event == "mhp_present" else self.rec.managed
        sums[zone] += delta
        self.rec.put(event, start_pfn=pfn, delta=delta, after=sums[zone], nid=0, zone=zone,
                     cause=cause or ("online" if delta > 0 else "offline"))

    def own(self, number):
        return {**own(number, False), "vmemmap_pages": self.hosts(number)}

    def notify(self, number, step, ret=0):
        """The pages that hold no memmap."""
        held = self.hosts(number)
        self.rec.put("mhp_notify", start_pfn=number * SIZE + held, nr_pages=SIZE - held, ret=ret, step=step)

    def memmap(self, way, zone):
        """All of the memmap joins or leaves a zone."""
        self.rec.put(f"mhp_vmemmap_{way}", start_pfn=self.base, vmemmap_pages=self.free, nid=0, zone=zone)
        self.zone = zone if way == "online" else None

    def memmap_present(self, sign, cause=None):
        self.account("mhp_present", self.base, sign * self.free, self.zone, cause)

    def begin(self, number, way, zone):
        self.rec.put(f"mhp_{way}_begin", **self.own(number), nid=0, zone=zone)

    def end(self, number, way, zone, ret=0):
        self.rec.put(f"mhp_{way}_end", **self.own(number), ret=ret, nid=0, zone=zone)

    def failed(self, number, way, ret, reason):
        held = self.hosts(number)
        self.rec.put(f"mhp_{way}_failed", start_pfn=number * SIZE + held, nr_pages=SIZE - held, ret=ret, reason=reason)

    def online(self, number, zone=ZONE):
        """A block that is nothing but memmap has no steps. The first other one brings the memmap up."""
        held, mine, first = self.hosts(number), SIZE - self.hosts(number), not self.users
        self.begin(number, "online", zone)
        if mine:
            self.notify(number, "prepare_online")
            if first:
                self.memmap("online", zone)
            self.notify(number, "going_online")
            self.account("mhp_managed", number * SIZE + held, mine, zone)
            self.account("mhp_present", number * SIZE + held, mine, zone)
            self.notify(number, "online")
            if first:
                self.memmap_present(1)
            self.users[number] = zone
        self.end(number, "online", zone)

    def vetoed(self, number, zone=ZONE):
        """A notifier objects to the first block: the memmap goes down again."""
        self.begin(number, "online", zone)
        self.notify(number, "prepare_online")
        self.memmap("online", zone)
        self.notify(number, "going_online", -12)
        self.failed(number, "online", -12, "notifier")
        self.notify(number, "cancel_online")
        self.memmap("offline", zone)
        self.notify(number, "finish_offline")
        self.end(number, "online", zone, -12)

    def offline(self, number):
        """The last user takes the memmap down; the last one in the memmap's zone lets it move to that of another."""
        held, mine = self.hosts(number), SIZE - self.hosts(number)
        zone = self.users.pop(number, ZONE)
        leaves = mine and zone == self.zone and zone not in self.users.values()
        self.begin(number, "offline", zone)
        if mine:
            if leaves:
                self.memmap_present(-1)
            self.notify(number, "going_offline")
            self.account("mhp_managed", number * SIZE + held, -mine, zone)
            self.account("mhp_present", number * SIZE + held, -mine, zone)
            self.notify(number, "offline")
            if leaves:
                self.memmap("offline", zone)
                for other in list(self.users.values())[:1]:
                    self.memmap("online", other)
                    self.memmap_present(1)
            self.notify(number, "finish_offline")
        self.end(number, "offline", zone)

    def refused(self, number):
        """A page of the last user is in the way: the memmap stays."""
        zone = self.users[number]
        self.begin(number, "offline", zone)
        self.memmap_present(-1)
        self.notify(number, "going_offline")
        self.rec.put("mhp_offline_blocker", pfn=number * SIZE + 547, page_flags=0x17ffffc0000000, ret=1,
                     refcount=2, mapcount=1, order=0, kind="anon", stage="migrate", **{"pass": 1})
        self.failed(number, "offline", -16, "unmovable")
        self.notify(number, "cancel_offline")
        self.memmap_present(1, "rollback")
        self.end(number, "offline", zone, -16)

    def remove(self, first, blocks, frees=None):
        """Remove the range; a part of it is refused. The recording ends after this many frees, if given."""
        held = sum(self.hosts(number) for number in range(first, first + blocks))
        part = dict(start_pfn=first * SIZE, nr_pages=blocks * SIZE, vmemmap_pages=held)
        self.rec.put("mhp_remove_begin", "kworker/0:1", **part, nid=0)
        if blocks < self.blocks:
            self.rec.put("mhp_remove_failed", "kworker/0:1", start_pfn=self.base, nr_pages=self.blocks * SIZE, ret=-16,
                         reason="part")
            self.rec.put("mhp_remove_end", "kworker/0:1", **part, nid=0, ret=-16)
            return
        for number in range(first, first + blocks):
            self.ref(number, -1)
        for nth in reversed(range(self.blocks)):
            if frees is not None and nth < self.blocks - frees:
                return
            self.alloc -= VMEMMAP
            self.rec.put("mhp_vmemmap_free", "kworker/0:1", start_pfn=(FIRST + nth) * SIZE, nr_pages=SIZE,
                         host_pfn=self.base + nth * VMEMMAP, vmemmap_pages=VMEMMAP, **self.altmap(), altmap_align=0,
                         hosting="range")
        self.rec.put("mhp_remove_end", "kworker/0:1", **part, nid=0, ret=0)

    def seen(self, number):
        there = number in self.users
        self.rec.seen("mhp_snapshot_block", start_pfn=number * SIZE, nr_pages=SIZE, vmemmap_pages=self.hosts(number),
                      populated=VMEMMAP, altmap_base=self.base, altmap_alloc=self.alloc, nid=0,
                      zone=self.users.get(number, "none"), hosting="range", state="online" if there else "offline",
                      refs=self.refs, altmap_free=self.free, range_pages=self.blocks * SIZE, sections=self.blocks,
                      users=len(self.users), memmap_zone=self.zone or "none")


def begin(rec):
    for zone in ("Normal", ZONE):
        rec.seen("mhp_snapshot_zone", present=rec.present[zone], managed=rec.managed[zone], nid=0, zone=zone)
    for number in BOOT:
        rec.block_snapshot(number)


def whole(rec):
    begin(rec)
    dimm = Range(rec, 72)
    dimm.add()
    dimm.vetoed(100)
    dimm.online(100)
    dimm.refused(100)
    dimm.online(32)
    dimm.online(33, "Normal")
    dimm.online(37)
    dimm.remove(68, 36)
    dimm.offline(100)
    dimm.offline(37)
    dimm.offline(32)
    dimm.offline(33)
    dimm.remove(32, 72)


def late(rec):
    there = Range(rec, 4, refs=4)
    there.users, there.zone = {32: ZONE, 34: ZONE}, ZONE
    rec.present[ZONE], rec.managed[ZONE] = 2 * SIZE, 2 * SIZE - 4 * VMEMMAP
    begin(rec)
    for number in (32, 33, 34, 35):
        there.seen(number)
    for number in (32, 34):
        there.offline(number)
    there.remove(32, 4, frees=3)


def main():
    rec = Recording("events", 0)
    {"whole": whole, "late": late}[sys.argv[1] if len(sys.argv) > 1 else "whole"](rec)
    rec.end()


main()
