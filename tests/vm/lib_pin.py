# SPDX-License-Identifier: GPL-2.0-only
"""Objects that keep a memory block from going offline, each until its close().

A page pinned by a pipe (migration fails), kernel pages (isolation fails), huge pages that are
reserved or poisoned (they cannot be dissolved), and a poisoned transparent huge page (it is left alone).
"""
import ctypes
import mmap
import os
import signal
import struct

import lib_oracle as oracle
import lib_walk as walk

_libc = ctypes.CDLL(None, use_errno=True)
MAP_HUGETLB = 0x40000
HUGE_BYTES = 2 << 20
HUGE_ORDER = 9
NR_MBIND, NR_SET_MEMPOLICY = 237, 238   # x86-64
MPOL_BIND = 2
MPOL_MF_MOVE = 2


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


class BoundArea:
    """Anonymous memory whose pages, and nothing else, come from one node: page tables are where the process is."""

    def __init__(self, size, node):
        self._area = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._bind(node, 0)
        # Not zeros, see lib_fill.Anon.
        for offset in range(0, size, HUGE_BYTES):
            self._area[offset:offset + HUGE_BYTES] = b"x" * HUGE_BYTES

    def _bind(self, node, flags):
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._area))
        nodes = ctypes.c_ulong(1 << node)
        if _libc.syscall(NR_MBIND, ctypes.c_void_p(start), ctypes.c_ulong(len(self._area)), MPOL_BIND, ctypes.byref(nodes),
                         ctypes.c_ulong(64), flags):
            raise OSError(ctypes.get_errno(), "mbind")

    def move(self, node):
        """Have the kernel migrate the pages to another node."""
        self._bind(node, MPOL_MF_MOVE)

    def close(self):
        self._area.madvise(mmap.MADV_DONTNEED)


class Pin:
    """A pipe that holds a reference to the page at an address of this process."""

    def __init__(self):
        self._pipe = os.pipe()

    def hold(self, address):
        """Take the reference; returns self."""
        vec = _IoVec(address, oracle.PAGE)
        if _libc.vmsplice(self._pipe[1], ctypes.byref(vec), 1, 0) != oracle.PAGE:
            raise OSError(ctypes.get_errno(), "vmsplice")
        return self

    def close(self):
        for end in self._pipe:
            os.close(end)


class PinnedPage:
    """An anonymous page that a pipe holds a reference to, which keeps it from being migrated."""

    def __init__(self, numbers):
        self._page = AnonPage(numbers)
        self.pfn = self._page.pfn
        self._pin = Pin().hold(self._page.address)

    def close(self):
        self._pin.close()


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


class HugePages:
    """A pool of huge pages of 2 MiB."""

    _COUNT = "/proc/sys/vm/nr_hugepages"

    def __init__(self, count):
        oracle.write(self._COUNT, count)
        if oracle.number_of(self._COUNT) != count:
            raise RuntimeError(f"cannot allocate {count} huge pages of 2 MiB")

    def close(self):
        oracle.write(self._COUNT, 0)


class ReservedHugePages(HugePages):
    """Free huge pages, all of them reserved by a mapping that has not faulted them in yet."""

    def __init__(self, count=2):
        super().__init__(count)
        self._area = mmap.mmap(-1, count * HUGE_BYTES,
                               mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_HUGETLB)

    def close(self):
        self._area.close()
        super().close()


class HugeFile:
    """A huge page of a file in memory, mapped `times` times. The pool must have a free one."""

    def __init__(self, times=1):
        self._file = os.memfd_create("huge", os.MFD_HUGETLB)
        os.ftruncate(self._file, HUGE_BYTES)
        self._areas = [mmap.mmap(self._file, HUGE_BYTES) for _ in range(times)]
        for area in self._areas:
            area[0] = 1
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._areas[0]))
        self.pfn = pfn_of(self.address)

    def unmap(self):
        """The file keeps the page."""
        for area in self._areas:
            area.close()

    def close(self):
        self.unmap()
        os.close(self._file)


