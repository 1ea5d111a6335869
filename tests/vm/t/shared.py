#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Probes share functions with the rest of the kernel. What they miss while no operation is in progress is no lost event.

    shared.py              on a kernel without the mhp events, two nodes, preempt=full

The kernel does not run a BPF program whose CPU was running it when its task was preempted, and counts that. Processes
that have their pages migrated bring this about, as compaction does on a busy machine: bpftool shows the kernel's count.
The recorder must report nothing lost. An operation that follows is recorded whole.
"""
import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin

NODE = 1
PROGRAM = "mhp_exit_migrate"[:15]       # as the kernel keeps names
AREA = 2 << 20


def missed():
    """How often the kernel did not run the probe of migrate_pages()."""
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


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    first, second = oracle.blocks_of(guest.dimm_plug("d0", 2 * oracle.BLOCK_BYTES, NODE), 2 * oracle.BLOCK_BYTES)
    guest.eq("a memory block of the other node goes online", None, oracle.block_set(first, "online_movable"))
    recorder = ledger.Recorder("shared")
    children = [migrate_forever() for _ in range(4 * os.cpu_count())]
    happened = guest.wait_for(ledger.SECONDS, missed)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    count = missed()
    guest.ok("the kernel did not run the probe each time", [] if happened else [f"missed {count} times"])
    guest.note(f"it was missed {count} times")
    # mhptop looks once a second.
    looked = sleeps(recorder.process.pid)
    guest.ok("mhptop has looked since", [] if guest.wait_for(
        ledger.SECONDS, lambda: sleeps(recorder.process.pid) >= looked + 2) else ["it does not"])
    for state in ("online_movable", "offline"):
        guest.eq(f"a memory block: {state}", None, oracle.block_set(second, state))
    recorder.process.send_signal(signal.SIGINT)
    guest.eq("mhptop record ends", 0, recorder.process.wait(ledger.SECONDS))
    totals = recorder.totals()
    guest.eq("nothing is reported as lost", {}, {name: count for name, count in totals["events"].items() if count["lost"]})
    guest.eq("nor in all", 0, totals["lost"])
    guest.eq("the online and the offline are recorded", [1] * 4, [totals["events"].get(f"mhp_{what}", {}).get("seen") for what in (
        "online_begin", "online_end", "offline_begin", "offline_end")])
    guest.ok("no rule is violated", ledger.violated_rules(recorder.path))


guest.run(main)
