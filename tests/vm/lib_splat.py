# SPDX-License-Identifier: GPL-2.0-only
"""Kernel reports that a test provokes on purpose: it checks each one, and run.py then expects exactly these lines."""
import os
import re
import subprocess

import lib_guest as guest
import splat

CYCLE = "possible circular locking dependency detected"


class KernelLog:
    """The kernel log from now on."""

    _logs = 0

    def __init__(self):
        KernelLog._logs += 1
        self._mark = f"mhp-guest: log {KernelLog._logs}"
        with open("/dev/kmsg", "w", encoding="ascii") as kmsg:
            kmsg.write(f"<6>{self._mark}\n")       # without the end of the line, nobody can read it before the next one comes

    def text(self):
        """RuntimeError if the log has lost its beginning."""
        log = subprocess.run(["dmesg"], stdout=subprocess.PIPE, check=True, text=True).stdout
        _, found, text = log.partition(self._mark + "\n")
        if not found:
            raise RuntimeError(f"the kernel log has no line {self._mark!r} any more")
        return text

    def reports(self):
        """The lines with which reports begin, without their time."""
        return splat.scan(self.text().splitlines())[0]

    def provoked(self, pattern):
        """There must be one report, and it must match. From then on it is expected, once; returns what is wrong."""
        lines = self.reports()
        if len(lines) != 1 or not re.search(pattern, lines[0]):
            return [f"kernel reports: expected one that matches {pattern!r}, got {lines}"]
        with open(os.path.join(guest.RESULTS, splat.PROVOKED), "a", encoding="utf-8") as file:
            file.write(lines[0] + "\n")
        return []

    def hidden_lock(self):
        """The one false positive of lockdep that is expected, if it came: the device hotplug lock keeps changes of a
        memory block and the removal of its sysfs files apart, but is invisible to lockdep because it is only ever taken
        with trylock. Returns what is wrong."""
        chain = self.text().partition(CYCLE)[2].partition("*** DEADLOCK ***")[0]
        if chain and not all(name in chain for name in ("kn->active", "mem_hotplug_lock")):
            return [f"lockdep: {line.strip()}" for line in chain.splitlines()[:12]]
        return self.provoked(f"^WARNING: {CYCLE}$") if chain else []
