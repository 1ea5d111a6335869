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
# Since this version, ACPI requests self-hosting for every add; before, only if that is on, for adds of one memory block.
ALWAYS_REQUESTED = (6, 6)
MEMMAP_ON_MEMORY = 2
# Since this version, an offline subtracts only the pages that are managed; before, all of a memory block, so virtio-mem
# adds those that it has unplugged just before.
ONLY_MANAGED = (6, 11)


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


def _as_requested(mode, line):
    """What kernels before ALWAYS_REQUESTED report instead, because ACPI requests something else."""
    words = line.split()
    if words[0] not in ("add_begin", "add_end") or (mode != "N" and int(words[2]) == oracle.BLOCK_PAGES):
        return line
    for nth, word in enumerate(words):
        field, _, value = word.partition("=")
        if field == "flags":
            words[nth] = f"flags={int(value) & ~MEMMAP_ON_MEMORY}"
        elif field == "why":
            words[nth] = "why=not_requested"
    return " ".join(words)


def _as_subtracted(records):
    """An offline with what the driver changed during it is one change, as in kernels since ONLY_MANAGED."""
    out, added = [], None
    for record in records:
        if record["event"] == "mhp_offline_begin":
            added = 0
        elif record["event"] == "mhp_offline_end":
            added = None
        elif record["event"] == "mhp_managed" and added is not None:
            if record["cause"] == "driver":
                added += record["delta"]
                continue
            record = {**record, "delta": record["delta"] + added}
        out.append(record)
    return out


def wrong_sequence(mode, records, unseen=()):
    """Compare a recording of the scenario with what the patched kernel reports. Its own lines are kept with the results."""
    release = tuple(int(number) for number in os.uname().release.split(".")[:2])
    lines = sequence(records if release >= ONLY_MANAGED else _as_subtracted(records))
    with open(os.path.join(guest.RESULTS, f"scenario-{mode}.txt"), "w", encoding="ascii") as file:
        file.writelines(line + "\n" for line in lines)
    with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), f"scenario-{mode}.txt"), encoding="ascii") as file:
        want = file.read().splitlines()
    if release < ALWAYS_REQUESTED:
        want = [_as_requested(mode, line) for line in want]
    return differences(want, lines, unseen)


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
