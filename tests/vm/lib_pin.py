# SPDX-License-Identifier: GPL-2.0-only
"""Objects that keep a memory block from going offline, each until its close().

A page pinned by a pipe (migration fails), kernel pages (isolation fails), and huge pages that are
reserved (they cannot be dissolved).
"""
import ctypes
import mmap
import os
import struct

import lib_oracle as oracle

_libc = ctypes.CDLL(None, use_errno=True)
MAP_HUGETLB = 0x40000
HUGE_BYTES = 2 << 20
HUGE_ORDER = 9
NR_SET_MEMPOLICY = 238              # x86-64
MPOL_BIND = 2


class _IoVec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def pfn_of(address):
    """The page behind an address of this process."""
    with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
        pagemap.seek(address // oracle.PAGE * 8)
        entry = struct.unpack("<Q", pagemap.read(8))[0]
    if not entry >> 63:
        raise RuntimeError(f"address {address:#x}: no page is mapped there")
    return entry & ((1 << 55) - 1)


class AnonPage:
    """An anonymous page of this process, in one of the given memory blocks.

    User pages come from ZONE_MOVABLE while it has free pages, so a few attempts find one.
    """

    def __init__(self, numbers, tries=4096):
        self._maps = []
        while len(self._maps) < tries:
            area = mmap.mmap(-1, oracle.PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            area[0] = 1
            self.address = ctypes.addressof(ctypes.c_char.from_buffer(area))
            self.pfn = pfn_of(self.address)
            self._maps.append(area)
            if oracle.block_of(self.pfn) in numbers:
                return
        raise RuntimeError(f"none of {tries} pages was in memory blocks {list(numbers)}")


class bound:  # pylint: disable=invalid-name
    """with bound(1): allocate pages from that node only, see set_mempolicy(2)."""

    def __init__(self, node):
        self._nodes = ctypes.c_ulong(1 << node)

    def __enter__(self):
        if _libc.syscall(NR_SET_MEMPOLICY, MPOL_BIND, ctypes.byref(self._nodes), 64):
            raise OSError(ctypes.get_errno(), "set_mempolicy")

    def __exit__(self, *_):
        _libc.syscall(NR_SET_MEMPOLICY, 0, None, 0)


class PinnedPage:
    """An anonymous page that a pipe holds a reference to, which keeps it from being migrated."""

    def __init__(self, numbers):
        self._page = AnonPage(numbers)
        self.pfn = self._page.pfn
        self._pipe = os.pipe()
        vec = _IoVec(self._page.address, oracle.PAGE)
        if _libc.vmsplice(self._pipe[1], ctypes.byref(vec), 1, 0) != oracle.PAGE:
            raise OSError(ctypes.get_errno(), "vmsplice")

    def close(self):
        for end in self._pipe:
            os.close(end)


class KernelPages:
    """Unmovable pages that the kernel allocated: pipe buffers, 64 KiB each."""

    def __init__(self, pipes=64):
        self._ends = []
        for _ in range(pipes):
            self._ends += os.pipe2(os.O_NONBLOCK)
            os.write(self._ends[-1], bytes(65536))

    def close(self):
        for end in self._ends:
            os.close(end)


class ReservedHugePages:
    """Free huge pages, all of them reserved by a mapping that has not faulted them in yet."""

    _COUNT = "/proc/sys/vm/nr_hugepages"

    def __init__(self, count=2):
        oracle.write(self._COUNT, count)
        if oracle.number_of(self._COUNT) != count:
            raise RuntimeError(f"cannot allocate {count} huge pages of 2 MiB")
        self._area = mmap.mmap(-1, count * HUGE_BYTES,
                               mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_HUGETLB)

    def close(self):
        self._area.close()
        oracle.write(self._COUNT, 0)
