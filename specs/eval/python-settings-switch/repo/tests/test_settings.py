import unittest

from settings import BadSetting, Settings, load


class LoadTest(unittest.TestCase):
    def test_has_defaults(self):
        self.assertEqual(load({}), Settings())

    def test_reads_host_and_port(self):
        settings = load({"APP_HOST": "0.0.0.0", "APP_PORT": "90"})
        self.assertEqual((settings.host, settings.port), ("0.0.0.0", 90))

    def test_refuses_a_bad_port(self):
        for text in ("0", "http", "70000", ""):
            with self.subTest(text), self.assertRaises(BadSetting):
                load({"APP_PORT": text})

if __name__ == "__main__":
    unittest.main()
