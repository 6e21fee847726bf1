import unittest

from roman import from_roman, to_roman


class RomanTest(unittest.TestCase):
    def test_writes(self):
        self.assertEqual(to_roman(1994), "MCMXCIV")

    def test_reads(self):
        self.assertEqual(from_roman("MMXXVI"), 2026)

    def test_refuses_zero(self):
        with self.assertRaises(ValueError):
            to_roman(0)

    def test_refuses_other_letters(self):
        with self.assertRaises(ValueError):
            from_roman("ABC")

if __name__ == "__main__":
    unittest.main()
