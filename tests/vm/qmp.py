# SPDX-License-Identifier: GPL-2.0-only
"""A client of the QEMU machine protocol (QMP) on a connected socket.

execute() waits for its own reply, with a time limit; events that arrive
meanwhile are queued for events().
"""
import json
import select
import time

from common import HarnessError, check_stop

REPLY_SECONDS = 20


class QmpError(HarnessError):
    """QEMU rejected a command, or does not respond any more."""


class Qmp:
    def __init__(self, sock):
        self.sock = sock
        self.sock.setblocking(False)
        self._buffer = b""
        self._messages = []
        self._events = []
        self._serial = 0
        self.closed = False

    def fileno(self):
        return self.sock.fileno()

    def close(self):
        self.closed = True
        self.sock.close()

    def greet(self, seconds=REPLY_SECONDS):
        """Read the greeting and leave capabilities negotiation mode."""
        self._wait(lambda m: "QMP" in m, "its greeting", seconds)
        self.execute("qmp_capabilities")

    def pump(self):
        """Read whatever is available; never blocks."""
        while not self.closed:
            try:
                chunk = self.sock.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                chunk = b""
            if not chunk:
                self.closed = True
                return
            self._buffer += chunk
            *lines, self._buffer = self._buffer.split(b"\n")
            for line in lines:
                if line.strip():
                    self._sort(line)

    def _sort(self, line):
        try:
            message = json.loads(line)
        except ValueError as err:
            raise QmpError(f"QEMU's monitor wrote something other than QMP: {line[:60]!r}") from err
        (self._events if "event" in message else self._messages).append(message)

    def events(self):
        """The events since the last call."""
        self.pump()
        events, self._events = self._events, []
        return events

    def _wait(self, wanted, what, seconds):
        deadline = time.monotonic() + seconds
        while True:
            self.pump()
            for message in self._messages:
                if wanted(message):
                    self._messages.remove(message)
                    return message
            if self.closed:
                raise QmpError(f"QEMU closed its monitor before it sent {what}")
            left = deadline - time.monotonic()
            if left <= 0:
                raise QmpError(f"QEMU did not send {what} within {seconds} s")
            check_stop()
            select.select([self.sock], [], [], min(left, 0.1))

    def execute(self, command, arguments=None):
        """Run one command; returns its value, or raises QmpError with QEMU's message."""
        self._serial += 1
        request = {"execute": command, "id": self._serial}
        if arguments:
            request["arguments"] = arguments
        self._send(json.dumps(request).encode() + b"\n", command)
        reply = self._wait(lambda m: m.get("id") == self._serial,
                           f"an answer to {command}", REPLY_SECONDS)
        if "error" in reply:
            raise QmpError(f"{command}: {reply['error'].get('desc', 'no reason given')}")
        return reply["return"]

    def _send(self, data, command):
        deadline = time.monotonic() + REPLY_SECONDS
        while data:
            try:
                data = data[self.sock.send(data):]
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise QmpError(f"QEMU does not accept commands any more (at {command})") from None
                check_stop()
                select.select([], [self.sock], [], 0.1)
            except OSError as err:
                self.closed = True
                raise QmpError(f"cannot send {command} to QEMU: {err.strerror}") from err
