# SPDX-License-Identifier: GPL-2.0-only
"""Memory that the test module (tests/vm/module) adds and removes, in arbitrary parts.

The memory is hidden from the kernel by mem=. A Range computes which of its blocks hold how much of
the memmap, so that a test can predict what must happen.
"""
import os
import subprocess

import lib_guest as guest
import lib_oracle as oracle

MODULE = "/sys/kernel/debug/mhp_test"
MHP_MEMMAP_ON_MEMORY = 1 << 1
MHP_OFFLINE_INACCESSIBLE = 1 << 3
HIDDEN = 4 << 30                    # above 4 GiB, because firmware has holes below
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))


def load_module(path=None):
    """Load the test module, or that of another build. RuntimeError if that fails: tests that need it cannot run without it."""
    path = path or os.path.join(TREE, "build", "module", os.uname().release, "mhp_test.ko")
    loaded = subprocess.run(["insmod", path], stderr=subprocess.PIPE, check=False, text=True)
    if loaded.returncode:
        raise RuntimeError(f"insmod {path}: {loaded.stderr.strip()}; make check-guest builds the module")


def module_call(name, *words):
    """Write to one of the module's files; returns None or the errno it failed with."""
    try:
        oracle.write(f"{MODULE}/{name}", " ".join(str(word) for word in words))
    except OSError as err:
        return err.errno
    return None


class Device:
    """ZONE_DEVICE memory that hosts its own memmap; may be smaller than a section."""

    def __init__(self, addr, size, buddy=False):
        self.addr, self.size, self.buddy = addr, size, buddy

    def add(self):
        """The device hosts its memmap itself or, with buddy=True, the buddy allocator does."""
        return module_call("device_add", hex(self.addr), self.size, 0, int(self.buddy))

    def remove(self):
        return module_call("device_remove", hex(self.addr), self.size)


class Range:
    """The blocks of one add, from a physical address on, all in one node."""

    def __init__(self, addr, count, nid=0):
        self.addr, self.nid, self.count = addr, nid, count
        self.first = addr // oracle.BLOCK_BYTES
        self.numbers = list(range(self.first, self.first + count))

    def add(self, flags=MHP_MEMMAP_ON_MEMORY):
        return module_call("add", hex(self.addr), self.count * oracle.BLOCK_BYTES, self.nid, hex(flags))

    @staticmethod
    def remove(numbers):
        """Remove contiguous blocks, of this range or of others."""
        return module_call("remove", hex(numbers[0] * oracle.BLOCK_BYTES), len(numbers) * oracle.BLOCK_BYTES)

    @staticmethod
    def offline_and_remove(numbers):
        return module_call("offline_and_remove", hex(numbers[0] * oracle.BLOCK_BYTES),
                     len(numbers) * oracle.BLOCK_BYTES)

    def hosts(self):
        """All blocks that hold any of the memmap."""
        pages = self.count * oracle.BLOCK_VMEMMAP
        return self.numbers[:-(-pages // oracle.BLOCK_PAGES)]

    def users(self):
        """The blocks that have pages besides the memmap."""
        return [number for number in self.numbers if self.vmemmap_pages(number) < oracle.BLOCK_PAGES]

    def set(self, numbers, state):
        """Write a state to blocks in this order; the differences from success."""
        wrong = []
        for number in numbers:
            wrong += guest.differs(f"memory{number - self.first} of {self.count}: {state}", "success",
                                   oracle.errno_name(oracle.block_set(number, state)))
        return wrong

    def vmemmap_pages(self, number):
        """The number of pages of a block that hold memmap."""
        left = self.count * oracle.BLOCK_VMEMMAP - (number - self.first) * oracle.BLOCK_PAGES
        return max(0, min(left, oracle.BLOCK_PAGES))


class Dimm(Range):
    """A range on a real DIMM."""

    def __init__(self, name, blocks, nid=0):
        self.name = name
        super().__init__(guest.dimm_plug(name, blocks * oracle.BLOCK_BYTES, nid), blocks, nid)

    def unplug(self):
        guest.dimm_unplug(self.name)
