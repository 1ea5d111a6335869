#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hibernation saves and restores memory that hosts its memmap.

    hibernate.py range|Y            with --memory-root --drive 2G --numa 2, hibernate=nocompress

Blocks of a DIMM are online, the others offline; node 1 has no other memory. Patterns fill it, then the guest hibernates
and resumes from its own image (test_resume). The image must contain the pages of the memmap and no page of the DIMM
that is offline; patterns, page flags, block states and zones must be what they were, and the DIMM must go.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_image import Image
from lib_pattern import KPF_OWNER_PRIVATE, Pattern, SelfHosted, flags_of, wrong_struct_page
from lib_vmcore import Kcore

NODE = 1
SWAP = "/dev/vda"
CHUNK = 4096                        # pages in a pattern
MOST_CHUNKS = 12
SHOWN = 8
IMAGE_CREATED, IMAGE_SAVED = "pages for snapshot", "Saving image"      # in the kernel log
# Blocks of the DIMM that are online. In range mode block 0 is nothing but memmap and block 1 partly.
CASES = {
    "range": (("9G", (70,), "one block"), ("9G", (1, 70), "one block and the one that is partly memmap"),
              ("9G", (0, 1, 70), "one block and all that hold memmap")),
    "Y": (("1G", (5,), "one block"),),
}


def patterns(numbers):
    """Patterns that have pages in each of these blocks: anonymous ones, and one in tmpfs."""
    made = []
    while len(made) < 2 or (
            {oracle.block_of(pfn) for pattern in made for pfn in pattern.pfns} != set(numbers) and len(made) < MOST_CHUNKS):
        made.append(Pattern(NODE, CHUNK, len(made) * CHUNK, shared=len(made) == 1))
    return made


def online_sections(memmap):
    """The sections of the DIMM whose pages pfn_to_online_page() returns."""
    core = Kcore()
    found = core.online_sections(memmap.first // oracle.SECTION_PAGES, (memmap.end - memmap.first) // oracle.SECTION_PAGES)
    core.close()
    return found


def walked_sections(memmap, online):
    """Those that should be: with memory blocks that are online, and with memmap that they use."""
    return {pfn // oracle.SECTION_PAGES for pfn in memmap.pages(online) | memmap.usable(online)}


def state(memmap, online):
    """What hibernation must not change."""
    held = sorted(memmap.pages(online))
    return {"blocks": {number: oracle.block(number) for number in memmap.blocks}, "zones": oracle.zones(),
            "sections whose pages can be walked": online_sections(memmap),
            "flags of the memmap": flags_of(held[0], held[-1] - held[0] + 1)}


def log_count(text):
    """The lines of the kernel log with this text."""
    return subprocess.run(["dmesg"], stdout=subprocess.PIPE, check=True, text=True).stdout.count(text)


def resumed_from_image(images):
    """Lines that say why this is not a kernel that was read from an image. So many images were created before."""
    # The log is restored with everything else, to the moment before the image was written.
    wrong = guest.differs("images in the kernel log", images + 1, log_count(IMAGE_CREATED))
    return wrong + (["the kernel log says that the image was saved, so it was not restored"] if log_count(IMAGE_SAVED) else [])


def wrong_image(image, memmap, online, made):
    """The image against what was in memory."""
    dimm = {pfn for pfn in image.pfns if memmap.first <= pfn < memmap.end}
    held = memmap.pages(online)
    extra = dimm - held - memmap.usable(online)
    wrong = [f"{len(held - dimm)} of {len(held)} pages of memmap are missing"] if held - dimm else []
    wrong += [f"{len(extra)} pages are offline, such as {min(extra):#x}"] if extra else []
    for pattern in made:
        facts = pattern.describe()
        for index, pfn in enumerate(pattern.pfns):
            if pfn not in image.pfns:
                wrong.append(f"page {pfn:#x} of a pattern is missing")
            elif index % SHOWN == 0:
                place = memmap.place(pfn)
                raw = image.read(place // oracle.PAGE)[place % oracle.PAGE:][:oracle.STRUCT_PAGE]
                wrong += wrong_struct_page(facts, index, raw)
    guest.note(f"image: {len(image.pfns)} pages, {len(dimm)} of them of the DIMM, {len(held)} of those memmap")
    return wrong


def hibernate():
    oracle.write("/sys/power/image_size", 8 << 30)
    oracle.write("/sys/power/disk", "test_resume")
    oracle.write("/sys/power/state", "disk")
    guest.reconnect()


def case(mode, size, numbers, what):
    begin = oracle.everything()
    memmap = SelfHosted(guest.dimm_plug("d0", size, NODE), int(size[:-1]) << 30, mode)
    online = [memmap.blocks[number] for number in numbers]
    for number in online:
        guest.eq(f"{what}: memory{number} goes online", None, oracle.block_set(number, "online_movable"))
    usable = sorted({oracle.block_of(pfn) for pfn in memmap.usable(online)})
    made = patterns(usable)
    guest.eq(f"{what}: the patterns are in the blocks that are online", usable,
             sorted({oracle.block_of(pfn) for pattern in made for pfn in pattern.pfns}))
    before = state(memmap, online)
    guest.ok(f"{what}: the memmap is self-hosted", [] if all(
        flag & KPF_OWNER_PRIVATE for flag in before["flags of the memmap"]) else ["pages of it are not marked"])
    guest.eq(f"{what}: pages can be walked in all sections in use, and in no other", walked_sections(memmap, online),
             before["sections whose pages can be walked"])
    images = log_count(IMAGE_CREATED)
    hibernate()
    guest.ok(f"{what}: the guest resumes from an image", resumed_from_image(images))
    after = state(memmap, online)
    guest.ok(f"{what}: patterns are what they were", [line for pattern in made for line in pattern.wrong()])
    guest.ok(f"{what}: they are in the same pages", [
        line for pattern in made for line in guest.differs("pages", pattern.pfns, pattern.mapped())])
    for key, value in before.items():
        guest.ok(f"{what}: {key}", guest.differs(key, value, after[key]))
    oracle.write("/proc/sys/vm/drop_caches", 1)        # the image was written past the page cache of the device
    image = Image(SWAP)
    guest.ok(f"{what}: the image has the memmap and the patterns, and nothing that is offline",
             wrong_image(image, memmap, online, made))
    image.close()
    for pattern in made:
        pattern.close()
    for number in online:
        guest.eq(f"{what}: memory{number} goes offline", None, oracle.block_set(number, "offline"))
    guest.dimm_unplug("d0")
    guest.ok(f"{what}: the DIMM goes", guest.differs("at the end", begin, oracle.everything()))


def main():
    mode = sys.argv[1]
    guest.eq("memmap_on_memory", mode, oracle.memmap_mode())
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    for size, numbers, what in CASES[mode]:
        # A new swap area each time: its header must not point to the image of the case before.
        subprocess.run(["dd", "if=/dev/zero", f"of={SWAP}", "bs=4096", "count=1", "conv=fsync"], check=True)
        subprocess.run(["mkswap", SWAP], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["swapon", SWAP], check=True)
        case(mode, size, numbers, what)
        subprocess.run(["swapoff", SWAP], check=True)


guest.run(main)
