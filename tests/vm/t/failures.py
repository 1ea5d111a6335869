#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""An offline or online that fails reports the reason and restores the block.

    failures.py MODE       in a guest booted with memory_hotplug.memmap_on_memory=MODE

For each reason that can be provoked: the events name it, in the documented order; the reported
blocker is the pinned page; all counts are restored, in the events (with a rollback if the block
hosts its memmap) and in /proc/zoneinfo; and once the cause is removed, the block goes offline
and online normally.
"""
import errno
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
import lib_pin as pin
import lib_walk as walk
from lib_account import Account
from lib_ledger import Recorder, frame
from lib_sources import probes_too
from lib_trace import Trace, expected, failures, pick, steps

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"


class Failure:
    """One failed attempt: the state before, the events, the state after."""

    def __init__(self, account, title, number):
        self.account, self.title, self.number = account, title, number
        self.account.update()
        self.zones, self.block = oracle.zones(), oracle.block(number)
        self.sums = self._sums()
        self.events = []
        # In a range the first block hosts for all, the others host nothing.
        self.vmemmap = self.account.blocks[number].vmemmap_pages if number in self.account.blocks else 0

    def _sums(self):
        block = self.account.blocks.get(self.number)
        return (block.present, block.managed, block.in_zone) if block else (0, 0, 0)

    def result(self, what, wrong):
        guest.ok(f"{MODE}, {self.title}: {what}", wrong)

    def expect(self, want_steps, end, reason, code):
        """Check the events of the attempt, their order, the reason, and the error in the end event."""
        self.events += self.account.update()
        got = [step for step in steps(self.events) if step != "offline_blocker"]
        self.result("the events and their order", guest.differs("events", expected(want_steps), got))
        ends = pick(self.events, end)
        fields = ends[-1].fields if ends else {}
        self.result(f"reason={reason} ret={-code}",
                    guest.differs("failed", [(reason, -code)], failures(self.events, end.removesuffix("_end")))
                    + guest.differs("ret", -code, fields.get("ret"))
                    + guest.differs("block", self.number * oracle.BLOCK_PAGES, fields.get("start_pfn")))
        self.unchanged()

    def unchanged(self):
        wrong = guest.differs("present, managed, vmemmap in a zone, by the events",
                              self.sums, self._sums(), "pages")
        wrong += guest.differs("zoneinfo", self.zones, oracle.zones())
        wrong += guest.differs("sysfs", self.block, oracle.block(self.number))
        self.result("all counts are restored", wrong + self.account.compare())

    def offline_steps(self, *inside):
        """The steps of a failed offline: pages of a hosted memmap leave first and are restored last."""
        hosted = ["present"] * bool(self.vmemmap)
        return ["offline_begin", *hosted, *inside, "offline_failed", *hosted, "offline_end"]

    def blockers(self):
        return pick(self.events, "offline_blocker")


def works_again(account, title, number, state="online_movable"):
    """Afterwards the block goes offline and online without any error."""
    account.update()
    wrong = []
    for word in ("offline", state):
        code = oracle.block_set(number, word)
        wrong += guest.differs(word, "success", oracle.errno_name(code))
        # A page under I/O at that moment is reported as a blocker until the I/O has finished.
        failed = [event.text for event in account.update()
                  if event.fields.get("ret") and event.name != "mhp_offline_blocker"]
        wrong += guest.differs("events with an error", [], failed)
    guest.ok(f"{MODE}, {title}: afterwards the block goes offline and online again",
             wrong + account.compare())


def start_offline(number):
    """Take a block offline in another program, which does not share pages with this one."""
    return subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"])


def pinned_page(account, number):
    failure = Failure(account, "pinned page", number)
    page = pin.PinnedPage([number])
    child = start_offline(number)

    def tries():
        failure.events += account.update()
        return len(failure.blockers()) >= 5
    failure.result("attempts are reported while the offline continues",
                   [] if guest.wait_for(30, tries) else ["fewer than 5 blocker events within 30 s"])
    child.send_signal(signal.SIGTERM)
    failure.result("a signal ends it", guest.differs("status", -signal.SIGTERM, child.wait(30)))
    failure.expect(failure.offline_steps("going_offline", "cancel_offline"), "offline_end", "signal", errno.EINTR)
    wrong, passes = [], []
    for event in failure.blockers():
        passes.append(event.fields["pass"])
        for key, want in (("pfn", page.pfn), ("stage", "migrate"), ("kind", "anon"), ("mapcount", 1), ("order", 0),
                          ("ret", 1)):
            wrong += guest.differs(f"blocker {key}", want, event.fields[key])
        if event.fields["refcount"] < 2:
            wrong.append(f"blocker refcount: expected 2 or more, got {event.fields['refcount']}")
    wrong += guest.differs("pages in the kernel log", {page.pfn},
                           set(oracle.dumped_pfns("migration failure")))
    failure.result("the blocker is the pinned page", wrong)
    failure.result("attempts 1, 2, 4, 8, ... are reported",
                   guest.differs("passes", [1 << n for n in range(len(passes))], passes))
    if failure.vmemmap:
        failure.result("the memmap's pages leave the zone and are rolled back", guest.differs(
            "present", [(-failure.vmemmap, "offline"), (failure.vmemmap, "rollback")],
            [(event.fields["delta"], event.fields["cause"]) for event in pick(failure.events, "present")]))
    failure.result("pages of the block can be allocated again",
                   guest.differs("block", number, oracle.block_of(pin.AnonPage([number]).pfn)))
    page.close()
    works_again(account, "pinned page", number)


def kernel_page(account, number):
    wrong = guest.differs("online_kernel", None, oracle.block_set(number, "online_kernel"))
    pages = pin.KernelPages()
    failure = Failure(account, "page in a kernel zone", number)
    failure.result("it is in a kernel zone", wrong + guest.differs("zones", ["Normal"], failure.block.zones))
    code = oracle.block_set(number, "offline")
    failure.result("offline fails", guest.differs("offline", "EBUSY", oracle.errno_name(code)))
    failure.expect(failure.offline_steps(), "offline_end", "isolation", errno.EBUSY)
    wrong = guest.differs("blocker events", 1, len(failure.blockers()))
    for event in failure.blockers():
        wrong += guest.differs("blocker stage", "isolate_range", event.fields["stage"])
        wrong += guest.differs("blocker is in block", number, oracle.block_of(event.fields["pfn"]))
        wrong += guest.differs("blocker pass", 0, event.fields["pass"])
        wrong += guest.differs("blocker ret", -errno.EBUSY, event.fields["ret"])
        if event.fields["kind"] in ("free", "hwpoison"):
            wrong.append(f"blocker kind: a movable page: {event.text}")
    wrong += guest.differs("page in the kernel log", oracle.dumped_pfns("unmovable page")[-1:],
                           [event.fields["pfn"] for event in failure.blockers()])
    failure.result("the blocker is a page of the block", wrong)
    pages.close()


def offline_veto(account, number):
    failure = Failure(account, "notifier vetoes offline", number)
    oracle.notifier_error("MEM_GOING_OFFLINE", -errno.EAGAIN)
    code = oracle.block_set(number, "offline")
    oracle.notifier_error("MEM_GOING_OFFLINE", 0)
    failure.result("offline fails", guest.differs("offline", "EAGAIN", oracle.errno_name(code)))
    failure.expect(failure.offline_steps("going_offline", "cancel_offline"), "offline_end", "notifier",
                   errno.EAGAIN)
    failure.result("notifier steps and their results", guest.differs(
        "notify", [("going_offline", -errno.EAGAIN), ("cancel_offline", 0)],
        [(event.fields["step"], event.fields["ret"]) for event in pick(failure.events, "notify")]))
    works_again(account, failure.title, number)


def online_veto(account, number):
    failure = Failure(account, "notifier vetoes online", number)
    oracle.notifier_error("MEM_GOING_ONLINE", -errno.ENOSPC)
    code = oracle.block_set(number, "online_movable")
    oracle.notifier_error("MEM_GOING_ONLINE", 0)
    failure.result("online fails", guest.differs("online", "ENOSPC", oracle.errno_name(code)))
    hosted = bool(failure.vmemmap)
    failure.expect(["online_begin", "prepare_online", *["vmemmap_online"] * hosted, "going_online",
                    "cancel_online", "online_failed", *["vmemmap_offline"] * hosted, "finish_offline",
                    "online_end"],
                   "online_end", "notifier", errno.ENOSPC)
    results = {"going_online": -errno.ENOSPC}
    failure.result("notifier steps and their results", guest.differs(
        "notify", [(step, results.get(step, 0)) for step in expected(
            ["prepare_online", "going_online", "cancel_online", "finish_offline"])],
        [(event.fields["step"], event.fields["ret"]) for event in pick(failure.events, "notify")]))
    guest.eq(f"{MODE}, {failure.title}: afterwards it goes online", None,
             oracle.block_set(number, "online_movable"))
    works_again(account, failure.title, number)


def reserved_huge_page(account, number):
    pages = pin.ReservedHugePages()
    failure = Failure(account, "reserved huge page", number)
    code = oracle.block_set(number, "offline")
    failure.result("offline fails", guest.differs("offline", "EBUSY", oracle.errno_name(code)))
    failure.expect(failure.offline_steps("going_offline", "cancel_offline"), "offline_end", "hugetlb", errno.EBUSY)
    blockers = [(event.fields["stage"], event.fields["kind"], oracle.block_of(event.fields["pfn"]),
                 event.fields["order"], event.fields["ret"]) for event in failure.blockers()]
    failure.result("the blocker is a huge page of the block", guest.differs(
        "blockers", [("dissolve", "hugetlb", number, pin.HUGE_ORDER, -errno.EBUSY)],
        [blocker for blocker in blockers if blocker[0] != "migrate"]))
    pages.close()
    works_again(account, failure.title, number)


def until_signal(failure, count=3):
    """Take the block offline until there are some blocker events, then end that by a signal."""
    child = start_offline(failure.number)

    def tries():
        failure.events += failure.account.update()
        return len(failure.blockers()) >= count
    failure.result("attempts are reported while the offline continues",
                   [] if guest.wait_for(30, tries) else [f"fewer than {count} blocker events within 30 s"])
    child.send_signal(signal.SIGTERM)
    failure.result("a signal ends it", guest.differs("status", -signal.SIGTERM, child.wait(30)))
    failure.expect(failure.offline_steps("going_offline", "cancel_offline"), "offline_end", "signal", errno.EINTR)


def wrong_blockers(failure, **want):
    """All blocker events must have these fields."""
    return [line for event in failure.blockers() for key, value in want.items()
            for line in guest.differs(f"blocker {key}", value, event.fields[key])]


def alone(account, other, number):
    """Make a block the only one of ZONE_MOVABLE; the other one may be there too."""
    wrong = []
    if oracle.block(other).state == "online":
        wrong += guest.differs(f"offline of memory{other}", None, oracle.block_set(other, "offline"))
    wrong += guest.differs(f"online of memory{number}", None, oracle.block_set(number, "online_movable"))
    account.update()
    guest.ok(f"{MODE}: memory{number} is all of ZONE_MOVABLE", wrong + guest.differs("online blocks", [number], [
        there for there in account.blocks if there not in account.boot
        and account.blocks[there].state == "online" and account.blocks[there].zone == "Movable"]))


def mapped_huge_page(account, number):
    """Its mapcount is the folio's, as in /proc/kpagecount. That of its first page, which an event once had, is 0."""
    page = pin.PinnedHugePage()
    failure = Failure(account, "mapped huge page", number)
    failure.result("it is mapped twice", guest.differs("kpagecount", {2: 1}, walk.tally(
        walk.read_words("kpagecount", page.pfn, 1))))
    until_signal(failure)
    failure.result("the blocker is the huge page, and its mapcount that of kpagecount", wrong_blockers(
        failure, pfn=page.pfn, stage="migrate", kind="hugetlb", order=pin.HUGE_ORDER, mapcount=2, ret=1))
    page.close()
    works_again(account, failure.title, number)


