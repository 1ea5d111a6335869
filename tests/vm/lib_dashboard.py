# SPDX-License-Identifier: GPL-2.0-only
"""The dashboard in a guest: mhptop in a terminal of tmux, so wide that no line of a page is wrapped."""
import os
import re
import subprocess

import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
from lib_answer import labelled

SIZE = ("400", "100")
SETTINGS = "/tmp/.config/mhptop"
# The page of a memory block goes on with these titles, which explain does not have.
TITLES = ("memmap", "Phases")
PRIVILEGED = 0x3ffffffffff & ~(1 << 39 | 1 << 38 | 1 << 34)     # all capabilities but CAP_BPF, CAP_PERFMON and CAP_SYSLOG


class Dashboard:
    """with Dashboard() as dashboard: a dashboard that is attached, with these columns in its table."""

    def __init__(self, columns=None):
        os.makedirs(SETTINGS, exist_ok=True)
        with open(f"{SETTINGS}/dashboard", "w", encoding="utf-8") as file:
            file.write(f"columns {columns}\n" if columns else "")
        self._server = f"dashboard-{os.getpid()}"
        self._tmux("new-session", "-d", "-x", SIZE[0], "-y", SIZE[1], f"exec {ledger.MHPTOP} --time mono")
        self.pid = int(self._tmux("list-panes", "-F", "#{pane_pid}"))

    def __enter__(self):
        if not guest.wait_for(ledger.START_SECONDS, lambda: any(line.startswith("events ") for line in self.screen())):
            raise RuntimeError("the dashboard did not come up:\n" + "\n".join(self.screen()))
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-L", self._server, "kill-server"], check=False, stderr=subprocess.DEVNULL)

    def _tmux(self, *words):
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "HOME": "/tmp"}
        return subprocess.run(["tmux", "-L", self._server, "-f", "/dev/null", "-u", *words], check=True, text=True,
                              stdout=subprocess.PIPE, timeout=ledger.SECONDS, env=environment).stdout

    def screen(self):
        return self._tmux("capture-pane", "-p").splitlines()

    def keys(self, *keys):
        self._tmux("send-keys", *keys)

    def open_block(self, number):
        """Show the page of a memory block."""
        self.keys("q" if self._page() else "1", "1", "/")
        self.keys("C-u", f"id={number}", "Enter", "Enter")
        if not guest.wait_for(ledger.SECONDS, lambda: any(line.startswith(f"memory{number} ") for line in self.screen())):
            raise RuntimeError(f"no page of memory{number}:\n" + "\n".join(self.screen()))

    def _page(self):
        return any(line.startswith("[Block]") for line in self.screen())

    def lines(self):
        """The lines of each label of the page, as those of lib_answer.Page."""
        screen = self.screen()
        begin = next((at for at, line in enumerate(screen) if line.startswith("[Block]")), len(screen))
        end = next((at for at, line in enumerate(screen) if line.startswith(TITLES) and at > begin), len(screen))
        return labelled(line.rstrip() for line in screen[begin + 2:end])

    def says(self, title, wanted):
        """At the latest after some refreshes, each label has these lines.

        Durations are left out, as each collector takes the times of an event itself.
        """
        def wrong():
            lines = self.lines()
            return [line for label, want in wanted.items()
                    for line in guest.differs(label, timeless(want), timeless(lines.get(label, [])))]
        guest.wait_for(ledger.SECONDS, lambda: not wrong())
        left = wrong()
        return guest.ok(title, left + self.screen() if left else [])

    def forecasts(self):
        """{number: word} of the memory blocks in the table, if its columns are id,state,node,zone,can_go."""
        rows = (re.match(r"..\s*(\d+) [a-z_]+ +-?\d+ \w+ +(yes|no|unknown|\?|-)( |$)", line) for line in self.screen())
        return {int(row[1]): row[2] for row in rows if row}

    def answering(self):
        """The processes that answer its questions: the children at the other end of a socket."""
        return [pid for pid in self.children() if any(name.startswith("socket:") for name in open_files(pid))]

    def children(self):
        """The processes that it has started."""
        return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and parent(pid) == self.pid]


def timeless(lines):
    return [re.sub(r"\b[0-9.]+(ns|us|ms|s|m)\b", "TIME", line) for line in lines]


def parent(pid):
    """The parent of a process, None if it has ended."""
    try:
        return int(oracle.read(f"/proc/{pid}/stat").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def open_files(pid):
    """What the descriptors of a process refer to."""
    folder = f"/proc/{pid}/fd"
    return [os.readlink(f"{folder}/{name}") for name in os.listdir(folder)]


def privileges(pid):
    """The capabilities of a process that reading events does not need."""
    line = next(line for line in oracle.read(f"/proc/{pid}/status").splitlines() if line.startswith("CapEff:"))
    return int(line.split()[1], 16) & PRIVILEGED


def cpu_seconds(pid):
    """The CPU time that a process has used."""
    user, system = oracle.read(f"/proc/{pid}/stat").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
