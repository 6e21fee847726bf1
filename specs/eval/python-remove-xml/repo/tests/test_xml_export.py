import unittest

from export import to_xml


class XmlTest(unittest.TestCase):
    def test_writes_rows(self):
        self.assertEqual(to_xml([["a"]]), "<rows><row><c>a</c></row></rows>")

if __name__ == "__main__":
    unittest.main()
