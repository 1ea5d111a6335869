# SPDX-License-Identifier: GPL-2.0-only
"""Allocations that fail on purpose: the kernel's failslab, below one function only."""
import bisect

import lib_oracle as oracle

FAILSLAB = "/sys/kernel/debug/failslab"


def _function(name):
    """First and last address of a kernel function."""
    lines = [line.split() for line in oracle.read("/proc/kallsyms").splitlines()]
    symbols = sorted(int(words[0], 16) for words in lines)
    start = next(int(words[0], 16) for words in lines if words[2] == name)
    return start, symbols[bisect.bisect_right(symbols, start)]


class SlabFault:
    """One slab allocation below a function fails, when it is armed; debug kernel."""

    def __init__(self, function):
        start, end = _function(function)
        for name, value in (("ignore-gfp-wait", "N"), ("require-start", hex(start)),
                            ("require-end", hex(end)), ("stacktrace-depth", 32), ("verbose", 0),
                            ("probability", 100), ("times", 0)):
            oracle.write(f"{FAILSLAB}/{name}", value)

    @staticmethod
    def arm(space):
        """The first that fails is the one after so many bytes have been allocated in peace."""
        oracle.write(f"{FAILSLAB}/space", space)
        oracle.write(f"{FAILSLAB}/times", 1)

    @staticmethod
    def disarm():
        """Whether it was injected since."""
        injected = oracle.number_of(f"{FAILSLAB}/times") == 0
        oracle.write(f"{FAILSLAB}/times", 0)
        return injected