def aligned_area(size, flags=0):
    """Anonymous memory: the area, and the offset in it from where on it can have so many bytes of huge pages."""
    area = mmap.mmap(-1, size if flags else size + HUGE_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | flags)
    start = ctypes.addressof(ctypes.c_char.from_buffer(area))
    if not flags:
        area.madvise(mmap.MADV_HUGEPAGE)
    return area, -start % HUGE_BYTES


class ManyHugePages:
    """Huge pages of 2 MiB in use, of hugetlb or transparent. pin() holds a reference to one of them."""

    def __init__(self, count, hugetlb):
        self._pool = HugePages(count) if hugetlb else None
        self._area, offset = aligned_area(count * HUGE_BYTES, MAP_HUGETLB if hugetlb else 0)
        self._start = ctypes.addressof(ctypes.c_char.from_buffer(self._area)) + offset
        for page in range(count):
            self._area[offset + page * HUGE_BYTES] = 1
        self.pfns = [pfn_of(self._start + page * HUGE_BYTES) for page in range(count)]
        self._pins = []

    def pin(self, pfn):
        self._pins.append(Pin().hold(self._start + self.pfns.index(pfn) * HUGE_BYTES))

    def unpin(self):
        while self._pins:
            self._pins.pop().close()

    def close(self):
        self.unpin()
        self._area.madvise(mmap.MADV_DONTNEED)
        if self._pool:
            self._pool.close()


class PartlyMapped:
    """A transparent huge page whose first page is not mapped any more, but the others are; a pipe holds it."""

    def __init__(self):
        self._area, offset = aligned_area(HUGE_BYTES)
        self._area[offset] = 1
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._area)) + offset
        self.pfn = pfn_of(start)
        if pfn_of(start + oracle.PAGE) != self.pfn + 1:
            raise RuntimeError("no huge page")
        self.address = start + oracle.PAGE
        self._pin = Pin().hold(self.address)
        self._area.madvise(mmap.MADV_DONTNEED, offset, oracle.PAGE)

    def close(self):
        self._pin.close()
        self._area.madvise(mmap.MADV_DONTNEED)


class PinnedHugePage(HugePages):
    """A huge page that is mapped twice, and that a pipe holds a reference to."""

    def __init__(self):
        super().__init__(1)
        self._file = HugeFile(times=2)
        self.pfn = self._file.pfn
        self._pin = Pin().hold(self._file.address)

    def close(self):
        self._pin.close()
        self._file.close()
        super().close()


class PoisonedHugePage(HugePages):
    """A poisoned huge page of a file, and free ones behind it."""

    def __init__(self, count=8):
        super().__init__(count)
        files = sorted((HugeFile() for _ in range(count)), key=lambda file: file.pfn)
        for file in files:
            file.unmap()
        self._file = files[0]
        self.pfn, self.free = files[0].pfn, [file.pfn for file in files[1:]]
        for file in files[1:]:
            file.close()
        walk.poison(self.pfn)

    def close(self):
        """The reference that memory failure handling holds goes with the poison."""
        self._file.close()
        walk.unpoison(self.pfn)
        super().close()


class PoisonedPinnedPage(Pin):
    """A huge page, transparent or of hugetlb, that was poisoned while a pipe held a reference to it.

    Therefore the kernel could neither split nor dissolve it. Its process was killed by the poison; the pipe is all that is left.
    """

    def __init__(self, hugetlb=False):
        super().__init__()
        self._flags = MAP_HUGETLB if hugetlb else 0
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            self._be_killed(tell)
        os.close(tell)
        text = os.read(told, 8)
        os.close(told)
        status = os.waitpid(child, 0)[1]
        if len(text) < 8 or not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGBUS:
            raise RuntimeError(f"a process that poisons its huge page: {len(text)} bytes, status {status:#x}")
        self.pfn = struct.unpack("<Q", text)[0]

    def _be_killed(self, tell):
        """In the child: never returns."""
        try:
            area, offset = aligned_area(HUGE_BYTES, self._flags)
            start = ctypes.addressof(ctypes.c_char.from_buffer(area))
            area[offset] = 1
            self.hold(start + offset)
            os.write(tell, struct.pack("<Q", pfn_of(start + offset)))
            area.madvise(mmap.MADV_HWPOISON, offset, oracle.PAGE)
            area[offset] = 2
        finally:
            os._exit(1)  # pylint: disable=protected-access
