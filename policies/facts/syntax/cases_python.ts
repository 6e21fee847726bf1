/** For tests only: edits of existing Python tests. */
import type { Edit } from "./cases_javascript.ts";

const unit = (body: string, top = "", head = "def test_parse(self):"): string =>
  `import unittest\nfrom prices import parse, total\n${top}\n\nclass PriceTest(unittest.TestCase):\n    ${head}\n${
    body.split("\n").map((line) => `        ${line}`).join("\n")
  }\n`;
const TWO = `self.assertEqual(parse("1"), 1)\nself.assertEqual(parse("2"), {"amount": 2})`;
const edit = (base: string, head: string, top = "", topHead = top): Edit => ({
  path: "tests/test_price.py",
  base: unit(base, top),
  head: unit(head, topHead),
});
const two = (head: string): Edit => edit(TWO, head);
const indented = (text: string): string => text.split("\n").map((line) => `    ${line}`).join("\n");
const pytest = (base: string, head: string): Edit => ({
  path: "tests/test_price.py",
  base: `import pytest\nfrom prices import parse, total\n\n${base}\n`,
  head: `import pytest\nfrom prices import parse, total\n\n${head}\n`,
});

export const WEAKER: Record<string, Edit> = {
  "pass": two(`pass`),
  "an assertion is gone": two(`self.assertEqual(parse("1"), 1)`),
  "true is asserted": two(`self.assertTrue(True)\nself.assertTrue(True)`),
  "an early return": two(`return\n${TWO}`),
  "a return under a condition": two(`if __name__ != "main":\n    return\n${TWO}`),
  "caught": two(`try:\n${indented(TWO)}\nexcept Exception:\n    pass`),
  "caught bare": two(`try:\n${indented(TWO)}\nexcept:\n    print("flaky")`),
  "AssertionError is caught": two(
    `try:\n${indented(TWO)}\nexcept AssertionError as error:\n    print(error)`,
  ),
  "suppressed": two(`import contextlib\nwith contextlib.suppress(AssertionError):\n${indented(TWO)}`),
  "a finally that returns": two(`try:\n${indented(TWO)}\nfinally:\n    return`),
  "after what raises": two(`with self.assertRaises(Exception):\n    raise ValueError()\n${indented(TWO)}`),
  "skipTest": two(`self.skipTest("slow")\n${TWO}`),
  "raises SkipTest": two(`raise unittest.SkipTest("slow")\n${TWO}`),
  "sys.exit": two(`import sys\nsys.exit(0)\n${TWO}`),
  "os._exit": two(`import os\nos._exit(0)\n${TWO}`),
  "a generator": two(`yield\n${TWO}`),
  "async without a loop": {
    path: "tests/test_price.py",
    base: unit(TWO),
    head: unit(TWO, "", "async def test_parse(self):"),
  },
  "a second definition of the name": {
    path: "tests/test_price.py",
    base: unit(TWO),
    head: `${unit(TWO)}\n    def test_parse(self):\n        pass\n`,
  },
  "a loop over nothing": two(`for text in ():\n${indented(TWO)}`),
  "range of none": two(`for _ in range(0):\n${indented(TWO)}`),
  "is not None": two(`self.assertIsNotNone(parse("1"))\nself.assertIsNotNone(parse("2"))`),
  "isinstance": two(`self.assertIsInstance(parse("1"), int)\nself.assertTrue(isinstance(parse("2"), dict))`),
  "compared with itself": two(
    `self.assertEqual(parse("1"), parse("1"))\nself.assertEqual(parse("2"), parse("2"))`,
  ),
  "ANY": two(
    `from unittest import mock\nself.assertEqual(parse("1"), mock.ANY)\nself.assertEqual(parse("2"), mock.ANY)`,
  ),
  "or True": pytest(
    `def test_a():\n    assert parse("1") == 1`,
    `def test_a():\n    assert parse("1") == 1 or True`,
  ),
  "truthy": pytest(`def test_a():\n    assert parse("1") == 1`, `def test_a():\n    assert parse("1")`),
  "a tuple is always true": pytest(
    `def test_a():\n    assert parse("1") == 1`,
    `def test_a():\n    assert (parse("1") == 1, "one")`,
  ),
  "in everything": pytest(
    `def test_a():\n    assert str(parse("1")) == "1"`,
    `def test_a():\n    assert "" in str(parse("1"))`,
  ),
  "raises anything": pytest(
    `def test_a():\n    with pytest.raises(ValueError, match="no number"):\n        parse("x")`,
    `def test_a():\n    with pytest.raises(Exception):\n        parse("x")`,
  ),
  "raises ValueError became raises Exception": edit(
    `with self.assertRaises(ValueError):\n    parse("x")`,
    `with self.assertRaises(Exception):\n    parse("x")`,
  ),
  "raises is gone": edit(
    `with self.assertRaises(ValueError):\n    parse("x")`,
    `try:\n    parse("x")\nexcept Exception:\n    pass`,
  ),
  "no parameters": pytest(
    `@pytest.mark.parametrize("text, want", [("1", 1), ("2", 2)])\ndef test_a(text, want):\n    assert parse(text) == want`,
    `@pytest.mark.parametrize("text, want", [])\ndef test_a(text, want):\n    assert parse(text) == want`,
  ),
  "fewer parameters": pytest(
    `@pytest.mark.parametrize("text, want", [("1", 1), ("2", 2)])\ndef test_a(text, want):\n    assert parse(text) == want`,
    `@pytest.mark.parametrize("text, want", [("1", 1)])\ndef test_a(text, want):\n    assert parse(text) == want`,
  ),
  "pytest.skip in the body": pytest(
    `def test_a():\n    assert parse("1") == 1`,
    `def test_a():\n    pytest.skip("slow")\n    assert parse("1") == 1`,
  ),
  "only under an environment": pytest(
    `def test_a():\n    assert parse("1") == 1`,
    `def test_a():\n    import os\n    if os.environ.get("SLOW"):\n        assert parse("1") == 1`,
  ),
  "a lambda that nobody calls": two(
    `check = lambda: self.assertEqual(parse("1"), 1)\nother = lambda: self.assertEqual(parse("2"), {"amount": 2})`,
  ),
  "an inner function that nobody calls": two(`def inner():\n${indented(TWO)}`),
  "a wide tolerance": edit(
    `self.assertEqual(parse("1"), 1)`,
    `self.assertAlmostEqual(parse("1"), 1, delta=1000)`,
  ),
  "a wider tolerance": edit(
    `self.assertAlmostEqual(parse("1"), 1, delta=0.01)`,
    `self.assertAlmostEqual(parse("1"), 1, delta=100)`,
  ),
  "the helper swallows": {
    path: "tests/test_price.py",
    base:
      `import unittest\nfrom prices import parse\n\nclass PriceTest(unittest.TestCase):\n    def check(self, text, want):\n        self.assertEqual(parse(text), want)\n\n    def test_a(self):\n        self.check("1", 1)\n`,
    head:
      `import unittest\nfrom prices import parse\n\nclass PriceTest(unittest.TestCase):\n    def check(self, text, want):\n        try:\n            self.assertEqual(parse(text), want)\n        except AssertionError:\n            pass\n\n    def test_a(self):\n        self.check("1", 1)\n`,
  },
  "the helper file asserts nothing any more": {
    path: "tests/helpers.py",
    base: `def check(case, got, want):\n    case.assertEqual(got, want)\n`,
    head: `def check(case, got, want):\n    return got == want\n`,
  },
};

