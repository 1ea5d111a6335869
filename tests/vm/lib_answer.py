# SPDX-License-Identifier: GPL-2.0-only
"""What mhptop answers about memory: the page of `mhptop explain`, `mhptop plan offline`; and processes that hold memory."""
import json
import os
import re
import signal
import subprocess
import traceback

import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle

LABEL = re.compile(r"(\w+) {2,}(.*)")


def labelled(lines):
    """The lines of each label, of lines that begin with one or go on below it."""
    found = {}
    label = None
    for line in lines:
        match = LABEL.fullmatch(line)
        label, rest = match.groups() if match else (label, line.strip())
        found.setdefault(label, []).append(rest)
    return found


class Page:
    """The page of `mhptop explain`, run with the command prefix `how`: the lines of each label."""

    def __init__(self, *words, how=()):
        for word in words:
            ledger.settle(word)
        self.text = self._explain(words, how)
        self.head = self.text.splitlines()[0]
        self.lines = labelled(self.text.splitlines()[1:])
        guest.note(self.text)

    @staticmethod
    def _explain(words, how):
        """On a busy host an event may wait too long for the collector's lock; then look once more."""
        for left in (2, 1, 0):
            try:
                return ledger.run("explain", "--time", "mono", *words, how=how)
            except RuntimeError as error:
                if not left or len(words) > 1 or "did not get the collector's lock in time" not in str(error):
                    raise
        return None

    def says(self, title, **wanted):
        """Each label has lines that match these regular expressions (one, or a list), as a whole and no others; None: no line."""
        wrong = []
        for label, regexes in wanted.items():
            regexes = [regexes] if isinstance(regexes, str) else regexes or []
            lines = self.lines.get(label, [])
            wrong += guest.differs(f"{label}, lines", len(regexes), len(lines))
            wrong += [f"{label}: expected {regex}, got {line}" for regex, line in zip(regexes, lines)
                      if not re.fullmatch(regex, line)]
        return guest.ok(title, wrong)

    def first(self, label, regex):
        """The groups of the first line of a label that matches, all of it if it has none, or an empty list."""
        for line in self.lines.get(label, []):
            match = re.search(regex, line)
            if match:
                return list(match.groups()) or [match.group()]
        return []


class recording:  # pylint: disable=invalid-name
    """with recording("name") as path: a recorder runs meanwhile, and nothing else attaches to the kernel's functions."""

    def __init__(self, name, source=None):
        self._recorder = ledger.Recorder(name, source)

    def __enter__(self):
        return self._recorder.path

    def __exit__(self, *_):
        self._recorder.process.send_signal(signal.SIGINT)
        self._recorder.process.wait(ledger.START_SECONDS)


def pages_reported(path):
    """The pages that a recording reports of the last offline."""
    last = oracle.read(path).split('"event":"mhp_offline_begin"')[-1]
    return set(re.findall(r'"event":"mhp_offline_blocker".*?"pfn":(\d+),', last))


def plan(what):
    """The answer of `mhptop plan offline`, as JSON; its exit status must agree."""
    ended = subprocess.run([ledger.MHPTOP, "plan", "offline", "--json", what], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, check=False, text=True, timeout=ledger.START_SECONDS)
    if ended.returncode not in (0, 3, 5):
        raise RuntimeError(f"plan offline {what}: exit {ended.returncode}: {ended.stderr.strip()[-300:]}")
    answer = json.loads(ended.stdout)
    if ended.returncode != {"yes": 0, "no": 3, "unknown": 5}[answer["answer"]]:
        raise RuntimeError(f"plan offline {what}: exit {ended.returncode}, but the answer is {answer['answer']}")
    return answer


def can_go_soon(number):
    """Whether plan offline says yes of the block before long. Slab pages that nobody uses are given back meanwhile, as a task that
    was bound to the node may have left some: kmalloc's are anybody's."""
    def says_yes():
        oracle.slabs_shrink()
        return plan(f"memory{number}")["answer"] == "yes"
    return guest.wait_for(ledger.SECONDS, says_yes)


def elsewhere(node=0):
    """How advice calls memory where pages of a node may go: another node only if one has memory."""
    nodes = oracle.read("/sys/devices/system/node/has_memory").strip()
    return "" if nodes == str(node) else " on another node"


class Holder:
    """A process that calls take(), tells what that returns, and holds what it took until close()."""

    def __init__(self, take):
        told, tell = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                # What it took must not be freed before the process ends.
                kept = take()
                os.write(tell, json.dumps(kept[0]).encode())
                signal.pause()
            except BaseException:  # pylint: disable=broad-exception-caught
                traceback.print_exc()
            finally:
                os._exit(1)  # pylint: disable=protected-access
        os.close(tell)
        text = os.read(told, 4096)
        os.close(told)
        if not text:
            raise RuntimeError("a process that was to hold memory ended")
        self.told = json.loads(text)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Offline:
    """An offline by a shell, which does not share pages with this process, and can be interrupted."""

    def __init__(self, number):
        self.number = number
        self.shell = subprocess.Popen(["sh", "-c", f"echo offline >{oracle.MEMORY}/memory{number}/state"],
                                      stderr=subprocess.DEVNULL)

    def runs(self):
        """Wait until it has begun. Returns what is wrong."""
        began = guest.wait_for(ledger.SECONDS, lambda: oracle.block(self.number).state == "going-offline")
        return [] if began else ["the offline never began"]

    def interrupt(self):
        self.shell.send_signal(signal.SIGINT)
        return self.shell.wait(ledger.START_SECONDS)

    def ends(self):
        """Its exit status, once what kept it is gone."""
        return self.shell.wait(ledger.START_SECONDS)
