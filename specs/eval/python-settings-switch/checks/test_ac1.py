# Held out: the implementer never sees this file.
import unittest

from settings import BadSetting, load


class SwitchTest(unittest.TestCase):
    def test_on_and_off(self):
        for text, value in (("1", True), ("YES", True), (" on ", True), ("0", False), ("False", False), ("off", False)):
            with self.subTest(text):
                self.assertIs(load({"APP_DEBUG": text}).debug, value)

    def test_default(self):
        self.assertIs(load({}).debug, False)

    def test_other_words(self):
        for text in ("maybe", "", "2"):
            with self.subTest(text), self.assertRaises(BadSetting):
                load({"APP_DEBUG": text})
