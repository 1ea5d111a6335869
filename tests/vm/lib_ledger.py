# SPDX-License-Identifier: GPL-2.0-only
"""mhptop under test: a recorder that runs all the time, and what is compared with it.

What it recorded is held against the tracefs text event by event; the ledger it rebuilds from the
recording, and the one that an mhptop finds which attaches late, against an Account. Where the
right numbers come from is in lib_account.py.
"""
import json
import os
import re
import signal
import subprocess

import lib_guest as guest
import lib_oracle as oracle
from lib_guest import differs

MHPTOP = "mhptop"
SECONDS = 60
SEEN = ("mhp_snapshot_block", "mhp_snapshot_zone")      # what was there before, in the tool's own words
STATES = {"gone": "removed"}                    # an account's word in the ledger's


def run(*args, code=0):
    """Run mhptop to its end: what it printed. RuntimeError if it ends otherwise than with `code`."""
    ended = subprocess.run([MHPTOP, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=SECONDS, check=False, text=True)
    if ended.returncode != code:
        raise RuntimeError(f"mhptop {' '.join(args)}: expected exit {code}, got {ended.returncode}: "
                           f"{ended.stderr.strip()[-300:]}")
    return ended.stdout


def frame(*args):
    """The last JSON frame that mhptop prints."""
    return json.loads(run(*args).splitlines()[-1])


def live():
    """What one finds that attaches now."""
    return frame("--json", "-n", "1")


def wrong_block(number, account, told, late=False):
    """A block in a frame against the account of it; a late one knows only what is there now."""
    block = account.blocks[number]
    want = {"start_pfn": number * oracle.BLOCK_PAGES, "nr_pages": oracle.BLOCK_PAGES,
            "state": STATES.get(block.state, block.state), "node": block.nid, "zone": block.zone,
            "hosting": block.hosting, "vmemmap_pages": block.vmemmap_pages}
    if not late:
        want.update({key: getattr(block, key) for key in (
            "populated", "freed", "onlines", "offlines", "online_failures", "offline_failures",
            "blockers", "present", "managed")})
    elif block.state == "online":
        want.update(present=block.present, managed=block.managed)
    wrong = []
    for key, value in want.items():
        wrong += differs(f"memory{number}, {key}", value, told.get(key))
    return wrong


def wrong_zones(told):
    """Zones of a frame against /proc/zoneinfo: every one that has pages must be there."""
    wrong, zones = [], {(zone["node"], zone["zone"]): zone for zone in told["zones"]}
    for key, zone in oracle.zones().items():
        there = zones.get(key, {"present": 0, "managed": 0})
        for name in ("present", "managed"):
            wrong += differs(f"node {key[0]} {key[1]}, {name}", getattr(zone, name), there[name], "pages")
    return wrong


def wrong_sysfs(told):
    """Every block of a frame, those of boot too. A zone is told where sysfs has one and no choice."""
    wrong = differs("blocks", oracle.block_ids(), sorted(block["id"] for block in told["blocks"]))
    for block in told["blocks"]:
        there = oracle.block(block["id"])
        zone = there.zones[0] if there.state == "online" and len(there.zones) == 1 else "none"
        wrong += differs(f"memory{block['id']}", (there.state, there.node, zone),
                         (block["state"], block["node"], block["zone"]))
    return wrong


def wrong_ranges(account, told, late):
    """Ranges that host their memmap as a whole; a late one knows those that are there."""
    wrong, rows = [], {row["base_pfn"]: row for row in told["ranges"]}
    for base, there in sorted(account.ranges.items()):
        row = rows.get(base)
        if late and not there.refs:
            continue
        if not row:
            wrong.append(f"range at {base:#x}: it is missing")
            continue
        # The memmap of sections that went stays as long as there are others.
        want = {"sections": there.alloc // oracle.BLOCK_VMEMMAP, "alloc": there.alloc}
        if there.refs:
            want.update(hosting="range", vmemmap_pages=there.free)
        # An add that failed is hosted by nobody, and has no references to tell of.
        if row["hosting"] == "range":
            want["refs"] = there.refs
        if row["hosting"] == "range" and len(there.freed) > 1 and not late:
            want["order"] = "descending"
        for key, value in want.items():
            wrong += differs(f"range at {base:#x}, {key}", value, row[key])
    return wrong


def wrong_frame(account, told, late=False):
    """A frame against all that the account knows."""
    blocks = {block["id"]: block for block in told["blocks"]}
    wrong = differs("lost", 0, told["events"]["lost"], "events") + wrong_zones(told)
    for number, block in sorted(account.blocks.items()):
        if number in account.boot or (late and block.state == "gone"):
            continue
        if number in blocks:
            wrong += wrong_block(number, account, blocks[number], late)
        else:
            wrong.append(f"memory{number}: it is missing")
    for number in set(blocks) - set(account.blocks) - account.boot:
        wrong.append(f"memory{number}: nobody ever added it")
    for number in account.boot:
        state = blocks[number]["state"] if number in blocks else "missing"
        wrong += differs(f"memory{number}, state", oracle.block(number).state, state)
    return wrong + wrong_ranges(account, told, late)


def broken_laws(path):
    """What `mhptop check` objects to in a recording, with the first lines of why."""
    ended = subprocess.run([MHPTOP, "check", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=SECONDS, check=False, text=True)
    lines = ended.stdout.splitlines()
    # While the recorder runs, or after it was killed, nobody can tell whether that was all.
    unfinished = "recording ends without totals" in ended.stderr
    wrong = differs("exit of mhptop check", 5 if unfinished else 0, ended.returncode)
    if unfinished:
        lines = [line for line in lines if not re.match(r"not ok \d+ events: ", line)]
    else:
        wrong += ended.stderr.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("not ok"):
            wrong += lines[at:at + 5]
    return wrong


class Recorder:
    """`mhptop record` from now on."""

    def __init__(self, name="record"):
        self.path = os.path.join(guest.RESULTS, f"{name}.ndjson")
        self._errors = open(os.path.join(guest.RESULTS, f"{name}.stderr"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([MHPTOP, "record", "-o", self.path], stdin=subprocess.DEVNULL,
                                        stderr=self._errors)
        self._compared = 0      # events that were held against the trace
        self._offset = 0
        self._records = []
        if not guest.wait_for(SECONDS, lambda: self.process.poll() is not None or self._begun()):
            raise RuntimeError(f"mhptop record: no header after {SECONDS} s")
        if self.process.poll() is not None:
            raise RuntimeError(f"mhptop record: exit {self.process.returncode}: {self.errors()}")

    def _begun(self):
        return os.path.exists(self.path) and os.path.getsize(self.path) > 0

    def errors(self):
        self._errors.seek(0)
        return self._errors.read().strip()

    def _read(self):
        """The kernel's events that were written so far."""
        with open(self.path, "rb") as file:
            file.seek(self._offset)
            text = file.read()
        text = text[:text.rfind(b"\n") + 1]
        self._offset += len(text)
        for line in text.splitlines():
            record = json.loads(line)
            if record.get("event") and record["event"] not in SEEN:
                self._records.append(record)
        return self._records

    def wrong_events(self, account):
        """The recording against the tracefs text, each event and each of its fields."""
        guest.wait_for(10, lambda: len(self._read()) >= account.seen)
        wrong = differs("recorded", account.seen, len(self._records), "events")
        for event, record in zip(account.log[self._compared:], self._records[self._compared:]):
            wrong += differs("event", event.name, record["event"])
            # Tracefs keeps few names of tasks, and prints <...> for one that it has forgotten.
            comm = record["comm"] if event.comm == "<...>" else event.comm
            wrong += differs(f"{event.name}, who", (comm, event.pid, event.cpu),
                             (record["comm"], record["pid"], record["cpu"]))
            for key, value in event.fields.items():
                if key != "flags":      # words in the text, a number in the record
                    wrong += differs(f"{event.name}, {key}", value, record.get(key))
        self._compared = min(len(self._records), account.seen)
        return wrong

    def wrong_ledger(self, account):
        """What a replay makes of the recording so far; wrong_events() saw that it is all there."""
        return wrong_frame(account, frame("replay", "--json", self.path))

    def agree(self, account, what, late=True):
        """Results: the recording, the ledger made from it, and one that attaches late."""
        account.update()
        guest.ok(f"{what}: the recording agrees with the trace, event by event",
                 self.wrong_events(account))
        guest.ok(f"{what}: the replayed ledger agrees", self.wrong_ledger(account))
        if late:
            guest.ok(f"{what}: the ledger of a late one agrees", wrong_frame(account, live(), late=True))

    def finish(self, account, what):
        """It ends in peace: all written, nothing lost, both ledgers equal."""
        account.update()
        self.process.send_signal(signal.SIGINT)
        wrong = differs("exit of mhptop record", 0, self.process.wait(SECONDS))
        wrong += self.wrong_events(account)
        wrong += differs("stderr", "", self.errors())
        with open(self.path, encoding="utf-8") as file:
            last = json.loads(file.readlines()[-1])
        totals = last.get("totals", {"seen": "no totals line"})
        told = sum(count["seen"] for name, count in totals.get("events", {}).items() if name not in SEEN)
        wrong += differs("events in the totals", account.seen, told)
        wrong += differs("lost", 0, totals.get("lost"), "events")
        wrong += differs("folded", totals.get("seen"), totals.get("folded"), "events")
        wrong += differs("self_check", "equal", totals.get("self_check"))
        guest.ok(f"{what}: the recorder ends with nothing lost and both ledgers equal", wrong)
        guest.ok(f"{what}: all laws hold", broken_laws(self.path))
