# SPDX-License-Identifier: GPL-2.0-only
"""Kernel reports that a test provokes on purpose: it checks each one, and run.py then expects exactly these lines."""
import os
import re
import subprocess

import lib_guest as guest
import splat


class KernelLog:
    """The kernel log from now on."""

    _logs = 0

    def __init__(self):
        KernelLog._logs += 1
        self._mark = f"mhp-guest: log {KernelLog._logs}"
        with open("/dev/kmsg", "w", encoding="ascii") as kmsg:
            kmsg.write(f"<6>{self._mark}")

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
