# Held out: the implementer never sees this file.
import unittest

from roman import from_roman, to_roman


class StrictTest(unittest.TestCase):
    def test_refused(self):
        for text in ("VV", "XXXXX", "CMCM", "IXIV", "MMMM", "", "VIIII"):
            with self.subTest(text), self.assertRaises(ValueError):
                from_roman(text)

    def test_every_number_comes_back(self):
        for number in range(1, 4000):
            self.assertEqual(from_roman(to_roman(number)), number)
