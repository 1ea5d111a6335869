# SPDX-License-Identifier: GPL-2.0-only
"""Read recordings and frames of mhptop. One file, no dependencies, Python 3.9 or later.

    import mhptop
    with mhptop.Recording("run.ndjson") as recording:
        for record in recording:
            print(record.ns, record.event, record.start_pfn)
    for frame in mhptop.frames(sys.stdin):
        print(frame.sums.present)

A record, the header, the totals and a frame have the members of their JSON as attributes and as items; docs/schema describes
them. What the source could not report is None. Sizes are in pages, times in nanoseconds of CLOCK_MONOTONIC.
"""
import gzip
import json

SCHEMA = 3


class Error(Exception):
    """The input is not what it should be: "FILE:LINE: reason"."""


class Values(dict):
    """A JSON object whose members are attributes as well."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no {name!r} among {', '.join(self)}") from None


def _parse(text, name, number):
    try:
        value = json.loads(text, object_hook=Values)
    except ValueError as error:
        raise Error(f"{name}:{number}: {error}") from None
    if not isinstance(value, Values):
        raise Error(f"{name}:{number}: not a JSON object")
    return value


def _open(path):
    with open(path, "rb") as file:
        begin = file.read(2)
    if begin[:1] == b"\x89":
        raise Error(f"{path}:1: a binary recording; mhptop export --ndjson converts it")
    packed = begin == b"\x1f\x8b"
    if packed:
        return gzip.open(path, "rt", encoding="utf-8")
    return open(path, encoding="utf-8")


class Recording:
    """The records of a recording, in the order in which they came; iterate over it once.

    `source` is a path, which may be packed with gzip, or a text file such as sys.stdin. `header` is there at once; `totals`
    when the last record has been read, and None if the recording has none: its end is missing.
    """

    def __init__(self, source):
        self._file = source if hasattr(source, "readline") else _open(source)
        self.name = getattr(self._file, "name", "input")
        self.header = _parse(self._file.readline(), self.name, 1)
        self.totals = None
        if self.header.get("type") != "mhptop":
            raise Error(f"{self.name}:1: not a recording of mhptop")
        if self.header.get("schema") != SCHEMA:
            raise Error(f"{self.name}:1: schema {self.header.get('schema')}, this module reads {SCHEMA}")
        self.block_pages = self.header.block_bytes // self.header.page_bytes

    def __iter__(self):
        for number, line in enumerate(self._file, 2):
            value = _parse(line, self.name, number)
            if "totals" in value:
                self.totals = value.totals
                return
            if "event" not in value:
                raise Error(f"{self.name}:{number}: neither an event nor totals")
            yield value

    def block_of(self, pfn):
        """The number of the memory block that contains a page, as in sysfs."""
        return pfn // self.block_pages

    def close(self):
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Operation:
    """An add, online, offline or remove, from its begin to its end.

    `end` is None while it is in progress, `reason` is that of a failure, `blockers` are the records of the pages that kept
    memory from going offline.
    """

    def __init__(self, kind, begin):
        self.kind, self.begin, self.end = kind, begin, None
        self.reason, self.blockers = None, []

    @property
    def start_pfn(self):
        return self.begin.start_pfn

    @property
    def ns(self):
        """How long it took; None while it is in progress."""
        return self.end.ns - self.begin.ns if self.end else None

    @property
    def failed(self):
        return bool(self.end and self.end.ret)

    def __repr__(self):
        return f"<{self.kind} of {self.begin.nr_pages} pages from {self.start_pfn:#x}>"


def operations(records):
    """The operations of a recording as they end, then those in progress.

    The kernel runs one at a time, so that what comes between begin and end belongs to it. An operation whose begin is not in
    the recording is left out; one whose end was lost counts as in progress.
    """
    running, lost = {}, []
    for record in records:
        kind, _, step = record.event.removeprefix("mhp_").partition("_")
        if record.event == "mhp_offline_blocker" and "offline" in running:
            running["offline"].blockers.append(record)
        elif kind not in ("add", "online", "offline", "remove"):
            continue
        elif step == "begin":
            if kind in running:
                lost.append(running[kind])
            running[kind] = Operation(kind, record)
        elif step == "failed" and kind in running:
            running[kind].reason = record.reason
        elif step == "end" and kind in running and running[kind].start_pfn == record.start_pfn:
            running[kind].end = record
            yield running.pop(kind)
    yield from lost
    yield from running.values()


def frames(source):
    """The frames that mhptop --json printed, one on a line. `source` is a path or a text file."""
    file = source if hasattr(source, "readline") else _open(source)
    name = getattr(file, "name", "input")
    try:
        for number, line in enumerate(file, 1):
            frame = _parse(line, name, number)
            if frame.get("schema") != SCHEMA or "blocks" not in frame:
                raise Error(f"{name}:{number}: not a frame of schema {SCHEMA}")
            yield frame
    finally:
        if file is not source:
            file.close()
