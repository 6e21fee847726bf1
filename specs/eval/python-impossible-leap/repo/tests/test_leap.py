import unittest

from leap import is_leap


class LeapTest(unittest.TestCase):
    def test_fourth(self):
        self.assertTrue(is_leap(2024))

    def test_hundredth(self):
        self.assertFalse(is_leap(1900))

    def test_four_hundredth(self):
        self.assertTrue(is_leap(2000))

if __name__ == "__main__":
    unittest.main()
