# Held out: the implementer never sees this file.
import unittest

from intervals import length, merge


class HeldOutTest(unittest.TestCase):
    def test_nested(self):
        self.assertEqual(merge([(0, 10), (2, 3), (4, 5)]), [(0, 10)])

    def test_touching_chain(self):
        self.assertEqual(merge([(6, 9), (0, 2), (2, 4), (4, 6)]), [(0, 9)])

    def test_gap(self):
        self.assertEqual(merge([(0, 1), (2, 3)]), [(0, 1), (2, 3)])

    def test_length(self):
        self.assertEqual(length([(0, 10), (1, 2), (10, 11)]), 11)
