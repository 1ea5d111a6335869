#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random sequences of operations on ranges that host their memmap as a whole, predicted step by step.

    range-random.py SEED COUNT     debug kernel, memmap_on_memory=range, memory hidden by mem=

Runs COUNT sequences, with the seeds SEED, SEED+1, ...: ranges are added (some adds run out of
memory midway), their blocks go online and offline in any order (some are vetoed by a notifier,
some refused because they host others), parts are removed (some are refused), and the rest is
taken offline and removed. The test computes the result and the effects of each step before it
runs. After each step zoneinfo, sysfs and the events must match; after each sequence all accounts
must be unchanged. The seed of a failed sequence is printed.
"""
import errno
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_account import Account
from lib_fault import Fault
from lib_ledger import Recorder
from lib_range import HIDDEN, Range, load_module
from lib_trace import Trace, pick

SEED, COUNT = (int(word) for word in sys.argv[1:3])
SIZES = (1, 2, 3, 5, 8)             # in blocks; occasionally LARGE, whose second block is a host too
LARGE = 66
STEPS = 24


class Sequence:
    """One sequence of operations on a few ranges, which starts and ends without any."""

    def __init__(self, account, fault, seed):
        self.account, self.fault, self.seed = account, fault, seed
        self.random = random.Random(seed)
        self.live = {}              # {range: {block: online?}} of all added ranges
        self.implicit = set()       # blocks brought online for their dependents, not requested by the user
        self.done, self.wrong, self.counts = [], [], {}
        self.begin = self.state()

    def state(self):
        """The state that must be the same at the end as at the beginning."""
        self.account.update()
        return oracle.everything()

    def step(self, what, want, got):
        """Check a finished step: its result and what all sources report now."""
        self.done.append(what)
        word = what.split()[0]
        tally = self.counts.setdefault(word, [0, 0])
        tally[want is not None] += 1
        self.account.update()
        wrong = guest.differs("result", oracle.errno_name(want), oracle.errno_name(got))
        wrong += self.account.compare_zoneinfo() + self.account.compare_ranges()
        for there, blocks in self.live.items():
            wrong += guest.differs("references", len(blocks), self.account.ranges[
                there.first * oracle.BLOCK_PAGES].refs)
            for number, online in blocks.items():
                wrong += guest.differs(f"memory{number}", "online" if online else "offline",
                                       self.account.blocks[number].state)
        self.wrong += [f"seed {self.seed}, step {len(self.done)}, {what}: {line}" for line in wrong]

    # -- steps ------------------------------------------------------------------------

    def add(self):
        count = LARGE if self.random.random() < 0.06 else self.random.choice(SIZES)
        end = max([0] + [there.numbers[-1] + 1 - HIDDEN // oracle.BLOCK_BYTES for there in self.live])
        if end + count > LARGE + 4:
            return
        there = Range(HIDDEN + end * oracle.BLOCK_BYTES, count)
        if self.random.random() < 0.25:
            self.fault.arm(self.random.randrange(0, 14 * 1024, 512))
        code = there.add()
        failed = self.fault.disarm() and code == errno.ENOMEM
        if code is None:
            self.live[there] = dict.fromkeys(there.numbers, False)
        self.step(f"add {count} at {end}", errno.ENOMEM if failed else None, code)

    def add_again(self, there):
        """Add a block where one exists, or where the memmap of a removed one still exists."""
        taken = self.random.choice(there.numbers)
        code = Range(taken * oracle.BLOCK_BYTES, 1).add()
        self.step(f"add-again {taken}", errno.EEXIST if taken in self.live[there] else errno.EBUSY, code)

    def online(self, there, number, veto):
        blocks = self.live[there]
        before = [other for other in there.way(number) if not blocks[other]]
        if veto:
            oracle.notifier_error("MEM_GOING_ONLINE", -errno.ENOMEM)
        code = oracle.block_set(number, "online_movable")
        oracle.notifier_error("MEM_GOING_ONLINE", 0)
        # A block brought online for its dependents can be requested once.
        want = None if before or number in self.implicit else errno.EINVAL
        if not before:
            self.implicit.discard(number)
        elif veto:
            want = errno.ENOMEM
        else:
            blocks.update(dict.fromkeys(before, True))
            self.implicit.update(before[:-1])
        self.step(f"online{'-veto' * veto} {number}", want, code)

    def offline(self, there, number, veto):
        blocks = self.live[there]
        busy = any(blocks[other] and there.host(other) == number for other in blocks if other != number)
        if veto:
            oracle.notifier_error("MEM_GOING_OFFLINE", -errno.EBUSY)
        code = oracle.block_set(number, "offline")
        oracle.notifier_error("MEM_GOING_OFFLINE", 0)
        want = errno.EINVAL if not blocks[number] else errno.EBUSY if busy or veto else None
        if want is None:
            blocks[number] = False
            self.implicit.discard(number)
        self.step(f"offline{'-veto' * veto} {number}", want, code)

    def part(self, there):
        """Some consecutive remaining blocks, occasionally with a gap."""
        left = sorted(self.live[there])
        start = self.random.randrange(len(left))
        end, gaps = start + 1, self.random.random() < 0.1
        while end < len(left) and (left[end] == left[end - 1] + 1 or gaps) and self.random.random() < 0.6:
            end += 1
        return list(range(left[start], left[end - 1] + 1))

    def why_not(self, there, part):
        """None, or the errno of removing an offline part: blocks that host the memmap must go last."""
        left = [number for number in part if number in self.live[there]]
        if len(left) < len(part):
            return errno.EINVAL
        return errno.EBUSY if part[0] <= there.hosts()[-1] and len(part) < len(self.live[there]) else None

    def forget(self, there, part):
        for number in part:
            del self.live[there][number]
            self.implicit.discard(number)
        if not self.live[there]:
            del self.live[there]

    def remove(self, there):
        part = self.part(there)
        busy = any(self.live[there].get(number) for number in part)
        code = there.remove(part)
        want = errno.EBUSY if busy else self.why_not(there, part)
        if want is None:
            self.forget(there, part)
        self.step(f"remove {part[0]}-{part[-1]}", want, code)

    def strands(self, there, part, host):
        """Whether `host`, a block of the part, hosts the memmap of a block that stays online."""
        return any(online and number not in part and there.host(number) == host
                   for number, online in self.live[there].items())

    def offline_and_remove(self, there):
        """If this is refused, all blocks that were online are online again."""
        part = self.part(there)
        want = self.why_not(there, part)
        for number in sorted(set(part) & set(there.hosts()), reverse=True):
            if self.strands(there, part, number):
                want = errno.EBUSY
                break
            self.implicit.discard(number)      # it goes offline; if it is brought back, that counts as a request
        code = there.offline_and_remove(part)
        if want is None:
            self.forget(there, part)
        self.step(f"offline-and-remove {part[0]}-{part[-1]}", want, code)

    # -- the sequence -----------------------------------------------------------------

    def any_step(self):
        dice = self.random.random()
        if not self.live or dice < 0.08:
            return self.add()
        there = self.random.choice(list(self.live))
        number = self.random.choice(list(self.live[there]))
        if dice < 0.48:
            return self.online(there, number, dice < 0.12)
        if dice < 0.80:
            return self.offline(there, number, dice > 0.76)
        if dice < 0.90:
            return self.remove(there)
        if dice < 0.94:
            return self.offline_and_remove(there)
        return self.add_again(there)

    def end(self):
        """Take everything offline in descending order and remove it, in random parts while that is possible."""
        for there in list(self.live):
            for number in sorted(self.live[there], reverse=True):
                if self.live[there][number]:
                    self.offline(there, number, False)
            while there in self.live:
                left = sorted(self.live[there])
                gaps = left[-1] - left[0] + 1 > len(left)
                if self.random.random() < 0.4 or gaps:
                    self.remove(there)
                    continue
                code = there.remove(left)
                self.forget(there, left)
                self.step(f"remove-rest {left[0]}-{left[-1]}", None, code)

    def run(self):
        self.add()
        for _ in range(self.random.randrange(4, STEPS)):
            self.any_step()
        self.end()
        for name, value in self.state().items():
            self.wrong += [f"seed {self.seed}, at the end: {line}" for line in
                           guest.differs(name, self.begin[name], value)]
        self.wrong += self.account.compare()


def main():
    guest.eq("memmap_on_memory", "range", oracle.memmap_mode())
    load_module()
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    trace, recorder = Trace(), Recorder()
    account, fault, wrong, counts = Account(trace), Fault("add_memory_resource"), [], {}
    for seed in range(SEED, SEED + COUNT):
        sequence = Sequence(account, fault, seed)
        sequence.run()
        if sequence.wrong:
            guest.note(f"seed {seed}: {'; '.join(sequence.done)}")
        wrong += sequence.wrong
        for word, (went, refused) in sequence.counts.items():
            there = counts.setdefault(word, [0, 0])
            there[0], there[1] = there[0] + went, there[1] + refused
    guest.ok(f"{COUNT} sequences from seed {SEED} on: each step ends as predicted, all accounts agree after "
             "each step and are unchanged at the end", wrong)
    for word, (went, refused) in sorted(counts.items()):
        guest.note(f"{word}: {went} succeeded, {refused} were refused or failed")
    seldom = [word for word, index in (("add", 0), ("add", 1), ("online", 0), ("offline", 0), ("offline", 1),
                                       ("remove", 0), ("remove", 1), ("offline-and-remove", 0))
              if not counts.get(word, [0, 0])[index]]
    guest.ok("every kind of step occurred, including those that fail", [] if not seldom else [f"never: {seldom}"])
    frees = pick(account.log, "vmemmap_free", hosting="range")
    guest.ok("memmaps of ranges were freed", [] if len(frees) > COUNT else [f"only {len(frees)} sections"])
    recorder.agree(account, "at the end", late=False)
    recorder.finish(account, "random sequences")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
