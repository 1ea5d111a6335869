# SPDX-License-Identifier: GPL-2.0-only
"""Looks at an offline in progress: whether it still gets anywhere."""

LEAST, MOST = 8, 60         # looks without progress after which it is stuck: if pages fail meanwhile, and in any case
FAILED_PAGES = 100


class Looks:
    """Each look sees the pages that are left, and how many have failed since boot.

    Progress is fewer pages left than ever before. Their number also goes up and down: pages come into use while others
    go, so an offline that only a signal ends need not see the same number twice.
    """

    def __init__(self):
        self._least = None
        self._since = []        # failed pages at each look from the one with the fewest pages left on

    def take(self, left, failed):
        if self._least is None or left < self._least:
            self._least, self._since = left, []
        self._since.append(failed)

    def stuck(self):
        looks = len(self._since) - 1
        return looks >= MOST or (looks >= LEAST and self._since[-1] - self._since[0] >= FAILED_PAGES)
