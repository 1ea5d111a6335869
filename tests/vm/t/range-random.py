#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random sequences of operations on ranges that host their memmap as a whole, predicted step by step.

    range-random.py SEED COUNT     debug kernel, memmap_on_memory=range, two nodes, memory hidden by mem=

Runs COUNT sequences, with the seeds SEED, SEED+1, ...: ranges are added (some adds run out of
memory midway), their blocks go online, to either zone, and offline in any order (some are vetoed by
a notifier), parts are removed (which is refused), and whole ranges. The test computes the result and
the effects of each step before it runs. After each step zoneinfo, sysfs and the events must match;
after each sequence all accounts must be unchanged. The seed of a failed sequence is printed.
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
SIZES = (1, 2, 3, 5, 8)             # in blocks; occasionally LARGE, whose first block is nothing but memmap
LARGE = 66
STEPS = 24


class Sequence:
    """One sequence of operations on a few ranges, which starts and ends without any."""

    def __init__(self, account, fault, seed):
        self.account, self.fault, self.seed = account, fault, seed
        self.random = random.Random(seed)
        self.live = {}              # {range: {block: online?}} of all added ranges
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
        there = Range(HIDDEN + end * oracle.BLOCK_BYTES, count, 1)
        if self.random.random() < 0.25:
            self.fault.arm(self.random.randrange(0, 14 * 1024, 512))
        code = there.add()
        failed = self.fault.disarm() and code == errno.ENOMEM
        if code is None:
            self.live[there] = dict.fromkeys(there.numbers, False)
        self.step(f"add {count} at {end}", errno.ENOMEM if failed else None, code)

    def add_again(self, there):
        """Add a block where one exists."""
        taken = self.random.choice(there.numbers)
        code = Range(taken * oracle.BLOCK_BYTES, 1, 1).add()
        self.step(f"add-again {taken}", errno.EEXIST, code)

    @staticmethod
    def is_empty(there, number):
        """A block that is nothing but memmap: no notifier is called for it."""
        return there.vmemmap_pages(number) == oracle.BLOCK_PAGES

    def online(self, there, number, veto):
        blocks = self.live[there]
        state = self.random.choice(("online_movable", "online_movable", "online_kernel"))
        if there.nid:           # the kernel allocates what belongs to a node in its only kernel zone, for good
            state = "online_movable"
        if veto:
            oracle.notifier_error("MEM_GOING_ONLINE", -errno.ENOMEM)
        code = oracle.block_set(number, state)
        oracle.notifier_error("MEM_GOING_ONLINE", 0)
        want = errno.EINVAL if blocks[number] else errno.ENOMEM if veto and not self.is_empty(there, number) else None
        blocks[number] |= want is None
        self.step(f"{state}{'-veto' * veto} {number}", want, code)

    def offline(self, there, number, veto):
        blocks = self.live[there]
        if veto:
            oracle.notifier_error("MEM_GOING_OFFLINE", -errno.EBUSY)
        code = oracle.block_set(number, "offline")
        oracle.notifier_error("MEM_GOING_OFFLINE", 0)
        want = errno.EINVAL if not blocks[number] else errno.EBUSY if veto and not self.is_empty(there, number) else None
        blocks[number] &= want is not None
        self.step(f"offline{'-veto' * veto} {number}", want, code)

    def part(self, there):
        """Some consecutive blocks, sometimes all."""
        if self.random.random() < 0.3:
            return there.numbers
        start = self.random.randrange(there.count)
        end = start + 1
        while end < there.count and self.random.random() < 0.6:
            end += 1
        return there.numbers[start:end]

    def remove(self, there):
        """A range is removed as a whole, and only if all of its blocks are offline."""
        part = self.part(there)
        code = there.remove(part)
        want = errno.EBUSY if any(self.live[there][number] for number in part) or len(part) < there.count else None
        if want is None:
            del self.live[there]
        self.step(f"remove {part[0]}-{part[-1]}", want, code)

    def offline_and_remove(self, there):
        """If this is refused, all blocks that were online are online again."""
        part = self.part(there)
        code = there.offline_and_remove(part)
        want = errno.EBUSY if len(part) < there.count else None
        if want is None:
            del self.live[there]
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
        """Take everything offline in random order and remove it."""
        for there in list(self.live):
            for number in self.random.sample(there.numbers, there.count):
                if self.live[there][number]:
                    self.offline(there, number, False)
            code = there.remove(there.numbers)
            del self.live[there]
            self.step(f"remove-rest {there.first}", None, code)

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
    seldom = [word for word, index in (("add", 0), ("add", 1), ("online_movable", 0), ("online_kernel", 0),
                                       ("online_movable-veto", 1), ("offline", 0), ("offline-veto", 1), ("remove", 0),
                                       ("remove", 1), ("offline-and-remove", 0), ("offline-and-remove", 1))
              if not counts.get(word, [0, 0])[index]]
    guest.ok("every kind of step occurred, including those that fail", [] if not seldom else [f"never: {seldom}"])
    frees = pick(account.log, "vmemmap_free", hosting="range")
    guest.ok("memmaps of ranges were freed", [] if len(frees) > COUNT else [f"only {len(frees)} sections"])
    recorder.agree(account, "at the end", late=False)
    recorder.finish(account, "random sequences")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
