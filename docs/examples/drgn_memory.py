#!/usr/bin/env drgn
# SPDX-License-Identifier: GPL-2.0-only
"""Zones, memory blocks and ranges of a kernel, live or from a dump, under the names that a frame of mhptop --json has.

    PYTHONPATH=/usr/local/share/mhptop drgn [-c VMCORE] -s VMLINUX drgn_memory.py

In an interactive drgn, exec(open("drgn_memory.py").read()) leaves `frame`: frame.blocks[0].hosting, frame.zones[0].present. The
objects that the values come from are in block_objects, by number: block_objects[39].altmap.free. Prints one line of JSON, with the
members that the kernel's memory has and no others.
"""
import json
import re

from drgn import cast
from drgn.helpers.linux.nodemask import for_each_online_node
from drgn.helpers.linux.xarray import xa_for_each
from mhptop import Values

# include/linux/memory.h; an enum in newer kernels
STATES = {"MEM_ONLINE": 1, "MEM_GOING_OFFLINE": 2, "MEM_OFFLINE": 4, "MEM_GOING_ONLINE": 8}


def constant(name, otherwise):
    try:
        return prog.constant(name).value_()
    except LookupError:
        return otherwise


def section_pages():
    # A macro; the kernel has its value in the notes for dumps.
    notes = prog.read(prog["vmcoreinfo_data"].value_(), prog["vmcoreinfo_size"].value_())
    bits = re.search(rb"SECTION_SIZE_BITS\)=([0-9]+)", notes)
    return (1 << int(bits[1])) // PAGE_BYTES


def zones():
    """Those with pages; as in /proc/zoneinfo, managed pages are those that the buddy allocator has."""
    found = []
    for node in for_each_online_node(prog):
        for zone in prog["node_data"][node].node_zones:
            if zone.present_pages:
                found.append(Values(node=node, zone=zone.name.string_().decode(), present=zone.present_pages.value_(),
                                    managed=zone.managed_pages.counter.value_()))
    return found


def is_early(section):
    """Whether its memmap was made at boot; mem_section is an array of pages with CONFIG_SPARSEMEM_EXTREME."""
    per_root = PAGE_BYTES // prog.type("struct mem_section").size
    flags = prog["mem_section"][section // per_root][section % per_root].section_mem_map.value_()
    return bool(flags >> prog.constant("SECTION_IS_EARLY_BIT").value_() & 1)


def has_range(altmap):
    """Whether the memmap is that of a whole range, which only a kernel with memmap_on_memory=range knows."""
    return bool(altmap) and altmap.type_.type.has_member("range") and bool(altmap.range)


def hosted_pages(altmap, start, pages):
    """Pages from start on that hold memmap: the altmap has `free` pages, from its base on."""
    if not altmap:
        return 0
    base = altmap.base_pfn.value_()
    return max(0, min(start + pages, base + altmap.free.value_()) - max(start, base))


def block_values(number, block):
    start, size = block.start_section_nr.value_() * SECTION_PAGES, prog["sections_per_block"].value_() * SECTION_PAGES
    state = next((name for name, value in STATES.items() if block.state.value_() == constant(name, value)), "MEM_UNKNOWN")
    hosting = "range" if has_range(block.altmap) else "block" if block.altmap else \
        "boot" if is_early(block.start_section_nr.value_()) else "buddy"
    return Values(id=number, start_pfn=start, nr_pages=size, state=state.removeprefix("MEM_").lower(), node=block.nid.value_(),
                  zone=block.zone.name.string_().decode() if block.zone else "none", hosting=hosting,
                  vmemmap_pages=hosted_pages(block.altmap, start, size))


def ranges(blocks):
    """The ranges that host their memmap as a whole."""
    found = {}
    for block in blocks:
        if has_range(block.altmap):
            altmap = block.altmap
            found[altmap.base_pfn.value_()] = Values(
                base_pfn=altmap.base_pfn.value_(), nr_pages=altmap.end_pfn.value_() - altmap.base_pfn.value_() + 1, hosting="range",
                vmemmap_pages=altmap.free.value_(), alloc=altmap.alloc.value_())
    return list(found.values())


PAGE_BYTES = prog["PAGE_SIZE"].value_()
SECTION_PAGES = section_pages()
block_objects = {number: cast("struct memory_block *", entry) for number, entry in xa_for_each(prog["memory_blocks"].address_of_())}
frame = Values(page_bytes=PAGE_BYTES, block_bytes=prog["sections_per_block"].value_() * SECTION_PAGES * PAGE_BYTES, zones=zones(),
               blocks=[block_values(*pair) for pair in block_objects.items()], ranges=ranges(block_objects.values()))
print(json.dumps(frame))
