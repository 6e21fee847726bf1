import unittest

from shapes import Circle, Rect


class AreaTest(unittest.TestCase):
    def test_of_a_rectangle(self):
        self.assertEqual(Rect(2, 3).area(), 6)

    def test_of_a_circle(self):
        self.assertAlmostEqual(Circle(1).area(), 3.14159, places=4)

if __name__ == "__main__":
    unittest.main()
