# SPDX-License-Identifier: GPL-2.0-only
"""Memory of a kernel, read through the ELF headers of its core: /proc/vmcore of one that crashed, /proc/kcore of this one."""
import collections
import functools
import os
import struct

PT_LOAD, PT_NOTE = 1, 4
_EHDR = "<16sHHIQQQIHHHHHH"
_PHDR = "<IIQQQQQQ"
SECTION_IS_ONLINE = 1 << 2          # in section_mem_map (include/linux/mmzone.h)
PAGE = 4096

Load = collections.namedtuple("Load", "physical virtual size offset")


class Vmcore:
    """ValueError if the file is no ELF core of a 64-bit little-endian machine."""

    def __init__(self, path="/proc/vmcore"):
        self._path, self._file = path, os.open(path, os.O_RDONLY)
        header = struct.unpack(_EHDR, os.pread(self._file, struct.calcsize(_EHDR), 0))
        if header[0][:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path}: not a 64-bit ELF file")
        place, size, count = header[5], header[9], header[10]
        self.loads = []
        self.notes = b""
        for index in range(count):
            kind, _, offset, virtual, physical, bytes_in_file, _, _ = struct.unpack(
                _PHDR, os.pread(self._file, size, place + index * size)[:struct.calcsize(_PHDR)])
            if kind == PT_LOAD:
                self.loads.append(Load(physical, virtual, bytes_in_file, offset))
            elif kind == PT_NOTE:
                self.notes += os.pread(self._file, bytes_in_file, offset)

    def read(self, addr, size):
        """Bytes of physical memory; KeyError if the dump does not have them."""
        return self._read(addr, size, "physical")

    def _read(self, addr, size, kind):
        for load in self.loads:
            start = getattr(load, kind)
            if start <= addr and addr + size <= start + load.size:
                return os.pread(self._file, size, load.offset + addr - start)
        raise KeyError(f"{self._path} has no memory at the {kind} address {addr:#x}")

    def info(self):
        """{name: value} of VMCOREINFO, as text."""
        _, found, text = self.notes.partition(b"OSRELEASE=")
        lines = (found + text).split(b"\0")[0].decode("ascii", "replace").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def close(self):
        os.close(self._file)


@functools.lru_cache(None)
def address_of(name):
    """The address of a symbol of this kernel."""
    with open("/proc/kallsyms", encoding="ascii") as symbols:
        return next(int(line.split()[0], 16) for line in symbols if line.split()[2] == name)


class Kcore(Vmcore):
    """The memory of this kernel. Its headers are those of the moment at which it is opened."""

    def __init__(self):
        super().__init__("/proc/kcore")

    def word(self, addr):
        """Eight bytes at a virtual address."""
        return int.from_bytes(self._read(addr, 8, "virtual"), "little")

    def variable(self, name):
        """An unsigned long."""
        return self.word(address_of(name))

    def online_sections(self, first, count):
        """Those of `count` sections of memory, from section `first` on, that pfn_to_online_page() takes for online.

        A section that never existed is offline.
        """
        info = self.info()
        size = int(info["SIZE(mem_section)"])
        roots, per_root = int(info["SYMBOL(mem_section)"], 16), PAGE // size
        online = set()
        for number in range(first, first + count):
            root = self.word(roots + number // per_root * 8)
            place = root + number % per_root * size + int(info["OFFSET(mem_section.section_mem_map)"])
            if root and self.word(place) & SECTION_IS_ONLINE:
                online.add(number)
        return online