def poisoned_huge_page(account, number):
    """The page that is reported is the one in use. An event once named the first free huge page, which is healthy:
    pfn=0x110800 kind=hugetlb refcount=0, while 0x110000 was poisoned."""
    page = pin.PoisonedHugePage()
    failure = Failure(account, "poisoned huge page in use", number)
    failure.result("it is the first of the block, with free ones behind it", guest.differs(
        "blocks", {number}, {oracle.block_of(pfn) for pfn in (page.pfn, *page.free)}))
    code = oracle.block_set(number, "offline")
    failure.result("offline fails", guest.differs("offline", "EBUSY", oracle.errno_name(code)))
    failure.expect(failure.offline_steps("going_offline", "cancel_offline"), "offline_end", "hugetlb", errno.EBUSY)
    dissolve = pick(failure.events, "offline_blocker", stage="dissolve")
    wrong = guest.differs("blockers", [(page.pfn, "hwpoison", pin.HUGE_ORDER, -errno.EBUSY)], [
        tuple(event.fields[key] for key in ("pfn", "kind", "order", "ret")) for event in dissolve])
    wrong += [f"blocker refcount: expected a page in use, got {event.text}" for event in dissolve
              if event.fields["refcount"] < 1]
    failure.result("the blocker is the poisoned page, and no other one", wrong + guest.differs(
        "free huge pages reported", set(), {event.fields["pfn"] for event in failure.blockers()} & set(page.free)))
    page.close()
    guest.eq(f"{MODE}, {failure.title}: once it is released, the block goes offline", None, oracle.block_set(number, "offline"))


