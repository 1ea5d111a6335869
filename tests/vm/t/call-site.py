#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Without --vmlinux, a check searches the usual places for the kernel's vmlinux, both live and for recordings.

The vmlinux of this kernel is linked into each of these places in turn. A violation, here an online
that takes longer than a microsecond, must then show the line of the kernel source that emitted the
event. Without a vmlinux, or with that of another kernel, it must show no line and no message.
"""
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

RELEASE = os.uname().release
BASE = os.environ["BASE"]
KERNELS = os.path.join(os.environ["MHP_ROOT"], "build/kernel")
PLACES = (f"/boot/vmlinux-{RELEASE}", f"/usr/lib/debug/boot/vmlinux-{RELEASE}",
          f"/usr/lib/debug/lib/modules/{RELEASE}/vmlinux", f"/lib/modules/{RELEASE}/build/vmlinux")
CHECK = (ledger.MHPTOP, "check", "--max-online", "1us")
SITE = r"^#          at memory_block_online\(\), drivers/base/memory\.c:\d+, inlined into memory_subsys_online\(\)$"


def make_places():
    """Mount writable folders over those of the host, which are read-only."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/boot"], check=True)
    os.makedirs("/tmp/lib")
    for name in os.listdir("/usr/lib"):
        os.symlink(f"{guest.RUN}/host/usr/lib/{name}", f"/tmp/lib/{name}")
    for name in "debug", "modules":
        if os.path.islink(f"/tmp/lib/{name}"):
            os.remove(f"/tmp/lib/{name}")
    subprocess.run(["mount", "--bind", "/tmp/lib", "/usr/lib"], check=True)


def put(place, kernel, name="vmlinux"):
    os.makedirs(os.path.dirname(place), exist_ok=True)
    os.symlink(f"{KERNELS}/{kernel}/{name}", place)


def sites(text):
    """The source lines in a verdict."""
    return re.findall(r"^#          (?:at|or) .*", text, re.M)


def wrong_verdict(status, text, has_site):
    wrong = guest.differs("exit", 3, status)
    if "mhp_online_end: " not in text:
        wrong.append("the violation does not show mhp_online_end")
    if has_site and not re.search(SITE, text, re.M):
        wrong.append(f"no line matches {SITE}; got: {sites(text)}")
    if not has_site:
        wrong += guest.differs("source lines", [], sites(text))
    return wrong


def recorded(path, has_site):
    ended = subprocess.run([*CHECK, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           stdin=subprocess.DEVNULL, timeout=ledger.SECONDS, check=False)
    return wrong_verdict(ended.returncode, ended.stdout, has_site) + ended.stderr.splitlines()


def live(number, path):
    """A check of live events, which are also recorded."""
    recorder = ledger.Recorder()
    with open(path, "w", encoding="utf-8") as out:
        check = subprocess.Popen(CHECK, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    # It attaches one event after the other and prints nothing before the end, so wait.
    guest.wait_for(10, lambda: check.poll() is not None)
    for state in "online_movable", "offline":
        oracle.block_set(number, state)
    guest.wait_for(2, lambda: False)
    check.send_signal(signal.SIGINT)
    status = check.wait(ledger.SECONDS)
    guest.ok("a live check looks in /boot", wrong_verdict(status, oracle.read(path), True))
    recorder.process.terminate()
    guest.eq("the recorder exits 0", 0, recorder.process.wait(ledger.SECONDS))
    return recorder.path


def main():
    make_places()
    number = oracle.blocks_of(guest.dimm_plug("d0", "128M"), 128 << 20)[0]
    put(PLACES[0], BASE)
    recording = live(number, "/tmp/verdict")
    os.remove(PLACES[0])
    guest.ok("a recording, without a vmlinux: no source lines", recorded(recording, False))
    for place in PLACES:
        put(place, BASE)
        guest.ok(f"a recording, with {place}: source lines", recorded(recording, True))
        os.remove(place)
        put(place, f"{BASE}-vanilla")
        guest.ok(f"a recording, with another kernel's {place}: no source lines", recorded(recording, False))
        os.remove(place)
    put(f"/boot/vmlinuz-{RELEASE}", BASE, "bzImage")
    guest.ok("a recording, with an image without symbols: no source lines", recorded(recording, False))


guest.run(main)
