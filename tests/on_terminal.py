#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a command whose standard output is a terminal, and prints what the command wrote there.

    on_terminal.py COLUMNS COMMAND…        0 columns: a terminal that does not know its size, as a serial console
"""
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios


def main():
    columns, command = int(sys.argv[1]), sys.argv[2:]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24 if columns else 0, columns, 0, 0))
    mode = termios.tcgetattr(theirs)
    mode[1] &= ~termios.OPOST               # no carriage returns
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs) as process:
        os.close(theirs)
        while True:
            try:
                data = os.read(ours, 1 << 16)
            except OSError:                 # the other side is closed
                break
            if not data:
                break
            sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return process.returncode


sys.exit(main())
