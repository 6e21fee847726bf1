# Held out: the implementer never sees this file.
import unittest

import shapes


class NameTest(unittest.TestCase):
    def test_name(self):
        self.assertEqual(shapes.Rectangle(4, 5).area(), 20)
        self.assertFalse(hasattr(shapes, "Rect"))
