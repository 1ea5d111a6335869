#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The metrics of a live mhptop serve agree with the kernel at each step of a DIMM's life, with the capabilities of its unit.

    serve.py MODE [SOURCE]      in a guest booted with memory_hotplug.memmap_on_memory=MODE

At last it serves on all addresses with TLS and a token, from files of root, under the unit's MemoryDenyWriteExecute= as well.
Before that, a DIMM is added, brought online, fails to go offline because of a pinned page, goes offline and is removed. Zones are compared
with /proc/zoneinfo, memory blocks with sysfs, operations with what the test did, the file for node_exporter with HTTP.
"""
import array
import ctypes
import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path[:0] = [os.path.join(os.path.dirname(os.path.realpath(__file__)), *folder) for folder in (("..",), ("..", "..", "serve"))]
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin
from served import Secrets

MODE = sys.argv[1]
SOURCE = sys.argv[2] if len(sys.argv) > 2 else "events"
UNIT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../tools/systemd/mhptop-serve.service")
HOSTED = MODE != "N"
BLOCKS = 4
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = array.array("B", struct.pack("16sH14x", b"lo", 0))
        fcntl.ioctl(any_socket, SIOCGIFFLAGS, request)
        flags = struct.unpack("16sH14x", request)[1] | IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags))


def capabilities():
    """As setpriv wants them, from the unit."""
    names = re.search(r"^CapabilityBoundingSet=(.*)$", oracle.read(UNIT), re.M)[1].split()
    return "-all," + ",".join("+" + name.removeprefix("CAP_").lower() for name in names)


def deny_write_execute():
    """No memory that is or was writable can become executable."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_MDWE")


class Server:
    def __init__(self, listen="127.0.0.1:0", options=(), **settings):
        self.textfile = os.path.join(guest.RESULTS, "mhptop.prom")
        self.process = subprocess.Popen(
            ["env", "--default-signal=HUP", "setpriv", "--no-new-privs", f"--bounding-set={capabilities()}", ledger.MHPTOP, "serve", "--source", SOURCE,
             "--listen", listen, "--textfile", self.textfile, *options], stderr=subprocess.PIPE, text=True, **settings)
        line = self.process.stderr.readline()
        found = re.fullmatch(r"mhptop: serving (https?://\S+)\n", line)
        if not found:
            guest.bail(f"mhptop serve says {line!r}")
        self.url = found[1]

    def series(self):
        with urllib.request.urlopen(self.url, timeout=ledger.START_SECONDS) as answer:
            return values(answer.read().decode())

    def settled(self, wanted):
        """The series, once those in wanted have come: events are read in bursts. Returns them as they are in the end."""
        got = {}

        def come():
            nonlocal got
            got = self.series()
            return all(got.get(name) == value for name, value in wanted.items())
        guest.wait_for(ledger.SECONDS, come)
        return got


def values(text):
    return {series: float(number) for series, number in
            (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))}


def from_kernel():
    """The gauges as /proc/zoneinfo and sysfs have them."""
    wanted = {}
    for (node, zone), counts in oracle.zones().items():
        if counts.present:
            labels = f'{{node="{node}",zone="{zone}"}}'
            wanted[f"mhptop_zone_present_bytes{labels}"] = counts.present * oracle.PAGE
            wanted[f"mhptop_zone_managed_bytes{labels}"] = counts.managed * oracle.PAGE
    states = [oracle.block(number).state for number in oracle.block_ids()]
    for state in ("online", "offline"):
        wanted[f'mhptop_blocks{{node="0",state="{state}"}}'] = states.count(state)
    return wanted


class Story:
    def __init__(self, server):
        self.server, self.done = server, {}

    def operation(self, name, result="ok", reason="", times=1):
        key = f'mhptop_operations_total{{operation="{name}",result="{result}",reason="{reason}"}}'
        self.done[key] = self.done.get(key, 0) + times

    def agree(self, what, memmap):
        """memmap: vmemmap pages of the DIMM."""
        wanted = {**from_kernel(), **self.done}
        got = self.server.settled(wanted)
        guest.ok(f"{what}: zones are those of zoneinfo, blocks those of sysfs, operations those of the test",
                 guest.differs("metric", wanted, {name: got.get(name) for name in wanted}))
        failed = sum(value for name, value in got.items() if 'result="failed"' in name)
        guest.eq(f"{what}: no other operation failed", sum(n for name, n in self.done.items() if '"failed"' in name), failed)
        hosted = {kind: sum(value for name, value in got.items() if name.startswith(f"mhptop_memmap_{kind}_hosted"))
                  for kind in ("self", "buddy")}
        guest.eq(f"{what}: who hosts its memmap", {"self": memmap * oracle.PAGE if HOSTED else 0,
                                                    "buddy": 0 if HOSTED else memmap * oracle.PAGE}, hosted)
        ended = sum(self.done.values())
        guest.eq(f"{what}: each operation has a duration", ended,
                 sum(value for name, value in got.items() if name.startswith("mhptop_operation_duration_seconds_count")))
        broken = [name for name, value in got.items() if name.startswith("mhptop_rule_violations") and value]
        guest.ok(f"{what}: no rule is violated, and nothing is lost",
                 broken + guest.differs("lost", 0, got.get("mhptop_events_lost_total")))


