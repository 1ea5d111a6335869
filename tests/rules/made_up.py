#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Made-up recordings of cases that are in none of the real ones, with events in the order of a real kernel.

    made_up.py late-removal [online]    two blocks of the snapshot are removed; one may still be online
    made_up.py device-first             a device whose pages share memmap, and then an add, whose sections do not
    made_up.py retired [waits|leak]     two devices share a backing page: the second one frees it, stays, or leaks it
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


def retired(rec, word):
    for nth in (0, 1):
        rec.put("mhp_vmemmap_populate", **device(nth), ret=0, nid=0, hosting="device")
    for nth in (0, 1) if word == "leak" else (0,):
        rec.put("mhp_vmemmap_retired", start_pfn=FIRST * SIZE + nth * HALF, nr_pages=HALF, host_pfn=HOST,
                backing_pages=BACKING, altmap_base=0)
        rec.put("mhp_vmemmap_free", **device(nth), hosting="device")
    if not word:
        rec.put("mhp_vmemmap_free", **device(1), hosting="device")


def device_first(rec, _word):
    altmap = dict(altmap_base=0, altmap_free=0, altmap_alloc=0, altmap_align=0)
    rec.put("mhp_vmemmap_populate", start_pfn=FIRST * SIZE, nr_pages=SIZE, host_pfn=HOST, vmemmap_pages=8, **altmap,
            ret=0, nid=0, hosting="device")
    add(rec, FIRST + 2, 2, True)


def main():
    rec = Recording("events", 0)
    {"late-removal": late_removal, "late-block": late_block, "retired": retired, "device-first": device_first}[sys.argv[1]](rec, sys.argv[2] if len(sys.argv) > 2 else "")
    rec.end()


main()
