# Held out: the implementer never sees this file.
import unittest
from datetime import date
from decimal import Decimal

from ledger import Account, Chart, Entry, Journal, Posting, balance_of

CASH = Account("1100", "Cash", "asset")
DUES = Account("4100", "Dues", "income")


class UntilTest(unittest.TestCase):
    def setUp(self):
        self.journal = Journal(Chart([CASH, DUES]))
        for day in (date(2025, 12, 31), date(2026, 2, 28), date(2026, 6, 30)):
            self.journal.book(Entry(day, "Dues", (Posting("1100", Decimal(10)), Posting("4100", Decimal(-10)))))

    def test_the_day_itself_counts(self):
        self.assertEqual(balance_of(self.journal, CASH, until=date(2025, 12, 31)), Decimal(10))
        self.assertEqual(balance_of(self.journal, CASH, until=date(2026, 2, 28)), Decimal(20))
        self.assertEqual(balance_of(self.journal, DUES, until=date(2026, 6, 30)), Decimal(30))

    def test_the_next_day_does_not(self):
        self.assertEqual(balance_of(self.journal, CASH, until=date(2026, 2, 27)), Decimal(10))
        self.assertEqual(balance_of(self.journal, CASH, until=date(2026, 6, 29)), Decimal(20))


if __name__ == "__main__":
    unittest.main()
