# SPDX-License-Identifier: GPL-2.0-only
"""Allocations that fail on purpose, debug kernel: below one function only, or the Nth of a system call."""
import bisect
import os

import lib_oracle as oracle

DEBUG = "/sys/kernel/debug"
NO_ORDER = 32                       # of pages that anybody asks for
FAILSLAB, FAIL_PAGE = f"{DEBUG}/failslab", f"{DEBUG}/fail_page_alloc"


def _function(name):
    """First and last address of a kernel function."""
    lines = [line.split() for line in oracle.read("/proc/kallsyms").splitlines()]
    symbols = sorted(int(words[0], 16) for words in lines)
    start = next(int(words[0], 16) for words in lines if words[2] == name)
    return start, symbols[bisect.bisect_right(symbols, start)]


class Fault:
    """One allocation below a function fails, when it is armed: of failslab or fail_page_alloc."""

    def __init__(self, function, attribute=FAILSLAB):
        self.attribute = attribute
        start, end = _function(function)
        _any_allocation(attribute)
        for name, value in (("require-start", hex(start)), ("require-end", hex(end)), ("stacktrace-depth", 32),
                            ("probability", 100), ("times", 0)):
            oracle.write(f"{attribute}/{name}", value)

    def arm(self, space):
        """The first that fails is the one after so many bytes, or 1 << order, have been allocated in peace."""
        oracle.write(f"{self.attribute}/space", space)
        oracle.write(f"{self.attribute}/times", 1)

    def disarm(self):
        """Whether it was injected since."""
        injected = oracle.number_of(f"{self.attribute}/times") == 0
        oracle.write(f"{self.attribute}/times", 0)
        return injected


def _any_allocation(attribute):
    """Those that may wait, too, of any size; and nobody talks about it."""
    oracle.write(f"{attribute}/ignore-gfp-wait", "N")
    oracle.write(f"{attribute}/verbose", 0)
    if attribute == FAIL_PAGE:
        oracle.write(f"{attribute}/ignore-gfp-highmem", "N")
        oracle.write(f"{attribute}/min-order", 0)


class FailNth:
    """The Nth allocation that this thread asks for in one write to a file fails; of slab objects, or of pages, too."""

    def __init__(self, pages=True):
        for attribute in (FAILSLAB, FAIL_PAGE):
            _any_allocation(attribute)
        if not pages:
            oracle.write(f"{FAIL_PAGE}/min-order", NO_ORDER)
        self._nth = os.open("/proc/thread-self/fail-nth", os.O_RDWR)

    def write(self, path, text, nth):
        """(None or the errno that the write failed with, whether an allocation failed)"""
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
