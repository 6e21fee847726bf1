import unittest

from inventory import take
from inventory import put


class StockTest(unittest.TestCase):
    def test_takes(self):
        self.assertEqual(take({"tea": 5}, "tea", 2), {"tea": 3})

    def test_forgets_what_is_gone(self):
        self.assertEqual(take({"tea": 2, "mug": 1}, "tea", 2), {"mug": 1})

    def test_leaves_the_old_stock_alone(self):
        stock = {"tea": 5}
        take(stock, "tea", 1)
        self.assertEqual(stock, {"tea": 5})

    def test_puts(self):
        self.assertEqual(put({}, "tea", 2), {"tea": 2})

if __name__ == "__main__":
    unittest.main()
