# SPDX-License-Identifier: GPL-2.0-only
"""One run of a guest, from the start of QEMU to its end, under a time limit.

A single loop serves QMP, the guest's requests, the live results and, if
requested, the terminal. Whatever happens, QEMU is gone when run() returns.
"""
import os
import selectors
import time

import machine
from common import HarnessError, Stopped, arm_last_resort, check_stop
from control import Control, socket_pair
from qmp import REPLY_SECONDS, Qmp, QmpError
from terminal import Terminal

TICK = 0.1
GAVE_UP = "mhp-guest: cannot run the script: "
GRACE_SECONDS = 10          # from the script's end to the guest's power-off
LAST_RESORT_SLACK = 60


class Tail:
    """New complete lines of a growing file."""

    def __init__(self, path):
        self.path = path
        self._file = None
        self._rest = b""

    def lines(self, final=False):
        if self._file is None:
            try:
                self._file = open(self.path, "rb")
            except OSError:
                return []
        self._rest += self._file.read()
        *lines, self._rest = self._rest.split(b"\n")
        if final and self._rest:
            lines.append(self._rest)
        if final:
            self._file.close()
        return [line.decode("utf-8", "replace") for line in lines]


class Session:
    """faults: problems with the run itself, one line each."""

    def __init__(self, cfg, limits, on_line, interactive=False):
        self.cfg = cfg
        self.time_limit, self.boot_limit = limits
        self.on_line = on_line
        self.interactive = interactive
        self.results = Tail(os.path.join(cfg.share, "results.tap"))
        self.faults = []
        self.timed_out = False
        self.exit_code = None
        self.boot_seconds = None
        self.seconds = 0.0
        self._started = None
        self._ended = None

    # -- set up -------------------------------------------------------------------

    def _open_ports(self):
        """Create the sockets, both ends, and self.terminal if the run is interactive."""
        self.pairs = {"qmp": socket_pair(), "ctl": socket_pair()}
        self.terminal = None
        if self.interactive:
            self.pairs.update(tty=socket_pair(), size=socket_pair())
            self.terminal = Terminal(self.pairs["tty"][0], self.pairs["size"][0])

    def prepare(self):
        """Call before run(); returns the environment that describes the user's terminal to the script."""
        self._open_ports()
        return self.terminal.environment() if self.terminal else {}

    def _start(self):
        fds = {name: pair[1].fileno() for name, pair in self.pairs.items()}
        ports = [(name, fd) for name, fd in fds.items() if name != "qmp"]
        ports.sort(key=lambda port: port[0] != "tty")       # hvc0 must be port 0
        args = machine.command(self.cfg, fds["qmp"], ports)
        self._started = time.monotonic()
        self.machine = machine.Machine(args, tuple(fds.values()),
                                       os.path.join(self.cfg.share, "qemu.log"))
        for _, theirs in self.pairs.values():
            theirs.close()
        self.qmp = Qmp(self.pairs["qmp"][0])
        self.control = Control(self.pairs["ctl"][0], self.qmp)

    def _greet(self):
        try:
            self.qmp.greet(min(self.time_limit, REPLY_SECONDS))
        except QmpError as err:
            self.machine.wait(1)
            if self.machine.running():
                raise
            raise HarnessError(f"QEMU did not start: {self.machine.complaint()}") from err

    # -- the loop -----------------------------------------------------------------

    def run(self):
        """Boot, serve and end the guest."""
        self.machine = None
        arm_last_resort(self.time_limit + LAST_RESORT_SLACK)
        try:
            self._start()
            self._greet()
            if self.terminal:
                self.terminal.open()
            self._serve()
        except Stopped:
            raise
        except HarnessError as err:
            self.faults.append(str(err))
        finally:
            self._end()

    def _serve(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.qmp, selectors.EVENT_READ, self._on_qmp)
            selector.register(self.control, selectors.EVENT_READ, self._on_control)
            if self.terminal:
                selector.register(0, selectors.EVENT_READ, self.terminal.from_user)
                selector.register(self.terminal.guest, selectors.EVENT_READ,
                                  self.terminal.from_guest)
            while self._continues():
                for key, _ in selector.select(TICK):
                    key.data()
                self._relay()
                self.control.wake()
                self.control.flush()
                if self.terminal:
                    self.terminal.flush()
                    self.terminal.follow_size()

    def _on_qmp(self):
        for event in self.qmp.events():
            self.control.feed(event)

    def _on_control(self):
        self._on_qmp()
        self.control.pump()
        if self.control.ready and self.boot_seconds is None:
            self.boot_seconds = time.monotonic() - self._started
        if self.control.exit_code is not None and self._ended is None:
            self.exit_code = self.control.exit_code
            self._ended = time.monotonic()

    def _continues(self):
        """Whether to keep serving the guest; if a fault ends the run, it is added to faults."""
        check_stop()
        if self.qmp.closed or not self.machine.running():
            self._gone()
            return False
        if self.control.broken:
            if self.machine.wait(1):
                return self._continues()
            raise HarnessError(self.control.broken)
        if self.terminal and self.terminal.eof:
            raise HarnessError("the terminal went away")
        if self.terminal and self.terminal.escaped:
            return False
        return self._within_limits(time.monotonic())

    def _within_limits(self, now):
        if self._ended is not None:
            grace = min(GRACE_SECONDS, self.time_limit)
            if now - self._ended > grace:
                self.faults.append(f"the guest did not power off within {grace:g} s "
                                   "after its script ended")
                return False
            return True
        took = now - self._started
        if self.boot_seconds is None and took > min(self.boot_limit, self.time_limit):
            self.timed_out = True
            self.faults.append(f"the guest did not start its script within {took:.0f} s "
                               f"(accelerator {self.cfg.accel}); see {self.cfg.console}")
        elif took > self.time_limit:
            self.timed_out = True
            self.faults.append(f"time limit of {self.time_limit:g} s reached while the script was running")
        return not self.timed_out

    def _gone(self):
        """QEMU exited, which is in order only if the script had ended before."""
        self.machine.wait(5)
        self._on_control()
        if self._ended is None:
            when = "before its script started" if self.boot_seconds is None else "while its script was running"
            why = self._last_words()
            if not why and self.machine.process.poll() != 0:
                why = self.machine.complaint()
            self.faults.append(f"the guest died {when}" + (f": {why}" if why else ""))

    def _last_words(self):
        """Why guest-init gave up, if it did."""
        try:
            with open(self.cfg.console, encoding="utf-8", errors="replace") as console:
                said = [line for line in console if GAVE_UP in line]
        except OSError:
            return ""
        return said[-1].partition(GAVE_UP)[2].strip() if said else ""

    def _relay(self, final=False):
        for line in self.results.lines(final):
            self.on_line(line)

    def _end(self):
        if self.machine:
            self.machine.stop()
            self.seconds = time.monotonic() - self._started
        if self.terminal:
            self.terminal.from_guest()
            self.terminal.close()
        for pair in self.pairs.values():
            for end in pair:
                end.close()
        try:
            self._relay(final=True)
        except HarnessError as err:
            self.faults.append(str(err))
