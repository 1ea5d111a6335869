# SPDX-License-Identifier: GPL-2.0-only
"""Modules of a stock kernel that only some tests need (tests/vm/stock.sh unpacks them)."""
import os
import subprocess

import lib_oracle as oracle


def load_modules(*names):
    """Load modules and those they depend on. A kernel without a folder of modules has them built in."""
    folder = os.path.join(os.path.dirname(os.environ["MHP_KERNEL_IMAGE"]), "modules")
    if not os.path.isdir(folder):
        return
    for name in names:
        for file in oracle.read(f"{folder}/{name}.list").split():
            if os.path.isdir(f"/sys/module/{file[:-len('.ko')]}"):
                continue
            loaded = subprocess.run(["insmod", f"{folder}/{file}"], stderr=subprocess.PIPE, check=False, text=True)
            if loaded.returncode:
                raise RuntimeError(f"insmod {folder}/{file}: {loaded.stderr.strip()}")
