#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What mhptop cannot be certain of is inconclusive, with the reason: exit 5, not a difference between ledgers.

    limits.py              memmap_on_memory=Y
    limits.py wait         the same, in a guest whose clock counts instructions

First the kernel's ledger has room for fewer memory blocks than there are. Then the collector's lock
is held by nobody who ever gives it back, so that each event proceeds without it after 100 ms. Between
the two, more ranges come and go than a ledger keeps accounts of.

With "wait", only for how long events wait for the lock: 100 ms in a guest, 1 ms on a machine that is none. The clock
stands still while the host does something else, so a busy host changes nothing.
"""
import ctypes
import json
import os
import re
import signal
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
from lib_range import Range, load_module

UNKNOWN = 5
GONE = 256              # MHP_GONE_RANGES
LOCK_NS = 100000000     # GUEST_LOCK_NS
LOCK_NATIVE_NS = 1000000    # mhp_lock_ns
LOCK_NOISE_NS = 500000  # instructions between two looks at the clock, and interrupts
ROUNDS = 3
NOWHERE = 256 << 30     # no memory is there; nothing touches it, as it stays offline and hosts nothing
FEW = "/tmp/few_accounts.so"
NO_ROOM = r"no room for all memory blocks, zones and ranges \(failed attempts to make an account: \d+\)"
NO_LOCK = r"order and accounts may be wrong \(events that did not get the collector's lock in time: \d+\)"

LIBC = ctypes.CDLL(None, use_errno=True)
SYS_BPF = 321   # x86-64
BPF_MAP_UPDATE_ELEM, BPF_MAP_GET_FD_BY_ID = 2, 14


def totals(path):
    return json.loads(oracle.read(path).splitlines()[-1])["totals"]


def ends_unknown(what, recorder, key, reason):
    """Stop a recorder; it, and everything that reads its recording, must exit 5 with the reason."""
    recorder.process.send_signal(signal.SIGINT)
    status = recorder.process.wait(ledger.SECONDS)
    guest.ok(f"{what}: the recorder exits 5 with the reason", guest.differs("exit", UNKNOWN, status)
             + ([] if re.fullmatch("mhptop: inconclusive: " + reason, recorder.errors()) else [recorder.errors()]))
    last = totals(recorder.path)
    guest.ok(f"{what}: the totals have the reason, and no ledger that differs",
             guest.differs("self_check", "none", last["self_check"]) + guest.differs("lost", 0, last["lost"])
             + ([] if last.get(key) else [f"{key} is missing: {last}"]))
    for args in ("check",), ("replay", "-b"):
        ended = subprocess.run([ledger.MHPTOP, *args, recorder.path], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, check=False, timeout=ledger.SECONDS)
        guest.ok(f"{what}: {args[0]} exits 5 with the reason", guest.differs("exit", UNKNOWN, ended.returncode)
                 + ([] if re.search(reason, ended.stderr) else [ended.stderr]))


def no_room(blocks):
    source = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "few_accounts.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", FEW, source, "-lbpf", "-ldl"], check=True)
    os.environ["FEW_ACCOUNTS"] = str(len(oracle.block_ids()) - 1)
    os.environ["LD_PRELOAD"] = FEW
    recorder = ledger.Recorder("no-room")
    frame = ledger.frame("--json", "-n", "1", code=UNKNOWN)
    del os.environ["LD_PRELOAD"]
    guest.ok("too little room: a frame has the reason", [] if re.fullmatch(NO_ROOM, frame.get("notice", ""))
             else [f"notice: {frame.get('notice')}"])
    guest.eq("a block goes online", None, oracle.block_set(blocks[0], "online_movable"))
    ends_unknown("too little room", recorder, "no_room", NO_ROOM)


def resize(numbers):
    """Each resize adds and removes a range of its own, as virtio-mem does. Returns what failed."""
    wrong = []
    for number in numbers:
        there = Range(NOWHERE + number * oracle.BLOCK_BYTES, 1)
        wrong += [oracle.errno_name(code) for code in (there.add(flags=0), there.remove(there.numbers))
                  if code is not None]
    return wrong


def come_and_go():
    """A recording of more ranges than there are accounts of those that are gone."""
    recorder = ledger.Recorder("gone")
    guest.ok(f"{GONE + 20} ranges are added and removed", resize(range(GONE + 20)))
    recorder.process.send_signal(signal.SIGINT)
    guest.eq("the recorder exits 0", 0, recorder.process.wait(ledger.SECONDS))
    guest.eq("both ledgers are equal", "equal", totals(recorder.path)["self_check"])
    guest.eq("the recording passes", [], ledger.violated_rules(recorder.path))
    starts = [there["base_pfn"] for there in ledger.frame("replay", "--json", recorder.path)["ranges"]]
    last = NOWHERE + (GONE + 19) * oracle.BLOCK_BYTES
    guest.eq("the latest ranges have accounts", (GONE, last // oracle.PAGE), (len(starts), max(starts)))


def loaded():
    """After a loss a live view has the ranges of the kernel's ledger, without those that it gave up."""
    path = "/tmp/frames"
    with open(path, "w", encoding="utf-8") as out:
        live = subprocess.Popen([ledger.MHPTOP, "--json", "-d", "1"], stdout=out, stdin=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def shown():
        lines = oracle.read(path).split("\n")[:-1]
        return [there["base_pfn"] for there in json.loads(lines[-1])["ranges"]] if lines else None
    first = NOWHERE // oracle.PAGE
    guest.wait_for(ledger.SECONDS, lambda: shown() is not None)
    wrong = resize([0])
    guest.ok("a live view shows a range that is gone", wrong if guest.wait_for(
        ledger.SECONDS, lambda: first in shown()) else [f"{shown()}"])
    counts = newest_map("mhp_counts")["id"]
    # seen, submitted and lost, of event 1: one of each CPU is lost
    subprocess.run(["bpftool", "map", "update", "id", str(counts), "key", "1", "0", "0", "0", "value",
                    *"1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0".split()], check=True)
    wrong = resize(range(1, GONE + 1))
    guest.ok("it does not any more after the loss of an event and many more ranges", wrong if guest.wait_for(
        ledger.SECONDS, lambda: first + GONE * oracle.BLOCK_PAGES in shown() and first not in shown())
        else [f"{len(shown())} ranges, {first in shown()}"])
    live.send_signal(signal.SIGINT)
    guest.eq("it exits 5", UNKNOWN, live.wait(ledger.SECONDS))


def bpftool(*args):
    return json.loads(subprocess.run(["bpftool", "-j", *args], stdout=subprocess.PIPE, check=True).stdout)


def newest_map(pattern):
    """The map of the collector that was loaded last. The kernel frees those of one that has ended a moment later."""
    return max((there for there in bpftool("map", "list") if re.fullmatch(pattern, there.get("name", ""))),
               key=lambda there: there["id"])


def bpf(command, *words):
    """bpf(2), whose attributes are the words, of 8 bytes each"""
    attributes = struct.pack(f"{len(words)}Q", *words)
    result = LIBC.syscall(SYS_BPF, command, attributes, len(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf({command})")
    return result


def map_update(number, value):
    """Replace the first element of a map with a key of 4 bytes. For bpftool, a large value has too many arguments."""
    key, text = ctypes.create_string_buffer(4), (ctypes.c_char * len(value)).from_buffer(value)
    handle = bpf(BPF_MAP_GET_FD_BY_ID, number)
    try:
        bpf(BPF_MAP_UPDATE_ELEM, handle, ctypes.addressof(key), ctypes.addressof(text), 0)
    finally:
        os.close(handle)


def set_lock(held):
    """Set mhp_busy in the collector's memory. No event may happen meanwhile."""
    there = newest_map(r"mhp.*\.bss")
    types = bpftool("btf", "dump", "id", str(there["btf_id"]))["types"]
    names = {entry["id"]: entry["name"] for entry in types if entry["kind"] == "VAR"}
    [section] = [entry for entry in types if entry["kind"] == "DATASEC" and entry["name"] == ".bss"]
    [at] = [var["offset"] for var in section["vars"] if names[var["type_id"]] == "mhp_busy"]
    [entry] = bpftool("map", "dump", "id", str(there["id"]))
    value = bytearray(int(byte, 16) for byte in entry["value"])
    value[at] = held
    map_update(there["id"], value)


def no_lock(blocks):
    recorder = ledger.Recorder("no-lock")
    set_lock(1)
    guest.eq("a block goes online without the lock", None, oracle.block_set(blocks[1], "online_movable"))
    ends_unknown("no lock", recorder, "no_lock", NO_LOCK)
    with open(recorder.path, encoding="utf-8") as file:
        times = [record["ns"] for record in map(json.loads, file)
                 if record.get("event") not in (None, *ledger.TOOL_EVENTS)]
    waits = [after - before for before, after in zip(times, times[1:])]
    guest.note(f"{len(waits)} events apart by {min(waits)} to {max(waits)} ns")
    guest.ok("each event waits for 100 ms", [] if min(waits) >= LOCK_NS else [f"{min(waits)} ns"])
    # A count of the machine's memory, which is no event, may have come in between.
    counted = totals(recorder.path)["no_lock"]
    guest.ok("the totals count each of them", [] if len(times) <= counted <= len(times) + 2
             else [f"{len(times)} events, {counted} counted"])


def online_steps(name, blocks, held):
    """Record blocks that go online, with the lock held or not. Returns the events of one, and the shortest time before
    each of them but the first: now and then the kernel does something else in between."""
    recorder = ledger.Recorder(name)
    set_lock(held)
    guest.eq(f"{name}: blocks go online", [None] * len(blocks),
             [oracle.block_set(block, "online_movable") for block in blocks])
    recorder.process.send_signal(signal.SIGINT)
    guest.eq(f"{name}: the recorder's exit status", UNKNOWN if held else 0, recorder.process.wait(ledger.SECONDS))
    with open(recorder.path, encoding="utf-8") as file:
        records = [record for record in map(json.loads, file)
                   if record.get("event") not in (None, *ledger.TOOL_EVENTS)]
    size = len(records) // len(blocks)
    each = [records[at:at + size] for at in range(0, len(records), size)]
    events = [[record["event"] for record in online] for online in each]
    guest.eq(f"{name}: each has the same events", [events[0]] * len(blocks), events)
    return events[0], [min(online[at]["ns"] - online[at - 1]["ns"] for online in each) for at in range(1, size)]


def compare_waits(name, blocks, limit_ns):
    """Compare the times between events that wait for the lock with those between the same events that do not."""
    events, free = online_steps(f"{name}, free lock", blocks[:ROUNDS], 0)
    those, held = online_steps(f"{name}, held lock", blocks[ROUNDS:], 1)
    guest.eq(f"{name}: the same events with and without the lock", events, those)
    waits = [with_lock - without for without, with_lock in zip(free, held)]
    guest.note(f"{name}: {len(waits)} events wait for {min(waits)} to {max(waits)} ns")
    guest.ok(f"{name}: each event waits for {limit_ns} ns, and no longer",
             [f"{wait} ns" for wait in waits if abs(wait - limit_ns) > LOCK_NOISE_NS])


def bounded():
    size = 4 * ROUNDS * oracle.BLOCK_BYTES
    blocks = oracle.blocks_of(guest.dimm_plug("d0", f"{size >> 20}M"), size)
    compare_waits("guest", blocks[:2 * ROUNDS], LOCK_NS)
    # A machine that is no guest has no such flag.
    with open("/tmp/cpuinfo", "w", encoding="utf-8") as file:
        file.write(oracle.read("/proc/cpuinfo").replace(" hypervisor", ""))
    subprocess.run(["mount", "--bind", "/tmp/cpuinfo", "/proc/cpuinfo"], check=True)
    compare_waits("no guest", blocks[2 * ROUNDS:], LOCK_NATIVE_NS)


def main():
    if "wait" in sys.argv[1:]:
        return bounded()
    load_module()
    first = guest.dimm_plug("d0", f"{4 * oracle.BLOCK_BYTES >> 20}M")
    blocks = oracle.blocks_of(first, 4 * oracle.BLOCK_BYTES)
    no_room(blocks)
    come_and_go()
    loaded()
    no_lock(blocks)


guest.run(main)
