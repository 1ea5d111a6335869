#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""`mhptop explain` of a page whose owner the kernel keeps: who allocated it, and where.

    page-owner.py          in a guest with CONFIG_PAGE_OWNER, booted with page_owner=on

A driver takes a page of a memory block, as a balloon does. Whose that page is the kernel does not tell otherwise. What
explain prints must be what /sys/kernel/debug/page_owner has, and name this process and the driver's functions.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
import lib_range
from lib_answer import Page

FILE = "/sys/kernel/debug/page_owner"


def text_of(pfn):
    """What the kernel's file says of a page: its offset is a pfn."""
    fd = os.open(FILE, os.O_RDONLY)
    try:
        return os.pread(fd, 4096, pfn).decode()
    finally:
        os.close(fd)


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    lib_range.load_module()
    number = guest.dimm_plug("d0", oracle.BLOCK_BYTES) // oracle.BLOCK_BYTES
    guest.eq("the block goes online", None, oracle.block_set(number, "online_movable"))
    lib_range.module_call("hold", hex(number * oracle.BLOCK_BYTES), hex(oracle.BLOCK_BYTES), 0, 0)
    page = Page(f"memory{number}")
    pfn = int((page.first("whose", "^pfn (0x[0-9a-f]+): offline; the kernel does not record who holds it$") or ["0"])[0], 16)
    guest.eq("explain: a page of the block is in the way", number, oracle.block_of(pfn))
    text = text_of(pfn)
    guest.note(text)
    guest.ok("the kernel keeps who allocated this page", [] if f"PFN {pfn:#x} " in text else ["its file has another page"])
    stack = [re.match(r" ([^+\n]+)", line)[1] for line in text.splitlines() if line.startswith(" ")]
    me = rf"page-owner\.py \({os.getpid()}\)"
    page.says("explain: who allocated it, and where, as the kernel's file has it",
              alloc=rf"by {me}, order 0, in {re.escape(' < '.join(stack))}")
    guest.ok("  which is this process, in the driver", [] if any("alloc_pages" in name for name in stack) and any(
        "hold" in name for name in stack) else stack)


guest.run(main)
