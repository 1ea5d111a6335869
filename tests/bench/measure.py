# SPDX-License-Identifier: GPL-2.0-only
"""Count instructions in a guest whose clock counts them.

While the CPU is idle, for instance during an RCU grace period, that clock advances although no
instruction is executed, so idle time is subtracted.
"""
import re
import sys
import time

_IDLE = re.compile(rb"\.idle_sleeptime\s*:\s*(\d+) nsecs")


def _idle_ns():
    """The idle time of all CPUs so far."""
    with open("/proc/timer_list", "rb") as timers:
        found = _IDLE.findall(timers.read())
    if not found:
        sys.exit("measure.py: /proc/timer_list has no idle_sleeptime; build the guest kernel with NO_HZ_IDLE")
    return sum(int(number) for number in found)


def busy_ns():
    """Instructions so far; only differences mean anything."""
    idle = _idle_ns()
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) - idle
