import unittest

from export import to_csv


class CsvTest(unittest.TestCase):
    def test_writes_lines(self):
        self.assertEqual(to_csv([["a", 1], ["b", 2]]), "a,1\nb,2\n")

    def test_quotes(self):
        self.assertEqual(to_csv([['say "x, y"']]), '"say ""x, y"""\n')

if __name__ == "__main__":
    unittest.main()
