# Held out: the implementer never sees this file.
import unittest

from wrap import wrap


class WidthTest(unittest.TestCase):
    def test_no_line_is_too_long(self):
        text = "to be or not to be incomprehensibilities x supercalifragilistic"
        for width in range(1, 30):
            with self.subTest(width):
                self.assertTrue(all(0 < len(line) <= width for line in wrap(text, width)))
                self.assertEqual("".join(wrap(text, width)).replace(" ", ""), text.replace(" ", ""))

    def test_width_of_nothing(self):
        with self.assertRaises(ValueError):
            wrap("a", 0)
