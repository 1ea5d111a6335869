# SPDX-License-Identifier: GPL-2.0-only
"""The events of a recording as lines without addresses and times, to compare recordings of different kernels.

Memory blocks are numbered in the order in which they appear. What another kernel cannot know is "?", and matches anything.
scenario-N.txt and scenario-Y.txt have the lines of lib_scenario.py on the patched kernel: equivalence.py expects exactly
these, stock.py the same ones from other kernels.
"""
import os

import lib_guest as guest
import lib_oracle as oracle

# Which pages are in the way differs from run to run.
BLOCKER = ("stage", "ret")
# Counts and addresses
LEFT_OUT = {"seq", "ns", "cpu", "pid", "comm", "event", "start_pfn", "nr_pages", "after", "host_pfn", "altmap_base",
            "altmap_align"}
# Steps of the memory notifier that not all kernels have, or show
SOME_STEPS = ("prepare_online", "finish_offline")


class _Blocks:
    """Names for memory blocks."""

    def __init__(self):
        self.names = {}

    def place(self, pfn, pages):
        """Where these pages are: the block, the offset in it, and their number."""
        number, offset = divmod(pfn, oracle.BLOCK_PAGES)
        name = self.names.setdefault(number, f"block{len(self.names) + 1}")
        return f"{name}+{offset} {pages}"


def _words(record, fields):
    return [f"{field}={'?' if record[field] is None else record[field]}" for field in fields]


def _blocker(record):
    return " ".join(["offline_blocker", *_words(record, BLOCKER)])


def _line(record, blocks):
    name = record["event"][4:]
    if name == "offline_blocker":
        return _blocker(record)
    return " ".join([name, blocks.place(record["start_pfn"] or 0, record.get("nr_pages", "-")),
                     *_words(record, [field for field in record if field not in LEFT_OUT])])


def sequence(records):
    """One line for each event; repeated pages in the way are one line, as are changes by a driver to a block in a row."""
    blocks, lines, driver = _Blocks(), [], None
    for record in records:
        changes = record["event"] == "mhp_managed" and record["cause"] == "driver"
        if changes and driver and driver["start_pfn"] // oracle.BLOCK_PAGES == record["start_pfn"] // oracle.BLOCK_PAGES:
            driver["delta"] += record["delta"]
            lines[-1] = _line(driver, blocks)
            continue
        driver = dict(record) if changes else None
        line = _line(record, blocks)
        if not lines or record["event"] != "mhp_offline_blocker" or lines[-1] != line:
            lines.append(line)
    return lines


def wrong_sequence(mode, records, unseen=()):
    """Compare a recording of the scenario with what the patched kernel reports. Its own lines are kept with the results."""
    lines = sequence(records)
    with open(os.path.join(guest.RESULTS, f"scenario-{mode}.txt"), "w", encoding="ascii") as file:
        file.writelines(line + "\n" for line in lines)
    with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), f"scenario-{mode}.txt"), encoding="ascii") as file:
        return differences(file.read().splitlines(), lines, unseen)


def _matches(want, got):
    wanted, had = want.split(), got.split()
    return len(wanted) == len(had) and all(a == b or b.endswith("=?") and b[:-1] == a[:len(b) - 1]
                                           for a, b in zip(wanted, had))


def differences(want, got, unseen=()):
    """Compare two sequences; unseen are the events that the second recording cannot have."""
    def comparable(lines):
        return [line for line in lines if "mhp_" + line.split()[0] not in unseen
                and not any(line.endswith(f" step={step}") or f" step={step} " in line for step in dropped)]
    dropped = [step for step in SOME_STEPS if not any(f"step={step}" in line for line in got)]
    want, got = comparable(want), comparable(got)
    for nth, (a, b) in enumerate(zip(want, got)):
        if not _matches(a, b):
            return [f"event {nth + 1}: expected {a}, got {b}; before it: {got[max(0, nth - 2):nth]}"]
    if len(want) != len(got):
        return [f"expected {len(want)} events, got {len(got)}; then {want[len(got):][:3]} or {got[len(want):][:3]}"]
    return []
