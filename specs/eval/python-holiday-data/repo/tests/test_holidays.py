import unittest
from datetime import date

from holidays import is_working_day, next_working_day


class WorkingDayTest(unittest.TestCase):
    def test_monday_is_one(self):
        self.assertTrue(is_working_day(date(2026, 1, 5)))

    def test_sunday_is_none(self):
        self.assertFalse(is_working_day(date(2026, 1, 4)))

    def test_new_year_is_none(self):
        self.assertFalse(is_working_day(date(2026, 1, 1)))

    def test_next_after_friday_is_monday(self):
        self.assertEqual(next_working_day(date(2026, 1, 9)), date(2026, 1, 12))

if __name__ == "__main__":
    unittest.main()
