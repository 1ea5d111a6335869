# SPDX-License-Identifier: GPL-2.0-only
"""Connects the user's terminal to the guest's: raw meanwhile, restored however the run ends.

Keys go to the guest; Ctrl-] ends the guest. A new window size is sent to the
guest over a separate port, from which guest-init sets the size of the tty.
"""
import fcntl
import os
import struct
import sys
import termios
import tty

from common import HarnessError, on_last_resort

ESCAPE = b"\x1d"
# Leave the alternate screen and reset cursor, colours, keypad, mouse and paste mode.
RESET = b"\x1b[?1049l\x1b[?25h\x1b[0m\x1b[?1l\x1b>\x1b[?1000l\x1b[?1006l\x1b[?2004l"
PASSED_ON = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "LC_CTYPE")


class Terminal:
    def __init__(self, guest, sizes):
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise HarnessError("--interactive needs a terminal on stdin and stdout; "
                               "run it from a terminal, not through a pipe")
        self.guest, self._sizes = guest, sizes
        self.guest.setblocking(False)
        self._sizes.setblocking(False)
        self._in, self._out = sys.stdin.fileno(), sys.stdout.fileno()
        self._saved = None
        self._pending = b""
        self._size = None
        self.escaped = False
        self.eof = False

    def size(self):
        """The current (rows, columns)."""
        packed = fcntl.ioctl(self._out, termios.TIOCGWINSZ, b"\0" * 8)
        rows, columns = struct.unpack("HHHH", packed)[:2]
        return (rows or 24, columns or 80)

    def environment(self):
        rows, columns = self.size()
        names = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        names.setdefault("TERM", "linux")
        return {**names, "MHP_ROWS": str(rows), "MHP_COLUMNS": str(columns)}

    def open(self):
        self._saved = termios.tcgetattr(self._in)
        self._size = self.size()
        on_last_resort(self.close)
        tty.setraw(self._in, termios.TCSANOW)

    def close(self):
        """Restore the terminal; may be called at any time, and more than once."""
        if self._saved is None:
            return
        saved, self._saved = self._saved, None
        termios.tcsetattr(self._in, termios.TCSANOW, saved)
        os.set_blocking(self._out, False)
        try:
            os.write(self._out, RESET + b"\r\n")
        except OSError:
            pass
        finally:
            os.set_blocking(self._out, True)

    def from_user(self):
        try:
            data = os.read(self._in, 4096)
        except OSError:
            data = b""
        if not data:
            self.eof = True
        keys, escape, _ = data.partition(ESCAPE)
        self._pending += keys
        self.escaped = self.escaped or bool(escape)
        self.flush()

    def flush(self):
        while self._pending:
            try:
                self._pending = self._pending[self.guest.send(self._pending):]
            except BlockingIOError:
                return
            except OSError:
                self._pending = b""

    def from_guest(self):
        try:
            data = self.guest.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        while data:
            data = data[os.write(self._out, data):]

    def follow_size(self):
        """Send the window size to the guest if it has changed."""
        if self._saved is None:
            return
        size = self.size()
        if size != self._size:
            try:
                self._sizes.send(b"%d %d\n" % size)
                self._size = size
            except OSError:
                pass
