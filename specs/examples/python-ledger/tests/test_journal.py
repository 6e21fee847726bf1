import unittest
from datetime import date
from decimal import Decimal

from ledger import Account, Chart, Entry, Journal, Posting, Unbalanced, balance_of, trial_balance

BANK = Account("1000", "Bank", "asset")
FEES = Account("4000", "Fees", "income")
RENT = Account("6000", "Rent", "expense")


def fee(day, amount):
    return Entry(day, "Fee", (Posting("1000", Decimal(amount)), Posting("4000", -Decimal(amount))))


class JournalTest(unittest.TestCase):
    def setUp(self):
        self.chart = Chart([BANK, FEES, RENT])
        self.journal = Journal(self.chart)

    def test_keeps_a_balanced_entry(self):
        self.journal.book(fee(date(2026, 1, 5), "40"))
        self.assertEqual(len(self.journal), 1)

    def test_refuses_an_unbalanced_entry(self):
        with self.assertRaises(Unbalanced):
            self.journal.book(Entry(date(2026, 1, 5), "Odd", (Posting("1000", Decimal(1)),)))
        self.assertEqual(len(self.journal), 0)

    def test_income_grows_by_credits(self):
        self.journal.book(fee(date(2026, 1, 5), "40"))
        self.assertEqual(balance_of(self.journal, FEES), Decimal("40"))

    def test_leaves_later_days_out(self):
        self.journal.book(fee(date(2026, 1, 5), "40"))
        self.journal.book(fee(date(2026, 3, 1), "60"))
        self.assertEqual(balance_of(self.journal, BANK, until=date(2026, 2, 1)), Decimal("40"))

    def test_trial_balance_shows_accounts_that_moved(self):
        self.journal.book(fee(date(2026, 1, 5), "40"))
        self.assertEqual(
            trial_balance(self.journal, self.chart),
            [("1000", "Bank", Decimal("40")), ("4000", "Fees", Decimal("40"))],
        )


if __name__ == "__main__":
    unittest.main()
