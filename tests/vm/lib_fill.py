# SPDX-License-Identifier: GPL-2.0-only
"""Memory filled in ways that matter to an offline. Each holds what it took until its close().

Where the kernel takes the pages from is up to the kernel: user pages come from ZONE_MOVABLE while it has free pages,
pages of the kernel only from kernel zones.
"""
import ctypes
import fcntl
import mmap
import os
import resource
import subprocess

import lib_oracle as oracle
import lib_pin as pin

_libc = ctypes.CDLL(None, use_errno=True)
NR_MEMFD_SECRET = 447               # x86-64
MADV_POPULATE_WRITE = 23
MAP_NORESERVE = 0x4000
MIB = 1 << 20
TMPFS = "/dev/shm"
HUGEPAGES = "/sys/kernel/mm/hugepages"


def _anonymous(size, flags=0):
    return mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE | flags)


class Anon:
    """Anonymous memory, locked or not."""

    def __init__(self, size, locked=False):
        self._area = _anonymous(size)
        # Not zeros: the kernel frees pages of those when it splits a transparent huge page.
        for offset in range(0, size, MIB):
            self._area[offset:offset + MIB] = b"x" * MIB
        if locked:
            address = ctypes.addressof(ctypes.c_char.from_buffer(self._area))
            if _libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(size)):
                raise OSError(ctypes.get_errno(), "mlock")

    def close(self):
        try:
            self._area.close()
        except BufferError:         # of what mlock() was given the address
            self._area.madvise(mmap.MADV_DONTNEED)


class Addresses:
    """So much memory of a process that has one page of it: many addresses to look through."""

    def __init__(self, size):
        self._area = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE)
        self._area.madvise(mmap.MADV_NOHUGEPAGE)
        self._area[0] = 1

    def close(self):
        self._area.close()


class Node:
    """All free memory of a node but `leave` bytes, or a little more. It is taken bit by bit, as others use the node meanwhile: whoever
    asks for more than is free there is killed."""

    def __init__(self, node, leave):
        self._areas = []
        while oracle.node_memory(node, "MemFree") > leave + pin.HUGE_BYTES:
            self._areas.append(pin.BoundArea(pin.HUGE_BYTES, node))

    def close(self):
        for area in self._areas:
            area.close()


class Files:
    """Page cache of a file system, by default a tmpfs."""

    def __init__(self, size, folder=TMPFS):
        self._path = os.path.join(folder, f"fill.{os.getpid()}.{id(self)}")
        with open(self._path, "wb", buffering=0) as file:
            for _ in range(size // MIB):
                file.write(bytes(MIB))

    def close(self):
        os.unlink(self._path)


class Inodes:
    """Slab: inodes and names of empty files."""

    def __init__(self, count):
        self._folder = os.path.join(TMPFS, f"inodes.{os.getpid()}.{id(self)}")
        os.mkdir(self._folder)
        for number in range(count):
            os.close(os.open(os.path.join(self._folder, str(number)), os.O_CREAT | os.O_WRONLY))

    def close(self):
        subprocess.run(["rm", "-rf", self._folder], check=True)


class PageTables:
    """Page tables: one page of memory in each 2 MiB of addresses."""

    def __init__(self, count):
        self._area = mmap.mmap(-1, count * pin.HUGE_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._area.madvise(mmap.MADV_NOHUGEPAGE)
        for number in range(count):
            self._area[number * pin.HUGE_BYTES] = 1

    def close(self):
        self._area.close()


class Secret:
    """Memory of memfd_secret(2), which the kernel cannot migrate. available() says whether the kernel has it."""

    @staticmethod
    def open():
        return _libc.syscall(NR_MEMFD_SECRET, 0)

    @classmethod
    def available(cls):
        file = cls.open()
        if file >= 0:
            os.close(file)
        return file >= 0

    def __init__(self, size):
        # Its pages count as locked.
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self._file = self.open()
        os.ftruncate(self._file, size)
        self._area = mmap.mmap(self._file, size)
        for offset in range(0, size, oracle.PAGE):
            self._area[offset] = 1

    def close(self):
        self._area.close()
        os.close(self._file)


class HugePages:
    """Huge pages of one size in the pool; some of them in use, some reserved."""

    def __init__(self, kib, count, used=0, reserved=0):
        self._count = f"{HUGEPAGES}/hugepages-{kib}kB/nr_hugepages"
        oracle.write(self._count, count)
        self.count = oracle.number_of(self._count)
        # MAP_HUGETLB with the size as a power of two
        how = pin.MAP_HUGETLB | (kib * 1024).bit_length() - 1 << 26
        self._areas = []
        if used:
            self._areas.append(_anonymous(used * kib * 1024, how))
        if reserved:
            self._areas.append(mmap.mmap(-1, reserved * kib * 1024, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | how))

    def close(self):
        for area in self._areas:
            area.close()
        oracle.write(self._count, 0)


class PipeArrays:
    """Unmovable pages that kmalloc() takes from the page allocator: an array of 16,384 buffers for each pipe, 1 MiB."""

    def __init__(self, pipes):
        self._ends = []
        for _ in range(pipes):
            self._ends += os.pipe()
            fcntl.fcntl(self._ends[-1], fcntl.F_SETPIPE_SZ, 64 * MIB)

    def close(self):
        for end in self._ends:
            os.close(end)


class Pinned:
    """A pinned page in each of these memory blocks that has one of the pages of so much anonymous memory."""

    def __init__(self, numbers, size):
        self._area = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._area.madvise(mmap.MADV_NOHUGEPAGE)
        self._area.madvise(MADV_POPULATE_WRITE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._area))
        offsets = {}
        for offset in range(0, size, pin.HUGE_BYTES):
            number = oracle.block_of(pin.pfn_of(start + offset))
            if number in numbers:
                offsets.setdefault(number, offset)
        self.blocks = sorted(offsets)
        self._pins = [pin.Pin().hold(start + offset) for offset in offsets.values()]
        at = 0
        for offset in sorted(offsets.values()) + [size]:
            if offset > at:
                self._area.madvise(mmap.MADV_DONTNEED, at, offset - at)
            at = offset + oracle.PAGE

    def close(self):
        for held in self._pins:
            held.close()
        self._area.madvise(mmap.MADV_DONTNEED)
