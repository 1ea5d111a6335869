#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random sequences of operations on ranges that host their memmap as a whole, predicted step by step.

    range-random.py SEED COUNT [both]      debug kernel, memmap_on_memory=range, two nodes, hidden memory

Runs COUNT sequences, with the seeds SEED, SEED+1, ...: ranges are added (some adds run out of
memory midway), their blocks go online and offline in any order (some are vetoed by
a notifier), parts are removed (which is refused), and whole ranges. Sequences alternate between node 0 and
node 1, which has no other memory. The test computes the result and
the effects of each step before it runs. After each step zoneinfo, sysfs and the events must match;
after each sequence all accounts must be unchanged. The seed of a failed sequence is printed.

With "both", blocks go online in kernel zones as well, and drivers hold pages in blocks. A block that has such a page
does not leave, nor does its range: some are left behind for the sequences that follow, which know of them and go on with
them. In a kernel zone, the kernel itself may hold a page; then it must have dumped that page, one that really cannot
move, into its log, and the events must name the same one (lib_dump.py).
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
from lib_dump import Dumps, can_leave
from lib_fault import Fault
from lib_ledger import Recorder
from lib_range import HIDDEN, Range, load_module, module_call
from lib_trace import Trace, failures, pick

SEED, COUNT = (int(word) for word in sys.argv[1:3])
BOTH = sys.argv[3:] == ["both"]     # both zones
ZONES = {"online_movable": "Movable", "online_kernel": "Normal"}
SHOWN = 20                          # sequences between two lines of progress
MOST_LEFT = 3                       # ranges left behind on purpose
SIZES = (1, 2, 3, 5, 8)             # in blocks; occasionally LARGE, whose first block is nothing but memmap
LARGE = 66
STEPS = 24
PAGEBLOCK = 512                     # pages


class Kernel:
    """What is there to observe the kernel, and to make it fail."""

    def __init__(self):
        self.account, self.fault, self.dumps = Account(Trace()), Fault("add_memory_resource"), Dumps()


