import assert from "node:assert/strict";
import { namesPath, namesSymbol, renamedSymbol } from "./named.ts";

const symbol = (path: string, name: string) => ({ path, name });

Deno.test("a path is named by itself, by its directory with a slash, or by a glob; not by a part of it or by a symbol in it", () => {
  for (const entry of ["src/a.ts", "./src/a.ts", "src/", "src/*.ts", "**", " src/a.ts "]) {
    assert.equal(namesPath(entry, "src/a.ts"), true, entry);
  }
  for (const entry of ["", "src", "a.ts", "src/a", "src/a.ts::x", "lib/", "*.ts", "**/a.ts::x", "src/[a"]) {
    assert.equal(namesPath(entry, "src/a.ts"), false, entry);
  }
});

Deno.test("a symbol is named by its name, its address, its class or its file; not from another file and not by a prefix", () => {
  const method = symbol("src/a.ts", "Cart.add");
  for (
    const entry of [
      "Cart.add",
      "src/a.ts::Cart.add",
      "src/a.ts#Cart.add",
      "Cart",
      "src/a.ts::Cart",
      "src/a.ts",
      "src/**",
      "./src/a.ts::Cart",
    ]
  ) assert.equal(namesSymbol(entry, method), true, entry);
  for (
    const entry of [
      "",
      "add",
      "Car",
      "Cart.ad",
      "Cart.adds",
      "src/b.ts::Cart.add",
      "src/b.ts#Cart",
      "src/b.ts",
    ]
  ) assert.equal(namesSymbol(entry, method), false, entry);
  assert.equal(namesSymbol("Shape", symbol("a.rs", "Shape::area")), true);
  assert.equal(namesSymbol("Shape::area", symbol("a.rs", "Shape::area")), true);
  assert.equal(namesSymbol("Sha", symbol("a.rs", "Shape::area")), false);
});

Deno.test("a declared rename takes a symbol along: by name, by address, with its class, with its file or directory", () => {
  const to = (one: { path: string; name: string }, from: string, target: string) =>
    renamedSymbol(one, [{ from, to: target }]);
  assert.deepEqual(to(symbol("src/a.ts", "b"), "b", "c"), [{ path: null, name: "c" }]);
  assert.deepEqual(to(symbol("src/a.ts", "b"), "src/a.ts::b", "src/c.ts::d"), [{
    path: "src/c.ts",
    name: "d",
  }]);
  assert.deepEqual(to(symbol("src/a.ts", "Rect.area"), "Rect", "Rectangle"), [{
    path: null,
    name: "Rectangle.area",
  }]);
  assert.deepEqual(
    to(symbol("a.java", "Gap.Gap"), "Gap", "Shortage").at(-1),
    { path: null, name: "Shortage.Shortage" },
    "a constructor is called as its class",
  );
  assert.deepEqual(to(symbol("src/a.ts", "b"), "src/a.ts", "lib/a.ts"), [{ path: "lib/a.ts", name: "b" }]);
  assert.deepEqual(to(symbol("src/x/a.ts", "b"), "src/", "lib/"), [{ path: "lib/x/a.ts", name: "b" }]);
  for (
    const [from, target] of [["a", "c"], ["src/z.ts::b", "c"], ["src/z.ts", "lib/z.ts"], ["bb", "c"], [
      "lib/",
      "x/",
    ]] as const
  ) {
    assert.deepEqual(to(symbol("src/a.ts", "b"), from, target), [], from);
  }
  assert.deepEqual(to(symbol("src/a.ts", "Rectangle.area"), "Rect", "Square"), []);
});

Deno.test("a declared rename of a member may leave its owner out: in the new name, or in both", () => {
  const names = (one: string, from: string, target: string) =>
    renamedSymbol(symbol("src/a.py", one), [{ from, to: target }]).map(({ name }) => name);
  assert.deepEqual(names("Cart.add", "Cart.add", "Cart.put"), ["Cart.put"]);
  assert.deepEqual(names("Cart.add", "Cart.add", "put"), ["Cart.put", "put"]);
  assert.deepEqual(names("Cart.add", "src/a.py::Cart.add", "put"), ["Cart.put", "put"]);
  assert.deepEqual(names("Cart.add", "add", "put"), ["Cart.put"]);
  assert.deepEqual(names("Shape::area", "Shape::area", "size"), ["Shape::size", "size"]);
  assert.deepEqual(names("add", "add", "put"), ["put"]);
  assert.deepEqual(names("Cart.add", "Bag.add", "put"), []);
  assert.deepEqual(names("Cart.add", "ad", "put"), []);
});

Deno.test("a file in the root is told from a member by the file that is there", () => {
  const to = (one: { path: string; name: string }) => renamedSymbol(one, [{ from: "cart.py", to: "bag.py" }]);
  assert.deepEqual(to(symbol("cart.py", "add")), [{ path: "bag.py", name: "add" }]);
  assert.deepEqual(to(symbol("shop.py", "add")), []);
});
