#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that Debian ships, without a patch: memory comes and goes.

    stock.py MODE          in a guest booted with memory_hotplug.memmap_on_memory=MODE

DIMMs are plugged, their blocks go online and offline, and they are unplugged; zoneinfo, meminfo and sysfs must agree
with each other after each step, and everything must be as before at the end. Each DIMM is one memory block, as old
kernels host the memmap of nothing larger.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
HOSTED = MODE == "Y"
DIMMS = "d0", "d1", "d2"


def movable():
    """Present and managed pages of ZONE_MOVABLE on node 0."""
    zone = oracle.zones().get((0, "Movable"))
    return (zone.present, zone.managed) if zone else (0, 0)


def dimms():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    total = oracle.meminfo()["MemTotal"]
    before = oracle.zones(), oracle.block_ids()
    numbers = [guest.dimm_plug(name, oracle.BLOCK_BYTES) // oracle.BLOCK_BYTES for name in DIMMS]
    guest.eq("each DIMM adds its memory block", sorted(before[1] + numbers), oracle.block_ids())
    wrong = []
    usable = oracle.BLOCK_PAGES - (oracle.BLOCK_VMEMMAP if HOSTED else 0)
    for count, number in enumerate(numbers, 1):
        wrong += guest.differs(f"memory{number}", None, oracle.block_set(number, "online_movable"))
        wrong += guest.differs("present and managed", (count * oracle.BLOCK_PAGES, count * usable), movable())
    guest.ok("the blocks go online, each with all of its pages", wrong + guest.differs(
        "MemTotal", total + len(numbers) * usable * oracle.PAGE_KB, oracle.meminfo()["MemTotal"], "kB"))
    wrong = []
    for number in numbers:
        wrong += guest.differs(f"memory{number}", None, oracle.block_set(number, "offline"))
    guest.ok("the blocks go offline", wrong + guest.differs("present and managed", (0, 0), movable()))
    for name in DIMMS:
        guest.dimm_unplug(name)
    guest.ok("the DIMMs are unplugged, and everything is as before",
             guest.differs("blocks", before[1], oracle.block_ids())
             + guest.differs("MemTotal", total, oracle.meminfo()["MemTotal"], "kB")
             + guest.differs("present", {key: zone.present for key, zone in before[0].items()},
                             {key: zone.present for key, zone in oracle.zones().items()}))


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    dimms()


guest.run(main)
