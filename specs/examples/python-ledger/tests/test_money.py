import unittest
from decimal import Decimal

from ledger import parse_amount, show_amount


class ParseAmountTest(unittest.TestCase):
    def test_reads_cents(self):
        self.assertEqual(parse_amount("1234.5"), Decimal("1234.50"))

    def test_ignores_surrounding_space(self):
        self.assertEqual(parse_amount("  7 "), Decimal("7.00"))

    def test_refuses_words(self):
        with self.assertRaises(ValueError):
            parse_amount("seven")


class ShowAmountTest(unittest.TestCase):
    def test_separates_thousands(self):
        self.assertEqual(show_amount(Decimal("1234567.5")), "1,234,567.50")


if __name__ == "__main__":
    unittest.main()
