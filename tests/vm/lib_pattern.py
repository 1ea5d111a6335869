# SPDX-License-Identifier: GPL-2.0-only
"""Memory of a node filled with a pattern, and what describes it: its pages, their flags, their struct pages.

For tests that compare memory before and after the kernel saved it (hibernation, crash dumps).
"""
import ctypes
import mmap
import struct

import lib_oracle as oracle
from lib_pin import bound

# Offsets in struct page of x86-64, which have been the same since Linux 4.18
STRUCT_MAPPING, STRUCT_INDEX, STRUCT_MAPCOUNT, STRUCT_REFCOUNT = 24, 32, 48, 52
KPF_OWNER_PRIVATE = 1 << 37         # set for PageVmemmapSelfHosted()
_GOLDEN = 0x9e3779b97f4a7c15        # spreads the numbers of pages over 64 bits
_libc = ctypes.CDLL(None, use_errno=True)


def content(number):
    """What page `number` of a pattern contains."""
    return ((number + 1) * _GOLDEN & (1 << 64) - 1).to_bytes(8, "little") * (oracle.PAGE // 8)


def flags_of(first, count):
    """/proc/kpageflags of `count` pages from pfn `first` on."""
    text = b""
    with open("/proc/kpageflags", "rb", buffering=0) as file:
        file.seek(first * 8)
        while len(text) < count * 8:
            chunk = file.read(count * 8 - len(text))
            if not chunk:
                break
            text += chunk
    return list(struct.unpack(f"<{len(text) // 8}Q", text))


class Pattern:
    """Locked memory of one node: anonymous, or of tmpfs if it is shared. Page i contains content(start + i)."""

    def __init__(self, node, count, start=0, shared=False):
        kind = mmap.MAP_SHARED if shared else mmap.MAP_PRIVATE
        self.start, self.count, self.shared = start, count, shared
        with bound(node):
            self._area = mmap.mmap(-1, count * oracle.PAGE, kind | mmap.MAP_ANONYMOUS)
            self._area.madvise(mmap.MADV_NOHUGEPAGE)
            anchor = ctypes.c_char.from_buffer(self._area)
            self.address = ctypes.addressof(anchor)
            del anchor
            for index in range(count):
                self._area[index * oracle.PAGE:(index + 1) * oracle.PAGE] = content(start + index)
        if _libc.mlock(ctypes.c_void_p(self.address), ctypes.c_size_t(count * oracle.PAGE)):
            raise OSError(ctypes.get_errno(), "mlock")
        self.pfns = self.mapped()

    def mapped(self):
        """The pages behind it now."""
        with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
            pagemap.seek(self.address // oracle.PAGE * 8)
            entries = struct.unpack(f"<{self.count}Q", pagemap.read(self.count * 8))
        missing = sum(not entry >> 63 for entry in entries)
        if missing:
            raise RuntimeError(f"{missing} of {self.count} pages of the pattern are not in memory")
        return [entry & ((1 << 55) - 1) for entry in entries]

    def wrong(self):
        """The differences to what was written, one line each."""
        bad = [index for index in range(self.count)
               if self._area[index * oracle.PAGE:(index + 1) * oracle.PAGE] != content(self.start + index)]
        return [f"{len(bad)} of {self.count} pages changed, the first is {bad[0]}"] if bad else []

    def describe(self):
        """What another kernel needs to know about it."""
        return {"start": self.start, "shared": self.shared, "page": self.address // oracle.PAGE, "pfns": self.pfns}

    def close(self):
        self._area.close()


class SelfHosted:
    """The memmap of a DIMM that hosts it: as a whole (range), or each block its own (Y)."""

    def __init__(self, addr, size, mode):
        self.blocks = list(oracle.blocks_of(addr, size))
        self._whole = mode == "range"
        self.first = addr // oracle.PAGE
        self.end = self.first + size // oracle.PAGE

    def _base(self, pfn):
        return self.first if self._whole else pfn // oracle.BLOCK_PAGES * oracle.BLOCK_PAGES

    def place(self, pfn):
        """The physical address of the struct page of a page."""
        base = self._base(pfn)
        return base * oracle.PAGE + (pfn - base) * oracle.STRUCT_PAGE

    def pages(self, online):
        """The pages that hold memmap while these blocks are online."""
        if self._whole:
            return set(range(self.first, self.first + len(self.blocks) * oracle.BLOCK_VMEMMAP)) if online else set()
        return {number * oracle.BLOCK_PAGES + page for number in online for page in range(oracle.BLOCK_VMEMMAP)}

    def usable(self, online):
        """The pages of these blocks that hold no memmap."""
        held = self.pages(online)
        return {pfn for number in online
                for pfn in range(number * oracle.BLOCK_PAGES, (number + 1) * oracle.BLOCK_PAGES)} - held


def wrong_struct_page(pattern, index, raw):
    """What is wrong with a struct page that should describe page `index` of a pattern (describe())."""
    mapping, offset = struct.unpack_from("<QQ", raw, STRUCT_MAPPING)
    mapcount, refcount = struct.unpack_from("<ii", raw, STRUCT_MAPCOUNT)
    wrong = []
    if not mapping or bool(mapping & 1) == pattern["shared"]:
        wrong.append(f"mapping {mapping:#x} is not {'that of a file' if pattern['shared'] else 'anonymous'}")
    want = index if pattern["shared"] else pattern["page"] + index
    if offset != want:
        wrong.append(f"index {offset:#x}, expected {want:#x}")
    if mapcount or refcount < 1:
        wrong.append(f"mapcount {mapcount + 1}, refcount {refcount}")
    return [f"struct page of pfn {pattern['pfns'][index]:#x}: {line}" for line in wrong]
