#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The children that read files of other tools are confined by this kernel: seccomp, capabilities, network.

    confined.py

The unit tests of the confinement try what an attacker would, as root and as another user. Then the
children of mhptop itself are looked at: that of a trace.dat while it waits, because nobody reads the
frames of its parent; and perf, whenever it is seen. The host may run these tests without seccomp, so
here the kernel must have it.
"""
import lzma
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", ".."))
RULES = os.path.join(TOP, "tests", "rules")
NOBODY = 65534
FILTER = "2"            # SECCOMP_MODE_FILTER
TRIES = 20


def status_of(pid):
    """The fields of /proc/PID/status."""
    return dict(re.findall(r"^(\w+):\s*(.*)$", oracle.read(f"/proc/{pid}/status"), re.M))


def children(parent, comm):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            status = status_of(pid)
        except OSError:
            continue
        if status["PPid"] == str(parent) and status["Name"] == comm:
            found.append(pid)
    return found


def unit(name, user):
    """Run a unit test; returns what is wrong, if not all of its tests ran and passed."""
    ended = subprocess.run([os.path.join(TOP, "build", "tests", name)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           stdin=subprocess.DEVNULL, timeout=120, check=False, text=True, user=user, group=user, cwd="/tmp")
    lines = ended.stdout.splitlines()
    passed = sum(line.startswith("ok ") and "# SKIP" not in line for line in lines)
    wrong = [line for line in lines if line.startswith("not ok") or "# SKIP" in line]
    return wrong + guest.differs("exit", 0, ended.returncode) + ([] if f"1..{passed}" in lines and passed else
                                                                 [f"{passed} passed"] + lines[-3:])


def wrong_child(pid):
    """What a confined child still has."""
    status = status_of(pid)
    wrong = guest.differs("Seccomp", FILTER, status["Seccomp"]) + guest.differs("NoNewPrivs", "1", status["NoNewPrivs"])
    for name in "CapInh", "CapPrm", "CapEff", "CapAmb":
        wrong += guest.differs(name, 0, int(status[name], 16))
    # Without such namespaces, the filter alone keeps the network away, which the unit tests try.
    if os.path.exists("/proc/self/ns/net") and os.readlink(f"/proc/{pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        wrong.append("it is in the network's namespace of its parent")
    return wrong


def trace_dat():
    """The child that reads a trace.dat waits for its parent, whose output nobody reads."""
    path = "/tmp/trace.dat"
    subprocess.run([os.path.join(RULES, "trace_dat.py"), "fill", os.path.join(RULES, "trace-cmd-v6.dat.xz"),
                    os.path.join(RULES, "range.ndjson"), path], check=True)
    with subprocess.Popen([ledger.MHPTOP, "replay", "--json", "-d", "0.01", path], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE) as mhptop:
        try:
            def confined():
                return [pid for pid in children(mhptop.pid, "mhptop") if status_of(pid)["Seccomp"] == FILTER]
            if not guest.wait_for(ledger.SECONDS, confined):
                return ["no confined child"]
            return wrong_child(confined()[0])
        finally:
            mhptop.kill()


def perf():
    """Each perf that is seen after it replaced the child must be confined."""
    path = "/tmp/perf.data"
    with lzma.open(os.path.join(RULES, "perf.data.xz")) as packed, open(path, "wb") as out:
        out.write(packed.read())
    for _ in range(TRIES):
        with subprocess.Popen([ledger.MHPTOP, "check", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True) as mhptop:
            wrong, seen = [], False
            while mhptop.poll() is None:
                for pid in children(mhptop.pid, "perf"):
                    try:
                        wrong, seen = wrong + wrong_child(pid), True
                    except OSError:
                        pass        # it has ended
            output = mhptop.stdout.read()
        if seen:
            return wrong + ([] if re.search("^# PASS: 24 events", output, re.M) else output.splitlines()[-3:])
    return [f"perf was not seen in {TRIES} runs"]


def main():
    guest.ok("this kernel has seccomp", guest.differs("Seccomp", "0", status_of("self").get("Seccomp")))
    for name in "test_confine", "test_confined":
        for who, user in ("root", 0), ("nobody", NOBODY):
            guest.ok(f"{name}: nothing that an attacker tries succeeds, as {who}", unit(name, user))
    guest.ok("the child that reads a trace.dat", trace_dat())
    guest.ok("perf", perf())


guest.run(main)
