#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What 9 GiB cost, and what can be done with them afterwards, by who hosts their memmap.

    figures.py MODE        with a guest booted with memory_hotplug.memmap_on_memory=MODE

Three figures of a DIMM that goes online in the kernel zone, written to $RESULTS/figures for
figures.sh, which makes a table of several modes: free memory that the add takes from the rest,
how much of the DIMM is in direct mappings of 1 GiB, and how many pages of 1 GiB it yields.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
GIB = 1 << 30
SIZE = 9
GIGANTIC = "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"
LIMIT_KB = 1024                     # of free memory, for a range


def gigantic_pages():
    """How many can be allocated, which are given back."""
    oracle.write(GIGANTIC, SIZE)
    pages = oracle.number_of(GIGANTIC)
    oracle.write(GIGANTIC, 0)
    return pages


def main():
    guest.eq("memmap_on_memory is as the test thinks", MODE, oracle.memmap_mode())
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    mapped, free = oracle.meminfo()["DirectMap1G"], oracle.free_kb()
    addr = guest.dimm_plug("d0", f"{SIZE}G")
    taken, mapped = free - oracle.free_kb(), oracle.meminfo()["DirectMap1G"] - mapped
    wrong = []
    for number in oracle.blocks_of(addr, SIZE * GIB):
        code = oracle.block_set(number, "online_kernel")
        if code:
            wrong.append(f"memory{number}: {oracle.errno_name(code)}")
    guest.ok(f"{MODE}: {SIZE} GiB are online in the kernel zone", wrong)
    pages = gigantic_pages()
    whole = MODE != "Y"
    guest.eq(f"{MODE}: in direct mappings of 1 GiB", SIZE * GIB // 1024 if whole else 0, mapped, "kB")
    guest.eq(f"{MODE}: pages of 1 GiB", SIZE - 1 if whole else 0, pages)
    if MODE == "N":
        least = SIZE * GIB // 4096 * 64 // 1024
        guest.ok(f"{MODE}: the add takes the memmap, {least} kB and more", [] if taken >= least else
                 [f"expected {least} kB or more, got {taken} kB"])
    if MODE == "range":
        guest.ok(f"{MODE}: the add takes less than {LIMIT_KB} kB of free memory", [] if taken < LIMIT_KB else
                 [f"expected less than {LIMIT_KB} kB, got {taken} kB"])
    with open(os.path.join(guest.RESULTS, "figures"), "w", encoding="ascii") as file:
        file.write(f"{taken} {mapped} {pages}\n")


guest.run(main)
