# SPDX-License-Identifier: GPL-2.0-only
"""Cases of a sweep (t/sweep.py) in which allocations fail: for each system call the first allocation, then the second,
until none is left to fail; for a kernel worker, some of its allocations.
"""
import errno

import lib_guest as guest
import lib_oracle as oracle
from lib_fault import FAILSLAB, FAIL_PAGE, Fault, FailNth
from lib_range import HIDDEN, MODULE
from lib_sweep import AddedRange

MOST = 400                          # upper limit of allocations in one system call


def one_by_one(path, text, undo, state, pages=True):
    """Write with the first allocation failing, then the second, until none is left to fail."""
    fault, wrong, failed = FailNth(pages), [], 0
    for nth in range(1, MOST):
        before = state()
        code, injected = fault.write(path, text, nth)
        if code is None:
            undo()
        failed += code is not None
        # Some notifiers do not pass the error on, and a resource that cannot be allocated is reported as busy.
        if code not in (None, errno.ENOMEM, errno.EBUSY, errno.EPERM, errno.EEXIST):
            wrong.append(f"allocation {nth}: {oracle.errno_name(code)}")
        wrong += guest.differs(f"after allocation {nth}", before, state())
        if not injected:
            break
    fault.close()
    guest.note(f"{text}: {nth - 1} allocations, {failed} of them required")
    return wrong + ([f"{text}: more than {MOST} allocations"] if nth == MOST - 1 else [])


def allocations_online(_sweep):
    with AddedRange(HIDDEN, 2) as there:
        number = there.numbers[1]
        return one_by_one(f"{oracle.MEMORY}/memory{number}/state", "online_movable",
                          lambda: there.all("offline"), lambda: [oracle.block(n) for n in there.numbers])


def allocations_offline(_sweep):
    with AddedRange(HIDDEN, 2) as there:
        there.all("online_movable")
        number = there.numbers[1]
        return one_by_one(f"{oracle.MEMORY}/memory{number}/state", "offline",
                          lambda: there.all("online_movable"), lambda: [oracle.block(n) for n in there.numbers])


def allocations_add(sweep, pages=True):
    there = AddedRange(HIDDEN, 3)
    return one_by_one(f"{MODULE}/add", f"{there.addr:#x} {there.count * oracle.BLOCK_BYTES} 0 0x2",
                      lambda: there.remove(there.numbers), lambda: oracle.block_ids() == sweep.begin["blocks"], pages)


def slab_add(sweep):
    """allocations_add() without page tables: tests/long/fixes.sh runs it on a kernel that crashes without those."""
    return allocations_add(sweep, False)


def allocations_remove(_sweep):
    with AddedRange(HIDDEN, 3) as there:
        return one_by_one(f"{MODULE}/remove", f"{there.addr:#x} {there.count * oracle.BLOCK_BYTES}",
                          there.add, oracle.block_ids)


def allocations_offline_and_remove(_sweep):
    with AddedRange(HIDDEN, 2) as there:
        there.all("online_movable")

        def undo():
            there.add()
            there.all("online_movable")
        return one_by_one(f"{MODULE}/offline_and_remove", f"{there.addr:#x} {there.count * oracle.BLOCK_BYTES}",
                          undo, lambda: [oracle.block(n) and oracle.block(n).state for n in there.numbers])


def allocations_of_acpi(sweep):
    """These happen in a kernel worker, where fail-nth cannot be used."""
    wrong, failed = [], 0
    for attribute, spaces in ((FAILSLAB, (0, 2048, 6144, 9000)), (FAIL_PAGE, (0, 1, 2, 4, 8))):
        fault = Fault("add_memory_resource", attribute)
        for space in spaces:
            sweep.forget()
            fault.arm(space)
            guest.dimm_plug("d0", "256M")
            fault.disarm()
            failed += bool(sweep.events("add_end")[-1].fields["ret"])
            guest.dimm_unplug("d0")
            wrong += guest.differs(f"after {space}", sweep.begin["blocks"], oracle.block_ids())
    guest.note(f"{failed} adds of DIMMs failed")
    return wrong + ([] if failed else ["no add failed"])


CASES = (
    ("allocations fail while a block goes online", allocations_online),
    ("allocations fail while a block goes offline", allocations_offline),
    ("allocations fail during an add", allocations_add),
    ("slab objects fail during an add", slab_add),
    ("allocations fail during a removal", allocations_remove),
    ("allocations fail during offline_and_remove_memory()", allocations_offline_and_remove),
    ("allocations fail while ACPI adds a DIMM", allocations_of_acpi),
)
