#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Bugs of the unpatched kernel that the first patches of the series fix, each reproduced without its events.

    fixes.py CASE...

    sections     an add of several sections fails: none of them stays
    mapping      an add fails: the direct mapping and max_pfn are as before
    exists       an add of memory that is partly there fails: the rest of it is not mapped
    tables       a page table of the direct mapping cannot be allocated: the add fails
    recorded     as sections, with a recorder, for a kernel with the events
    gigantic     a DIMM is ejected that shares a gigantic page of the direct mapping with another
    neighbours   of two sections whose memmap shares a backing page, one is removed: the other keeps its memmap
    zones        valid_zones of a memory block is read while the block is being added
    slab         a block of a kernel zone has single pages of the slab allocator: its offline fails, and does not loop

Only what every kernel shows tells them apart: errors, free memory, DirectMap* of /proc/meminfo and a
variable of the kernel. All but gigantic and slab add addresses without RAM, which nobody touches as they stay
offline, and the test module makes functions fail. gigantic needs two nodes, DIMMs of 512M and 1G at
boot which memmap= makes RAM, and movable_node. tests/long/fixes.sh runs each on a kernel with and on
one without the patch. neighbours needs a struct page of 80 bytes. zones is a bug of 6.12 alone, slab one of 7.3 alone, and
needs slab_max_order=0.
"""
import ctypes
import errno
import itertools
import mmap
import os
import signal
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
import lib_walk as walk
from lib_fill import Anon, Inodes
from lib_ledger import START_SECONDS, Recorder
from lib_pin import bound, pfn_of
from lib_range import HIDDEN, Device, Range, load_module, module_call
from lib_vmcore import Kcore

BLOCKS = 3                          # of an add: as many sections, because the memory blocks have 128 MiB
ROUNDS = 4                          # in which each of these sections fails once
SECTION, PAGE_TABLE = 1, 2          # what the test module makes fail
FAR = (512 << 30) - oracle.BLOCK_BYTES      # the second section is in another GiB, and another 512 GiB, than the first
NOISE_KB = 4096                     # free memory that caches and this test may keep
STAYS, GOES = 512 << 20, 1 << 30    # DIMMs that share a gigantic page
SHARED_NODE = 1
MEMMAP_PAGE_KB = 2048               # a page of the memmap
UNUSED = 0xFD                       # the kernel's mark for unused memmap
CYCLES = 6                          # of each order in which neighbours come and go
ZONES_BLOCKS, ZONES_ROUNDS, READ_SECONDS = 128, 16, 600
SLAB_BYTES = 512 << 20
SOME_INODES, MOST_FILLS = 2000, 64
# Bits of /proc/kpageflags
KPF_LRU, KPF_SLAB, KPF_BUDDY, KPF_COMPOUND = 1 << 5, 1 << 7, 1 << 10, 3 << 15


def direct_kb():
    return sum(kb for key, kb in oracle.meminfo().items() if key.startswith("DirectMap"))


def five_levels():
    """Whether page tables have five levels."""
    with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:
        return "la57" in cpuinfo.read().split()


def max_pfn():
    core = Kcore()
    value = core.variable("max_pfn")
    core.close()
    return value


class Attempts:
    """Adds that fail because one function does, each tried again without that."""

    def __init__(self):
        self.failed, self.odd, self.mapped, self.grown, self.stuck = 0, [], [], [], []
        self.free = oracle.free_kb()

    def one(self, there, what, nth):
        """The nth call of a function fails during an add; returns whether there was such a call."""
        name = f"add at {there.addr:#x}, call {nth}"
        direct, last = direct_kb(), max_pfn()
        self.odd += guest.differs("the test module", None, module_call("fail", what, nth))
        code = there.add(0)
        if module_call("fail", 0, 0) == errno.EAGAIN:
            self.odd += guest.differs(f"{name}, which there is not", None, code)
            there.remove(there.numbers)
            return False
        self.failed += 1
        self.odd += guest.differs(name, errno.ENOMEM, code)
        self.mapped += guest.differs(f"{name}, direct mapping", direct, direct_kb(), "kB")
        self.grown += guest.differs(f"{name}, max_pfn", last, max_pfn())
        code = there.add(0)
        self.stuck += guest.differs(f"{name}, again", None, code)
        if code is None:
            there.remove(there.numbers)
        return True

    def sections(self, start):
        """The first, second and third section fails, in places of their own, upwards."""
        for place in range(ROUNDS * BLOCKS):
            there = Range(start + place * BLOCKS * oracle.BLOCK_BYTES, BLOCKS)
            self.one(there, SECTION, place % BLOCKS + 1)

    def tables(self):
        """Each page table that the direct mapping of a range needs, one after the other.

        The second one, which holds the entries for 512 GiB, comes first: with four levels, the kernel keeps
        such a table when the memory goes, and never needs another.
        """
        there, nth = Range(FAR, BLOCKS), 1
        self.one(there, PAGE_TABLE, 2)
        while self.one(there, PAGE_TABLE, nth):
            nth += 1

    def lost(self, name):
        """The free memory that is gone, as far as it is not noise."""
        lost = self.free - oracle.free_kb()
        guest.ok(name, [] if lost < NOISE_KB else [f"{lost} kB are gone"])

    def done(self, case, most):
        guest.note(f"{self.failed} adds failed")
        guest.ok(f"{case}: adds failed, with the error that they should",
                 self.odd + guest.differs("failed", most, self.failed, "adds"))


def sections():
    """Two thirds of the adds fail after a section that has a memmap of 2 MiB."""
    attempts = Attempts()
    attempts.sections(HIDDEN)
    attempts.done("sections", ROUNDS * BLOCKS)
    guest.ok("sections: an add that failed can be repeated", attempts.stuck)
    attempts.lost("sections: their memmap is free again")


def recorded():
    recorder = Recorder()
    Attempts().sections(HIDDEN)
    recorder.process.send_signal(signal.SIGINT)
    guest.eq("recorded: the recorder ends", 0, recorder.process.wait(START_SECONDS))


def mapping():
    attempts = Attempts()
    attempts.sections(HIDDEN + (8 << 30))
    attempts.done("mapping", ROUNDS * BLOCKS)
    guest.ok("mapping: the direct mapping is as before", attempts.mapped)
    guest.ok("mapping: max_pfn is as before", attempts.grown)


def tables():
    """One for the second 512 GiB, and one for each GiB; with five levels, that for 512 GiB is needed again."""
    attempts = Attempts()
    attempts.tables()
    attempts.done("tables", 3 + five_levels())
    guest.ok("tables: an add that failed can be repeated", attempts.stuck)
    guest.ok("tables: the direct mapping is as before", attempts.mapped)
    attempts.lost("tables: no memory is gone")


def exists():
    """A device has the second of three sections; its driver has not reserved the addresses, so the add gets that far."""
    attempts = Attempts()
    start = HIDDEN + (16 << 30)
    there, device = Range(start, BLOCKS), Device(start + oracle.BLOCK_BYTES, oracle.BLOCK_BYTES)
    guest.eq("exists: the device has memory", None, device.add())
    direct = direct_kb()
    guest.eq("exists: the add fails", errno.EEXIST, there.add(0))
    guest.eq("exists: the direct mapping is as before", direct, direct_kb(), "kB")
    guest.eq("exists: the device goes", None, device.remove())
    guest.eq("exists: and its direct mapping", direct - (oracle.BLOCK_BYTES >> 10), direct_kb(), "kB")
    guest.eq("exists: then the add succeeds", None, there.add(0))
    guest.eq("exists: and the removal", None, there.remove(there.numbers))
    attempts.lost("exists: no memory is gone")


class Neighbour:
    """Memory of this process in the DIMM that stays, with its first page, which the kernel must not take for a page table.

    Each word looks like the entry of a large page.
    """
    CHUNK = 8 << 20

    def __init__(self):
        self.areas, self.first = [], None
        with bound(SHARED_NODE):
            while self.first is None and len(self.areas) * self.CHUNK < STAYS:
                self._grow()

    def _grow(self):
        area = mmap.mmap(-1, self.CHUNK, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.areas.append(area)
        start = ctypes.addressof(ctypes.c_char.from_buffer(area))
        for at in range(0, self.CHUNK, oracle.PAGE):
            area[at:at + oracle.PAGE] = self._page(at)
            if pfn_of(start + at) == HIDDEN // oracle.PAGE:
                self.first = start + at

    def _page(self, at):
        return struct.pack("<Q", 0x5a5a000000000081 + (len(self.areas) << 32) + at) * (oracle.PAGE // 8)

    def wrong(self):
        """The pages whose content changed, or what is wrong with this test."""
        if self.first is None:
            return ["the first page of the DIMM that stays is not free: the test would prove nothing"]
        areas, wrong = self.areas, []
        for number, area in enumerate(areas, 1):
            self.areas = areas[:number]
            wrong += [f"{number * self.CHUNK + at - self.CHUNK:#x} changed" for at in range(0, self.CHUNK, oracle.PAGE)
                      if area[at:at + oracle.PAGE] != self._page(at)]
        return wrong


def set_all(addr, size, state):
    return [line for number in oracle.blocks_of(addr, size)
            for line in guest.differs(f"memory{number}: {state}", None, oracle.block_set(number, state))]


def gigantic():
    begin = oracle.meminfo()
    guest.ok("gigantic: the direct mapping has gigantic pages", [] if begin.get("DirectMap1G") else [str(begin)])
    guest.ok("gigantic: the DIMM goes offline", set_all(HIDDEN + STAYS, GOES, "offline"))
    memory, direct = Neighbour(), direct_kb()
    guest.dimm_unplug("dimm1")
    guest.eq("gigantic: the direct mapping of the DIMM is gone, and nothing else", direct - (GOES >> 10), direct_kb(), "kB")
    guest.eq("gigantic: nothing was split into pages of 4 KiB", begin["DirectMap4k"], oracle.meminfo()["DirectMap4k"], "kB")
    guest.ok("gigantic: the memory next to it keeps its content", memory.wrong())
    addr = guest.dimm_plug("d1", f"{GOES >> 20}M")
    guest.eq("gigantic: a DIMM in its place is mapped", direct, direct_kb(), "kB")
    guest.ok("gigantic: and goes online", set_all(addr, GOES, "online_movable"))
    guest.ok("gigantic: the memory next to that one keeps its content", memory.wrong())
    guest.dimm_unplug("d1")
    guest.eq("gigantic: its direct mapping is gone as well", direct - (GOES >> 10), direct_kb(), "kB")
    guest.ok("gigantic: at the end the memory has its content", memory.wrong())


def fill_free_memory():
    """Leave the byte in free pages that the kernel writes into unused memmap."""
    with mmap.mmap(-1, oracle.free_kb() * 900, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as area:
        chunk = bytes([UNUSED]) * (1 << 20)
        for at in range(0, len(area) - len(chunk), len(chunk)):
            area[at:at + len(chunk)] = chunk


def neighbours():
    """With 80 bytes for each page, three pages hold the memmap of two sections, each of which uses the one in the middle.

    So the one that goes first returns one page, whichever it is, and the other one returns two. Whether the page in the middle
    has the byte of unused memmap is up to the allocator: it has if it was there, or in free memory, before.
    """
    first = HIDDEN // oracle.BLOCK_BYTES
    there = [Range((first + number) * oracle.BLOCK_BYTES, 1) for number in (0, 1)]
    fill_free_memory()
    for adds, removals in CYCLES * list(itertools.product(itertools.permutations((0, 1)), repeat=2)):
        wrong = []
        for number in adds:
            wrong += guest.differs(f"add {number}", None, there[number].add(0))
        for number, pages in zip(removals, (1, 2)):
            free = oracle.free_kb()
            wrong += guest.differs(f"remove {number}", None, Range.remove([first + number]))
            freed = round((oracle.free_kb() - free) / MEMMAP_PAGE_KB)
            wrong += guest.differs(f"remove {number}, freed", pages, freed, "pages of the memmap")
        guest.ok(f"neighbours: added in the order {adds}, removed in the order {removals}", wrong)


class ZonesReader:
    """A process that reads valid_zones of some memory blocks, again and again, while they come and go."""

    def __init__(self, numbers):
        self._count = mmap.mmap(-1, 8)
        self._pid = os.fork()
        if self._pid == 0:
            self._read(numbers)

    def _read(self, numbers):
        for number in itertools.cycle(numbers):
            try:
                with open(f"{oracle.MEMORY}/memory{number}/valid_zones", encoding="ascii") as file:
                    file.read()
            except OSError:
                continue
            self._count[:] = struct.pack("<Q", self.count() + 1)

    def count(self):
        return struct.unpack("<Q", self._count[:])[0]

    def ended(self):
        """End it; [] if it was still alive."""
        os.kill(self._pid, signal.SIGTERM)
        return guest.differs("status of the reader", signal.SIGTERM, os.waitpid(self._pid, 0)[1])


def zones():
    there, wrong = Range(HIDDEN, ZONES_BLOCKS), []
    reader = ZonesReader(there.numbers)
    for _ in range(ZONES_ROUNDS):
        before = reader.count()
        wrong += guest.differs("add", None, there.add(0))
        # The reader is under way when the next add begins.
        if not guest.wait_for(READ_SECONDS, lambda: reader.count() > before + ZONES_BLOCKS):  # pylint: disable=cell-var-from-loop
            wrong.append("nothing reads valid_zones")
        wrong += guest.differs("remove", None, there.remove(there.numbers))
    guest.ok("zones: it is read while memory blocks are added", wrong + reader.ended())


def has_single_slabs(number):
    """Whether a block has such pages, and otherwise only free ones and those that can be migrated."""
    first = number * oracle.BLOCK_PAGES
    kinds = walk.tally(walk.read_words("kpageflags", first, oracle.BLOCK_PAGES))
    return any(flags & KPF_SLAB for flags in kinds) and not any(flags & KPF_COMPOUND for flags in kinds) and all(
        flags & (KPF_SLAB | KPF_LRU | KPF_BUDDY) or not flags for flags in kinds)


def slab():
    """The kernel takes pages of the next block when one is full, so that some block has slabs and little else."""
    numbers = list(oracle.blocks_of(guest.dimm_plug("d0", f"{SLAB_BYTES >> 20}M"), SLAB_BYTES))
    guest.ok("slab: the DIMM goes online", [line for number in numbers for line in guest.differs(
        f"memory{number}", None, oracle.block_set(number, "online_kernel"))])
    fills, number = [Anon(oracle.BLOCK_BYTES * 3 // 4)], None
    while number is None and len(fills) < MOST_FILLS:
        fills.append(Inodes(SOME_INODES))
        number = next((number for number in numbers if has_single_slabs(number)), None)
    guest.ok("slab: there is a block with single slabs and no other page that cannot move", [] if number else ["none"])
    code = oracle.block_offline_tried(number or numbers[0])
    guest.eq("slab: its offline fails", "EBUSY", oracle.errno_name(code))


CASES = {case.__name__: case for case in (sections, recorded, mapping, exists, tables, gigantic, neighbours, zones, slab)}


def main():
    if sys.argv[1] not in ("gigantic", "slab"):
        load_module()
    for name in sys.argv[1:]:
        CASES[name]()


guest.run(main)
