# SPDX-License-Identifier: GPL-2.0-only
"""Choose the accelerator for a kernel: KVM if a timed boot shows that it works.

Even if /dev/kvm can be opened, a guest may hang under KVM. The result is cached
until the kernel image, QEMU or /dev/kvm changes, or the host reboots.
MHP_ACCEL=tcg|kvm overrides the choice.
"""
import hashlib
import os
import sys
import tempfile
import time

import machine
from common import HarnessError, check_stop, time_factor
from control import socket_pair

SILENT_SECONDS = 3          # a working guest has written something by then
PROBE_SECONDS = 10
BOOTED = "Attempted to kill init"       # the panic caused by /bin/true as init
KEPT = 32


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("MHP_CACHE") or os.path.join(base, "mhptop")


def _identity(path):
    stat = os.stat(path)
    return f"{path} {stat.st_dev} {stat.st_ino} {stat.st_rdev} {stat.st_size} {stat.st_mtime_ns}"


def _boot_id():
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
            return boot.read().strip()
    except OSError:
        return "unknown"


def cache_key(kernel):
    """A key that changes with everything the result depends on."""
    kvm = os.stat("/dev/kvm")
    parts = [_identity(kernel), _identity(os.path.realpath(machine.qemu_binary())),
             f"{kvm.st_rdev} {kvm.st_mode} {kvm.st_uid} {kvm.st_gid}",
             _boot_id(), os.uname().release, str(os.getuid())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def _kvm_unusable():
    """Why KVM cannot be tried at all, or None."""
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC))
    except OSError as err:
        return f"/dev/kvm: {err.strerror}"
    return None


def _watch(guest, console):
    """None if the guest booted, otherwise what happened instead."""
    start = time.monotonic()
    factor = time_factor()
    while True:
        check_stop()
        ended = guest.wait(0.1)
        try:
            with open(console, encoding="utf-8", errors="replace") as log:
                text = log.read()
        except OSError:
            text = ""
        if BOOTED in text:
            return None
        if ended:
            return f"QEMU exited: {guest.complaint()}"
        took = time.monotonic() - start
        if not text and took > SILENT_SECONDS * factor:
            return f"a guest wrote nothing for {SILENT_SECONDS} s"
        if took > PROBE_SECONDS * factor:
            return f"a guest did not boot within {PROBE_SECONDS} s"


def _probe(kernel):
    """Boot once under KVM; None if that works."""
    with tempfile.TemporaryDirectory(prefix="mhp-probe.") as folder:
        console = os.path.join(folder, "console.log")
        cfg = machine.Config(kernel=kernel, share=folder, console=console,
                             accel="kvm", init="/bin/true")
        ours, theirs = socket_pair()
        guest = None
        try:
            args = machine.command(cfg, theirs.fileno(), [])
            guest = machine.Machine(args, (theirs.fileno(),), os.path.join(folder, "qemu.log"))
            return _watch(guest, console)
        finally:
            if guest:
                guest.stop()
            ours.close()
            theirs.close()


def _load(path):
    try:
        with open(path, encoding="utf-8") as entry:
            accel, _, why = entry.read().strip().partition(" ")
    except OSError:
        return None
    return (accel, why) if accel in ("tcg", "kvm") else None


def _store(folder, key, accel, why):
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as entry:
            entry.write(f"{accel} {why}\n")
        os.replace(entry.name, os.path.join(folder, key))
        entries = sorted((os.path.join(folder, name) for name in os.listdir(folder)),
                         key=os.path.getmtime)
        for old in entries[:-KEPT]:
            os.unlink(old)
    except OSError as err:
        print(f"run.py: cannot cache the accelerator probe in {folder}: {err.strerror}; "
              "set MHP_CACHE to a writable folder", file=sys.stderr)


def choose(kernel):
    """("kvm"|"tcg", why)."""
    wanted = os.environ.get("MHP_ACCEL", "")
    if wanted in ("tcg", "kvm"):
        return wanted, "MHP_ACCEL"
    if wanted:
        raise HarnessError(f"invalid MHP_ACCEL {wanted!r}: set it to tcg or kvm, or unset it")
    why = _kvm_unusable()
    if why:
        return "tcg", why
    folder, key = os.path.join(cache_folder(), "accel"), cache_key(kernel)
    known = _load(os.path.join(folder, key))
    if known:
        return known
    why = _probe(kernel)
    answer = ("tcg", f"kvm: {why}"[:100]) if why else ("kvm", "a timed boot worked")
    _store(folder, key, *answer)
    return answer
