#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write a synthetic recording for the tests of the dashboard, in the order of a real kernel.

    recording.py [--lost N] [--blocks N] [--source sysfs] >FILE

Without --blocks: boot memory; a range of 9 GiB whose blocks host their own
memmap: most are online, two failed to go offline, one is going offline, eight
are offline; after a hole, a buddy-hosted range that is online in a kernel zone,
and a removed range. With --blocks: only that number of blocks.
"""
import argparse
import json

SIZE = 32768  # pages in a block
VMEMMAP = 512  # pages for the memmap of a block


class Recording:
    """Lines of a recording, with increasing times and sequence numbers."""

    def __init__(self, source, lost, struct_page_bytes=None):
        self.source, self.lost = source, lost
        self.seq, self.ns = 0, 1_000_000_000
        self.events = {}
        self.present = {"Movable": 0, "Normal": 786432}
        self.managed = {"Movable": 0, "Normal": 770048}
        page = {"struct_page_bytes": struct_page_bytes} if struct_page_bytes else {}
        self.line(schema=3, type="mhptop", kernel="6.12.117-mhp", host="guest", source=source, page_bytes=4096,
                  block_bytes=SIZE * 4096, **page, wall_ns=1700000000000000000, mono_ns=self.ns)

    @staticmethod
    def line(**keys):
        print(json.dumps(keys, separators=(",", ":")))

    def put(self, event, comm="bash", **fields):
        """One event of the kernel."""
        self.seq += 1
        self.ns += 123_456
        self.events.setdefault(event, {"seen": 0, "lost": 0})["seen"] += 1
        self.line(seq=self.seq, ns=self.ns, cpu=self.seq % 2, pid=42, comm=comm, event=event, **fields)

    def seen(self, event, **fields):
        """A record of the snapshot, which has no sequence number."""
        self.line(seq=0, ns=self.ns, cpu=0, pid=1, comm="mhptop", event=event, **fields,
                  origin="kernel" if self.source == "events" else "sysfs",
                  **({"poisoned": 0} if event == "mhp_snapshot_block" else {}))

    def block_snapshot(self, number, state="online", zone="Normal", hosting="boot"):
        self.seen("mhp_snapshot_block", start_pfn=number * SIZE, nr_pages=SIZE, vmemmap_pages=0, populated=0,
                  altmap_base=0, altmap_alloc=0, nid=0, zone=zone, hosting=hosting, state=state)

    def end(self):
        """The totals."""
        if self.lost:
            self.events["mhp_notify"]["seen"] += self.lost
            self.events["mhp_notify"]["lost"] = self.lost
        self.line(totals={"seen": self.seq + self.lost, "lost": self.lost, "folded": self.seq,
                          "self_check": "none" if self.lost else "equal", "events": self.events})


def altmap(number, hosted, alloc):
    if not hosted:
        return dict(altmap_base=0, altmap_free=0, altmap_alloc=0, altmap_align=0)
    return dict(altmap_base=number * SIZE, altmap_free=VMEMMAP, altmap_alloc=alloc, altmap_align=0)


def add(rec, first, blocks, hosted):
    """A range is added."""
    whole = dict(start_pfn=first * SIZE, nr_pages=blocks * SIZE)
    hosting = "block" if hosted else "buddy"
    rec.put("mhp_add_begin", "kworker/0:1", **whole, nid=0, flags=3 if hosted else 1)
    for number in range(first, first + blocks):
        rec.put("mhp_vmemmap_populate", "kworker/0:1", start_pfn=number * SIZE, nr_pages=SIZE,
                host_pfn=number * SIZE if hosted else 4096, vmemmap_pages=VMEMMAP,
                **altmap(number, hosted, VMEMMAP), ret=0, nid=0, hosting=hosting)
    rec.put("mhp_add_end", "kworker/0:1", **whole, vmemmap_pages=blocks * VMEMMAP if hosted else 0, ret=0, nid=0,
            hosting=hosting, why="self_hosted" if hosted else "not_requested")


def account(rec, event, pfn, delta, zone, cause):
    sums = rec.present if event == "mhp_present" else rec.managed
    sums[zone] += delta
    rec.put(event, start_pfn=pfn, delta=delta, after=sums[zone], nid=0, zone=zone, cause=cause)


def own(number, hosted):
    return dict(start_pfn=number * SIZE, nr_pages=SIZE, vmemmap_pages=VMEMMAP if hosted else 0)


def notify(rec, number, step, hosted):
    """The pages reported to memory notifiers: those that hold no memmap."""
    rec.put("mhp_notify", start_pfn=number * SIZE + VMEMMAP * hosted, nr_pages=SIZE - VMEMMAP * hosted, ret=0,
            step=step)


def vmemmap(rec, number, way, zone, hosted):
    if hosted:
        rec.put(f"mhp_vmemmap_{way}", start_pfn=number * SIZE, vmemmap_pages=VMEMMAP, nid=0, zone=zone)


def memmap_present(rec, number, sign, zone, hosted, cause):
    if hosted:
        account(rec, "mhp_present", number * SIZE, sign * VMEMMAP, zone, cause)


def online(rec, number, zone, hosted):
    """A block goes online."""
    mine = number * SIZE + VMEMMAP * hosted
    rec.put("mhp_online_begin", **own(number, hosted), nid=0, zone=zone)
    notify(rec, number, "prepare_online", hosted)
    vmemmap(rec, number, "online", zone, hosted)
    notify(rec, number, "going_online", hosted)
    account(rec, "mhp_managed", mine, SIZE - VMEMMAP * hosted, zone, "online")
    account(rec, "mhp_present", mine, SIZE - VMEMMAP * hosted, zone, "online")
    notify(rec, number, "online", hosted)
    memmap_present(rec, number, 1, zone, hosted, "online")
    rec.put("mhp_online_end", **own(number, hosted), ret=0, nid=0, zone=zone)


def offline(rec, number, zone, hosted, fails=False, ends=True):
    """A block goes offline, or fails to."""
    mine = number * SIZE + VMEMMAP * hosted
    rec.put("mhp_offline_begin", **own(number, hosted), nid=0, zone=zone)
    if not ends:
        return
    memmap_present(rec, number, -1, zone, hosted, "offline")
    notify(rec, number, "going_offline", hosted)
    if fails:
        rec.put("mhp_offline_blocker", pfn=number * SIZE + 547, page_flags=0x17ffffc0000000, ret=1,
                refcount=2, mapcount=1, order=0, kind="anon", stage="migrate", **{"pass": 1})
        notify(rec, number, "cancel_offline", hosted)
        rec.put("mhp_offline_failed", start_pfn=mine, nr_pages=SIZE - VMEMMAP * hosted, ret=-16, reason="unmovable")
        memmap_present(rec, number, 1, zone, hosted, "rollback")
        rec.put("mhp_offline_end", **own(number, hosted), ret=-16, nid=0, zone=zone)
        return
    account(rec, "mhp_managed", mine, -(SIZE - VMEMMAP * hosted), zone, "offline")
    account(rec, "mhp_present", mine, -(SIZE - VMEMMAP * hosted), zone, "offline")
    notify(rec, number, "offline", hosted)
    vmemmap(rec, number, "offline", zone, hosted)
    notify(rec, number, "finish_offline", hosted)
    rec.put("mhp_offline_end", **own(number, hosted), ret=0, nid=0, zone=zone)


def remove(rec, first, blocks, hosted):
    """A range is removed."""
    whole = dict(start_pfn=first * SIZE, nr_pages=blocks * SIZE, vmemmap_pages=blocks * VMEMMAP * hosted, nid=0)
    rec.put("mhp_remove_begin", **whole)
    for number in range(first, first + blocks):
        rec.put("mhp_vmemmap_free", start_pfn=number * SIZE, nr_pages=SIZE, host_pfn=number * SIZE,
                vmemmap_pages=VMEMMAP, **altmap(number, hosted, 0), hosting="block" if hosted else "buddy")
    rec.put("mhp_remove_end", **whole, ret=0)


def story(rec):
    """The operations described at the top of this file."""
    for zone in ("Normal", "Movable"):
        rec.seen("mhp_snapshot_zone", present=rec.present[zone], managed=rec.managed[zone], nid=0, zone=zone)
    for number in list(range(0, 24)) + list(range(32, 40)):
        rec.block_snapshot(number)
    if rec.source != "events":
        for number in range(40, 48):
            rec.block_snapshot(number, "offline", "none", "none")
        return
    add(rec, 40, 72, True)
    for number in range(40, 112):
        online(rec, number, "Movable", True)
    for number in range(104, 112):
        offline(rec, number, "Movable", True)
    add(rec, 160, 8, False)
    for number in range(160, 166):
        online(rec, number, "Normal", False)
    add(rec, 176, 4, True)
    remove(rec, 176, 4, True)
    for number in (50, 51):
        offline(rec, number, "Movable", True, fails=True)
    offline(rec, 60, "Movable", True, ends=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lost", type=int, default=0)
    parser.add_argument("--blocks", type=int, default=0)
    parser.add_argument("--source", default="events")
    args = parser.parse_args()
    rec = Recording(args.source, args.lost)
    if args.blocks:
        for number in range(args.blocks):
            rec.block_snapshot(number, "offline" if number == 777 else "online", "Movable", "block")
    else:
        story(rec)
    rec.end()


if __name__ == "__main__":
    main()
