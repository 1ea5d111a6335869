# SPDX-License-Identifier: GPL-2.0-only
"""mhptop under test: a recorder that runs during the whole test, and comparisons with it.

The recording is compared with the tracefs text event by event. The ledger replayed from the
recording, and the ledger of an mhptop that attaches late, are compared with an Account
(lib_account.py).
"""
import errno
import json
import os
import re
import signal
import subprocess
import time

import base
import lib_guest as guest
import lib_oracle as oracle
from lib_guest import differs

MHPTOP = "mhptop"
SECONDS = 600
# Attaching to many functions may take a minute on a busy host, where a guest's clock was seen to run 20 times too fast. The
# host's own time limit ends a run that hangs.
START_SECONDS = 18000
# mhptop's own
TOOL_EVENTS = ("mhp_snapshot_block", "mhp_snapshot_zone", "mhp_snapshot_memory", "mhp_clock", "mhp_refused")
PPOLL = "271"                   # on x86-64
GONE_RANGES = 256               # MHP_GONE_RANGES of bpf/mhp_ledger.h
STATES = {"gone": "removed"}                    # states that the account and the ledger name differently


def run(*args, code=0, how=()):
    """Run mhptop to its end, with the command prefix `how`, and return its output. RuntimeError if its exit status is not `code`."""
    ended = subprocess.run([*how, MHPTOP, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=START_SECONDS, check=False, text=True)
    if ended.returncode != code:
        raise RuntimeError(f"mhptop {' '.join(args)}: expected exit {code}, got {ended.returncode}: "
                           f"{ended.stderr.strip()[-300:]}")
    return ended.stdout


def at_rest(pid):
    """Whether mhptop has nothing to do: it is attached, has read everything, and waits without a time limit."""
    call = oracle.read(f"/proc/{pid}/syscall").split()
    return call[0] == PPOLL and int(call[3], 16) == 0


def comes_to_rest(what, *processes):
    """Wait until all of these are at rest, however slow the machine is. Returns what is wrong."""
    return [f"{what}: process {process.pid} does not come to rest" for process in processes
            if not guest.wait_for(START_SECONDS, lambda: at_rest(process.pid))]  # pylint: disable=cell-var-from-loop


def frame(*args, code=0):
    """The last JSON frame that mhptop prints."""
    return json.loads(run(*args, code=code).splitlines()[-1])


def live():
    """The first frame of an mhptop that attaches now."""
    return frame("--json", "-n", "1")


def wrong_block(number, account, reported, late=False):
    """Compare a block in a frame with its account; an mhptop that attached late knows only the current state."""
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
        wrong += differs(f"memory{number}, {key}", value, reported.get(key))
    return wrong


def wrong_zones(reported):
    """Compare the zones in a frame with /proc/zoneinfo: every zone that has pages must be listed."""
    wrong, zones = [], {(zone["node"], zone["zone"]): zone for zone in reported["zones"]}
    for key, zone in oracle.zones().items():
        there = zones.get(key, {"present": 0, "managed": 0})
        for name in ("present", "managed"):
            wrong += differs(f"node {key[0]} {key[1]}, {name}", getattr(zone, name), there[name], "pages")
    return wrong


def wrong_sysfs(reported):
    """Compare every block in a frame with sysfs, including boot memory. A zone is reported if sysfs lists exactly one."""
    wrong = differs("blocks", oracle.block_ids(), sorted(block["id"] for block in reported["blocks"]))
    for block in reported["blocks"]:
        there = oracle.block(block["id"])
        zone = there.zones[0] if there.state == "online" and len(there.zones) == 1 else "none"
        wrong += differs(f"memory{block['id']}", (there.state, there.node, zone),
                         (block["state"], block["node"], block["zone"]))
    return wrong


def wrong_ranges(account, reported, late):
    """Compare the ranges that host their memmap; an mhptop that attached late knows only the existing ones."""
    wrong, rows = [], {row["base_pfn"]: row for row in reported["ranges"]}
    for base, there in sorted(account.ranges.items()):
        row = rows.get(base)
        if late and not there.refs:
            continue
        if not row:
            # Of the ranges that are gone, mhptop keeps the last GONE_RANGES.
            if there.refs or len(reported["ranges"]) < GONE_RANGES:
                wrong.append(f"range at {base:#x}: missing")
            continue
        # The memmap of removed sections stays until the last section is removed.
        want = {"sections": there.alloc // (oracle.SECTION_PAGES * oracle.STRUCT_PAGE // oracle.PAGE), "alloc": there.alloc}
        if there.refs:
            want.update(hosting="range", vmemmap_pages=there.free, users=len(account.users(base)),
                        present=there.present, zone=there.zone[1] if there.zone else "none")
        # An add that failed has no host, and so no references.
        if row["hosting"] == "range":
            want["refs"] = there.refs
        if row["hosting"] == "range" and len(there.freed) > 1 and not late:
            want["order"] = "descending"
        for key, value in want.items():
            wrong += differs(f"range at {base:#x}, {key}", value, row[key])
    return wrong


def wrong_frame(account, reported, late=False):
    """Compare a frame with the account."""
    blocks = {block["id"]: block for block in reported["blocks"]}
    wrong = differs("lost", 0, reported["events"]["lost"], "events") + wrong_zones(reported)
    for number, block in sorted(account.blocks.items()):
        if number in account.boot or (late and block.state == "gone"):
            continue
        if number in blocks:
            wrong += wrong_block(number, account, blocks[number], late)
        else:
            wrong.append(f"memory{number}: missing")
    for number in set(blocks) - set(account.blocks) - account.boot:
        wrong.append(f"memory{number}: never added")
    for number in account.boot:
        state = blocks[number]["state"] if number in blocks else "missing"
        wrong += differs(f"memory{number}, state", oracle.block(number).state, state)
    return wrong + wrong_ranges(account, reported, late)


def violated_rules(path, busy=False):
    """The violations that `mhptop check` finds in a recording, with their first lines.

    If memory was busy when the recording ended, an operation may have been in progress, or none may have begun.
    """
    ended = subprocess.run([MHPTOP, "check", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=SECONDS, check=False, text=True)
    lines = ended.stdout.splitlines()
    # While the recorder runs, or after it was killed, the recording may be incomplete.
    unfinished = "recording ends without totals" in ended.stderr or (
        busy and re.search(r"^mhptop: inconclusive: (the \w+ operation on .* has not ended|nothing happened)", ended.stderr))
    wrong = differs("exit of mhptop check", 5 if unfinished else 0, ended.returncode)
    if unfinished:
        lines = [line for line in lines if not re.match(r"not ok \d+ events: ", line)]
    else:
        wrong += ended.stderr.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("not ok"):
            wrong += lines[at:at + 5]
    return wrong


def read_growing(path, offset):
    """The bytes of a file of the host from an offset on, while another process writes it.

    Linux 7.3 may fail with ENODATA if the file grows during the read. So read again; a minute is enough for any load.
    """
    end = time.monotonic() + 60
    while True:
        try:
            with open(path, "rb") as file:
                file.seek(offset)
                return file.read()
        except OSError as err:
            if err.errno != errno.ENODATA or time.monotonic() > end:
                raise
        time.sleep(0.01)


_recorders = {}                 # of the guest: {path: process}


def settle(path):
    """If this is the file of a recorder that runs, wait until it has all events so far."""
    process = _recorders.get(path)
    wrong = comes_to_rest(path, process) if process and process.poll() is None else []
    if wrong:
        raise RuntimeError(wrong[0])


class Recorder:
    """`mhptop record`, started now; with the best source, or the one given, to NAME.ndjson or another form."""

    def __init__(self, name="record", source=None, form="ndjson"):
        self.name = name
        self.path = os.path.join(guest.RESULTS, f"{name}.{form}")
        self._errors = open(os.path.join(guest.RESULTS, f"{name}.stderr"), "w+", encoding="utf-8")
        which = ["--source", source] if source else []
        self.process = subprocess.Popen([MHPTOP, "record", *which, "-o", self.path], stdin=subprocess.DEVNULL,
                                        stderr=self._errors)
        _recorders[self.path] = self.process
        self._compared = 0      # events compared with the trace so far
        self._offset = 0
        self._records = []
        if not guest.wait_for(START_SECONDS, lambda: self.process.poll() is not None or self._begun()):
            raise RuntimeError(f"mhptop record: no header after {START_SECONDS} s")
        if self.process.poll() is not None:
            raise RuntimeError(f"mhptop record: exit {self.process.returncode}: {self.errors()}")

    def _begun(self):
        return os.path.exists(self.path) and os.path.getsize(self.path) > 0

    def errors(self):
        self._errors.seek(0)
        return self._errors.read().strip()

    def _read(self):
        """The kernel's events recorded so far."""
        text = read_growing(self.path, self._offset)
        text = text[:text.rfind(b"\n") + 1]
        self._offset += len(text)
        for line in text.splitlines():
            record = json.loads(line)
            if record.get("event") and record["event"] not in TOOL_EVENTS:
                self._records.append(record)
        return self._records

    def wrong_events(self, account):
        """Compare the recording with the tracefs text, each event and each of its fields."""
        guest.wait_for(10, lambda: len(self._read()) >= account.seen)
        wrong = differs("recorded", account.seen, len(self._records), "events")
        moved = 0
        for event, record in zip(account.log[self._compared:], self._records[self._compared:]):
            wrong += differs("event", event.name, record["event"])
            # Tracefs remembers a limited number of task names, and prints <...> for the others.
            comm = record["comm"] if event.comm == "<...>" else event.comm
            wrong += differs(f"{event.name}, task", (comm, event.pid), (record["comm"], record["pid"]))
            moved += event.cpu != record["cpu"]
            for key, value in event.fields.items():
                # Tracefs and mhptop count the references one after the other; meanwhile each CPU may take or drop one.
                if key == "refcount" and abs(value - record["refcount"]) <= os.cpu_count():
                    continue
                if key != "flags":      # words in the text, a number in the record
                    wrong += differs(f"{event.name}, {key}", value, record.get(key))
        # Linux 7.0 lets a task be preempted in a tracepoint, so it may move between tracefs and mhptop.
        if moved > (0 if base.older("7.0") else max(3, len(self._records) // 20)):
            wrong += differs("on another CPU", 0, moved, "events")
        self._compared = min(len(self._records), account.seen)
        return wrong

    def wrong_ledger(self, account):
        """Compare a replay of the recording so far; call wrong_events() first, which waits for all events."""
        return wrong_frame(account, frame("replay", "--json", self.path))

    def agree(self, account, what, late=True):
        """Test results: the recording, the ledger replayed from it, and the ledger of a second, late mhptop."""
        account.update()
        guest.ok(f"{what}: the recording agrees with the trace, event by event",
                 self.wrong_events(account))
        guest.ok(f"{what}: the replayed ledger agrees", self.wrong_ledger(account))
        if late:
            guest.ok(f"{what}: the ledger of an mhptop attached late agrees", wrong_frame(account, live(), late=True))

    def totals(self):
        """The last line of the recording."""
        with open(self.path, encoding="utf-8") as file:
            last = json.loads(file.readlines()[-1])
        return last.get("totals", {"seen": "no totals line"})

    def end(self):
        """Stop the recorder: nothing was lost, and both ledgers are equal."""
        self.process.send_signal(signal.SIGINT)
        wrong = differs("exit of mhptop record", 0, self.process.wait(SECONDS))
        wrong += differs("stderr", "", self.errors())
        totals = self.totals()
        wrong += differs("lost", 0, totals.get("lost"), "events")
        wrong += differs("folded", totals.get("seen"), totals.get("folded"), "events")
        return wrong + differs("self_check", "equal", totals.get("self_check"))

    def finish(self, account, what):
        """Stop the recorder: all events are written, none lost, both ledgers equal, no rule violated."""
        account.update()
        wrong = self.end() + self.wrong_events(account)
        reported = sum(count["seen"] for name, count in self.totals().get("events", {}).items()
                       if name not in TOOL_EVENTS)
        wrong += differs("events in the totals", account.seen, reported)
        guest.ok(f"{what}: the recorder ends with nothing lost and both ledgers equal", wrong)
        guest.ok(f"{what}: no rule is violated", violated_rules(self.path))


class View:
    """`mhptop --json`, attached from now on."""

    def __init__(self):
        self.path = "/tmp/frames"
        with open(self.path, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen([MHPTOP, "--json", "-d", "0.5"], stdout=out, stdin=subprocess.DEVNULL)
        self.next()

    def next(self):
        """A frame that is begun after this call."""
        seen = oracle.read(self.path).count("\n")
        if not guest.wait_for(START_SECONDS, lambda: oracle.read(self.path).count("\n") > seen + 1):
            raise RuntimeError(f"mhptop --json: no frame within {START_SECONDS} s")
        return json.loads(oracle.read(self.path).split("\n")[-2])
