# SPDX-License-Identifier: GPL-2.0-only
"""The guest's requests over a virtio-serial port: one line each way.

    guest: ID COMMAND ARGUMENT...        (words quoted as in a shell)
    host:  ID STATUS TEXT                (STATUS 0 or 1; newline and \\ in TEXT escaped)

Every request is answered immediately; the guest polls longer operations with a
`-state` request until they are done. guest-lib.sh has a function for each request.
"""
import json
import shlex
import socket
import time

from common import HarnessError
from hotplug import MemoryDevices

LONGEST_LINE = 1 << 16


def escape(text):
    return text.replace("\\", "\\\\").replace("\r", "").replace("\n", "\\n")


class Control:
    def __init__(self, sock, qmp):
        self.sock = sock
        self.sock.setblocking(False)
        self.qmp = qmp
        self.memory = MemoryDevices(qmp)
        self.ready = False
        self.exit_code = None
        self.broken = None
        self._suspend_seconds = self._wake_at = None
        self._in = b""
        self._out = b""

    def fileno(self):
        return self.sock.fileno()

    # -- the channel ------------------------------------------------------------

    def pump(self):
        """Answer all pending requests; never blocks."""
        while self.broken is None:
            try:
                chunk = self.sock.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                chunk = b""
            if not chunk:
                self.broken = "QEMU closed the guest's control channel"
                return
            self._in += chunk
            *lines, self._in = self._in.split(b"\n")
            for line in lines:
                self._out += self._answer(line.decode("utf-8", "replace")).encode()
            if len(self._in) > LONGEST_LINE:
                self.broken = "the guest sent a request that is too long over the control channel"
        self.flush()

    def flush(self):
        while self._out and self.broken is None:
            try:
                self._out = self._out[self.sock.send(self._out):]
            except BlockingIOError:
                return
            except OSError as err:
                self.broken = f"the control channel to the guest broke: {err.strerror}"

    def feed(self, event):
        """Take an event of QEMU."""
        self.memory.feed(event)
        if event["event"] == "SUSPEND" and self._suspend_seconds is not None:
            self._wake_at, self._suspend_seconds = time.monotonic() + self._suspend_seconds, None

    def wake(self):
        """Wake the guest up if it is time to."""
        if self._wake_at is not None and time.monotonic() >= self._wake_at:
            self._wake_at = None
            self.qmp.execute("system_wakeup")

    def _answer(self, line):
        ident, _, request = line.strip().partition(" ")
        try:
            words = shlex.split(request)
            if not words:
                raise HarnessError("empty request: the command is missing")
            method = getattr(self, "do_" + words[0].replace("-", "_"), None)
            if method is None:
                raise HarnessError(f"unknown request {words[0]!r}")
            text, status = method(*words[1:]), 0
        except (HarnessError, ValueError) as err:
            text, status = str(err), 1
        except TypeError as err:
            text, status = f"{request}: wrong arguments: {err}", 1
        return f"{ident or '?'} {status} {escape(text or '')}\n"

    # -- the requests -------------------------------------------------------------

    def do_ready(self):
        self.ready = True

    def do_exit(self, code):
        self.exit_code = int(code)

    def do_ping(self, *words):
        return " ".join(words)

    def do_dimm_add(self, name, size, node="", addr=""):
        return hex(self.memory.add_dimm(name, size, node or None, addr or None))

    def do_vmem_resize(self, name, requested):
        self.memory.resize_virtio_mem(name, requested)

    def do_memory_del(self, name):
        self.memory.remove(name)

    def do_memory_state(self, name, limit="60"):
        return self.memory.state(name, float(limit))

    def do_memory_devices(self):
        """One line for each device: id, address, bytes plugged, node, driver."""
        lines = []
        for data in self.memory.list():
            addr = data.get("addr", data.get("memaddr", 0))
            kind = "virtio-mem" if "memaddr" in data else "dimm"
            lines.append(f"{data.get('id', '-')} {addr:#x} {data['size']} {data.get('node', 0)} {kind}")
        return "\n".join(lines)

    def do_memory_size(self):
        """Bytes at boot and bytes plugged, according to QEMU."""
        summary = self.qmp.execute("query-memory-size-summary")
        return f"{summary['base-memory']} {summary.get('plugged-memory', 0)}"

    def do_wake_after(self, seconds):
        """The guest is about to suspend itself: wake it up that long after it has."""
        self._suspend_seconds = float(seconds)

    def do_qmp(self, request):
        """Any QMP command: its name, or a complete {"execute": …, "arguments": …}."""
        if not request.lstrip().startswith("{"):
            request = json.dumps({"execute": request})
        command = json.loads(request)
        if not isinstance(command, dict) or "execute" not in command:
            raise HarnessError(f"{request}: not a QMP command: \"execute\" is missing")
        return json.dumps(self.qmp.execute(command["execute"], command.get("arguments")))


def socket_pair():
    """(our end, the end that QEMU inherits)."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    theirs.set_inheritable(True)
    return ours, theirs