class Sequence:
    """One sequence of operations on a few ranges, which starts and ends without any but those that are left behind."""

    def __init__(self, kernel, seed, before=None):
        self.account, self.fault, self.dumps, self.seed = kernel.account, kernel.fault, kernel.dumps, seed
        self.random = random.Random(seed)
        self.nid = seed % 2
        self.live = before.live if before else {}       # {range: {block: how it went online, or None}} of all added ranges
        self.held = before.held if before else {}       # {block: the pages of it that a driver holds}
        self.done, self.wrong, self.counts = [], [], {}
        self.begin, self.there = self.state(), self.what_is_there()

    def what_is_there(self):
        """The added ranges with the states of their blocks, and what drivers hold"""
        return {there: dict(blocks) for there, blocks in self.live.items()}, dict(self.held)

    def state(self):
        """The state that must be the same at the end as at the beginning."""
        self.account.update()
        state = oracle.everything()
        # At boot, a zone spans the hole where memory is hidden, until the first offline shrinks it to what it has.
        state["zoneinfo"] = {key: zone._replace(start=0, spanned=0) if BOTH and self.account.begin[key].spanned else zone
                             for key, zone in state["zoneinfo"].items()}
        return state

    def step(self, what, want, got, wrong=()):
        """Check a finished step: its result and what all sources report now."""
        self.done.append(what)
        word = what.split()[0]
        tally = self.counts.setdefault(word, [0, 0])
        tally[want is not None] += 1
        self.account.update()
        wrong = list(wrong) + guest.differs("result", oracle.errno_name(want), oracle.errno_name(got))
        wrong += self.account.compare_zoneinfo() + self.account.compare_ranges()
        for there, blocks in self.live.items():
            wrong += guest.differs("references", len(blocks), self.account.ranges[
                there.first * oracle.BLOCK_PAGES].refs)
            for number, how in blocks.items():
                wrong += self.wrong_block(number, how)
        self.wrong += [f"seed {self.seed}, step {len(self.done)}, {what}: {line}" for line in wrong]

    def wrong_block(self, number, how):
        block = self.account.blocks[number]
        wrong = guest.differs(f"memory{number}", "online" if how else "offline", block.state)
        # No notifier is called for a block that is nothing but memmap, and it is in no zone.
        if how and block.vmemmap_pages < oracle.BLOCK_PAGES:
            wrong += guest.differs(f"zone of memory{number}", ZONES[how], block.zone)
        return wrong

    # -- steps ------------------------------------------------------------------------

    def free_place(self, count):
        """Where so many blocks are free, as a number of blocks; None if nowhere."""
        place = 0
        for there in sorted(self.live, key=lambda there: there.addr):
            start = (there.addr - HIDDEN) // oracle.BLOCK_BYTES
            if start - place >= count:
                return place
            place = start + there.count
        return place if place + count <= LARGE + 4 else None

    def add(self):
        count = LARGE if self.random.random() < 0.06 else self.random.choice(SIZES)
        place = self.free_place(count)
        if place is None:
            return
        there = Range(HIDDEN + place * oracle.BLOCK_BYTES, count, self.nid)
        # 6.12 has a BUG_ON() for a node that cannot be registered.
        if self.random.random() < 0.25 and (not self.nid or any(other.nid for other in self.live)):
            self.fault.arm(self.random.randrange(0, 14 * 1024, 512))
        code = there.add()
        failed = self.fault.disarm() and code == errno.ENOMEM
        if code is None:
            self.live[there] = dict.fromkeys(there.numbers)
        self.step(f"add {count} at {place}", errno.ENOMEM if failed else None, code)

    def add_again(self, there):
        """Add a block where one exists."""
        taken = self.random.choice(there.numbers)
        code = Range(taken * oracle.BLOCK_BYTES, 1, self.nid).add()
        self.step(f"add-again {taken}", errno.EEXIST, code)

    @staticmethod
    def is_empty(there, number):
        """A block that is nothing but memmap: no notifier is called for it."""
        return there.vmemmap_pages(number) == oracle.BLOCK_PAGES

    def online(self, there, number, veto):
        blocks = self.live[there]
        state = "online_kernel" if BOTH and there.count < LARGE and self.random.random() < 0.4 else "online_movable"
        if veto:
            oracle.notifier_error("MEM_GOING_ONLINE", -errno.ENOMEM)
        code = oracle.block_set(number, state)
        oracle.notifier_error("MEM_GOING_ONLINE", 0)
        want = errno.EINVAL if blocks[number] else errno.ENOMEM if veto and not self.is_empty(there, number) else None
        if want is None:
            blocks[number] = state
        self.step(f"{state}{'-veto' * veto} {number}", want, code)

    def offline(self, there, number, veto=False):
        """The pages that a driver or, in a kernel zone, the kernel holds keep a block online."""
        blocks, wrong, word = self.live[there], [], "offline"
        self.account.update()
        self.dumps.read()
        if veto:
            oracle.notifier_error("MEM_GOING_OFFLINE", -errno.EBUSY)
        kernel = blocks[number] == "online_kernel"
        code = oracle.block_offline_tried(number) if kernel else oracle.block_set(number, "offline")
        oracle.notifier_error("MEM_GOING_OFFLINE", 0)
        want = errno.EINVAL if not blocks[number] else errno.EBUSY if veto and not self.is_empty(there, number) else None
        if kernel and code == errno.EINTR:
            word, want, wrong = "loops", code, self.wrong_loop(number)
        elif self.held.get(number) or want is None and code == errno.EBUSY and kernel:
            word, want, wrong = "held" if self.held.get(number) else "stays", errno.EBUSY, self.wrong_refusal([number])
        if want is None:
            blocks[number] = None
        self.step(f"{word}{'-veto' * veto} {number}", want, code, wrong)

    def wrong_loop(self, number):
        """An offline that only a signal ended has reported the pages of the block that it failed at."""
        events = self.account.update()
        self.dumps.read()
        blocks = {oracle.block_of(event.fields["pfn"]) for event in pick(events, "offline_blocker")}
        return guest.differs("failed", [("signal", -errno.EINTR)], failures(events, "offline")) + guest.differs(
            "blockers in block", {number}, blocks)

    def wrong_refusal(self, numbers):
        """One of these blocks did not go offline: the kernel's log and the events must name one page in it, which cannot
        move. Before a page that a driver holds, there may only be one that the kernel holds. start_isolate_page_range()
        isolates the last pageblock before those in the middle.
        """
        events, dumps = self.account.update(), self.dumps.read()
        wrong = guest.differs("failed", [("isolation", -errno.EBUSY)], failures(events, "offline"))
        wrong += guest.differs("unmovable pages in the kernel log", 1, len(dumps))
        wrong += guest.differs("blockers", [("isolate_range", dump.pfn) for dump in dumps], [
            (event.fields["stage"], event.fields["pfn"]) for event in pick(events, "offline_blocker")])
        for dump in dumps:
            number = oracle.block_of(dump.pfn)
            held = min(self.held.get(number) or [dump.pfn])
            last = (number + 1) * oracle.BLOCK_PAGES - PAGEBLOCK
            if number not in numbers or can_leave(dump) or dump.pfn > held and not held < last <= dump.pfn:
                wrong.append(f"memory{number} cannot stay because of {dump}, held {self.held.get(number)}")
        return wrong

    def take(self, there):
        """A driver takes a page of a block that is online, or gives one back."""
        numbers = [number for number, how in self.live[there].items() if how and not self.is_empty(there, number)]
        if not numbers:
            return
        number = self.random.choice(numbers)
        if self.held.get(number):
            self.give(number)
            return
        pfn = number * oracle.BLOCK_PAGES + self.random.randrange(there.vmemmap_pages(number), oracle.BLOCK_PAGES)
        code = module_call("take", hex(pfn * oracle.PAGE), 1)
        want = code if code == errno.EBUSY and self.live[there][number] == "online_kernel" else None
        if code is None:
            self.held[number] = [pfn]
        self.step(f"take {number}", want, code)

    def give(self, number):
        code = module_call("take", hex(self.held.pop(number)[0] * oracle.PAGE), 0)
        self.step(f"give {number}", None, code)

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
        """If this is refused, all blocks that were online are online again, in the same zones."""
        part, wrong, blocks, word = self.part(there), [], self.live[there], "offline-and-remove"
        self.account.update()
        self.dumps.read()
        code = there.offline_and_remove(part)
        want = errno.EBUSY if len(part) < there.count else None
        held = any(self.held.get(number) for number in part)
        if want is None and (held or code == errno.EBUSY and "online_kernel" in blocks.values()):
            word, want, wrong = f"{word}-{'held' if held else 'stays'}", errno.EBUSY, self.wrong_refusal(part)
        if want is None:
            del self.live[there]
        self.step(f"{word} {part[0]}-{part[-1]}", want, code, wrong)

    # -- the sequence -----------------------------------------------------------------

    def any_step(self):
        dice = self.random.random()
        if not self.live or dice < 0.08:
            return self.add()
        there = self.random.choice(list(self.live))
        number = self.random.choice(list(self.live[there]))
        if BOTH and self.random.random() < 0.15:
            return self.take(there)
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
        """Take everything offline in random order and remove it, but for some ranges in which a driver holds a page."""
        left = 0
        for there in list(self.live):
            held = [number for number in there.numbers if self.held.get(number)]
            if held and left < MOST_LEFT and self.seed < SEED + COUNT - 1 and self.random.random() < 0.5:
                left += 1
            else:
                for number in held:
                    self.give(number)
            self.remove_rest(there)

    def remove_rest(self, there):
        """Also of ranges that are left behind, all that can go offline does; the removal is refused."""
        blocks = self.live[there]
        for number in self.random.sample(there.numbers, there.count):
            if blocks[number]:
                self.offline(there, number)
        code = there.remove(there.numbers)
        stays = any(blocks.values())
        if not stays:
            del self.live[there]
        self.step(f"{'left-behind' if stays else 'remove-rest'} {there.first}", errno.EBUSY if stays else None, code)

    def is_back(self):
        """Whether all is there again that was there at the beginning, and nothing else: everything must be as it was then."""
        return self.what_is_there() == self.there

    def run(self):
        self.add()
        for _ in range(self.random.randrange(4, STEPS)):
            self.any_step()
        if BOTH:
            oracle.write("/proc/sys/vm/drop_caches", 3)
        self.end()
        if self.is_back():
            for name, value in self.state().items():
                self.wrong += [f"seed {self.seed}, at the end: {line}" for line in
                               guest.differs(name, self.begin[name], value)]
        self.wrong += self.account.compare()


