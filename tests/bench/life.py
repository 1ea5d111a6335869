#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""In the guest: add 9 GiB, bring them online, take them offline, remove them, and record the cost of each.

life.py MODE, with memory_hotplug.memmap_on_memory=MODE. The test module adds and removes the
memory, so that all work is done in this process. Writes $RESULTS/life.txt: lines "PHASE ROUND
INSTRUCTIONS". measure.py explains how instructions are counted.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "vm"))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_range import HIDDEN, Range, load_module
from measure import busy_ns

MODE = sys.argv[1]
GIB = 9
ROUNDS = 3


def count(what):
    """(instructions, return value) of a call."""
    begin = busy_ns()
    result = what()
    return busy_ns() - begin, result


def turn_all(numbers, word):
    """Write the state of each block; the first error is raised."""
    for number in numbers:
        with open(f"{oracle.MEMORY}/memory{number}/state", "wb", buffering=0) as state:
            state.write(word)


def main():
    guest.eq("memmap_on_memory has the value that the benchmark expects", MODE, oracle.memmap_mode())
    load_module()
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    there = Range(HIDDEN, (GIB << 30) // oracle.BLOCK_BYTES)
    with open(os.path.join(guest.RESULTS, "life.txt"), "w", encoding="ascii") as result:
        for number in range(ROUNDS + 1):
            for phase, what in (
                    ("add", there.add),
                    ("online", lambda: turn_all(there.numbers, b"online_movable")),
                    # Blocks that host the memmap of others must go offline last.
                    ("offline", lambda: turn_all(there.numbers[::-1], b"offline")),
                    ("remove", lambda: there.remove(there.numbers))):
                instructions, error = count(what)
                guest.eq(f"round {number}: {phase}", None, error)
                if number:
                    print(phase, number, instructions, file=result)


guest.run(main)
