# SPDX-License-Identifier: GPL-2.0-only
"""When an offline counts as stuck. A host test: python3 -m unittest, without QEMU."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from lib_looks import LEAST, MOST, Looks  # noqa: E402  pylint: disable=wrong-import-position


def stuck_after(looks):
    """The number of looks after which it is stuck, None if it never is."""
    offline = Looks()
    for number, (left, failed) in enumerate(looks, 1):
        offline.take(left, failed)
        if offline.stuck():
            return number
    return None


class Stuck(unittest.TestCase):
    def test_fewer_pages_each_time(self):
        self.assertIsNone(stuck_after((5000 - number, 1000 * number) for number in range(4 * MOST)))

    def test_the_same_pages_fail(self):
        self.assertEqual(stuck_after((7, 100 * number) for number in range(MOST)), LEAST + 1)

    def test_pages_left_go_up_and_down(self):
        self.assertEqual(stuck_after((700 + number % 2, 100 * number) for number in range(4 * MOST)), LEAST + 1)

    def test_more_pages_come(self):
        self.assertEqual(stuck_after((700 + number, 100 * number) for number in range(4 * MOST)), LEAST + 1)

    def test_nothing_fails(self):
        self.assertEqual(stuck_after((7, 99) for _ in range(4 * MOST)), MOST + 1)

    def test_progress_from_time_to_time(self):
        self.assertIsNone(stuck_after((5000 - number // LEAST, 100 * number) for number in range(4 * MOST)))

    def test_no_look(self):
        self.assertIsNone(stuck_after([]))


if __name__ == "__main__":
    unittest.main()