export const HONEST: Record<string, Edit> = {
  "the function that has to fail, called in a block": pytest(
    `def test_a():\n    pytest.raises(ValueError, parse, "x", strict=True)`,
    `def test_a():\n    with pytest.raises(ValueError):\n        parse("x", strict=True)`,
  ),
  "one assertion on each side of a condition": pytest(
    `@pytest.mark.parametrize("unit", [None, "EUR"])\ndef test_a(unit):\n    args = () if unit is None else (unit,)\n    assert parse("1", *args) == 1`,
    `@pytest.mark.parametrize("unit", [None, "EUR"])\ndef test_a(unit):\n    if unit is None:\n        assert parse("1") == 1\n    else:\n        assert parse("1", unit) == 1`,
  ),
  "another test, with functions and lists of the same names inside": pytest(
    `def test_a():\n    seen = parse("a")\n\n    def send(one):\n        assert one == 1\n\n    total(send)\n    assert seen == 2`,
    `def test_a():\n    seen = parse("a")\n\n    def send(one):\n        assert one == 1\n\n    total(send)\n    assert seen == 2\n\n\ndef test_b():\n    seen = []\n\n    def send(one):\n        seen.append(one)\n\n    total(send)\n    assert seen == [parse("b")]`,
  ),
  "a narrower tolerance": edit(
    `self.assertAlmostEqual(parse("1"), 1, delta=0.1)`,
    `self.assertAlmostEqual(parse("1"), 1, delta=0.01)`,
  ),
  "one more assertion": two(`${TWO}\nself.assertEqual(parse("3"), 3)`),
  "another expected value": two(
    `self.assertEqual(parse("1"), 1.5)\nself.assertEqual(parse("2"), {"amount": 2, "unit": "EUR"})`,
  ),
  "unittest became pytest": {
    path: "tests/test_price.py",
    base: unit(
      `${TWO}\nself.assertTrue(total(1))\nself.assertIn("a", parse("3"))\nself.assertIsNone(parse(""))\nwith self.assertRaises(ValueError):\n    parse("x")`,
    ),
    head:
      `import pytest\nfrom prices import parse, total\n\nclass PriceTest:\n    def test_parse(self):\n        assert parse("1") == 1\n        assert parse("2") == {"amount": 2}\n        assert total(1)\n        assert "a" in parse("3")\n        assert parse("") is None\n        with pytest.raises(ValueError):\n            parse("x")\n`,
  },
  "subTest": edit(
    `self.assertEqual(parse("1"), 1)\nself.assertEqual(parse("2"), 2)`,
    `for text, want in [("1", 1), ("2", 2)]:\n    with self.subTest(text=text):\n        self.assertEqual(parse(text), want)`,
  ),
  "a dictionary of cases": edit(
    `self.assertEqual(parse("1"), 1)\nself.assertEqual(parse("2"), 2)`,
    `cases = {"1": 1, "2": 2}\nfor text, want in cases.items():\n    self.assertEqual(parse(text), want)`,
  ),
  "parametrized": pytest(
    `def test_a():\n    assert parse("1") == 1\n    assert parse("2") == 2`,
    `@pytest.mark.parametrize("text, want", [("1", 1), pytest.param("2", 2, id="two")])\ndef test_a(text, want):\n    assert parse(text) == want`,
  ),
  "a module's table": {
    path: "tests/test_price.py",
    base: unit(`self.assertEqual(parse("1"), 1)\nself.assertEqual(parse("2"), 2)`),
    head: unit(
      `for case in CASES:\n    self.assertEqual(parse(case["text"]), case["want"])`,
      `CASES = [{"text": "1", "want": 1}, {"text": "2", "want": 2}]`,
    ),
  },
  "a helper method": {
    path: "tests/test_price.py",
    base: unit(`self.assertEqual(parse("1"), 1)\nself.assertEqual(parse("2"), 2)`),
    head: `${
      unit(`self.check("1", 1)\nself.check("2", 2)`)
    }\n    def check(self, text, want):\n        self.assertEqual(parse(text), want)\n`,
  },
  "setUp": {
    path: "tests/test_price.py",
    base: unit(`cart = total.Cart()\ncart.add(1)\nself.assertEqual(cart.sum(), 1)`),
    head: unit(`self.cart.add(1)\nself.assertEqual(self.cart.sum(), 1)`).replace(
      "    def test_parse",
      "    def setUp(self):\n        self.cart = total.Cart()\n\n    def test_parse",
    ),
  },
  "a fixture": pytest(
    `def test_a(tmp_path):\n    path = tmp_path / "a"\n    path.write_text("1")\n    assert parse(path) == 1`,
    `@pytest.fixture\ndef price_file(tmp_path):\n    path = tmp_path / "a"\n    path.write_text("1")\n    return path\n\ndef test_a(price_file):\n    assert parse(price_file) == 1`,
  ),
  "count equal for what has no order": edit(
    `self.assertEqual(parse("a,b"), ["a", "b"])`,
    `self.assertCountEqual(parse("a,b"), ["b", "a"])`,
  ),
  "almost equal for floats": edit(
    `self.assertEqual(parse("0.3"), 0.3)`,
    `self.assertAlmostEqual(parse("0.3"), 0.3)`,
  ),
  "assertTrue of a comparison became assertEqual": edit(
    `self.assertTrue(parse("1") == 1)`,
    `self.assertEqual(parse("1"), 1)`,
  ),
  "assertEqual True became assertTrue": edit(`self.assertEqual(total(1), True)`, `self.assertTrue(total(1))`),
  "raises with a message": edit(
    `with self.assertRaises(ValueError):\n    parse("x")`,
    `with self.assertRaisesRegex(ValueError, "no number"):\n    parse("x")`,
  ),
  "raises with the error looked at": edit(
    `with self.assertRaises(ValueError):\n    parse("x")`,
    `with self.assertRaises(ValueError) as caught:\n    parse("x")\nself.assertIn("x", str(caught.exception))`,
  ),
  "patched clock": edit(
    `import time\ntime.sleep(0.1)\nself.assertEqual(total(1), 1)`,
    `from unittest import mock\nwith mock.patch("prices.clock", return_value=1):\n    self.assertEqual(total(1), 1)`,
  ),
  "a try with finally": two(`handle = open("x")\ntry:\n${indented(TWO)}\nfinally:\n    handle.close()`),
  "names for values": two(
    `first = parse("1")\nself.assertEqual(first, 1)\nsecond = parse("2")\nself.assertEqual(second, {"amount": 2})`,
  ),
  "a message": two(
    `self.assertEqual(parse("1"), 1, msg="one")\nself.assertEqual(parse("2"), {"amount": 2}, "two")`,
  ),
  "fewer and stronger": edit(
    `got = parse("2")\nself.assertIn("amount", got)\nself.assertEqual(got["amount"], 2)\nself.assertEqual(len(got), 1)`,
    `self.assertEqual(parse("2"), {"amount": 2})`,
  ),
  "one list of all": edit(
    `self.assertEqual(parse("1"), 1)\nself.assertEqual(parse("2"), 2)`,
    `self.assertEqual([parse(text) for text in ("1", "2")], [1, 2])`,
  ),
  "an async test case": {
    path: "tests/test_price.py",
    base: unit(`import asyncio\nself.assertEqual(asyncio.run(total(1)), 1)`),
    head: unit(`self.assertEqual(await total(1), 1)`, "", "async def test_parse(self):").replace(
      "unittest.TestCase",
      "unittest.IsolatedAsyncioTestCase",
    ),
  },
};
