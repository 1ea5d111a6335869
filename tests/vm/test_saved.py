# SPDX-License-Identifier: GPL-2.0-only
"""lib_image.py and lib_vmcore.py: small files in the formats of the kernel, whole and damaged."""
import os
import struct
import tempfile
import unittest

from lib_image import IMAGE_OFFSET, IMAGE_PAGES_OFFSET, PAGE, ZERO_PAGE, Image
from lib_vmcore import Vmcore

END = b"\xff" * 8


def page(text=b"", fill=b"\0"):
    return text + fill * (PAGE - len(text))


class Saved(unittest.TestCase):
    def setUp(self):
        self.file = tempfile.NamedTemporaryFile(prefix="mhp-saved.")
        self.addCleanup(self.file.close)

    def write(self, text):
        self.file.seek(0)
        self.file.truncate()
        self.file.write(text)
        self.file.flush()
        return self.file.name


class Images(Saved):
    """Slots: 0 header, 1 map (its last entry points to 2), 2 map, 3 totals, 4 numbers, 5 and 6 contents."""

    def image(self, copies=2, pages=4, numbers=(7, 9 | ZERO_PAGE, 12)):
        header = page(bytes(IMAGE_OFFSET) + struct.pack("<Q", 1))
        first = page(struct.pack("<2Q", 3, 4) + bytes(PAGE - 24) + struct.pack("<Q", 2))
        totals = page(bytes(IMAGE_PAGES_OFFSET) + struct.pack("<2Q", copies, pages))
        return self.write(header + first + page(struct.pack("<2Q", 5, 6)) + totals
                          + page(struct.pack(f"<{len(numbers)}Q", *numbers) + END) + page(fill=b"a") + page(fill=b"b"))

    def test_pages(self):
        image = Image(self.image())
        self.assertEqual(image.pfns, {7, 9, 12})
        self.assertEqual([image.read(pfn)[:1] for pfn in (7, 9, 12)], [b"a", b"\0", b"b"])
        self.assertRaises(KeyError, image.read, 8)
        image.close()

    def test_no_image(self):
        self.assertRaisesRegex(ValueError, "no image", Image, self.write(page()))

    def test_totals_that_differ(self):
        self.assertRaisesRegex(ValueError, "in 4 slots", Image, self.image(pages=5))
        self.assertRaisesRegex(ValueError, "more contents", Image, self.image(numbers=(7, 9 | ZERO_PAGE)))


class Dumps(Saved):
    def dump(self, magic=b"\x7fELF\x02\x01"):
        notes = b"....OSRELEASE=6.12\nSIZE(page)=64\n\0"
        programs = [(4, 0, 176, 0, 0, len(notes), len(notes), 0), (1, 0, 4096, 0, 0x100000, 8, 8, 0)]
        text = struct.pack("<16sHHIQQQIHHHHHH", magic, 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
        text += b"".join(struct.pack("<IIQQQQQQ", *program) for program in programs) + notes
        return self.write(page(text) + b"contents")

    def test_memory_and_notes(self):
        dump = Vmcore(self.dump())
        self.assertEqual(dump.read(0x100001, 3), b"ont")
        self.assertEqual(dump.info(), {"OSRELEASE": "6.12", "SIZE(page)": "64"})
        for addr, size in ((0xfffff, 2), (0x100004, 5)):
            self.assertRaises(KeyError, dump.read, addr, size)
        dump.close()

    def test_no_dump(self):
        self.assertRaisesRegex(ValueError, "not a 64-bit ELF file", Vmcore, self.dump(b"\x7fELF\x01\x01"))


if __name__ == "__main__":
    unittest.main()
