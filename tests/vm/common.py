# SPDX-License-Identifier: GPL-2.0-only
"""What every part of the guest harness shares: errors, sizes, and how to stop.

SIGINT, SIGTERM and SIGHUP only record a request to stop, which the loops poll
with check_stop(). If the harness itself is stuck (for instance on a pipe that
is never read), the last resort runs ten seconds later, kills the guest and exits.
"""
import os
import re
import signal


class HarnessError(Exception):
    """One line for the user: what failed, on what, why, what to do."""


class Stopped(HarnessError):
    """A signal asked the harness to stop."""

    def __init__(self, signum):
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        self.signum = signum


_UNITS = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
LAST_RESORT_SECONDS = 10
_pending = []
_last_resort = []


def parse_size(text):
    """Bytes of "128M", "1G", "512GiB", "1073741824" or "0x40000000"."""
    if re.fullmatch(r"0x[0-9a-fA-F]+", text):
        return int(text, 16)
    match = re.fullmatch(r"(\d+)([BKMGT]?)(?:i?B)?", text, re.I)
    if not match:
        raise HarnessError(f"invalid size {text!r}: use a form such as 128M, 1G or 0x8000000")
    return int(match.group(1)) * _UNITS[match.group(2).upper()]


def time_factor():
    """MHP_TIME_FACTOR multiplies every time limit, for slow machines."""
    text = os.environ.get("MHP_TIME_FACTOR", "1")
    try:
        factor = float(text)
    except ValueError:
        factor = 0
    if not 0 < factor <= 1000:
        raise HarnessError(f"invalid MHP_TIME_FACTOR {text!r}: it must be a number above 0, such as 2.5")
    return factor


def on_last_resort(action):
    """Register an action to run if the harness has to exit without an orderly shutdown."""
    _last_resort.append(action)


def _give_up(_signum=None, _frame=None):
    for action in _last_resort:
        try:
            action()
        except Exception:  # pylint: disable=broad-except
            pass
    os._exit(1)


def _note(signum, _frame):
    if _pending:
        _give_up()
    _pending.append(signum)
    signal.alarm(LAST_RESORT_SECONDS)


def catch_signals():
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _note)
    signal.signal(signal.SIGALRM, _give_up)


def arm_last_resort(seconds):
    """Exit after this many seconds, however stuck this process is by then."""
    signal.alarm(max(1, int(seconds)))


def check_stop():
    if _pending:
        raise Stopped(_pending[0])