def poisoned_transparent_page(account, number):
    """The kernel leaves it alone and tries again, without an end. There was once no event at all about that."""
    page = pin.PoisonedPinnedPage()
    failure = Failure(account, "poisoned transparent huge page", number)
    failure.result("it is in the block", guest.differs("block", number, oracle.block_of(page.pfn)))
    until_signal(failure)
    passes = [event.fields["pass"] for event in failure.blockers()]
    failure.result("the blocker is that page", wrong_blockers(
        failure, pfn=page.pfn, stage="poisoned", order=pin.HUGE_ORDER, mapcount=0, ret=-oracle.EHWPOISON)
        + guest.differs("passes", [1 << n for n in range(len(passes))], passes))
    page.close()
    guest.eq(f"{MODE}, {failure.title}: once it is released, the block goes offline", None, oracle.block_set(number, "offline"))


def memory_hole(account):
    """The last block of the RAM at boot, the end of which is reserved by firmware."""
    number = max(account.boot)
    failure = Failure(account, "block with a hole", number)
    code = oracle.block_set(number, "offline")
    failure.result("offline fails", guest.differs("offline", "EINVAL", oracle.errno_name(code)))
    failure.expect(["offline_begin", "offline_failed", "offline_end"], "offline_end", "holes", errno.EINVAL)