def never(counts):
    """The kinds of steps, and of results, that did not occur."""
    kinds = [("add", 0), ("add", 1), ("online_movable", 0), ("online_movable-veto", 1), ("offline", 0),
             ("offline-veto", 1), ("remove", 0), ("remove", 1), ("offline-and-remove", 0), ("offline-and-remove", 1)]
    if BOTH:
        kinds += [("online_kernel", 0), ("online_kernel-veto", 1), ("take", 0), ("give", 0), ("held", 1),
                  ("offline-and-remove-held", 1), ("left-behind", 1)]
    return [f"{word}, {'refused' if index else 'success'}" for word, index in kinds if not counts.get(word, [0, 0])[index]]


def main():
    guest.eq("memmap_on_memory", "range", oracle.memmap_mode())
    load_module()
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    kernel, recorder = Kernel(), Recorder()
    account, wrong, counts, compared, sequence = kernel.account, [], {}, 0, None
    for seed in range(SEED, SEED + COUNT):
        sequence = Sequence(kernel, seed, sequence)
        sequence.run()
        if sequence.wrong:
            guest.note(f"seed {seed}: {'; '.join(sequence.done)}")
            guest.note('\n'.join(sequence.wrong))
        wrong += sequence.wrong
        compared += sequence.is_back()
        for word, (went, refused) in sequence.counts.items():
            there = counts.setdefault(word, [0, 0])
            there[0], there[1] = there[0] + went, there[1] + refused
        if (seed - SEED) % SHOWN == SHOWN - 1:
            guest.note(f"{seed - SEED + 1} sequences, {len(wrong)} differences")
    guest.ok(f"{COUNT} sequences from seed {SEED} on: each step ends as predicted, all accounts agree after "
             f"each step and, in {compared} that leave nothing new behind, are unchanged at the end",
             wrong + ([] if compared > COUNT // 4 else ["too many leave something behind"]))
    for word, (went, refused) in sorted(counts.items()):
        guest.note(f"{word}: {went} succeeded, {refused} were refused or failed")
    for there, blocks in sequence.live.items():
        guest.note(f"left behind for good: memory{there.first}-{there.numbers[-1]}, online: "
                   f"{[number for number, how in blocks.items() if how]}")
    guest.ok("every kind of step occurred, including those that fail", [f"never: {kind}" for kind in never(counts)])
    frees = pick(account.log, "vmemmap_free", hosting="range")
    guest.ok("memmaps of ranges were freed", [] if len(frees) > COUNT else [f"only {len(frees)} sections"])
    recorder.agree(account, "at the end", late=False)
    recorder.finish(account, "random sequences")
    guest.ok(f"none of {account.seen} events was lost", account.trace.lost())
    account.trace.close()


guest.run(main)
