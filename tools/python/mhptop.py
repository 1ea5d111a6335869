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
import zlib

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


def _lines(file, name):
    """The lines of a file, with their numbers."""
    number = 1
    try:
        for line in file:
            yield number, line
            number += 1
    except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError) as error:
        raise Error(f"{name}:{number}: {error}; mhptop export --ndjson prints what can be read of it") from None


def _open(path):
    with open(path, "rb") as file:
        begin = file.read(4)
    if begin[:1] == b"\x89":
        raise Error(f"{path}:1: a binary recording; mhptop export --ndjson converts it")
    if begin == b"\x28\xb5\x2f\xfd":
        raise Error(f"{path}:1: packed with zstd; mhptop export --ndjson converts it")
    if begin[:2] == b"\x1f\x8b":
        return gzip.open(path, "rt", encoding="utf-8")
    return open(path, encoding="utf-8")


class Recording:
    """The records of a recording, in the order in which they came; iterate over it once.

    `source` is a path, which may be packed with gzip, or a text file such as sys.stdin. `header` is there at once; `totals`
    when the last record has been read, and None if the recording has none: its end is missing. If recordings were joined into
    one file, the records of one follow those of the other, `header` and `totals` belong to the one that is being read, and
    `ends` has the totals of each so far.
    """

    def __init__(self, source):
        self._file = source if hasattr(source, "readline") else _open(source)
        self.name = getattr(self._file, "name", "input")
        self.ends = []
        self._lines = _lines(self._file, self.name)
        self._begin(*next(self._lines, (1, "")))

    def _begin(self, number, line):
        self.header = _parse(line, self.name, number)
        self.ends.append(None)
        if self.header.get("type") != "mhptop":
            raise Error(f"{self.name}:{number}: not a recording of mhptop")
        if self.header.get("schema") != SCHEMA:
            raise Error(f"{self.name}:{number}: schema {self.header.get('schema')}, this module reads {SCHEMA}")
        self.block_pages = self.header.block_bytes // self.header.page_bytes

    def __iter__(self):
        for number, line in self._lines:
            value = _parse(line, self.name, number)
            if value.get("type") == "mhptop":
                self._begin(number, line)
            elif "totals" in value:
                self.ends[-1] = value.totals
            elif "event" in value and self.totals is None:
                yield value
            else:
                raise Error(f"{self.name}:{number}: neither an event nor totals")

    @property
    def totals(self):
        return self.ends[-1]

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


def operations(recording):
    """The operations of a recording as they end, then those in progress.

    The kernel runs one at a time, so that what comes between begin and end belongs to it. An operation whose begin is not in
    the recording is left out; one whose end was lost counts as in progress, and so does one that the next of several joined
    recordings cuts short.
    """
    if not hasattr(recording, "header"):
        raise TypeError("operations() takes a Recording: other records do not show where one recording ends and the next one begins")
    return _operations(recording)


def _operations(recording):
    running, lost, header = {}, [], None
    for record in recording:
        if header is not recording.header:
            header = recording.header
            lost += running.values()
            running.clear()
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
        for number, line in _lines(file, name):
            frame = _parse(line, name, number)
            if frame.get("schema") != SCHEMA or "blocks" not in frame:
                raise Error(f"{name}:{number}: not a frame of schema {SCHEMA}")
            yield frame
    finally:
        if file is not source:
            file.close()
