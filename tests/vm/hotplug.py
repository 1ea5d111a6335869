# SPDX-License-Identifier: GPL-2.0-only
"""Memory devices of a guest, driven through QMP, and the state of each.

Plugging or unplugging a DIMM is complete when the guest reports its status
(_OST, which QEMU forwards as ACPI_DEVICE_OST), even if DEVICE_DELETED came
first: until then the guest is still using the slot, and would mistake a DIMM
plugged into it for the one being removed. feed() takes these events; state()
returns the state of a device.
"""
import time

from common import HarnessError, parse_size
from qmp import QmpError

# ACPI 6.5, table 6.19 ff.: the source events of an _OST, and the meaning of its status codes.
_OST_EJECT = (0x003, 0x103)
_OST_WORDS = {
    0x01: "failed", 0x02: "notify not understood",
    0x80: "eject not supported or insertion in progress",
    0x81: "device in use or driver load failed",
    0x82: "device busy", 0x83: "eject dependency busy", 0x84: "in progress",
}
_IN_PROGRESS = 0x84


class Device:
    """One memory device: its state and the reason for it."""

    def __init__(self, name):
        self.name = name
        self.slot = None        # of a DIMM, as _OST reports it
        self.deleted = False    # by QEMU
        self.state = "plugging"
        self.why = ""
        self.since = time.monotonic()

    def enter(self, state, why=""):
        self.state, self.why, self.since = state, why, time.monotonic()


class MemoryDevices:
    def __init__(self, qmp):
        self.qmp = qmp
        self.devices = {}

    # -- what the guest and QEMU report ---------------------------------------

    def feed(self, event):
        data = event.get("data", {})
        name = event["event"]
        if name == "ACPI_DEVICE_OST":
            self._ost(data["info"])
        elif name == "DEVICE_DELETED":
            self._deleted(data.get("device"))
        elif name in ("MEM_UNPLUG_ERROR", "DEVICE_UNPLUG_GUEST_ERROR"):
            device = self.devices.get(data.get("device"))
            if device and device.state == "unplugging":
                device.enter("refused", data.get("msg", "the guest refused to release it"))

    def _ost(self, info):
        status, source = info["status"] & 0xff, info["source"]
        device = self.devices.get(info.get("device"))
        if source in _OST_EJECT and status != _IN_PROGRESS:
            self._ejected(info["slot"])
        if device is None or status == _IN_PROGRESS:
            return
        words = f"the guest answered {status:#x} ({_OST_WORDS.get(status, 'unknown status')})"
        if source in _OST_EJECT:
            if device.state == "unplugging" and status:
                device.enter("refused", words)
        elif device.state == "plugging":
            device.enter("refused" if status else "plugged", words if status else "")

    def _ejected(self, slot):
        for device in self.devices.values():
            if device.deleted and device.slot == slot and device.state == "unplugging":
                device.enter("gone", device.why)

    def _deleted(self, name):
        device = self.devices.get(name)
        if device is None:
            return
        device.deleted = True
        if device.slot is None or device.state != "unplugging":
            device.enter("gone")
        try:
            self.qmp.execute("object-del", {"id": f"{name}-mem"})
        except QmpError as err:
            device.why = str(err)

    # -- requests of the guest's script ------------------------------------------

    def add_dimm(self, name, size, node=None, addr=None):
        """Plug a DIMM; returns the physical address that QEMU chose."""
        known = self.devices.get(name)
        if known and known.state != "gone":
            raise HarnessError(f"{name}: a memory device with that name already exists")
        properties = {"driver": "pc-dimm", "id": name, "memdev": f"{name}-mem"}
        if node is not None:
            properties["node"] = int(node, 0)
        if addr is not None:
            properties["addr"] = parse_size(addr)
        self.qmp.execute("object-add", {"qom-type": "memory-backend-ram", "id": f"{name}-mem",
                                        "size": parse_size(size), "reserve": False})
        self.devices[name] = Device(name)
        try:
            self.qmp.execute("device_add", properties)
        except QmpError:
            del self.devices[name]
            self.qmp.execute("object-del", {"id": f"{name}-mem"})
            raise
        data = self.find(name)
        self.devices[name].slot = str(data["slot"])
        return data["addr"]

    def resize_virtio_mem(self, name, requested):
        """Set the requested size of a virtio-mem device, which must exist since boot."""
        self.qmp.execute("qom-set", {"path": f"/machine/peripheral/{name}",
                                     "property": "requested-size",
                                     "value": parse_size(requested)})

    def remove(self, name):
        """Ask the guest to release a device; state() reports the outcome."""
        device = self.devices.get(name) or self._known_to_qemu(name)
        if device is None or device.state == "gone":
            raise HarnessError(f"{name}: no memory device with that name")
        before = (device.state, device.why)
        device.enter("unplugging")
        try:
            self.qmp.execute("device_del", {"id": name})
        except QmpError:
            device.enter(*before)
            raise

    def _known_to_qemu(self, name):
        """A DIMM that was there at boot, or None."""
        for data in self.list():
            if data.get("id") == name:
                device = self.devices[name] = Device(name)
                device.slot = str(data["slot"])
                device.enter("plugged")
                return device
        return None

    def state(self, name, limit):
        """"STATE why"; the state is "timeout" if the guest took longer than limit seconds."""
        for event in self.qmp.events():
            self.feed(event)
        device = self.devices.get(name)
        if device is None:
            raise HarnessError(f"{name}: no memory device with that name")
        took = time.monotonic() - device.since
        if device.state in ("plugging", "unplugging") and took > limit:
            return f"timeout the guest did not answer within {limit:g} s"
        return f"{device.state} {device.why}".rstrip()

    def list(self):
        """The devices that QEMU reports as plugged, one dict each."""
        return [entry["data"] for entry in self.qmp.execute("query-memory-devices")]

    def find(self, name):
        for data in self.list():
            if data.get("id") == name:
                return data
        raise HarnessError(f"{name}: QEMU accepted the device but does not list it")
