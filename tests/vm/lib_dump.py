# SPDX-License-Identifier: GPL-2.0-only
"""Pages that the kernel dumps into its log because they keep a memory block from going offline.

The kernel has done so for long, whether it has the mhp events or not.
"""
import collections
import os
import re

_LOG = "/dev/kmsg"
_PAGE = re.compile(r"\bpage: ?refcount:.* pfn:(0x[0-9a-f]+)")
_FLAGS = re.compile(r"^\S*\s*flags: 0x[0-9a-f]+\(([^)]*)\)")
_TYPE = re.compile(r"\bpage_type: \w+\((\w+)\)")
_END = "page dumped because: unmovable page"

Dump = collections.namedtuple("Dump", "pfn flags kind")


def can_leave(dump):
    """Whether the kernel was wrong about a page: it is free, or user space can have another one for it."""
    return "reserved" not in dump.flags and ("lru" in dump.flags or dump.kind == "buddy")


class Dumps:
    """The kernel log from now on."""

    def __init__(self):
        self._log = os.open(_LOG, os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self._log, 0, os.SEEK_END)
        self._page = Dump(None, (), "")

    def read(self):
        """The unmovable pages that were dumped since the last call. BrokenPipeError if the log was overwritten."""
        found = []
        while True:
            try:
                text = os.read(self._log, 8192).decode(errors="replace")
            except BlockingIOError:
                return found
            line = text.split("\n", 1)[0].partition(";")[2]
            self._take(line, found)

    def _take(self, line, found):
        page, flags, kind = _PAGE.search(line), _FLAGS.search(line), _TYPE.search(line)
        if page:
            self._page = Dump(int(page.group(1), 16), (), "")
        if flags:
            self._page = self._page._replace(flags=tuple(flags.group(1).split("|")))
        if kind:
            self._page = self._page._replace(kind=kind.group(1))
        if line.endswith(_END):
            found.append(self._page)