def poisoned_page(account, number):
    """The last page of a block is poisoned; the block goes offline and must not go online again."""
    address = (number + 1) * oracle.BLOCK_BYTES - oracle.PAGE
    oracle.write(f"{oracle.MEMORY}/hard_offline_page", hex(address))
    error = oracle.block_set(number, "offline")
    failure = Failure(account, "poisoned page", number)
    failure.result("offline works", guest.differs("offline", None, error))
    code = oracle.block_set(number, "online_movable")
    failure.result("online fails", guest.differs("online", "EHWPOISON", oracle.errno_name(code)))
    failure.expect(["online_begin", "online_failed", "online_end"], "online_end", "hwpoison", oracle.EHWPOISON)


def repeated(account, number):
    account.update()
    before = account.blocks[number].onlines
    wrong = []
    for _ in range(3):
        wrong += guest.differs("offline", None, oracle.block_set(number, "offline"))
        wrong += guest.differs("online", None, oracle.block_set(number, "online_movable"))
        account.update()
        wrong += account.compare()
    wrong += guest.differs("times online", before + 3, account.blocks[number].onlines)
    guest.ok(f"{MODE}, three times offline and online: no error accumulates", wrong)


def filtered_replay(account, recorder):
    """The README's query for failed blocks, while the recorder is still running."""
    reported = frame("replay", "--json", "--filter", "offline_failures>0", recorder.path)
    guest.ok(f"{MODE}: replay --filter lists the blocks that failed to go offline", guest.differs(
        "blocks", [number for number, block in sorted(account.blocks.items()) if block.offline_failures],
        [block["id"] for block in reported["blocks"]])
        + [f"memory{block['id']}: no reason" for block in reported["blocks"] if not block["reason"]])


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    trace, recorder = Trace(), Recorder()
    # They do not see the memmap of a range move to another zone, as it does here.
    probes = probes_too() if MODE != "range" else None
    account = Account(trace)
    addr = guest.dimm_plug("d0", "1G")
    first, second, third, fourth, fifth, *_ = oracle.blocks_of(addr, 1 << 30)
    guest.eq(f"{MODE}: a block goes online", None, oracle.block_set(first, "online_movable"))
    pinned_page(account, first)
    offline_veto(account, first)
    online_veto(account, third)
    guest.eq(f"{MODE}: the other block goes offline", None, oracle.block_set(third, "offline"))
    reserved_huge_page(account, first)
    mapped_huge_page(account, first)
    memory_hole(account)
    repeated(account, first)
    oracle.block_set(third, "online_movable")
    poisoned_page(account, third)
    kernel_page(account, second)
    alone(account, first, fourth)
    poisoned_huge_page(account, fourth)
    alone(account, fourth, fifth)
    poisoned_transparent_page(account, fifth)
    account.update()
    recorder.agree(account, f"{MODE}, at the end")
    filtered_replay(account, recorder)
    recorder.finish(account, MODE)
    if probes:
        probes.compare(recorder.path, MODE)
    guest.ok(f"{MODE}: none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
