# SPDX-License-Identifier: GPL-2.0-only
"""Library of guest tests in Python: KTAP results, and memory devices through the host.

The counterpart of guest-lib.sh, with the same channel to the host (control.py) and the same
results file; a test uses one of the two.

    import lib_guest as guest
    addr = guest.dimm_plug("d0", "1G")
    guest.eq("blocks of 1 GiB", 8, len(...), "blocks")
    guest.done()
"""
import fcntl
import os
import shlex
import signal
import sys
import time

RESULTS = os.environ["RESULTS"]
RUN = os.environ["MHP_RUN"]
DIMM_SECONDS = 60
_SHOWN = 12             # lines shown for one failed test


class HostError(Exception):
    """The host refused a request; the text is its reason."""


class TimeLimit(Exception):
    """An operation took longer than its limit."""


# -- results --------------------------------------------------------------------------

_counts = {"all": 0, "failed": 0}


def _tap(line):
    # One write for each line, so that the host, which follows the file, never reads half a line.
    with open(os.path.join(RESULTS, "results.tap"), "a", encoding="utf-8") as tap:
        tap.write(line + "\n")


def note(text):
    for line in str(text).splitlines():
        _tap("# " + line)
        print("#", line, flush=True)


def _result(verdict, name):
    if not _counts["all"]:
        _tap("KTAP version 1")
    _counts["all"] += 1
    _tap(f"{verdict} {_counts['all']} {name.replace('#', '')}")
    print(verdict, name, flush=True)


def ok(name, wrong=()):
    """Pass if `wrong` is empty. It is a list of lines, or one line."""
    wrong = [wrong] if isinstance(wrong, str) else list(wrong or ())
    if not wrong:
        _result("ok", name)
        return True
    _counts["failed"] += 1
    _result("not ok", name)
    for line in wrong[:_SHOWN]:
        note(f"  {line}")
    if len(wrong) > _SHOWN:
        note(f"  and {len(wrong) - _SHOWN} more")
    return False


def differs(what, want, got, unit=""):
    """The differences, one line each, to be collected for ok()."""
    if want == got:
        return []
    if isinstance(want, dict) and isinstance(got, dict):
        return [line for key in {**want, **got}
                for line in differs(f"{what}, {key}", want.get(key), got.get(key), unit)]
    if isinstance(want, list) and isinstance(got, list):
        return [_first_difference(what, want, got)]
    unit = f" {unit}" if unit else ""
    return [f"{what}: expected {want}{unit}, got {got}{unit}"]


def _first_difference(what, want, got):
    """How two lists, which may be long, begin to differ."""
    same = 0
    while same < min(len(want), len(got)) and want[same] == got[same]:
        same += 1
    return (f"{what}: expected {len(want)}, got {len(got)}; after {same} equal items expected "
            f"{_some(want[same:])}, got {_some(got[same:])}")


def _some(items):
    shown = ", ".join(str(item) for item in items[:_SHOWN])
    return (shown or "none") + (", ..." if len(items) > _SHOWN else "")


def eq(name, want, got, unit=""):
    return ok(name, differs(name, want, got, unit))


def bail(why):
    _tap(f"Bail out! {why}")
    sys.exit(1)


def done():
    """All results are in: write the plan and exit."""
    _tap(f"1..{_counts['all']}")
    sys.exit(1 if _counts["failed"] else 0)


def run(test):
    """Call test(); an exception that it does not catch fails the run, with its last stack frame."""
    try:
        test()
    except Exception as err:  # pylint: disable=broad-except
        frame = err.__traceback__
        while frame.tb_next:
            frame = frame.tb_next
        where = f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}"
        bail(f"{where}: {type(err).__name__}: {err}")
    done()


# -- time -----------------------------------------------------------------------------

def wait_for(seconds, condition):
    """Wait until condition() returns something true, and return that, or its last value on timeout."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result or time.monotonic() > end:
            return result
        time.sleep(0.05)


class limit:  # pylint: disable=invalid-name
    """with limit(20, "offline of block 32"): interrupt system calls in the body after 20 seconds."""

    def __init__(self, seconds, what):
        self.seconds, self.what = seconds, what

    def _expired(self, *_):
        raise TimeLimit(f"{self.what}: not finished within {self.seconds} s")

    def __enter__(self):
        self.before = signal.signal(signal.SIGALRM, self._expired)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.before)


# -- the host -------------------------------------------------------------------------

_requests = [0]


def _unescape(text):
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")


def _reply(port, prefix):
    """The first line with this prefix, which is removed; replies to abandoned requests are skipped."""
    rest = b""
    while True:
        *lines, rest = rest.split(b"\n")
        for line in lines:
            if line.startswith(prefix):
                return line[len(prefix):]
        chunk = port.read(65536)
        if not chunk:
            raise HostError("no answer on the control port")
        rest += chunk


def host(*words):
    """Send a request to the host; returns its answer or raises HostError."""
    _requests[0] += 1
    ident = f"{os.getpid()}.{_requests[0]}"
    with open(os.path.join(RUN, "ctl.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(os.environ["MHP_CTL"], "r+b", buffering=0) as port:
            port.write(f"{ident} {shlex.join(str(w) for w in words)}\n".encode())
            line = _reply(port, ident.encode() + b" ")
    status, _, text = line.decode().partition(" ")
    if status != "0":
        raise HostError(_unescape(text))
    return _unescape(text)


VIRTIO_CONSOLE = "/sys/bus/virtio/drivers/virtio_console"
RECONNECT_SECONDS = 18000


def reconnect():
    """Make the control port usable again after a suspend or a resume from an image.

    Linux 7.3 misses that the host has the port open: virtcons_restore() asks for it before it has given the device a
    buffer for the answer. The next write to the port would wait for ever. A driver that is bound anew asks again.
    """
    port = os.environ["MHP_CTL"]
    device = os.path.basename(os.path.realpath(f"/sys/class/virtio-ports/{os.path.basename(port)}/device"))
    for action in "unbind", "bind":
        with open(f"{VIRTIO_CONSOLE}/{action}", "w", encoding="ascii") as file:
            file.write(device)
    if not wait_for(RECONNECT_SECONDS, lambda: os.path.exists(port)):
        raise HostError(f"{port} does not come back after {device} was bound again")


# -- memory devices -------------------------------------------------------------------

def memory_wait(name, want, seconds=DIMM_SECONDS):
    """Wait until a device is "plugged" or "gone"; raises HostError with the reason if it is not."""
    while True:
        state = host("memory-state", name, seconds)
        if state.split()[0] == want:
            return
        if state.split()[0] not in ("plugging", "unplugging"):
            raise HostError(f"{name}: {state}")
        time.sleep(0.05)


def dimm_plug(name, size, node="", addr=""):
    """Returns when the guest has accepted it, with its physical address."""
    start = int(host("dimm-add", name, size, node, addr), 16)
    memory_wait(name, "plugged")
    return start


def dimm_unplug(name, seconds=DIMM_SECONDS):
    """Returns when the DIMM is gone; raises HostError if the guest refuses."""
    host("memory-del", name)
    memory_wait(name, "gone", seconds)
