#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""In the guest: bring memory blocks online and offline and write what that took.

measure.py RESULT BLOCK...: all blocks online, then all offline, ROUNDS times
and one more that is not counted. The guest's clock counts instructions. While
its CPU is idle, as it is in a grace period of RCU, that clock runs on and no
instruction is executed, so the idle time is taken out.
"""
import os
import re
import sys
import time

ROUNDS = 9
IDLE = re.compile(rb"\.idle_sleeptime\s*:\s*(\d+) nsecs")


def idle_ns():
    """Time that all CPUs were idle so far."""
    with open("/proc/timer_list", "rb") as timers:
        found = IDLE.findall(timers.read())
    if not found:
        sys.exit("measure.py: /proc/timer_list has no idle_sleeptime; build the guest with NO_HZ_IDLE")
    return sum(int(number) for number in found)


def turn_all(files, word):
    """Instructions from before the first block to after the last."""
    idle = idle_ns()
    begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    for state in files:
        os.pwrite(state, word, 0)
    elapsed = time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begin
    return elapsed - (idle_ns() - idle)


def main():
    files = [os.open(f"/sys/devices/system/memory/memory{block}/state", os.O_WRONLY)
             for block in sys.argv[2:]]
    with open(sys.argv[1], "w", encoding="ascii") as result:
        for number in range(ROUNDS + 1):
            online = turn_all(files, b"online_movable")
            offline = turn_all(files, b"offline")
            if number:
                print("online", number, online, file=result)
                print("offline", number, offline, file=result)


if __name__ == "__main__":
    main()
