#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The units of mhptop under a real systemd, on a kernel that Debian ships: hardening keeps nothing from working.

    units.py

systemd is process 1 of a PID namespace, as in a container, and has cgroups of its own. It knows the units of this tree, without
a change but that their time limits are longer, as the clock of a guest may jump; only the watchdog is tested with those that are
shipped. A DIMM comes and goes meanwhile.
"""
import errno
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle

TOOLS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../tools/systemd")
UNITS = "/run/systemd/system"
# What services need by default
TARGETS = "sysinit", "basic", "multi-user", "sockets", "shutdown", "paths", "slices"
URL = "http://127.0.0.1:9464/metrics"
FILE = "/var/lib/mhptop/record.mhp.zst"
SECONDS = ledger.START_SECONDS
CAPABILITIES = 1 << 39 | 1 << 38 | 1 << 34          # CAP_BPF, CAP_PERFMON, CAP_SYSLOG


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def set_up():
    """Units, the program where they expect it, and places that may be written to; the root is read-only."""
    os.makedirs(UNITS)
    for target in TARGETS:
        with open(f"{UNITS}/{target}.target", "w", encoding="ascii") as file:
            file.write("[Unit]\nDefaultDependencies=no\n")
    for path in glob.glob(f"{TOOLS}/*"):
        shutil.copy(path, UNITS)
    for name in "serve", "record":
        patient(name, "TimeoutStartSec=infinity\nTimeoutStopSec=infinity\nWatchdogSec=1h\nRestartSec=1")
    mount("-t", "tmpfs", "-o", "mode=755", "none", "/usr/local/bin")
    shutil.copy(shutil.which(ledger.MHPTOP), "/usr/local/bin")
    mount("-t", "tmpfs", "-o", "mode=755", "none", "/var/lib")
    mount("-t", "cgroup2", "none", "/sys/fs/cgroup")


def patient(name, settings):
    os.makedirs(f"{UNITS}/mhptop-{name}.service.d", exist_ok=True)
    with open(f"{UNITS}/mhptop-{name}.service.d/test.conf", "w", encoding="ascii") as file:
        file.write(f"[Service]\n{settings}\n")


class Manager:
    """systemd, and the words of systemctl"""

    def __init__(self):
        log = open(os.path.join(guest.RESULTS, "systemd.log"), "wb")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--cgroup", "env", "container=mhp",
             f"SYSTEMD_UNIT_PATH={UNITS}", "SYSTEMD_LOG_TARGET=console", shutil.which("systemd") or "/lib/systemd/systemd", "--system",
             "--unit=multi-user.target"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def init(self):
        """Its process ID for us"""
        children = oracle.read(f"/proc/{self.process.pid}/task/{self.process.pid}/children").split()
        return children[0] if children else None

    def inside(self, *words):
        ended = subprocess.run(["nsenter", "--target", self.init(), "--all", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               check=False, text=True, timeout=ledger.START_SECONDS)
        return ended.returncode, ended.stdout

    def does(self, *words):
        """What is wrong with how systemctl ended"""
        status, text = self.inside("systemctl", *words)
        return guest.differs(f"systemctl {' '.join(words)}", 0, status) + (text.splitlines() if status else [])

    def up(self):
        return bool(self.init()) and self.inside("systemctl", "is-active", "multi-user.target")[1].strip() == "active"

    def show(self, name, *keys):
        text = self.inside("systemctl", "show", f"mhptop-{name}", *(f"--property={key}" for key in keys))[1]
        values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        return [values.get(key) for key in keys]

    def main_pid(self, name):
        """The process ID that its main process has for us"""
        inner = self.show(name, "MainPID")[0]
        for path in glob.glob("/proc/[0-9]*/status"):
            try:
                found = re.search(r"^NSpid:\s+(\d+)\s+(\d+)$", oracle.read(path), re.M)
            except (FileNotFoundError, ProcessLookupError):
                continue
            if found and found[2] == inner:
                return int(found[1])
        return None


def opens_for_writing(path):
    """Whether root, with all capabilities, can open it for writing; nothing is written."""
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return False
    return True


def reads_only(pid):
    """What is wrong with how a service sees the files that switch memory on and off: /proc/PID/root has its mounts."""
    wrong, inside = [], f"/proc/{pid}/root"
    for path in (f"{oracle.MEMORY}/auto_online_blocks", f"{oracle.MEMORY}/memory0/state", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger"):
        wrong += guest.differs(f"{path} can be opened for writing, elsewhere and in the service", (True, False),
                               (opens_for_writing(path), opens_for_writing(inside + path)))
    with open(inside + "/proc/kallsyms", encoding="ascii") as file:
        wrong += guest.differs("/proc/kallsyms can be read", True, len(file.readline().split()) >= 3)
    return wrong


def hardened(pid, writable):
    """What is wrong with the limits of a service"""
    status = dict(re.findall(r"^(\w+):\s*(.*)$", oracle.read(f"/proc/{pid}/status"), re.M))
    wrong = guest.differs("Seccomp", "2", status["Seccomp"]) + guest.differs("NoNewPrivs", "1", status["NoNewPrivs"])
    wrong += guest.differs("CapBnd", hex(CAPABILITIES), hex(int(status["CapBnd"], 16)))
    mounts = [line.split() for line in oracle.read(f"/proc/{pid}/mountinfo").splitlines()]
    options = {words[4]: words[5].split(",") for words in mounts}
    # The root of a guest is read-only anyway, and this is not.
    wrong += guest.differs("/usr/local/bin", True, "ro" in options["/usr/local/bin"]) + guest.differs("/dev", True, "/dev" in options)
    wrong += guest.differs("mounts of /proc and /sys that can be written to", [],
                           sorted(point for point, flags in options.items() if re.match("/(proc|sys)(/|$)", point) and "rw" in flags))
    if writable:
        wrong += guest.differs(writable, True, "rw" in options[writable])
    return wrong + reads_only(pid)


def series():
    with urllib.request.urlopen(URL, timeout=ledger.START_SECONDS) as answer:
        return answer.read().decode()


def onlines(text):
    found = re.search(r'^mhptop_operations_total\{operation="online",result="ok",[^}]*\} (\d+)$', text, re.M)
    return int(found[1]) if found else None


def serves(manager):
    guest.ok("the socket starts", manager.does("start", "mhptop-serve.socket"))
    guest.eq("  the service waits for a request", "inactive", manager.show("serve", "ActiveState")[0])
    text = series()
    guest.eq("  the first request is answered", True, 'source="probes"' in text)
    guest.eq("  the service is ready", ["active", "running", "success"], manager.show("serve", "ActiveState", "SubState", "Result"))
    pid = manager.main_pid("serve")
    guest.ok("  it is hardened", hardened(pid, None))
    guest.ok("try-restart, as an upgrade of the package does it", manager.does("try-restart", "mhptop-serve.service", "mhptop-record"))
    guest.eq("  there is another process, the socket stays, and what did not run does not start", [True, "active", "inactive"],
             [manager.main_pid("serve") not in (None, pid), *manager.show("serve.socket", "ActiveState"),
              *manager.show("record", "ActiveState")])


def records(manager):
    guest.ok("the recorder starts, and says that it is ready", manager.does("start", "mhptop-record"))
    guest.eq("  it says what it writes", True, FILE in manager.show("record", "StatusText")[0])
    guest.ok("  it is hardened", hardened(manager.main_pid("record"), os.path.dirname(FILE)))


def dimm(name):
    """A DIMM comes, a block of it goes online and offline, and it goes."""
    number = guest.dimm_plug(name, "128M") // oracle.BLOCK_BYTES
    wrong = guest.differs("online", None, oracle.block_set(number, "online_movable"))
    wrong += guest.differs("offline", None, oracle.block_set(number, "offline"))
    guest.dimm_unplug(name)
    guest.ok(f"{name} comes and goes", wrong)
    return number * oracle.BLOCK_PAGES


def verdict(path):
    """How check ends, the source, the first pages of what went online, and whether there are totals"""
    lines = [json.loads(line) for line in ledger.run("export", "--ndjson", path).splitlines()]
    ended = subprocess.run([ledger.MHPTOP, "check", path], stdout=subprocess.PIPE, check=False)
    return (ended.returncode, lines[0]["source"], [line["start_pfn"] for line in lines if line.get("event") == "mhp_online_end"],
            "totals" in lines[-1])


def reloads(manager):
    first = dimm("d1")
    guest.eq("the service counts it", 1, guest.wait_for(SECONDS, lambda: onlines(series())))
    pid = manager.main_pid("record")
    guest.ok("reload", manager.does("reload", "mhptop-record"))
    guest.eq("  begins another file", True, guest.wait_for(SECONDS, lambda: os.path.exists(FILE + ".1")))
    guest.eq("  and not another process", pid, manager.main_pid("record"))
    second = dimm("d2")
    guest.ok("stop", manager.does("stop", "mhptop-record"))
    guest.eq("  is a success", ["inactive", "success", "0", "0"],
             manager.show("record", "ActiveState", "Result", "ExecMainStatus", "NRestarts"))
    guest.eq("the file before the reload is complete", (0, "probes", [first], True), verdict(FILE + ".1"))
    guest.eq("so is the last one", (0, "probes", [second], True), verdict(FILE))


def restarted(manager, name, pid):
    """Whether another process of a service is ready"""
    return manager.show(name, "ActiveState", "SubState") == ["active", "running"] and manager.main_pid(name) not in (None, pid)


def ended(name):
    """How each process of a service has ended: what its ExecStopPost= was told"""
    path = f"/var/lib/{name}.ended"
    return oracle.read(path).split() if os.path.exists(path) else []


def start_fails(manager, name, words):
    """A service is started with other words; how mhptop ended, and how often it was started again, once the manager has given up."""
    patient(name, "TimeoutStartSec=infinity\nTimeoutStopSec=infinity\nWatchdogSec=1h\nRestartSec=1\n"
            f"ExecStart=\nExecStart=/usr/local/bin/mhptop {words}")
    guest.ok(f"{name}: mhptop {words}", manager.does("daemon-reload"))
    manager.inside("systemctl", "restart", f"mhptop-{name}.service")
    guest.eq("  the manager gives up", True, guest.wait_for(SECONDS, lambda: manager.show(name, "ActiveState") == ["failed"]))
    return [int(value) for value in manager.show(name, "ExecMainStatus", "NRestarts")]


def gives_up(manager):
    """What another start does not change is not started again; what may get better is, but not for ever."""
    for name, command in ("serve", "serve"), ("record", "record -o /var/lib/mhptop/record.ndjson"):
        guest.eq("  a wrong option: at once", [2, 0], start_fails(manager, name, f"{command} --nonsense"))
        guest.eq("  events that this kernel does not have: at once", [4, 0], start_fails(manager, name, f"{command} --source events"))
    status, restarts = start_fails(manager, "record", "record -o /nowhere/record.ndjson")
    guest.eq("  a folder that is not there: after ten starts", [1, True], [status, 9 <= restarts <= 10])
    guest.note(f"{restarts} restarts")
    for name in "serve", "record":
        patient(name, "")
    guest.ok("the services may be started again", manager.does("daemon-reload")
             + manager.does("reset-failed", "mhptop-serve.service", "mhptop-record.service"))


def is_watched(manager):
    """A process that stands still is ended, and one that ended in any other way but its own is started again, as the units say."""
    services = "serve", "record"
    for name in services:
        patient(name, "TimeoutStartSec=infinity\nTimeoutStopSec=infinity\nTimeoutAbortSec=90\n"
                f"ExecStopPost=+/bin/sh -c 'echo $$SERVICE_RESULT >>/var/lib/{name}.ended'")
    guest.ok("both services start again", manager.does("daemon-reload")
             + manager.does("restart", *(f"mhptop-{name}.service" for name in services)))
    for name in services:
        guest.eq(f"{name}: the unit is the one that is shipped", ["1min", "on-failure", "10s"],
                 manager.show(name, "WatchdogUSec", "Restart", "RestartUSec"))
    # Whatever ended it, as the clock of a guest may jump: only once that it was stopped must it be the watchdog.
    pids = {name: manager.main_pid(name) for name in services}
    for name, pid in pids.items():
        os.kill(pid, signal.SIGSTOP)
        with open(f"/var/lib/{name}.ended", "w", encoding="ascii"):
            pass    # emptied
    for name, pid in pids.items():
        guest.eq(f"{name}: the watchdog finds that it stands still", True,
                 guest.wait_for(SECONDS, lambda: "watchdog" in ended(name)))  # pylint: disable=cell-var-from-loop
        guest.eq("  another process is ready", True,
                 guest.wait_for(SECONDS, lambda: restarted(manager, name, pid)))  # pylint: disable=cell-var-from-loop
        guest.eq("  the first one was ended", False, os.path.exists(f"/proc/{pid}"))
    guest.eq("requests are answered again", True, 'source="probes"' in series())
    pid = manager.main_pid("record")
    os.kill(pid, signal.SIGKILL)
    guest.eq("a recorder that was killed is started again", True,
             guest.wait_for(SECONDS, lambda: restarted(manager, "record", pid)))
    guest.eq("  that is why", True, "signal" in ended("record"))
    pages = dimm("d3")
    guest.ok("  stop", manager.does("stop", "mhptop-serve.socket", "mhptop-serve.service", "mhptop-record"))
    guest.eq("  its recording is complete", (0, "probes", [pages], True), verdict(FILE))
    guest.eq("  nothing serves any more", "inactive", manager.show("serve", "ActiveState")[0])


def main():
    # Kernels of distributions bring added memory online by themselves.
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    set_up()
    manager = Manager()
    if not guest.wait_for(SECONDS, manager.up):
        guest.bail("systemd does not come up: " + oracle.read(os.path.join(guest.RESULTS, "systemd.log"))[-400:])
    guest.note(manager.inside("systemctl", "--version")[1].splitlines()[0])
    serves(manager)
    records(manager)
    reloads(manager)
    gives_up(manager)
    is_watched(manager)
    manager.process.kill()


guest.run(main)
