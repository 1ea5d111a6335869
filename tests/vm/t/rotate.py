#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A recorder that begins another file again and again loses nothing in a burst, with the capabilities of its unit.

    rotate.py                   in a guest with one CPU and 400 MiB of RAM

A block of boot memory that has holes is asked to go offline thousands of times; each attempt fails at once. One recorder writes
binary files, one packed lines, and begins another one when a signal asks for it; one keeps the latest events, and writes them
because an operation failed. What they wrote is compared with the attempts that this test has made.
"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle

UNIT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../tools/systemd/mhptop-record.service")
ATTEMPTS = 900
SIZE = 65536
OTHERS = "/tmp/others"
FOLDER = "/tmp/rotate"          # in memory: the host must not decide how fast it is written


def capabilities():
    """As setpriv wants them, from the unit."""
    names = re.search(r"^CapabilityBoundingSet=(.*)$", oracle.read(UNIT), re.M)[1].split()
    return "-all," + ",".join("+" + name.removeprefix("CAP_").lower() for name in names)


class Recorder:
    def __init__(self, path, *options, with_all=False):
        self.path = path
        limit = [] if with_all else ["setpriv", "--no-new-privs", f"--bounding-set={capabilities()}"]
        self.process = subprocess.Popen([*limit, ledger.MHPTOP, "record", "-o", path, *options], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)

    def files(self):
        """The oldest first."""
        return sorted(glob.glob(self.path + "*"), key=lambda path: -int("0" + path[len(self.path):].lstrip(".")))

    def end(self):
        self.process.send_signal(signal.SIGINT)
        err = self.process.communicate(timeout=ledger.SECONDS)[1]
        return self.process.returncode, err


def attempts(number, times):
    """Ask a block to go offline so many times. Returns how often it failed."""
    failed = 0
    with open(f"{oracle.MEMORY}/memory{number}/state", "wb", buffering=0) as file:
        for _ in range(times):
            try:
                file.write(b"offline")
            except OSError:
                failed += 1
    return failed


def records(files):
    lines = ledger.run("export", "--ndjson", *files).splitlines()
    return [json.loads(line) for line in lines]


def offlines(files):
    """The numbers of begins and of ends of an offline that failed."""
    events = [(record.get("event"), record.get("ret")) for record in records(files)]
    return (sum(event == "mhp_offline_begin" for event, _ in events),
            sum(event == "mhp_offline_end" and ret != 0 for event, ret in events))


def check(files):
    """The exit code of check, and its last line."""
    ended = subprocess.run([ledger.MHPTOP, "check", *files], capture_output=True, text=True, check=False,
                           timeout=ledger.SECONDS)
    return ended.returncode, ended.stdout.splitlines()[-1]


def judged(what, recorder, at_least):
    status, err = recorder.end()
    guest.eq(f"{what}: the recorder ends", (0, ""), (status, err))
    files = recorder.files()
    lines = len(ledger.run("export", "--ndjson", *files))
    guest.note(f"{len(files)} files: {[os.path.getsize(path) for path in files]}, {lines} bytes of lines")
    guest.ok(f"{what}: there are at least {at_least} files", [] if len(files) >= at_least else [f"{files}"])
    guest.eq(f"{what}: each attempt is there once, begin and end", (ATTEMPTS, ATTEMPTS), offlines(files))
    totals = [record["totals"] for record in records(files) if "totals" in record]
    guest.eq(f"{what}: each file has its totals, and nothing is lost", (len(files), 0),
             (len(totals), sum(total["lost"] for total in totals)))
    guest.eq(f"{what}: in the end, our ledger is the kernel's", "equal", totals[-1]["self_check"])
    code, verdict = check(files)
    guest.ok(f"{what}: in a row, check passes them", guest.differs("exit", 0, code) + (
        [] if re.match(r"# PASS: \d+ events, 0 lost", verdict) else [verdict]))
    alone = [check([path]) for path in files]
    guest.eq(f"{what}: none alone violates a rule, or is damaged", [], [one for one in alone if one[0] not in (0, 5)])
    frame = ledger.frame("replay", "--json", files[-1])
    guest.ok(f"{what}: the last one alone shows all memory as it is", ledger.wrong_sysfs(frame) + ledger.wrong_zones(frame))


def main():
    os.mkdir(FOLDER)
    size = Recorder(f"{FOLDER}/size.mhp", "--max-size", str(SIZE), "--keep", "99")
    asked = Recorder(f"{FOLDER}/asked.ndjson.zst", "--reopen", "--max-size", "1G")
    # It makes its file after it gave up what it does not need, in the folder of somebody else.
    os.mkdir(OTHERS)
    os.chown(OTHERS, 1000, 1000)
    flight = Recorder(f"{OTHERS}/flight.mhp", "--flight", str(SIZE), with_all=True)
    guest.ok("three recorders begin", ledger.comes_to_rest("recorders", size.process, asked.process, flight.process))
    third = ATTEMPTS // 3
    failed = 0
    for files in 2, 3, 4:
        failed += attempts(0, third)
        asked.process.send_signal(signal.SIGHUP)
        guest.wait_for(ledger.SECONDS, lambda: len(asked.files()) == files)  # pylint: disable=cell-var-from-loop
    guest.eq("all attempts fail", ATTEMPTS, failed)
    guest.ok("the recorders have read all", ledger.comes_to_rest("recorders", size.process, asked.process))

    judged("by size", size, 3)
    over = [path for path in size.files() if os.path.getsize(path) > SIZE]
    guest.eq("by size: no file is larger than it may be", [], over)
    judged("when asked", asked, 4)
    guest.eq("when asked: the files are whole", 0, subprocess.run(["zstd", "-qt", *asked.files()], check=False).returncode
             if shutil.which("zstd") else 0)

    guest.ok("an operation that fails makes the flight recorder write",
             [] if guest.wait_for(ledger.SECONDS, flight.files) else ["there is no file"])
    status, err = flight.end()
    guest.ok("  it says why", guest.differs("exit", 0, status) + [
        line for line in err.splitlines() if not re.fullmatch(r"mhptop: wrote \S+: the offline operation at pfn 0x0 failed", line)])
    for path in flight.files():
        code, verdict = check([path])
        guest.ok("  check passes what it wrote", guest.differs("exit", 0, code) + (
            [] if re.match(r"# PASS: \d+ events, 0 lost", verdict) else [verdict]))
    newest = records(flight.files()[-1:])
    guest.ok("  the header says how many events it has not kept", [] if sum(record.get("dropped", 0) for record in [newest[0]])
             or len(flight.files()) > 1 else [f"{newest[0]}"])


guest.run(main)
