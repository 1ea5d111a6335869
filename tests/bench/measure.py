#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""In the guest: bring memory blocks online and offline and record the instructions.

measure.py RESULT BLOCK...: brings all blocks online, then takes all offline,
ROUNDS times after a first round that is not counted. The guest's clock counts
instructions. While the CPU is idle, for instance during an RCU grace period, the
clock advances although no instruction is executed, so idle time is subtracted.
"""
import os
import re
import sys
import time

ROUNDS = 9
IDLE = re.compile(rb"\.idle_sleeptime\s*:\s*(\d+) nsecs")


def idle_ns():
    """The idle time of all CPUs so far."""
    with open("/proc/timer_list", "rb") as timers:
        found = IDLE.findall(timers.read())
    if not found:
        sys.exit("measure.py: /proc/timer_list has no idle_sleeptime; build the guest kernel with NO_HZ_IDLE")
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
