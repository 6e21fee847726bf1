import unittest

from intervals import length, merge


class MergeTest(unittest.TestCase):
    def test_joins_overlapping(self):
        self.assertEqual(merge([(1, 4), (2, 6)]), [(1, 6)])

    def test_sorts(self):
        self.assertEqual(merge([(5, 6), (1, 2)]), [(1, 2), (5, 6)])

    def test_nothing(self):
        self.assertEqual(merge([]), [])

    def test_length_counts_once(self):
        self.assertEqual(length([(0, 10), (5, 12)]), 12)

if __name__ == "__main__":
    unittest.main()
