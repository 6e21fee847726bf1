# Held out: the implementer never sees this file.
import unittest

from inventory import OutOfStock, take


class GuardTest(unittest.TestCase):
    def test_too_many_or_unknown(self):
        for stock, product, count in (({"mug": 3}, "mug", 4), ({}, "mug", 1), ({"tea": 9}, "mug", 1)):
            with self.assertRaises(OutOfStock):
                take(stock, product, count)

    def test_counts_below_one(self):
        for count in (0, -1):
            with self.assertRaises(ValueError):
                take({"mug": 3}, "mug", count)

    def test_all_of_it(self):
        self.assertEqual(take({"mug": 3}, "mug", 3), {})
