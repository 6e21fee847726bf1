import unittest

from ledger import Account, Chart, UnknownAccount


class AccountTest(unittest.TestCase):
    def test_knows_its_normal_side(self):
        self.assertTrue(Account("1000", "Bank", "asset").debit_normal)
        self.assertFalse(Account("4000", "Fees", "income").debit_normal)

    def test_refuses_an_unknown_kind(self):
        with self.assertRaises(ValueError):
            Account("9", "Odd", "other")


class ChartTest(unittest.TestCase):
    def test_lists_by_code(self):
        chart = Chart([Account("4000", "Fees", "income"), Account("1000", "Bank", "asset")])
        self.assertEqual([account.code for account in chart], ["1000", "4000"])

    def test_refuses_a_code_twice(self):
        with self.assertRaises(ValueError):
            Chart([Account("1000", "Bank", "asset"), Account("1000", "Cash", "asset")])

    def test_names_the_unknown_account(self):
        with self.assertRaises(UnknownAccount):
            Chart()["1000"]


if __name__ == "__main__":
    unittest.main()
