# SPDX-License-Identifier: GPL-2.0-only
"""Injected allocation failures (debug kernel): only below one function, or the Nth of a system call."""
import bisect
import os

import lib_oracle as oracle

DEBUG = "/sys/kernel/debug"
NO_ORDER = 32                       # larger than any order that is allocated
FAILSLAB, FAIL_PAGE = f"{DEBUG}/failslab", f"{DEBUG}/fail_page_alloc"


def _function(name):
    """Start and end address of a kernel function."""
    lines = [line.split() for line in oracle.read("/proc/kallsyms").splitlines()]
    symbols = sorted(int(words[0], 16) for words in lines)
    start = next(int(words[0], 16) for words in lines if words[2] == name)
    return start, symbols[bisect.bisect_right(symbols, start)]


class Fault:
    """Fails one allocation below a function when armed, with failslab or fail_page_alloc."""

    def __init__(self, function, attribute=FAILSLAB):
        self.attribute = attribute
        start, end = _function(function)
        _any_allocation(attribute)
        for name, value in (("require-start", hex(start)), ("require-end", hex(end)), ("stacktrace-depth", 32),
                            ("probability", 100), ("times", 0)):
            oracle.write(f"{attribute}/{name}", value)

    def arm(self, space):
        """Fail the first allocation after `space` bytes (for pages: 1 << order) have been allocated."""
        oracle.write(f"{self.attribute}/space", space)
        oracle.write(f"{self.attribute}/times", 1)

    def disarm(self):
        """Returns whether the failure was injected since arm()."""
        injected = oracle.number_of(f"{self.attribute}/times") == 0
        oracle.write(f"{self.attribute}/times", 0)
        return injected


def _any_allocation(attribute):
    """Allow failures of allocations of any size, including those that may sleep, and do not log them."""
    oracle.write(f"{attribute}/ignore-gfp-wait", "N")
    oracle.write(f"{attribute}/verbose", 0)
    if attribute == FAIL_PAGE:
        oracle.write(f"{attribute}/ignore-gfp-highmem", "N")
        oracle.write(f"{attribute}/min-order", 0)


class FailNth:
    """Fails the Nth allocation of this thread during one write to a file: of slab objects, or also of pages."""

    def __init__(self, pages=True):
        for attribute in (FAILSLAB, FAIL_PAGE):
            _any_allocation(attribute)
        if not pages:
            oracle.write(f"{FAIL_PAGE}/min-order", NO_ORDER)
        self._nth = os.open("/proc/thread-self/fail-nth", os.O_RDWR)

    def write(self, path, text, nth):
        """Returns (None or the errno of the write, whether an allocation failed)."""
        file, code = os.open(path, os.O_WRONLY), None
        data, number = str(text).encode(), str(nth).encode()
        try:
            os.pwrite(self._nth, number, 0)
            os.write(file, data)
        except OSError as err:
            code = err.errno
        left = int(os.pread(self._nth, 16, 0))
        os.pwrite(self._nth, b"0", 0)
        os.close(file)
        return code, left == 0

    def close(self):
        os.close(self._nth)
