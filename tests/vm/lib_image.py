# SPDX-License-Identifier: GPL-2.0-only
"""The hibernation image on a swap device, read as the kernel wrote it, without compression (hibernate=nocompress).

The format is that of kernel/power/swap.c and snapshot.c: the last 32 bytes of the swap header point to a chain of map
pages that list the pages of the image: one with totals, the numbers of the pages saved, then their contents. A page of
zeros has a number and no content.
"""
import struct

PAGE = 4096
IMAGE_OFFSET = PAGE - 32            # of the first map page in the swap header
IMAGE_PAGES_OFFSET = 416            # of image_pages and pages in struct swsusp_info
ZERO_PAGE = 1 << 63
END = (1 << 64) - 1


class Image:
    """Page numbers and contents of an image. ValueError if there is none."""

    def __init__(self, path):
        self._file = open(path, "rb")
        slots = list(self._slots(struct.unpack_from("<Q", self._page(0), IMAGE_OFFSET)[0]))
        if not slots:
            raise ValueError(f"{path}: no image")
        copies, pages = struct.unpack_from("<QQ", self._page(slots[0]), IMAGE_PAGES_OFFSET)
        if pages != len(slots) or copies >= pages:
            raise ValueError(f"{path}: an image of {pages} pages, {copies} of them copies, in {len(slots)} slots")
        self._contents = {}
        self.pfns = set()
        contents = iter(slots[pages - copies:])
        for slot in slots[1:pages - copies]:
            for number in struct.unpack("<512Q", self._page(slot)):
                if number == END:
                    break
                pfn = number & ~ZERO_PAGE
                self.pfns.add(pfn)
                if not number & ZERO_PAGE:
                    self._contents[pfn] = next(contents)
        if next(contents, None) is not None:
            raise ValueError(f"{path}: more contents than page numbers")

    def _page(self, slot):
        self._file.seek(slot * PAGE)
        return self._file.read(PAGE)

    def _slots(self, place):
        while place:
            *entries, place = struct.unpack("<512Q", self._page(place))
            yield from (entry for entry in entries if entry)

    def read(self, pfn):
        """The content of a page; KeyError if it was not saved."""
        if pfn not in self.pfns:
            raise KeyError(f"pfn {pfn:#x} is not in the image")
        return self._page(self._contents[pfn]) if pfn in self._contents else bytes(PAGE)

    def close(self):
        self._file.close()
