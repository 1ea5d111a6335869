# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU process: its command line, its start and its guaranteed end.

The guest's root is the host's root over 9p, read-only; a second, writable share
is the results folder. QEMU inherits its sockets, so the length limit of Unix
socket paths does not matter. QEMU is killed if this process dies.
"""
import dataclasses
import os
import shutil
import signal
import subprocess

from common import HarnessError, on_last_resort, parse_size

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GUEST_INIT = os.path.join(HERE, "guest-init")
TERMINATE_SECONDS = 3

# loglevel=5 shows a WARN() (level 4) without the usual boot messages. A guest that
# oopses or panics ends immediately: -no-reboot makes QEMU exit. An emulated CPU on a
# busy host can stop for seconds, which must neither count as a stall nor make the
# kernel replace the TSC with a clock that costs a VM exit for each read.
CMDLINE = ("console=ttyS0,115200 earlyprintk=ttyS0,115200 loglevel=5 panic=-1 oops=panic "
           "no_timer_check tsc=reliable nokaslr mitigations=off "
           "rcupdate.rcu_cpu_stall_timeout=60")
ROOTFLAGS = "trans=virtio,version=9p2000.L,cache=loose,msize=262144"


@dataclasses.dataclass
class Config:
    """The configuration of a guest."""
    kernel: str
    share: str                      # the results folder
    console: str                    # the console log
    initrd: str = ""                # if the kernel needs one to mount the root
    drive: str = ""                 # the file of a virtio-blk disk
    balloon: bool = False           # a virtio-balloon device
    append: str = ""
    mem: str = "1G"
    maxmem: str = "64G"
    slots: int = 8
    smp: int = 2
    numa: int = 1
    vmem: tuple = ()                # virtio-mem devices: "SIZE" or "SIZE,NODE"
    nvdimm: tuple = ()              # NVDIMMs: "SIZE"
    dimm: tuple = ()                # DIMMs that are there at boot: their sizes
    icount: bool = False
    accel: str = "tcg"
    init: str = GUEST_INIT


def qemu_binary():
    name = os.environ.get("MHP_QEMU", "qemu-system-x86_64")
    path = shutil.which(name)
    if path is None:
        raise HarnessError(f"cannot boot a guest: {name} is not installed; "
                           "install it with 'apt-get install qemu-system-x86'")
    return path


def _comma(text):
    """Escape a value for QEMU's key=value lists."""
    return text.replace(",", ",,")


def _quote(value):
    """Quote a value for the kernel's command line, which has quotes but no escapes."""
    if '"' in value:
        raise HarnessError(f"cannot boot from {value!r}: a kernel command line cannot contain "
                           "a quotation mark; move the checkout")
    return f'"{value}"' if " " in value else value


def kernel_cmdline(cfg):
    words = [CMDLINE, "root=/dev/root rootfstype=9p ro", f"rootflags={ROOTFLAGS}",
             f"init={_quote(cfg.init)}"]
    if cfg.append:
        words.append(cfg.append)
    return " ".join(words)


def _cpu_args(cfg):
    if cfg.icount:
        return ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off",
                "-smp", "1", "-cpu", "max,la57=off"]
    if cfg.accel == "kvm":
        return ["-accel", "kvm", "-smp", str(cfg.smp), "-cpu", "host"]
    # All CPUs in one thread. With one thread each, a guest crashes with an int3 when code is
    # patched while another CPU runs it, as happens when a tracepoint is enabled or disabled.
    return ["-accel", "tcg,thread=single", "-smp", str(cfg.smp), "-cpu", "max,la57=off"]


def _memory_args(cfg):
    """RAM at boot, room for more, and the NUMA nodes: node 0 has all of the RAM at boot."""
    mem, limit = parse_size(cfg.mem), parse_size(cfg.maxmem)
    size = f"{mem >> 20}M"
    if cfg.slots and limit > mem:
        size += f",slots={cfg.slots},maxmem={limit >> 20}M"
    # Nothing is reserved on the host: a guest with memory blocks of 2 GiB has 64 GiB that it never touches.
    args = ["-m", size, "-object", f"memory-backend-ram,id=boot-mem,size={mem},reserve=off"]
    if cfg.numa > 1:
        cpus = 1 if cfg.icount else cfg.smp
        args += ["-numa", f"node,nodeid=0,memdev=boot-mem,cpus=0-{cpus - 1}"]
        for node in range(1, cfg.numa):
            args += ["-numa", f"node,nodeid={node}"]
    else:
        args += ["-machine", "memory-backend=boot-mem"]
    return args


