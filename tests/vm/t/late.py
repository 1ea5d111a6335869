#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""An mhptop that attaches late knows the existing memory, runs beside others, and leaves nothing behind.

    late.py                two NUMA nodes; kernelcore= leaves a block with pages of two zones

Its snapshot - boot memory, memory of a kernel zone and of a movable zone, offline blocks, a node
that had no memory - is compared with sysfs and with the ledger of a recorder that has run from the
start. Then mhptop is ended in every possible way; none may leave a BPF program, map, link or pin.
"""
import errno
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin
from lib_account import Account
from lib_trace import Trace, failures, pick

MODE = oracle.memmap_mode()
HIDDEN = "setpriv", "--bounding-set", "-all,+bpf,+perfmon"     # without CAP_SYSLOG
KEYS = "id", "state", "node", "zone", "hosting", "vmemmap_pages"


def memory():
    """A DIMM in each node, with one block in ZONE_MOVABLE, one in a kernel zone and one offline."""
    for node in 0, 1:
        addr = guest.dimm_plug(f"d{node}", "384M", node)
        movable, kernel, _ = oracle.blocks_of(addr, 384 << 20)
        wrong = guest.differs("online_movable", None, oracle.block_set(movable, "online_movable"))
        wrong += guest.differs("online_kernel", None, oracle.block_set(kernel, "online_kernel"))
        guest.ok(f"node {node}: a DIMM with blocks in two zones and an offline one", wrong)


def known(frame, numbers):
    return [{key: block[key] for key in KEYS} for block in frame["blocks"] if block["id"] in numbers]


def attaches_late(account, recorder):
    late = ledger.live()
    guest.ok("an mhptop attached late agrees with sysfs, also about boot memory", ledger.wrong_sysfs(late))
    guest.ok("an mhptop attached late agrees with the events it missed", ledger.wrong_frame(account, late, late=True))
    early = ledger.frame("replay", "--json", recorder.path)
    added = set(account.blocks) - account.boot
    guest.ok("an mhptop attached late agrees with one that has run from the start",
             guest.differs("ledger", known(early, added), known(late, added)))
    boot = {block["hosting"] for block in late["blocks"] if block["id"] in account.boot}
    guest.eq("boot memory is reported as such", {"boot"}, boot)
    guest.eq("no event was lost", 0, late["events"]["lost"], "events")


def unknown_or_equal(want, got, may_be_unknown):
    """Compare two rows: a value may be unknown, and then it is null, if its key is among these."""
    wrong = []
    for key, value in want.items():
        if got[key] is not None or key not in may_be_unknown:
            wrong += guest.differs(f"{want.get('id')}, {key}", value, got[key])
    return wrong


def addresses_hidden():
    """As on a kernel without CONFIG_KALLSYMS_ALL: memory blocks are found by their directories in sysfs."""
    full = ledger.live()
    ended = subprocess.run([*HIDDEN, ledger.MHPTOP, "--json", "-n", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, check=False, timeout=ledger.START_SECONDS)
    hidden = json.loads(ended.stdout) if ended.stdout else {"blocks": [], "zones": []}
    rows = {block["id"]: block for block in hidden["blocks"]}
    wrong = guest.differs("blocks", sorted(block["id"] for block in full["blocks"]), sorted(rows))
    if "kernel addresses are hidden" not in ended.stderr or len(ended.stderr.splitlines()) != 1:
        wrong.append(f"stderr: {ended.stderr}")
    for block in full["blocks"]:
        own = block["hosting"] in ("block", "range")
        # Whether the buddy allocator or boot memory hosts a memmap is unknown, and so whether there may be holes.
        unknown = () if own else ("hosting", "present", "managed", "range")
        wrong += unknown_or_equal(block, rows.get(block["id"], dict.fromkeys(block, "missing")), unknown)
        if not own:
            wrong += guest.differs(f"memory{block['id']}, hosting", None, rows.get(block["id"], {}).get("hosting"))
    wrong += guest.differs("zones", full["zones"], hidden["zones"])
    guest.ok("without the kernel's addresses the snapshot is the same, but for who hosts memmap that blocks do not", wrong
             + guest.differs("self-hosted", full["sums"]["self_hosted"], hidden.get("sums", {}).get("self_hosted"))
             + guest.differs("buddy-hosted", None, hidden.get("sums", {}).get("buddy_hosted")))


def two_zones(account):
    """kernelcore= ends inside a memory block, for which sysfs and the kernel then report no zone."""
    mixed = [n for n in account.boot if oracle.block(n).zones in ([], ["none"])]
    guest.eq("a block has pages of two zones", 1, len(mixed), "blocks")
    code = oracle.block_set(mixed[0], "offline")
    events = account.update()
    end = pick(events, "offline_end")[-1].fields
    guest.ok("a block with pages of two zones does not go offline, and the reason is reported",
             guest.differs("offline", "EINVAL", oracle.errno_name(code))
             + guest.differs("events", ["mhp_offline_begin", "mhp_offline_failed", "mhp_offline_end"],
                             [e.name for e in events])
             + guest.differs("failed", [("no_zone", -errno.EINVAL)], failures(events, "offline"))
             + guest.differs("ret", -errno.EINVAL, end["ret"])
             + account.compare())


def in_the_middle(account, number, done):
    """Attach during a transition of a block: its counts are right once the transition has ended."""
    title = "attached while a block goes offline, which then " + ("succeeds" if done else "is interrupted")
    with pin.bound(oracle.block(number).node):
        page = pin.PinnedPage([number])
    child = subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"])
    wrong = [] if guest.wait_for(30, lambda: oracle.block(number).state == "going-offline") else ["it never started"]
    recorder = ledger.Recorder(f"middle-{done}")
    if not done:
        child.terminate()
    page.close()
    child.wait(60)
    account.update()
    guest.wait_for(10, lambda: ledger.frame("replay", "--json", recorder.path)["blocks"])
    recorder.process.send_signal(signal.SIGINT)
    wrong += guest.differs("exit", 0, recorder.process.wait(ledger.SECONDS))
    replayed, fresh = ledger.frame("replay", "--json", recorder.path), ledger.live()
    there = {block["id"]: block for block in replayed["blocks"]}[number]
    pages = 0 if done else oracle.BLOCK_PAGES
    block = account.blocks[number]
    wrong += guest.differs("state, present, managed", (
        "offline" if done else "online", pages, pages - block.vmemmap_pages * (not done)),
                           (there["state"], there["present"], there["managed"]))
    guest.ok(title, wrong + account.compare() + guest.differs("zones", zone_sums(fresh), zone_sums(replayed)))


def hangs(account, number):
    """Attach to an offline that hangs: how long it has taken is a lower bound, which grows."""
    with pin.bound(oracle.block(number).node):
        page = pin.PinnedPage([number])
    child = subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"])
    wrong = [] if guest.wait_for(30, lambda: oracle.block(number).state == "going-offline") else ["it never started"]
    frames = subprocess.run([ledger.MHPTOP, "--json", "-n", "3", "-d", "1", "--filter", "offline_time>1s"],
                            stdout=subprocess.PIPE, check=True, text=True, timeout=ledger.START_SECONDS).stdout.splitlines()
    blocks = json.loads(frames[-1])["blocks"]
    wrong += guest.differs("filtered by its duration", [(number, "at_least")],
                           [(block["id"], block["offline_bound"]) for block in blocks])
    text = subprocess.run([ledger.MHPTOP, "-b", "-n", "1"], stdout=subprocess.PIPE, check=True, text=True,
                          timeout=ledger.START_SECONDS).stdout
    if not re.search(rf"^IN PROGRESS\noffline of memory{number}: > [0-9.]+(ns|us|ms|s), since before ", text, re.M):
        wrong.append(f"it is not listed as in progress: {text.splitlines()[:12]}")
    child.terminate()
    page.close()
    child.wait(60)
    account.update()
    guest.ok("attached to an offline that hangs: its duration is a lower bound", wrong + account.compare())


def snapshot_is_written(path):
    """The recorder looks at its file before it writes, so it must not be about to write when the file becomes shorter."""
    size = os.path.getsize(path)
    blocks = ledger.read_growing(path, 0).count(b'"mhp_snapshot_block"')
    time.sleep(1)
    return blocks == len(oracle.block_ids()) and os.path.getsize(path) == size


def one_file(recorder):
    """A second recorder may not write to the file of the first one; a file must not become shorter."""
    size = os.path.getsize(recorder.path)
    second = subprocess.run([ledger.MHPTOP, "record", "-o", recorder.path], stderr=subprocess.PIPE, check=False, text=True,
                            timeout=ledger.SECONDS)
    guest.ok("a second recorder of the same file is refused",
             guest.differs("exit", 1, second.returncode)
             + guest.differs("lines", 1, second.stderr.count("another recorder writes to it"))
             + ([] if os.path.getsize(recorder.path) >= size else ["the file became shorter"]))
    cut = ledger.Recorder("cut")
    written = guest.wait_for(ledger.SECONDS, lambda: snapshot_is_written(cut.path))
    guest.ok("a recorder has written its snapshot", [] if written else ["it has not"])
    os.truncate(cut.path, 0)
    cut.process.send_signal(signal.SIGINT)
    guest.eq("a recorder whose file was truncated ends with an error", 1, cut.process.wait(ledger.SECONDS))
    guest.eq("  and writes nothing behind a hole", 0, os.path.getsize(cut.path))


def zone_sums(frame):
    """The sums of each zone that are derived from its blocks."""
    return {(zone["node"], zone["zone"]): (zone["vmemmap_pages"], zone["blocks_online"])
            for zone in frame["zones"] if zone["blocks_online"]}


# -- nothing is left behind -----------------------------------------------------------

def bpf_objects():
    """The ids of all BPF programs, maps and links, and the names of all pins."""
    found = {}
    for kind in "prog", "map", "link":
        text = subprocess.run(["bpftool", "-j", kind, "list"], stdout=subprocess.PIPE, check=True).stdout
        found[kind] = sorted(entry["id"] for entry in json.loads(text or b"[]"))
    found["pinned"] = [name for _, _, names in os.walk("/sys/fs/bpf") for name in names]
    return found


class Running:
    """mhptop with its output in a file; it is ready when it has written something."""

    def __init__(self, *args):
        self.path = f"/tmp/{'-'.join(args).strip('-')}.{os.getpid()}"
        with open(self.path, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen([ledger.MHPTOP, *args], stdout=out, stdin=subprocess.DEVNULL,
                                            stderr=subprocess.STDOUT)
        if not guest.wait_for(ledger.SECONDS, lambda: os.path.getsize(self.path)):
            raise RuntimeError(f"mhptop {args}: wrote nothing within {ledger.SECONDS} s")

    def end(self, signum):
        self.process.send_signal(signum)
        return self.process.wait(ledger.SECONDS)


def leaves_nothing(before):
    # Objects of processes that have ended are released a little later.
    guest.wait_for(20, lambda: bpf_objects() == before)
    guest.ok("only the recorder's BPF objects exist", [] if before["prog"] else ["no BPF program at all"])
    for args, signum, code in (
            (("--json", "-d", "1"), signal.SIGINT, 0), (("-b", "-d", "1"), signal.SIGTERM, 0),
            (("record",), signal.SIGTERM, 0), (("record",), signal.SIGHUP, None),
            (("record",), signal.SIGKILL, -signal.SIGKILL),
            (("--json", "-d", "1"), signal.SIGKILL, -signal.SIGKILL)):
        running = Running(*args)
        during = bpf_objects()
        status = running.end(signum)
        wrong = [] if code is None else guest.differs("exit", code, status)
        if len(during["prog"]) <= len(before["prog"]):
            wrong.append("it had no BPF program while it ran, so this test proves nothing")
        # A child process detaches the programs, and the kernel frees them and the maps some time later.
        guest.wait_for(ledger.SECONDS, lambda: bpf_objects() == before)
        guest.ok(f"mhptop {' '.join(args)} ended by {signal.Signals(signum).name} leaves nothing behind",
                 wrong + guest.differs("BPF objects", before, bpf_objects()))


def live_check(account, number):
    """`mhptop check` of live events, for blocks that existed before it attached."""
    check = subprocess.Popen([ledger.MHPTOP, "check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             stdin=subprocess.DEVNULL, text=True)
    before, wrong = bpf_objects(), []
    guest.wait_for(20, lambda: len(bpf_objects()["link"]) > len(before["link"]) or check.poll() is not None)
    for state in "online_movable", "offline":
        # It attaches one event after the other: wait until all are attached.
        guest.wait_for(2, lambda: False)
        wrong += guest.differs(state, None, oracle.block_set(number, state))
    account.update()
    check.send_signal(signal.SIGINT)
    text = check.communicate(timeout=ledger.SECONDS)[0]
    wrong += guest.differs("exit", 0, check.returncode)
    for rule in "order.online", "order.offline", "pages.block":
        line = [line for line in text.splitlines() if f" {rule}: " in line]
        if not line or "SKIP" in line[0] or not line[0].startswith("ok"):
            wrong.append(f"{rule}: expected it to be checked and to pass, got {line}")
    guest.ok("a live check: the rules are checked and pass", wrong)


def two_at_once(account, recorder):
    """Two recorders at once both get all events."""
    second = ledger.Recorder("second")
    before = account.seen
    number = max(account.blocks)
    wrong = []
    for state in "online_movable", "offline":
        wrong += guest.differs(state, None, oracle.block_set(number, state))
    account.update()
    guest.ok("two recorders: a block goes online and offline", wrong + account.compare())
    guest.ok("two recorders: the first records it", recorder.wrong_events(account))
    log, account.log = account.log, account.log[before:]
    seen, account.seen = account.seen, account.seen - before
    second.finish(account, "two recorders, the second")
    account.log, account.seen = log, seen
    recorder.finish(account, "two recorders, the first")


def main():
    trace, recorder = Trace(), ledger.Recorder()
    account = Account(trace)
    recorder_only = bpf_objects()
    memory()
    account.update()
    guest.ok("the zones of both nodes agree", account.compare())
    attaches_late(account, recorder)
    addresses_hidden()
    two_zones(account)
    alone = max(number for number, block in account.blocks.items() if block.zone == "Movable")
    hangs(account, alone)
    one_file(recorder)
    for done in False, True:
        in_the_middle(account, alone, done)
    leaves_nothing(recorder_only)
    live_check(account, max(account.blocks))
    two_at_once(account, recorder)
    guest.ok(f"{MODE}: none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
