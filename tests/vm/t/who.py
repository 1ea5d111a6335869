#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Who added, onlined, offlined and removed memory, and in which way: each way that a guest can do.

    who.py WAY...          ways: dimm, vmem (a virtio-mem device vmem0), dax (an NVDIMM)

ACPI and the kernel's policy with a DIMM, a process that is called as udev's workers are, a writer to sysfs, virtio-mem,
daxctl, and the driver kmem that is bound through sysfs. `mhptop explain` and `mhptop report` must name the task and the way, as
the test did it.
"""
import ctypes
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_dax as dax
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
from lib_answer import Page, recording

ME = "who.py"
UDEV = "(udev-worker)"
PR_SET_NAME = 15
WORKER = r"kworker/\S+ \(\d+\)"
_libc = ctypes.CDLL(None, use_errno=True)


def policy(state):
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", state)


def who(title, path, number, line):
    Page(f"memory{number}", path).says(f"{title}: explain names task and way", who=line)


def report(path, title, *lines):
    text = ledger.run("report", "--time", "mono", path)
    wrong = [f"no line is {regex}" for regex in lines if not re.search(regex, text, re.M)]
    if not guest.ok(f"{title}: report names task and way", wrong):
        guest.note(text)


def as_udev(number, state):
    """What udev's rule ATTR{state}="online" does, in a process that is called like its workers. Returns its pid."""
    child = os.fork()
    if not child:
        try:
            _libc.prctl(PR_SET_NAME, UDEV.encode(), 0, 0, 0)
            oracle.write(f"{oracle.MEMORY}/memory{number}/state", state)
            os._exit(0)  # pylint: disable=protected-access
        finally:
            os._exit(1)  # pylint: disable=protected-access
    status = os.waitpid(child, 0)[1]
    guest.eq(f"a process called {UDEV} writes {state}", 0, status)
    return child


def dimm():
    me = rf"{re.escape(ME)} \({os.getpid()}\)"
    with recording("dimm") as path:
        policy("online_movable")
        number = guest.dimm_plug("d0", oracle.BLOCK_BYTES) // oracle.BLOCK_BYTES
        guest.eq("the policy brings the DIMM online", "online", oracle.block(number).state)
        guest.eq("sysfs: offline", None, oracle.block_set(number, "offline"))
        who("acpi, policy, sysfs", path, number, rf"added by {WORKER}, acpi; onlined by {WORKER}, policy; offlined by {me}, sysfs")
        udev = as_udev(number, "online_movable")
        who("udev", path, number, rf"added by {WORKER}, acpi; onlined by \(udev-worker\) \({udev}\), udev; offlined by .*")
        guest.dimm_unplug("d0")
        who("acpi", path, number, rf"added by {WORKER}, acpi; onlined by \(udev-worker\) \({udev}\), udev; "
                                  rf"offlined by {WORKER}, acpi")
    report(path, "DIMM", rf"add .* ok .*{WORKER}, acpi", rf"online +memory{number} to Movable +ok .*{WORKER}, policy",
           rf"online +memory{number} to Movable +ok .*\(udev-worker\) \({udev}\), udev",
           rf"offline memory{number} from Movable +ok .*{me}, sysfs", rf"offline memory{number} from Movable +ok .*{WORKER}, acpi",
           rf"remove .* ok .*{WORKER}, acpi")


def vmem():
    policy("online_movable")
    number = next(device for device in oracle.devices() if device.name == "vmem0").addr // oracle.BLOCK_BYTES
    with recording("vmem") as path:
        guest.host("vmem-resize", "vmem0", oracle.BLOCK_BYTES)
        there = guest.wait_for(ledger.SECONDS, lambda: oracle.block(number) and oracle.block(number).state == "online")
        guest.ok("virtio-mem adds a memory block", [] if there else ["it does not"])
        who("virtio-mem", path, number, rf"added by {WORKER}, virtio_mem; onlined by {WORKER}, policy; offlined by -")
        guest.host("vmem-resize", "vmem0", 0)
        gone = guest.wait_for(ledger.SECONDS, lambda: not oracle.block(number))
        guest.ok("virtio-mem removes it", [] if gone else ["it does not"])
    report(path, "virtio-mem", rf"add .* ok .*{WORKER}, virtio_mem", rf"online +memory{number} to Movable +ok .*{WORKER}, policy",
           rf"offline memory{number} from Movable +ok .*{WORKER}, virtio_mem", rf"remove .* ok .*{WORKER}, virtio_mem")


def dax_ways():
    policy("offline")
    guest.ok("the NVDIMM gets labels", dax.prepare())
    device = dax.create_namespace()
    number = dax.whole_blocks(device)[0]
    tool, me = r"daxctl \(\d+\)", rf"{re.escape(ME)} \({os.getpid()}\)"
    with recording("daxctl") as path:
        dax.must_work("daxctl", "reconfigure-device", "-m", "system-ram", "--no-online", device)
        dax.must_work("daxctl", "online-memory", device)
        who("daxctl", path, number, rf"added by {tool}, daxctl; onlined by {tool}, daxctl; offlined by -")
        dax.must_work("daxctl", "offline-memory", device)
        dax.must_work("daxctl", "reconfigure-device", "-m", "devdax", device)
    report(path, "daxctl", rf"add .* ok .*{tool}, daxctl", rf"online +memory{number} to \w+ +ok .*{tool}, daxctl",
           rf"offline memory{number} from \w+ +ok .*{tool}, daxctl", rf"remove .* ok .*{tool}, daxctl")
    with recording("kmem") as path:
        dax.bind_kmem(device)
        guest.ok("kmem: its memory is there", [] if oracle.block(number) else ["it is not"])
        # kmem can bring memory online and take it offline, too: nothing tells a task that binds it from one that writes to sysfs.
        guest.eq("kmem: online", None, oracle.block_set(number, "online_movable"))
        who("kmem", path, number, rf"added by {me}, kmem; onlined by {me}, way unknown; offlined by -")
        guest.eq("kmem: offline", None, oracle.block_set(number, "offline"))
        who("kmem", path, number, rf"added by {me}, kmem; onlined by {me}, way unknown; offlined by {me}, way unknown")
        oracle.write(f"{dax.KMEM}/unbind", device)
        guest.eq("kmem: unbound, its memory is gone", None, oracle.block(number))
    report(path, "kmem", rf"add .* ok .*{me}, kmem", rf"remove .* ok .*{me}, kmem")


WAYS = {"dimm": dimm, "vmem": vmem, "dax": dax_ways}


def main():
    for name in sys.argv[1:]:
        WAYS[name]()


guest.run(main)
