# SPDX-License-Identifier: GPL-2.0-only
"""The base: the version of Linux whose kernels the guests boot, such as 6.12."""
import os
import re

HERE = os.path.dirname(os.path.realpath(__file__))
with open(os.path.join(HERE, "../../kernel/base"), encoding="ascii") as _base:
    DEFAULT = _base.read().strip()


def version(text):
    """The argparse type of a base."""
    if not re.fullmatch(r"\d+\.\d+", text):
        raise ValueError(text)
    return text


def chosen():
    """BASE in the environment, or what kernel/base says."""
    return os.environ.get("BASE") or DEFAULT


def older(than):
    """Whether the chosen base is older than this version."""
    return [int(part) for part in chosen().split(".")] < [int(part) for part in than.split(".")]


def results(base):
    """The folder with the results of all runs on a base, relative to the checkout."""
    return "build/vm" if base == DEFAULT else f"build/vm/{base}"