def fails(story, numbers):
    """A page is pinned: the kernel tries to move it until a signal comes."""
    page = pin.PinnedPage(numbers)
    number = oracle.block_of(page.pfn)
    child = subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"])
    running = 'mhptop_operation_in_progress_seconds{operation="offline"}'
    guest.ok("an offline that does not end is in progress",
             [] if guest.wait_for(ledger.SECONDS, lambda: story.server.series()[running]) else "no time has passed")
    child.send_signal(signal.SIGTERM)
    guest.eq("  a signal ends it", -signal.SIGTERM, child.wait(ledger.SECONDS))
    page.close()
    story.operation("offline", "failed", "signal")
    guest.eq("  then none is", 0, story.server.settled({running: 0})[running])


def life(story):
    memmap = BLOCKS * oracle.BLOCK_VMEMMAP
    story.agree("before", 0)
    addr = guest.dimm_plug("d0", f"{BLOCKS * oracle.BLOCK_BYTES >> 20}M")
    numbers = oracle.blocks_of(addr, BLOCKS * oracle.BLOCK_BYTES)
    story.operation("add")
    story.agree("added", memmap)
    for number in numbers:
        guest.eq(f"memory{number} goes online", None, oracle.block_set(number, "online_movable"))
        story.operation("online")
    story.agree("online", memmap)
    fails(story, numbers)
    story.agree("a failure", memmap)
    for number in numbers:
        guest.eq(f"memory{number} goes offline", None, oracle.block_set(number, "offline"))
        story.operation("offline")
    story.agree("offline", memmap)
    guest.dimm_unplug("d0")
    story.operation("remove")
    story.agree("removed", 0)


def secure():
    """Zones, to those who have the token."""
    with tempfile.TemporaryDirectory() as folder:
        shared = Secrets(folder)
        server = Server("0.0.0.0:0", shared.options, preexec_fn=deny_write_execute)
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        guest.eq("with TLS and a token, it serves on all addresses", "https://127.0.0.1:", url[:18])
        with urllib.request.urlopen(urllib.request.Request(url, headers=shared.header()), context=shared.context(),
                                    timeout=ledger.START_SECONDS) as answer:
            got = values(answer.read().decode())
        wanted = {name: value for name, value in from_kernel().items() if "present" in name}
        guest.ok("zones are those of zoneinfo, to who has the token",
                 guest.differs("metric", wanted, {name: got.get(name) for name in wanted}) if wanted else "there are none")
        try:
            with urllib.request.urlopen(url, context=shared.context(), timeout=ledger.START_SECONDS) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        guest.eq("nobody else is answered", 401, status)
        server.process.send_signal(signal.SIGHUP)
        guest.eq("it may read its files again", "mhptop: read the files of credentials again\n", server.process.stderr.readline())
        server.process.terminate()
        guest.eq("a signal ends this one, too", (0, ""), (server.process.wait(ledger.SECONDS), server.process.stderr.read()))


def main():
    loopback_up()
    server = Server()
    life(Story(server))
    # It is written every 15 seconds.
    guest.wait_for(ledger.SECONDS, lambda: set(server.series()) == set(values(oracle.read(server.textfile))))
    guest.eq("the file for node_exporter has the same series", sorted(server.series()),
             sorted(values(oracle.read(server.textfile))))
    server.process.terminate()
    guest.eq("a signal ends it", 0, server.process.wait(ledger.SECONDS))
    guest.ok("and takes the file away", "it is still there" if os.path.exists(server.textfile) else [])
    guest.eq("it said nothing else", "", server.process.stderr.read())
    secure()

guest.run(main)
