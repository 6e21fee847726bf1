import unittest

from wrap import indent, wrap


class WrapTest(unittest.TestCase):
    def test_breaks_between_words(self):
        self.assertEqual(wrap("a quick brown fox", 8), ["a quick", "brown", "fox"])

    def test_fills_a_line_exactly(self):
        self.assertEqual(wrap("ab cd ef", 5), ["ab cd", "ef"])

    def test_of_nothing_is_nothing(self):
        self.assertEqual(wrap("  ", 5), [])

    def test_indents(self):
        self.assertEqual(indent("ab cd", 4), "  ab\n  cd")

if __name__ == "__main__":
    unittest.main()
