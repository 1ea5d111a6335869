# SPDX-License-Identifier: GPL-2.0-only
"""Compares the events that two sources recorded of the same steps, event by event and field by field."""
import collections
import json
import os

import lib_guest as guest
from lib_ledger import TOOL_EVENTS, Recorder, violated_rules

SAME, UNKNOWN, DIFFERS = "equal", "unknown", "differs"
# The probes look at the page some functions earlier or later than the events do.
RACY = {("mhp_offline_blocker", field) for field in ("page_flags", "refcount", "mapcount")}
BASES = ("6.12", "7.3")        # on which suites record with the probes, too
COMMON = ("seq", "ns", "cpu", "pid", "comm", "event")


def _is_racy(name, field, event, probe):
    """A page that is freed in between is of another kind."""
    return (name, field) in RACY or ((name, field) == ("mhp_offline_blocker", "kind")
                                     and (event["refcount"] == 0) != (probe["refcount"] == 0))


def read(path):
    """(header, events) of a recording, without the tool's own events."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return lines[0], [line for line in lines if line.get("event") and line["event"] not in TOOL_EVENTS]


class ProbesToo:
    """The probes, recorded at the same time as a suite records the events."""

    def __init__(self):
        self.recorder = Recorder("probes", "probes")

    def compare(self, events_path, what):
        """Test results, when the recorder of the events has ended: the probes recorded the same."""
        guest.ok(f"{what}, probes: the recorder ends with nothing lost and both ledgers equal", self.recorder.end())
        guest.ok(f"{what}, probes: no rule is violated", violated_rules(self.recorder.path))
        comparison = Comparison(events_path, self.recorder.path)
        guest.ok(f"{what}: the probes recorded {len(comparison.probes)} events, as the events did", comparison.wrong)
        return comparison


def probes_too():
    """A ProbesToo, or None on other bases."""
    return ProbesToo() if os.environ["BASE"] in BASES else None


class Comparison:
    """The probes' recording against that of the events. table: {event: {field: Counter of SAME, UNKNOWN, DIFFERS}}"""

    def __init__(self, events_path, probes_path):
        _, self.events = read(events_path)
        header, self.probes = read(probes_path)
        self.unseen = set(header.get("unknown_events", []))
        self.table = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))
        self.wrong = []             # differences, one line each
        self._compare()

    def _is_unknowable(self, event):
        """Only the events know the pages of some stages, for which the kernel calls no function."""
        return event["event"] in self.unseen or (
            event["event"] == "mhp_offline_blocker" and event["stage"] in ("scan", "busy", "poisoned", "test"))

    def _compare(self):
        mine = list(self.probes)
        for event in self.events:
            name = event["event"]
            if self._is_unknowable(event):
                self.table[name]["(event)"][UNKNOWN] += 1
                continue
            if not mine or mine[0]["event"] != name:
                self.wrong.append(f"after {len(self.probes) - len(mine)} events: expected {event}, "
                                  f"got {mine[0] if mine else 'nothing'}")
                self.table[name]["(event)"][DIFFERS] += 1
                return
            self._fields(event, mine.pop(0))
        for event in mine:
            self.wrong.append(f"only the probes have {event}")
            self.table[event["event"]]["(event)"][DIFFERS] += 1

    def _fields(self, event, probe):
        name = event["event"]
        self.table[name]["(event)"][SAME] += 1
        if (event["pid"], event["comm"]) != (probe["pid"], probe["comm"]):
            self.wrong.append(f"{name}: task {event['comm']}-{event['pid']}, with probes {probe['comm']}-{probe['pid']}")
        for field, want in event.items():
            if field in COMMON:
                continue
            got = probe.get(field)
            verdict = UNKNOWN if got is None else SAME if got == want or _is_racy(name, field, event, probe) else DIFFERS
            self.table[name][field][verdict] += 1
            if verdict == DIFFERS:
                self.wrong.append(f"{name}, {field}: {want} in {event}, with probes {got}")

    def lines(self):
        """The table as Markdown, one line for each event that occurred, with the fields by verdict."""
        out = ["| event | times | equal | unknown | differs |", "|---|---|---|---|---|"]
        for name in sorted(self.table):
            fields = self.table[name]
            total = sum(fields["(event)"].values())
            cells = []
            for verdict in (SAME, UNKNOWN, DIFFERS):
                if fields["(event)"][verdict] == total and verdict != SAME:
                    cells.append("the event")
                    continue
                cells.append(", ".join(field if count[verdict] == sum(count.values())
                                       else f"{field} ({count[verdict]})"
                                       for field, count in fields.items()
                                       if field != "(event)" and count[verdict]) or "–")
            out.append(f"| {name} | {total} | {' | '.join(cells)} |")
        return out
