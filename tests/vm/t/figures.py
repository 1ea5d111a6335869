#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The cost of adding memory and the use of it afterwards, depending on where the memmap is hosted.

    figures.py MODE        in a guest booted with memory_hotplug.memmap_on_memory=MODE

Adds 9 GiB, or 10 GiB if memory blocks have 2 GiB, as on machines with 64 GiB and more.

Measures a DIMM that is online in the kernel zone, and writes three figures to $RESULTS/figures:
free memory that the add uses, how much of the DIMM is mapped with 1 GiB entries, and how many
1 GiB pages can be allocated from it. figures.sh makes a table of several modes.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
GIB = 1 << 30
LARGE = oracle.BLOCK_BYTES == 2 * GIB
SIZE = 10 if LARGE else 9
GIGANTIC = "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"
LIMIT_KB = 1024                     # free memory that adding a range may use
# 1 GiB pages that can be allocated, in memory blocks of 2 GiB and of 128 MiB: a memory block of 2 GiB that hosts its
# own memmap has one of them left
PAGES = {"N": 10, "Y": 5, "range": 9} if LARGE else {"N": 8, "Y": 0, "range": 8}


def gigantic_pages():
    """How many 1 GiB pages can be allocated; they are freed again."""
    oracle.write(GIGANTIC, SIZE)
    pages = oracle.number_of(GIGANTIC)
    oracle.write(GIGANTIC, 0)
    return pages


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
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
    whole = LARGE or MODE != "Y"
    guest.eq(f"{MODE}: mapped with 1 GiB entries", SIZE * GIB // 1024 if whole else 0, mapped, "kB")
    guest.eq(f"{MODE}: 1 GiB pages allocated", PAGES[MODE], pages)
    if MODE == "N":
        least = SIZE * GIB // 4096 * 64 // 1024
        guest.ok(f"{MODE}: the add uses at least {least} kB of free memory, for the memmap", [] if taken >= least else
                 [f"expected {least} kB or more, got {taken} kB"])
    if MODE == "range":
        guest.ok(f"{MODE}: the add uses less than {LIMIT_KB} kB of free memory", [] if taken < LIMIT_KB else
                 [f"expected less than {LIMIT_KB} kB, got {taken} kB"])
    with open(os.path.join(guest.RESULTS, "figures"), "w", encoding="ascii") as file:
        file.write(f"{taken} {mapped} {pages}\n")


guest.run(main)
