# SPDX-License-Identifier: GPL-2.0-only
"""Modules of a stock kernel that only some tests need (tests/vm/stock.sh unpacks them)."""
import os
import subprocess

import lib_oracle as oracle

HUNG_TASK = "/proc/sys/kernel/hung_task_timeout_secs"


def load_modules(*names):
    """Load modules and those they depend on. A kernel without a folder of modules has them built in.

    From then on, the kernel does not report a task that is blocked for two minutes: some wait for devices that are probed, and
    the clock of a guest on a busy host is fast. The host's own time limit ends a run that hangs.
    """
    folder = os.path.join(os.path.dirname(os.environ["MHP_KERNEL_IMAGE"]), "modules")
    if not os.path.isdir(folder):
        return
    if os.path.exists(HUNG_TASK):
        oracle.write(HUNG_TASK, 0)
    for name in names:
        for file in oracle.read(f"{folder}/{name}.list").split():
            if os.path.isdir(f"/sys/module/{file[:-len('.ko')].replace('-', '_')}"):
                continue
            loaded = subprocess.run(["insmod", f"{folder}/{file}"], stderr=subprocess.PIPE, check=False, text=True)
            if loaded.returncode:
                raise RuntimeError(f"insmod {folder}/{file}: {loaded.stderr.strip()}")
