# Held out: the implementer never sees this file.
import unittest
from datetime import date

from holidays import is_working_day, next_working_day


class TableTest(unittest.TestCase):
    def test_free(self):
        for day in (date(2026, 4, 6), date(2026, 5, 1), date(2026, 12, 25), date(2026, 4, 3)):
            self.assertFalse(is_working_day(day), day)

    def test_open(self):
        for day in (date(2026, 4, 7), date(2026, 12, 24), date(2026, 5, 4)):
            self.assertTrue(is_working_day(day), day)

    def test_easter(self):
        self.assertEqual(next_working_day(date(2026, 4, 2)), date(2026, 4, 7))
