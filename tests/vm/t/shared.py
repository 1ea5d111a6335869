#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Probes share functions with the rest of the kernel. What they miss while no operation is in progress is no lost event.

    shared.py [idle]       on a kernel without the mhp events, two nodes, preempt=full; only while nothing is in progress
    shared.py cost         in a guest whose clock counts instructions: what it costs to look, once a second

The kernel skips a BPF program whose CPU was running it when its task was preempted, and counts that. Processes that have
their pages migrated bring this about, as compaction does on a busy machine: bpftool shows the kernel's count. The recorder
must report nothing as lost. An operation that follows is recorded whole. What is skipped during an offline counts as lost.
"""
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

NODE = 1
PROGRAM = "mhp_exit_migrate"[:15]       # as the kernel keeps names
AREA = 2 << 20
SETTLES, LOOKS = 5, 30                  # s: it counts the machine's memory after the snapshot; looks once a second from then on
MOST_INSTRUCTIONS = 1000000


def missed():
    """How often the kernel has skipped the probe of migrate_pages()."""
    text = subprocess.run(["bpftool", "-j", "prog", "show"], stdout=subprocess.PIPE, check=True).stdout
    return sum(prog.get("recursion_misses", 0) for prog in json.loads(text) if prog.get("name", "").startswith(PROGRAM))


def migrate_forever():
    """A child whose pages are migrated to and fro."""
    child = os.fork()
    if child:
        return child
    area = pin.BoundArea(AREA, NODE)
    node = NODE
    while True:
        node = 1 - node
        area.move(node)


def sleeps(pid):
    """How often a process has gone to sleep."""
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)$", oracle.read(f"/proc/{pid}/status"), re.M)[1])


class Skips:
    """Processes whose pages are migrated until the kernel skips the probe."""

    def __init__(self, title):
        before = missed()
        self._children = [migrate_forever() for _ in range(4 * os.cpu_count())]
        happened = guest.wait_for(ledger.SECONDS, lambda: missed() > before)
        guest.ok(f"{title}: the kernel skips the probe", [] if happened else [f"it was skipped {before} times"])
        self.close()
        guest.note(f"{title}: it was skipped {missed() - before} times")

    def close(self):
        for child in self._children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def looks(recorder):
    """mhptop looks once a second."""
    before = sleeps(recorder.process.pid)
    guest.ok("mhptop has looked since", [] if guest.wait_for(
        ledger.SECONDS, lambda: sleeps(recorder.process.pid) >= before + 2) else ["it does not"])


def end(recorder, code):
    recorder.process.send_signal(signal.SIGINT)
    guest.eq(f"{recorder.name}: mhptop record ends", code, recorder.process.wait(ledger.SECONDS))
    totals = recorder.totals()
    lost = {name: count["lost"] for name, count in totals["events"].items() if count["lost"]}
    guest.eq(f"{recorder.name}: the sum of what is lost", sum(lost.values()), totals["lost"])
    return totals["events"], lost


def idle(number):
    recorder = ledger.Recorder("idle")
    Skips("idle")
    looks(recorder)
    for state in ("online_movable", "offline"):
        guest.eq(f"idle: a memory block: {state}", None, oracle.block_set(number, state))
    events, lost = end(recorder, 0)
    guest.eq("idle: nothing is reported as lost", {}, lost)
    guest.eq("idle: the online and the offline are recorded", [1] * 4, [events.get(f"mhp_{what}", {}).get("seen") for what in (
        "online_begin", "online_end", "offline_begin", "offline_end")])
    guest.ok("idle: no rule is violated", ledger.violated_rules(recorder.path))


def busy(numbers):
    """The same during an offline that does not end. The other block has room for the pages that are migrated."""
    with pin.bound(NODE):
        page = pin.AnonPage(numbers)
    held = pin.Pin().hold(page.address)
    number = oracle.block_of(page.pfn)
    recorder = ledger.Recorder("busy")
    child = subprocess.Popen(["sh", "-c", f"echo offline >{oracle.MEMORY}/memory{number}/state"], stderr=subprocess.DEVNULL)
    begun = guest.wait_for(ledger.SECONDS, lambda: "mhp_offline_blocker" in oracle.read(recorder.path))
    guest.ok("busy: an offline is in progress", [] if begun else ["no page is in its way"])
    Skips("busy")
    looks(recorder)
    child.kill()
    child.wait(ledger.START_SECONDS)
    held.close()
    lost = end(recorder, 5)[1]
    guest.ok("busy: what was skipped is reported as lost", [] if lost.get("mhp_offline_blocker") else [f"lost: {lost}"])


def on_cpu(pid):
    """ns, which are instructions here"""
    return int(oracle.read(f"/proc/{pid}/schedstat").split()[0])


def cost():
    recorder = ledger.Recorder("cost")
    time.sleep(SETTLES)
    pid = recorder.process.pid
    before, slept = on_cpu(pid), sleeps(pid)
    time.sleep(LOOKS)
    each = (on_cpu(pid) - before) // LOOKS
    guest.ok("cost: mhptop looks once a second", guest.differs("looked", True, LOOKS - 2 <= sleeps(pid) - slept <= 2 * LOOKS))
    guest.ok(f"cost: {each} instructions a second", guest.differs("few", True, 0 < each <= MOST_INSTRUCTIONS))
    end(recorder, 0)


def main():
    if sys.argv[1:] == ["cost"]:
        cost()
        return
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    first, second = oracle.blocks_of(guest.dimm_plug("d0", 2 * oracle.BLOCK_BYTES, NODE), 2 * oracle.BLOCK_BYTES)
    guest.eq("a memory block of the other node goes online", None, oracle.block_set(first, "online_movable"))
    idle(second)
    if sys.argv[1:] == ["idle"]:
        return
    guest.eq("the second one, too", None, oracle.block_set(second, "online_movable"))
    busy([first, second])


guest.run(main)
