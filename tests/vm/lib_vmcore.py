# SPDX-License-Identifier: GPL-2.0-only
"""Physical memory of a crashed kernel, read through the ELF headers of /proc/vmcore."""
import os
import struct

PT_LOAD, PT_NOTE = 1, 4
_EHDR = "<16sHHIQQQIHHHHHH"
_PHDR = "<IIQQQQQQ"


class Vmcore:
    """ValueError if the file is no ELF core of a 64-bit little-endian machine."""

    def __init__(self, path="/proc/vmcore"):
        self._file = os.open(path, os.O_RDONLY)
        header = struct.unpack(_EHDR, os.pread(self._file, struct.calcsize(_EHDR), 0))
        if header[0][:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path}: not a 64-bit ELF file")
        place, size, count = header[5], header[9], header[10]
        self.loads = []             # (physical address, size, offset in the file)
        self.notes = b""
        for index in range(count):
            kind, _, offset, _, addr, bytes_in_file, _, _ = struct.unpack(
                _PHDR, os.pread(self._file, size, place + index * size)[:struct.calcsize(_PHDR)])
            if kind == PT_LOAD:
                self.loads.append((addr, bytes_in_file, offset))
            elif kind == PT_NOTE:
                self.notes += os.pread(self._file, bytes_in_file, offset)

    def read(self, addr, size):
        """Bytes of physical memory; KeyError if the dump does not have them."""
        for start, length, offset in self.loads:
            if start <= addr and addr + size <= start + length:
                return os.pread(self._file, size, offset + addr - start)
        raise KeyError(f"the dump has no memory at {addr:#x}")

    def info(self):
        """{name: value} of VMCOREINFO, as text."""
        _, found, text = self.notes.partition(b"OSRELEASE=")
        lines = (found + text).split(b"\0")[0].decode("ascii", "replace").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def close(self):
        os.close(self._file)
