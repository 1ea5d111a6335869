#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Whatever fails, no rule is violated and everything is restored.

    sweep.py MODE [CASE]    debug kernel, memory hidden by mem=, a hole in the boot memory

Each case adds memory, makes an operation on it fail, and removes it; lib_sweep.py has what must be
true afterwards. The faults: vetoes of notifiers, allocations that fail one after the other, pages
that cannot be moved, poison, signals, an unplug while online, racing writers, a recorder that is
killed. CASE, a part of a title, selects cases.
"""
import errno
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
import lib_pin as pin
import lib_sweep_memory
from lib_ledger import Recorder, violated_rules
from lib_range import HIDDEN, Device, load_module, module_call
from lib_splat import KernelLog
from lib_sweep import STEPS, Sweep, AddedRange, programs
from lib_trace import expected, failures

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
HOLE = 0x3f000000                   # in boot memory, created by memmap= in tests/guest.list
NO_ZONE = 1 << 10                   # not a valid zone number
APART = HIDDEN + (10 << 30)         # away from all other ranges
PARTS = [Device(HIDDEN + at, 64 << 20, buddy=True) for at in (0, 64 << 20)]


# -- notifiers ------------------------------------------------------------------------

def vetoes(sweep):
    wrong = []
    with AddedRange(HIDDEN, 2) as there:
        number = there.numbers[0]
        codes = {"prepare_online": errno.EPERM, "going_online": errno.ENOSPC}
        for step in expected(codes):
            code = codes[step]
            module_call("veto", STEPS[step], code)
            wrong += sweep.refused(number, "online_movable", code, "notifier")
            module_call("veto", STEPS[step], 0)
        wrong += there.all("online_movable")
        module_call("veto", STEPS["going_offline"], errno.EAGAIN)
        wrong += sweep.refused(there.numbers[1], "offline", errno.EAGAIN, "notifier")
        module_call("veto", STEPS["going_offline"], 0)
    return wrong


# -- pages that keep a block from going offline ---------------------------------------

def pinned(sweep):
    with AddedRange(HIDDEN, 1) as there:
        there.all("online_movable")
        page = pin.PinnedPage(there.numbers)
        number, seen = oracle.block_of(page.pfn), []
        sweep.forget()
        child = subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"])

        def tries():
            seen.extend(sweep.account.update())
            return sum(event.name == "mhp_offline_blocker" for event in seen) >= 3
        wrong = [] if guest.wait_for(30, tries) else ["fewer than 3 blockers within 30 s"]
        child.send_signal(signal.SIGTERM)
        wrong += guest.differs("status", -signal.SIGTERM, child.wait(30))
        wrong += guest.differs("failed", [("signal", -errno.EINTR)], failures(sweep.account.update(), "offline"))
        page.close()
    return wrong


def held(sweep):
    """A page held by a driver cannot be moved; one held by the kernel cannot even be isolated."""
    wrong = []
    with AddedRange(HIDDEN, 2) as there:
        there.all("online_movable")
        number = there.numbers[1]
        for reserved, reason in ((0, "unmovable"), (1, "isolation")):
            code = module_call("hold", hex(number * oracle.BLOCK_BYTES), oracle.BLOCK_BYTES, 0, reserved)
            wrong += guest.differs("hold", None, code)
            wrong += sweep.refused(number, "offline", errno.EBUSY, reason)
            module_call("hold", 0, 0)
    return wrong


def huge_pages(sweep):
    with AddedRange(HIDDEN, 1) as there:
        there.all("online_movable")
        pages = pin.ReservedHugePages()
        wrong = sweep.refused(there.numbers[0], "offline", errno.EBUSY, "hugetlb")
        pages.close()
    return wrong


def boot_memory(sweep):
    """A block with a hole; one whose last page claims to be in another zone, about which the kernel WARNs."""
    wrong = sweep.refused(HOLE // oracle.BLOCK_BYTES, "offline", errno.EINVAL, "holes")
    with AddedRange(HIDDEN, 2) as there:
        there.all("online_movable")
        number = there.numbers[1]
        module_call("zone", hex((number + 1) * oracle.BLOCK_BYTES - oracle.PAGE), 1)
        log = KernelLog()
        wrong += sweep.refused(number, "offline", errno.EINVAL, "multizone")
        wrong += log.provoked(r"^WARNING: .*\bmm/memory_hotplug\.c:\d+ .*\boffline_pages\+0x")
        module_call("zone", 0, NO_ZONE)
    return wrong


def poison(sweep):
    with AddedRange(HIDDEN, 2) as there:
        there.all("online_movable")
        number = there.numbers[1]
        oracle.write(f"{oracle.MEMORY}/hard_offline_page", hex((number + 1) * oracle.BLOCK_BYTES - oracle.PAGE))
        wrong = guest.differs("offline", None, oracle.block_set(number, "offline"))
        return wrong + sweep.refused(number, "online_movable", oracle.EHWPOISON, "hwpoison")


# -- interference ---------------------------------------------------------------------

def unplug_online(sweep):
    addr = guest.dimm_plug("d0", "512M")
    numbers = oracle.blocks_of(addr, 512 << 20)
    wrong = []
    for number in numbers:
        wrong += guest.differs("online", None, oracle.block_set(number, "online_movable"))
    page = pin.PinnedPage(numbers)
    module_call("veto", STEPS["going_offline"], errno.EBUSY)
    try:
        guest.dimm_unplug("d0")
        wrong.append("the guest released a DIMM despite a notifier's veto")
    except guest.HostError:
        pass
    module_call("veto", STEPS["going_offline"], 0)
    page.close()
    reasons = {reason for reason, _ in failures(sweep.account.update(), "offline")}
    wrong += guest.differs("failed with", {"notifier"}, reasons)
    guest.dimm_unplug("d0")
    return wrong


class InZone(AddedRange):
    """A block that keeps the zone populated: fast changes of an empty zone can crash the kernel (docs/limits.md)."""

    def __init__(self):
        super().__init__(APART, 1)

    def __enter__(self):
        super().__enter__()
        self.all("online_movable")
        return self


def race(sweep):
    """Three threads change the state of the same blocks, one removes and adds them."""
    codes, end, log = {}, time.monotonic() + 4, KernelLog()

    def count(code):
        codes[code] = codes.get(code, 0) + 1

    def writer(path, *words):
        while time.monotonic() < end:
            for word in words:
                try:
                    oracle.write(path, word)
                    count(None)
                except OSError as err:
                    count(err.errno)

    def mover(there):
        while time.monotonic() < end:
            code = there.remove(there.numbers)
            count(code)
            if code is None:
                count(there.add())
    with InZone(), AddedRange(HIDDEN, 2) as there:
        one, two = (f"{oracle.MEMORY}/memory{number}/state" for number in there.numbers)
        threads = [threading.Thread(target=writer, args=args) for args in (
            (one, "online_movable", "offline"), (two, "online_movable", "offline"), (two, "offline", "online_movable"))]
        threads.append(threading.Thread(target=mover, args=(there,)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    results = {oracle.errno_name(code): times for code, times in codes.items()}
    guest.note(f"racing writers: {results}")
    odd = set(codes) - {None, errno.EBUSY, errno.EINVAL, errno.ENOENT, errno.ENODEV}
    sweep.forget()
    return log.hidden_lock() + [f"racing writers: {oracle.errno_name(code)}" for code in odd]


def killed(_sweep):
    """A second mhptop is killed while blocks change; a third one works and nothing of the second is left."""
    before = programs()
    second, end = Recorder("killed"), time.monotonic() + 3
    with InZone(), AddedRange(HIDDEN, 2) as there:
        toggler = threading.Thread(target=lambda: [
            there.all(word) for word in ("online_movable", "offline") * 3 if time.monotonic() < end])
        toggler.start()
        time.sleep(0.3)
        second.process.kill()
        wrong = guest.differs("exit", -signal.SIGKILL, second.process.wait(30))
        third = Recorder("again")
        toggler.join()
        there.all("online_movable")
    third.process.send_signal(signal.SIGINT)
    wrong += guest.differs("exit of the third", 0, third.process.wait(60))
    guest.wait_for(10, lambda: programs() == before)
    wrong += guest.differs("BPF programs", before, programs())
    return wrong + violated_rules(second.path) + violated_rules(third.path)


# -- invalid requests -----------------------------------------------------------------

def granularity(sweep):
    """Half a block, an existing block, an online block, a part of a range: refused and reported."""
    half = oracle.BLOCK_BYTES // 2
    sweep.forget()
    wrong = guest.differs("half a block", errno.EINVAL, module_call("add", hex(HIDDEN), half, 0, 2))
    wrong += guest.differs("half a block, add_end", [-errno.EINVAL], rets(sweep, "add_end"))
    with AddedRange(HIDDEN, 4) as there:
        sweep.forget()
        wrong += guest.differs("a second add", errno.EEXIST, AddedRange(HIDDEN, 2).add())
        there.all("online_movable")
        sweep.forget()
        wrong += guest.differs("remove while online", errno.EBUSY, there.remove(there.numbers))
        wrong += guest.differs("remove while online, remove_end", [-errno.EBUSY], rets(sweep, "remove_end"))
        there.all("offline")
        if MODE == "range":
            for part in (there.numbers[:1], there.numbers[1:2], there.numbers[2:]):
                wrong += guest.differs("remove a part", errno.EBUSY, there.remove(part))
                wrong += guest.differs("remove a part, failed", [("part", -errno.EBUSY)],
                                       failures(sweep.account.update(), "remove"))
    return wrong


def large(_sweep):
    """More than 9 GiB: if a range hosts its memmap as a whole, its first block is nothing but memmap."""
    with AddedRange(HIDDEN, 74) as there:
        wrong = []
        for word in ("online_movable", "offline", "online_movable"):
            wrong += guest.differs(f"{word} of the first", None, oracle.block_set(there.numbers[0], word))
        for word in ("online_movable", "offline", "online_movable"):
            wrong += guest.differs(word, None, oracle.block_set(there.numbers[-1], word))
    return wrong


def rets(sweep, name):
    return [event.fields["ret"] for event in sweep.events(name)]


def devices(sweep):
    """Two devices in one section, which is not possible with memory blocks."""
    first, second = PARTS
    wrong = guest.differs("devices", (None, None), (first.add(), second.add()))
    wrong += guest.differs("hosting", ["device"] * 2, [
        event.fields["hosting"] for event in sweep.events("vmemmap_populate")])
    wrong += guest.differs("remove the first", None, first.remove())
    wrong += guest.differs("remove the second", None, second.remove())
    return wrong + guest.differs("freed", 2, len(sweep.events("vmemmap_free")))


CASES = (
    ("notifiers veto", vetoes),
    *lib_sweep_memory.CASES,
    ("a signal interrupts an offline with a pinned page", pinned),
    ("a driver or the kernel holds a page", held),
    ("huge pages are reserved", huge_pages),
    ("a hole, and a page in another zone", boot_memory),
    ("a poisoned page", poison),
    ("a DIMM is unplugged while online", unplug_online),
    ("a recorder is killed", killed),
    ("invalid requests are refused", granularity),
    ("a large range", large),
    ("devices smaller than a section", devices),
    ("writers race", race),
)


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    load_module()
    # ZONE_DEVICE never shrinks, so grow it before the first comparison.
    for device in PARTS:
        device.add()
        device.remove()
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    sweep = Sweep(MODE)
    for title, scenario in CASES:
        if only in title:
            begin = time.monotonic()
            sweep.case(title, scenario)
            guest.note(f"{title}: {time.monotonic() - begin:.1f} s")
    sweep.finish()


guest.run(main)
