# SPDX-License-Identifier: GPL-2.0-only
"""Tries to take a memory block offline, to compare with what was forecast: an offline without progress is ended."""
import subprocess
import time

import lib_oracle as oracle
import lib_walk as walk
from lib_looks import FAILED_PAGES, Looks

BUDDY = 1 << 10                     # in /proc/kpageflags
LOOK_SECONDS = 0.5                  # between looks at an offline


def used_pages(number):
    """{flags: pages} of the pages of a block that are not in the buddy allocator."""
    counts = walk.tally(walk.read_words("kpageflags", number * oracle.BLOCK_PAGES, oracle.BLOCK_PAGES))
    return {flags: count for flags, count in counts.items() if not flags & BUDDY}


def failed_pages():
    """Pages that could not be migrated since boot."""
    return int(oracle.read("/proc/vmstat").split("pgmigrate_fail ")[1].split()[0])


def start_offline(number):
    return subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"],
                            stderr=subprocess.DEVNULL)


def try_offline(number):
    """"yes" if the block goes offline; "no" if the kernel refuses or makes no progress, and the pages left then."""
    child = start_offline(number)
    looks, left = Looks(), {}
    while child.poll() is None:
        try:
            child.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            left = used_pages(number)
            looks.take(sum(left.values()), failed_pages())
            if looks.stuck():
                child.terminate()
    return ("no", left) if child.returncode else ("yes", {})


def try_offline_slow(number):
    """Like try_offline(), for pages whose copy takes longer than all looks: failures alone end it."""
    before, child = failed_pages(), start_offline(number)
    while child.poll() is None:
        time.sleep(LOOK_SECONDS)
        if failed_pages() - before >= FAILED_PAGES:
            child.terminate()
    return ("no", used_pages(number)) if child.returncode else ("yes", {})
