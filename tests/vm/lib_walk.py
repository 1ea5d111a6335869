# SPDX-License-Identifier: GPL-2.0-only
"""Pages as others see them that walk over all of them: /proc/kpageflags and /proc/kpagecount.

Both use pfn_to_online_page(), as memory failure handling, compaction, page_owner, dumps and
hibernation do.
"""
import collections
import struct

import lib_oracle as oracle
from lib_guest import differs

CORRUPT = "/sys/kernel/debug/hwpoison"
HWPOISON, NOPAGE, OFFLINE = 1 << 19, 1 << 20, 1 << 23
OWNER_PRIVATE = 1 << 37             # set for PageVmemmapSelfHosted()
HOLE = (3 << 30) // oracle.PAGE     # where PCI devices are; no page exists there


def read_words(name, pfn, pages):
    """The bytes of /proc/kpageflags or /proc/kpagecount for some pages, eight for each."""
    with open(f"/proc/{name}", "rb", buffering=0) as file:
        file.seek(pfn * 8)
        text = b""
        while len(text) < pages * 8:
            chunk = file.read(pages * 8 - len(text))
            if not chunk:
                break
            text += chunk
    return text


def tally(text):
    """{flags: number of pages}; in one step if all are the same, as those that cannot be walked."""
    if text == text[:8] * (len(text) // 8):
        return {int.from_bytes(text[:8], "little"): len(text) // 8}
    return collections.Counter(struct.unpack(f"<{len(text) // 8}Q", text))


def having(counts, flag):
    return sum(count for flags, count in counts.items() if flags & flag)


def unwalked(text, online):
    """How many of these pages cannot be walked.

    Linux 6.12 flags them. Later versions show no flags, as for pages on per-CPU lists and many of the kernel's: then
    these count only if they are most of the pages, unless the block is offline.
    """
    counts = tally(text)
    if int.from_bytes(read_words("kpageflags", HOLE, 1), "little") == NOPAGE:
        return having(counts, NOPAGE)
    bare = counts.get(0, 0)
    return 0 if online and bare < len(text) // 8 // 2 else bare


def poison(pfn):
    """Memory failure handling may report that it cannot recover the page; the page is poisoned nevertheless."""
    try:
        oracle.write(f"{CORRUPT}/corrupt-pfn", hex(pfn))
    except OSError:
        pass


def poison_for_good(pfn):
    """The same by its address, for which a kernel needs no module that injects poison; nothing takes it away again."""
    try:
        oracle.write(f"{oracle.MEMORY}/hard_offline_page", hex(pfn * oracle.PAGE))
    except OSError:
        pass


def unpoison(pfn):
    """Possible if the poison was injected and nobody else has a reference to the page."""
    oracle.write(f"{CORRUPT}/unpoison-pfn", hex(pfn))


def is_poisoned(pfn):
    return bool(having(tally(read_words("kpageflags", pfn, 1)), HWPOISON))


def wrong_pages(there, account):
    """All pages of blocks that are online can be walked, and those of the sections that hold the memmap in use.

    Pages that hold memmap in use are marked. The rest of their last section is offline pages while its block is
    offline. No other page can be walked.
    """
    wrong, base = [], there.first * oracle.BLOCK_PAGES
    up = account.ranges[base].zone is not None
    shared_end = -(-(base + there.count * oracle.BLOCK_VMEMMAP) // oracle.SECTION_PAGES) * oracle.SECTION_PAGES
    for number in there.numbers:
        start, hosts = number * oracle.BLOCK_PAGES, there.vmemmap_pages(number)
        online = account.blocks[number].state == "online"
        text = read_words("kpageflags", start, oracle.BLOCK_PAGES)
        held, others = tally(text[:hosts * 8]), tally(text[hosts * 8:])
        walked = max(hosts, min(oracle.BLOCK_PAGES, shared_end - start)) if up and hosts else 0
        rest = walked - hosts if walked and not online else 0
        if online:
            walked = walked if hosts == oracle.BLOCK_PAGES else oracle.BLOCK_PAGES
        wrong += differs(f"memory{number}, pages that cannot be walked", oracle.BLOCK_PAGES - walked,
                         unwalked(text[:hosts * 8], online) + unwalked(text[hosts * 8:], online))
        wrong += differs(f"memory{number}, pages marked as memmap", hosts if up else 0, having(held, OWNER_PRIVATE))
        wrong += differs(f"memory{number}, offline pages", rest, having(others, OFFLINE))
        if rest:
            wrong += differs(f"memory{number}, mapped pages", {0: rest},
                             tally(read_words("kpagecount", start + hosts, rest)))
    return wrong