def _vmem_args(cfg):
    """virtio-mem devices, empty at first: a q35 machine cannot hotplug PCI devices."""
    args = []
    for index, text in enumerate(cfg.vmem):
        size, _, node = text.partition(",")
        name = f"vmem{index}"
        if node and not node.isdigit():
            raise HarnessError(f"--vmem {text}: the node must be a number, as in 4G,1")
        args += ["-object", f"memory-backend-ram,id={name}-mem,size={parse_size(size)},reserve=off",
                 "-device", f"virtio-mem-pci,id={name},memdev={name}-mem,requested-size=0"
                            + (f",node={node}" if node else "")]
    return args


LABEL_BYTES = 128 << 20             # QEMU cuts them off the end; what remains must be a multiple of 16 MiB


def _boot_dimm_args(cfg):
    """DIMMs and NVDIMMs that are there at boot, each in a slot of its own. The firmware does not report DIMMs as RAM:
    that is up to memmap= (docs/testing.md)."""
    devices = [(f"dimm{index}", parse_size(text), "pc-dimm", "") for index, text in enumerate(cfg.dimm)]
    devices += [(f"nv{index}", parse_size(text) + LABEL_BYTES, "nvdimm", f",label-size={LABEL_BYTES}")
                for index, text in enumerate(cfg.nvdimm)]
    args = []
    for name, size, kind, more in devices:
        args += ["-object", f"memory-backend-ram,id={name}-mem,size={size},reserve=off",
                 "-device", f"{kind},id={name},memdev={name}-mem{more}"]
    return args


def _drive_args(cfg):
    if not cfg.drive:
        return []
    return ["-drive", f"file={_comma(cfg.drive)},if=none,id=drive,format=raw,cache=unsafe",
            "-device", "virtio-blk-pci,drive=drive"]


def command(cfg, qmp_fd, ports):
    """The command line. ports: (name, fd) of each virtio-serial port; "tty" is a console."""
    args = [qemu_binary(), "-no-user-config", "-nodefaults", "-no-reboot", "-display", "none",
            "-name", "mhp-guest", "-machine", "q35,usb=off,sata=off,smbus=off,vmport=off" + ",nvdimm=on" * bool(cfg.nvdimm),
            *_cpu_args(cfg), *_memory_args(cfg),
            "-kernel", cfg.kernel, "-append", kernel_cmdline(cfg),
            *(["-initrd", cfg.initrd] if cfg.initrd else []),
            "-chardev", f"file,id=console,path={_comma(cfg.console)}", "-serial", "chardev:console",
            "-chardev", f"socket,id=qmp,fd={qmp_fd}", "-mon", "chardev=qmp,mode=control",
            "-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=root,mount_tag=/dev/root",
            "-fsdev", f"local,id=share,path={_comma(cfg.share)},security_model=none,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=share,mount_tag=results",
            *_boot_dimm_args(cfg), *_vmem_args(cfg), *_drive_args(cfg),
            *(["-device", "virtio-balloon-pci,id=balloon"] if cfg.balloon else []), "-device", "virtio-serial-pci"]
    for name, fd in ports:
        kind = "virtconsole" if name == "tty" else "virtserialport"
        args += ["-chardev", f"socket,id={name},fd={fd}",
                 "-device", f"{kind},chardev={name},name=mhp.{name}"]
    return args


class Machine:
    """A running QEMU. stop() ends it in any state."""

    def __init__(self, args, fds, log):
        self.log = log
        # setpriv makes sure that QEMU dies even if this process is killed with SIGKILL.
        guard = shutil.which("setpriv")
        if guard:
            args = [guard, "--pdeathsig", "KILL", *args]
        try:
            with open(log, "wb") as out:
                self.process = subprocess.Popen(
                    args, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                    pass_fds=fds, start_new_session=True)
        except OSError as err:
            raise HarnessError(f"cannot start {args[0]}: {err.strerror}") from err
        on_last_resort(self.kill)

    def running(self):
        return self.process.poll() is None

    def complaint(self):
        """The last line QEMU itself wrote, or how it ended."""
        try:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                lines = [line.strip() for line in log if line.strip()]
        except OSError:
            lines = []
        if lines:
            return lines[-1]
        code = self.process.poll()
        if code is not None and code < 0:
            return f"it was killed by {signal.Signals(-code).name}"
        return "it gave no reason" if code is None else f"it exited with status {code} and no message"

    def kill(self):
        if self.running():
            self.process.kill()

    def wait(self, seconds):
        """Whether it exited by itself within this many seconds."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self):
        """Terminate, then kill; afterwards the process is gone."""
        if self.running():
            self.process.terminate()
            if not self.wait(TERMINATE_SECONDS):
                self.process.kill()
        self.process.wait()
