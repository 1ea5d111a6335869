# SPDX-License-Identifier: GPL-2.0-only
"""Added memory that the test module (tests/vm/module) adds and removes, in any parts.

The memory is hidden from the kernel by mem=; a Range knows which of its blocks host the memmap of
which, from nothing but arithmetic, so that a test can say what must happen before it does.
"""
import os
import subprocess

import lib_oracle as oracle

MODULE = "/sys/kernel/debug/mhp_test"
MHP_MEMMAP_ON_MEMORY = 1 << 1
MHP_OFFLINE_INACCESSIBLE = 1 << 3
HIDDEN = 4 << 30                    # above what is below 4 GiB, where firmware has its holes
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))


def load_module():
    """RuntimeError if it is not there: a test that needs it cannot do without."""
    path = os.path.join(TREE, "build", "module", os.uname().release, "mhp_test.ko")
    loaded = subprocess.run(["insmod", path], stderr=subprocess.PIPE, check=False, text=True)
    if loaded.returncode:
        raise RuntimeError(f"insmod {path}: {loaded.stderr.strip()}; make check-guest builds it")


def tell(name, *words):
    """None, or the errno that the module's function failed with."""
    try:
        oracle.write(f"{MODULE}/{name}", " ".join(str(word) for word in words))
    except OSError as err:
        return err.errno
    return None


class Device:
    """ZONE_DEVICE memory that hosts its memmap itself; smaller than a section, if need be."""

    def __init__(self, addr, size, buddy=False):
        self.addr, self.size, self.buddy = addr, size, buddy

    def add(self):
        """Its memmap is in itself or, if told so, where the buddy has room for it."""
        return tell("device_add", hex(self.addr), self.size, 0, int(self.buddy))

    def remove(self):
        return tell("device_remove", hex(self.addr), self.size)


class Range:
    """Blocks of one add, from a physical address on; all of them in one node."""

    def __init__(self, addr, count, nid=0):
        self.addr, self.nid, self.count = addr, nid, count
        self.first = addr // oracle.BLOCK_BYTES
        self.numbers = list(range(self.first, self.first + count))

    def add(self, flags=MHP_MEMMAP_ON_MEMORY):
        return tell("add", hex(self.addr), self.count * oracle.BLOCK_BYTES, self.nid, hex(flags))

    @staticmethod
    def remove(numbers):
        """A part, without a gap: of this range or of any other."""
        return tell("remove", hex(numbers[0] * oracle.BLOCK_BYTES), len(numbers) * oracle.BLOCK_BYTES)

    @staticmethod
    def offline_and_remove(numbers):
        return tell("offline_and_remove", hex(numbers[0] * oracle.BLOCK_BYTES),
                     len(numbers) * oracle.BLOCK_BYTES)

    def host(self, number):
        """The block that has the memmap of another, maybe its own."""
        return self.first + (number - self.first) * oracle.BLOCK_VMEMMAP // oracle.BLOCK_PAGES

    def hosts(self):
        """All blocks that have any of the memmap."""
        return self.numbers[:self.host(self.numbers[-1]) - self.first + 1]

    def way(self, number):
        """What must be online before a block, and the block, in this order."""
        way = [number]
        while self.host(way[0]) != way[0]:
            way.insert(0, self.host(way[0]))
        return way

    def vmemmap_pages(self, number):
        """Pages of a block that hold memmap."""
        left = self.count * oracle.BLOCK_VMEMMAP - (number - self.first) * oracle.BLOCK_PAGES
        return max(0, min(left, oracle.BLOCK_PAGES))
