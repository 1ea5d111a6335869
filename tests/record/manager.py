#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a service manager hears from mhptop record, by sd_notify(3), KTAP.

    manager.py AS_LIVE RECORDING

AS_LIVE plays the recording to a recorder. Its events come through a pipe, so that this test decides when.
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
from lib_host import LONG, done, eq


class Manager:
    def __init__(self, folder):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(LONG)
        self.socket.bind(os.path.join(folder, "notify"))
        self.environment = {**os.environ, "NOTIFY_SOCKET": self.socket.getsockname(), "WATCHDOG_USEC": "200000"}

    def hears(self, skip=b"WATCHDOG=1"):
        """The next message that is not the one to skip."""
        while (said := self.socket.recv(1000)) == skip:
            pass
        return said.decode()


def start(manager, tool, *options):
    return subprocess.Popen([tool, "-", "record", *options], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=manager.environment)


def rotating(manager, tool, lines, path):
    process = start(manager, tool, "-o", path, "--max-size", "1M", "--reopen")
    process.stdin.write(lines[0])
    process.stdin.flush()
    eq("READY=1", "READY=1", manager.hears())
    eq("  what it does", f"STATUS=recording to {path}", manager.hears())
    eq("WATCHDOG=1 comes though nothing happens", [b"WATCHDOG=1"] * 3, [manager.socket.recv(100) for _ in range(3)])
    process.send_signal(signal.SIGHUP)
    eq("SIGHUP begins another file", f"STATUS=recording to {path}, the file number 2", manager.hears())
    process.send_signal(signal.SIGTERM)
    eq("STOPPING=1", "STOPPING=1", manager.hears())
    eq("  it ends", (0, ""), (process.wait(LONG), process.communicate()[1]))
    eq("  both files are there", True, os.path.getsize(path) > 0 and os.path.getsize(path + ".1") > 0)


def flight(manager, tool, lines, path):
    process = start(manager, tool, "-o", path, "--flight", "1M")
    process.stdin.write("".join(lines[:-1]))
    process.stdin.flush()
    eq("a flight recorder: READY=1", "READY=1", manager.hears())
    eq("  what it does", f"STATUS=keeping events, to write {path} if something fails", manager.hears())
    process.send_signal(signal.SIGUSR1)
    eq("  what it did", f"STATUS=wrote {path}: SIGUSR1 asked for it", manager.hears())
    process.send_signal(signal.SIGTERM)
    eq("  STOPPING=1", "STOPPING=1", manager.hears())
    process.communicate()


def main():
    tool, recording = sys.argv[1:]
    with open(recording, encoding="utf-8") as file:
        lines = file.readlines()
    with tempfile.TemporaryDirectory() as folder:
        manager = Manager(folder)
        rotating(manager, tool, lines, os.path.join(folder, "run.ndjson"))
        flight(manager, tool, lines, os.path.join(folder, "flight.mhp"))
    done()


main()
