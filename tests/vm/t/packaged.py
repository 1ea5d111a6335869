#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The kernel of `make kernel-deb`: it is the one of the packages, has the events, and loads a module built with its headers.

    packaged.py RELEASE BUILD_ID MODULE

RELEASE is what the packages call it, BUILD_ID that of the vmlinux with debug symbols, MODULE the file of the test module.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_range

RELEASE, BUILD_ID, MODULE = sys.argv[1:]
EVENTS = "/sys/kernel/tracing/events/mhp"
NOTES = "/sys/kernel/notes"
# What a DIMM's life with one block online must leave in a recording
LIFE = ["mhp_add_begin", "mhp_add_end", "mhp_online_begin", "mhp_online_end", "mhp_offline_begin", "mhp_offline_end",
        "mhp_remove_begin", "mhp_remove_end"]


def life():
    """A DIMM comes, a block of it goes online and offline, and it goes, while mhptop records the kernel's own events."""
    recorder = ledger.Recorder("packaged", source="events")
    number = guest.dimm_plug("d0", oracle.BLOCK_BYTES) // oracle.BLOCK_BYTES
    guest.eq("a memory block of a DIMM goes online", None, oracle.block_set(number, "online_movable"))
    guest.eq("  and offline", None, oracle.block_set(number, "offline"))
    guest.dimm_unplug("d0")
    guest.ok("nothing is lost", recorder.end())
    guest.ok("no rule is violated", ledger.violated_rules(recorder.path))
    seen = recorder.totals()["events"]
    guest.eq("each operation has its events", {name: 1 for name in LIFE}, {name: seen.get(name, {}).get("seen") for name in LIFE})


def main():
    guest.eq("the release", RELEASE, os.uname().release)
    with open(NOTES, "rb") as file:
        guest.eq("the debug symbols are those of this kernel", True, bytes.fromhex(BUILD_ID) in file.read())
    guest.eq("the kernel has the events", True, "mhp_online_failed" in os.listdir(EVENTS))
    life()
    lib_range.load_module(MODULE)
    guest.eq("a module that was built with the package of headers is loaded", True, os.path.isdir("/sys/module/mhp_test"))


guest.run(main)
