# SPDX-License-Identifier: GPL-2.0-only
"""When a memory device is considered plugged, refused or gone, depending on QEMU's and the guest's events."""
import unittest

import hotplug


class Qmp:
    """A stand-in for QMP, with one DIMM in slot 3."""

    def __init__(self):
        self.pending = []

    def execute(self, command, arguments=None):
        del arguments
        return [{"data": {"id": "d0", "slot": 3, "addr": 1 << 32}}] if command == "query-memory-devices" else {}

    def events(self):
        pending, self.pending = self.pending, []
        return pending


def ost(source, status, slot="3", **device):
    return {"event": "ACPI_DEVICE_OST",
            "data": {"info": {"source": source, "status": status, "slot": slot, "slot-type": "DIMM", **device}}}


DELETED = {"event": "DEVICE_DELETED", "data": {"device": "d0"}}


class Unplug(unittest.TestCase):
    def setUp(self):
        self.qmp = Qmp()
        self.memory = hotplug.MemoryDevices(self.qmp)
        self.assertEqual(self.memory.add_dimm("d0", "128M"), 1 << 32)

    def after(self, *events):
        self.qmp.pending = list(events)
        return self.memory.state("d0", 60)

    def test_plugged(self):
        self.assertEqual(self.after(), "plugging")
        self.assertEqual(self.after(ost(1, 0, device="d0")), "plugged")

    def test_gone_when_the_guest_has_finished(self):
        self.after(ost(1, 0, device="d0"))
        self.memory.remove("d0")
        self.assertEqual(self.after(ost(3, 0x84, device="d0")), "unplugging")
        self.assertEqual(self.after(DELETED), "unplugging")
        self.assertEqual(self.after(ost(3, 0x84)), "unplugging")
        self.assertEqual(self.after(ost(3, 0, slot="2")), "unplugging")
        self.assertEqual(self.after(ost(3, 0)), "gone")

    def test_refused(self):
        self.after(ost(1, 0, device="d0"))
        self.memory.remove("d0")
        self.assertEqual(self.after(ost(3, 0x82, device="d0")), "refused the guest answered 0x82 (device busy)")

    def test_ejected_but_not_deleted_is_not_gone(self):
        self.after(ost(1, 0, device="d0"))
        self.memory.remove("d0")
        self.assertEqual(self.after(ost(3, 0)), "unplugging")

    def test_deleted_without_an_ost_is_gone(self):
        self.assertEqual(self.after(DELETED), "gone")


if __name__ == "__main__":
    unittest.main()
