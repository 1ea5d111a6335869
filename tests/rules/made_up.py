#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Made-up recordings of cases that are in none of the real ones, with events in the order of a real kernel.

    made_up.py late-removal [online]    two blocks of the snapshot are removed; one may still be online
    made_up.py device-first             a device whose pages share memmap, and then an add, whose sections do not
    made_up.py retired [waits|other|leak|lost]   two devices share a backing page: the second one goes last and frees it, or
                                        stays; the first one stays; none frees it; or two others come when it is free
    made_up.py wide [down|waits|leak|more|late]   struct page has 80 bytes: two sections share a backing page; they go
                                        upwards, downwards, or only the first; a backing page is lost, or one too many
                                        populated; or the first section was there before
    made_up.py late-block online|offline|ends   a block of the snapshot is going online or offline; or the offline ends
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "tui"))
# pylint: disable=wrong-import-position
from recording import SIZE, VMEMMAP, Recording, add, remove

FIRST = 32
HALF = SIZE // 2                    # pages of a device; its memmap takes half a backing page
BACKING = 512                       # base pages of a backing page: 2 MiB of vmemmap
HOST = 0x4000                       # pfn of the backing page


def late_removal(rec, word):
    for number in (FIRST, FIRST + 1):
        state = "online" if word == "online" and number == FIRST else "offline"
        rec.seen("mhp_snapshot_block", start_pfn=number * SIZE, nr_pages=SIZE, vmemmap_pages=VMEMMAP, populated=VMEMMAP,
                 altmap_base=number * SIZE, altmap_alloc=VMEMMAP, nid=0, zone="Movable" if state == "online" else "none",
                 hosting="block", state=state)
    remove(rec, FIRST, 2, True)


def late_block(rec, word):
    going, kind = ("going_online", "online") if word == "online" else ("going_offline", "offline")
    rec.seen("mhp_snapshot_block", start_pfn=FIRST * SIZE, nr_pages=SIZE, vmemmap_pages=VMEMMAP, populated=VMEMMAP,
             altmap_base=FIRST * SIZE, altmap_alloc=VMEMMAP, nid=0, zone="Movable", hosting="block", state=going)
    if word == "ends":
        rec.put(f"mhp_{kind}_end", start_pfn=FIRST * SIZE, nr_pages=SIZE, vmemmap_pages=VMEMMAP, ret=0, nid=0,
                zone="Movable")


def device(nth):
    altmap = dict(altmap_base=0, altmap_free=0, altmap_alloc=0, altmap_align=0)
    return dict(start_pfn=FIRST * SIZE + nth * HALF, nr_pages=HALF, host_pfn=HOST + nth * BACKING // 2,
                vmemmap_pages=BACKING // 2, **altmap)


def retire(rec, nth):
    rec.put("mhp_vmemmap_retired", start_pfn=FIRST * SIZE + nth * HALF, nr_pages=HALF, host_pfn=HOST,
            backing_pages=BACKING, altmap_base=0)
    rec.put("mhp_vmemmap_free", **device(nth), hosting="device")


def retired(rec, word):
    for nth in (0, 1):
        rec.put("mhp_vmemmap_populate", **device(nth), ret=0, nid=0, hosting="device")
    for nth in {"leak": (0, 1), "other": (1,)}.get(word, (0,)):
        retire(rec, nth)
    if word in ("", "lost"):
        rec.put("mhp_vmemmap_free", **device(1), hosting="device")
    if word == "lost":
        for _ in range(20):
            add(rec, FIRST + 2, 1, True)
            remove(rec, FIRST + 2, 1, True)
        retired(rec, "other")


def device_first(rec, _word):
    altmap = dict(altmap_base=0, altmap_free=0, altmap_alloc=0, altmap_align=0)
    rec.put("mhp_vmemmap_populate", start_pfn=FIRST * SIZE, nr_pages=SIZE, host_pfn=HOST, vmemmap_pages=8, **altmap,
            ret=0, nid=0, hosting="device")
    add(rec, FIRST + 2, 2, True)


STRUCT_PAGE = 80
PMD = BACKING * 4096
NONE = dict(altmap_base=0, altmap_free=0, altmap_alloc=0, altmap_align=0)


def pmds(number):
    """The PMDs of the vmemmap that map a section's memmap, and the part of each, in bytes."""
    start, end = number * SIZE * STRUCT_PAGE, (number + 1) * SIZE * STRUCT_PAGE
    return {pmd: (max(start, pmd * PMD), min(end, (pmd + 1) * PMD)) for pmd in range(start // PMD, (end - 1) // PMD + 1)}


def host_of(number):
    start = number * SIZE * STRUCT_PAGE
    return HOST + start // PMD * BACKING + start % PMD // 4096


def wide_add(rec, number, users, more):
    whole = dict(start_pfn=number * SIZE, nr_pages=SIZE)
    new = [pmd for pmd in pmds(number) if not users.setdefault(pmd, set())]
    for pmd in pmds(number):
        users[pmd].add(number)
    rec.put("mhp_add_begin", **whole, nid=0, flags=1)
    rec.put("mhp_vmemmap_populate", **whole, host_pfn=host_of(number), vmemmap_pages=len(new) * BACKING + more, **NONE,
            ret=0, nid=0, hosting="buddy")
    rec.put("mhp_add_end", **whole, vmemmap_pages=0, ret=0, nid=0, hosting="buddy", why="not_requested")


def wide_remove(rec, number, users, lost):
    whole = dict(start_pfn=number * SIZE, nr_pages=SIZE)
    rec.put("mhp_remove_begin", **whole, vmemmap_pages=0, nid=0)
    for pmd, (start, end) in pmds(number).items():
        users[pmd].discard(number)
        if users[pmd]:
            first = start // STRUCT_PAGE
            rec.put("mhp_vmemmap_retired", start_pfn=first, nr_pages=-(-end // STRUCT_PAGE) - first,
                    host_pfn=HOST + pmd * BACKING, backing_pages=BACKING, altmap_base=0)
    freed = sum(not users[pmd] for pmd in pmds(number)) * BACKING
    rec.put("mhp_vmemmap_free", **whole, host_pfn=host_of(number), vmemmap_pages=freed - lost, **NONE, hosting="buddy")
    rec.put("mhp_remove_end", **whole, vmemmap_pages=0, nid=0, ret=0)


def wide(rec, word):
    users = {pmd: {FIRST} for pmd in pmds(FIRST)} if word == "late" else {}
    for number in (FIRST, FIRST + 1)[word == "late":]:
        wide_add(rec, number, users, 2 * BACKING if word == "more" else 0)
    for number in {"down": (FIRST + 1, FIRST), "waits": (FIRST,)}.get(word, (FIRST, FIRST + 1)):
        wide_remove(rec, number, users, BACKING if word == "leak" and number == FIRST + 1 else 0)


def main():
    rec = Recording("events", 0, struct_page_bytes=STRUCT_PAGE if sys.argv[1] == "wide" else None)
    {"late-removal": late_removal, "late-block": late_block, "retired": retired,
     "device-first": device_first, "wide": wide}[sys.argv[1]](
        rec, sys.argv[2] if len(sys.argv) > 2 else "")
    rec.end()


main()
