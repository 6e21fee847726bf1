import unittest

from report import describe


class DescribeTest(unittest.TestCase):
    def test_has_one_digit(self):
        self.assertEqual(describe(2, 2.5), "5.0 square metres")

if __name__ == "__main__":
    unittest.main()
