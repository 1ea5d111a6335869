# SPDX-License-Identifier: GPL-2.0-only
"""The mhp events as text, read from a separate tracefs instance and parsed here.

mhptop is compared with this parser, so they share no code: no libbpf, no libtraceevent, only
the text that the kernel prints. lib_account.py adds the events up.
"""
import collections
import glob
import os
import re

import base

TRACEFS = "/sys/kernel/tracing"
EVENTS = f"{TRACEFS}/events/mhp"

#  kworker/u8:0-11      [000] .....     5.611523: mhp_add_begin: start_pfn=0x100000 …
_LINE = re.compile(r"^\s*(.*)-(\d+)\s+\[(\d+)\]\s+\S+\s+([\d.]+): (mhp_\w+): (.*)$")
_WORD = re.compile(r"(\w+)=(\S*)")
_NUMBER = re.compile(r"^(0x[0-9a-f]+|-?\d+)$")

Event = collections.namedtuple("Event", "name time cpu comm pid fields text")


def parse_fields(text):
    fields = {}
    for key, value in _WORD.findall(text):
        fields[key] = int(value, 0) if _NUMBER.match(value) else value
    return fields


def parse_line(line):
    """An Event, or None if the line is not an mhp event."""
    match = _LINE.match(line)
    if not match:
        return None
    comm, pid, cpu, time, name, text = match.groups()
    return Event(name, float(time), int(cpu), comm, int(pid), parse_fields(text), text)


class Trace:
    """A tracefs instance with all mhp events enabled."""

    def __init__(self, name="guest-test", buffer_kb=8192):
        self.path = f"{TRACEFS}/instances/{name}"
        self.wrong = []         # problems that invalidate the trace, one line each
        self._rest = ""
        os.mkdir(self.path)
        self._write("buffer_size_kb", buffer_kb)
        self._pipe = os.open(f"{self.path}/trace_pipe", os.O_RDONLY | os.O_NONBLOCK)
        self._write("events/mhp/enable", 1)

    def _write(self, name, value):
        with open(f"{self.path}/{name}", "w", encoding="ascii") as file:
            file.write(str(value))

    def _text(self):
        chunks = []
        while True:
            try:
                chunk = os.read(self._pipe, 65536)
            except BlockingIOError:
                break
            if not chunk:
                break
            chunks.append(chunk)
        return b"".join(chunks).decode()

    def read(self):
        """The events since the last read."""
        *lines, self._rest = (self._rest + self._text()).split("\n")
        events = []
        for line in lines:
            event = parse_line(line)
            if event:
                events.append(event)
            elif line:
                self.wrong.append(f"trace_pipe: not an mhp event: {line!r}")
        return events

    def lost(self):
        """Losses reported by per_cpu/*/stats and the pipe; any loss invalidates the trace."""
        wrong = list(self.wrong)
        for path in glob.glob(f"{self.path}/per_cpu/cpu*/stats"):
            with open(path, encoding="ascii") as stats:
                for line in stats:
                    key, _, value = line.partition(": ")
                    if key in ("overrun", "commit overrun", "dropped events") and int(value):
                        wrong.append(f"{path.split('/')[-2]}: {key}: expected 0, got {int(value)} events")
        return wrong

    def close(self):
        self._write("events/mhp/enable", 0)
        os.close(self._pipe)
        os.rmdir(self.path)


def steps(events):
    """The events as words: their names without "mhp_"; a notifier call is named by its step."""
    return [event.fields["step"] if event.name == "mhp_notify" else event.name[4:]
            for event in events]


def expected(words):
    """Words of steps() without the notifier's steps that this base does not have: Linux 6.19 removed two."""
    if base.older("6.19"):
        return list(words)
    return [word for word in words if word not in ("prepare_online", "finish_offline")]


def failures(events, what):
    """[(reason, ret)] of the onlines, offlines, adds or removals that failed."""
    return [(event.fields["reason"], event.fields["ret"]) for event in pick(events, f"{what}_failed")]


def pick(events, name, **fields):
    """The events with this name (without "mhp_") and these fields."""
    return [event for event in events
            if event.name == f"mhp_{name}" and fields.items() <= event.fields.items()]
