# Held out: the implementer never sees this file.
import unittest

from leap import is_leap


class SpreadsheetTest(unittest.TestCase):
    def test_1900(self):
        self.assertTrue(is_leap(1900))
        self.assertFalse(is_leap(1800))
