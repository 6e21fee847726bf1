import assert from "node:assert/strict";
import { parseJunit } from "./junit.ts";

const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4">
  <testsuite name="outer" file="a.py">
    <testcase name="one &amp; &lt;two&gt; &#10;&#x41;" classname="c"/>
    <testcase name="bad" classname="c"><failure message="no">text</failure></testcase>
    <testsuite name="inner"><testcase name="late" file="b.py"><skipped/></testcase></testsuite>
  </testsuite>
  <testcase name="loose"><error><![CDATA[<!DOCTYPE html> & more]]></error></testcase>
</testsuites>`;

Deno.test("suites nest, entities of XML are read, failures and errors are failures, text in CDATA is text", () => {
  const read = parseJunit("x", xml, { counted: true });
  assert.ok(read.ok);
  assert.deepEqual(
    read.value.map((one) => [one.status, one.suites.join("/"), one.name, one.file, one.message]),
    [
      ["fail", "", "loose", "", "<!DOCTYPE html> & more"],
      ["pass", "outer", "one & <two> \nA", "a.py", ""],
      ["fail", "outer", "bad", "a.py", "no"],
      ["skip", "outer/inner", "late", "b.py", ""],
    ],
  );
});

Deno.test("a report that is cut off anywhere is a problem", () => {
  for (let length = 0; length < xml.length; length += 1) {
    assert.equal(
      parseJunit("x", xml.slice(0, length)).ok,
      false,
      `cut at ${length}: ${xml.slice(0, length)}`,
    );
  }
});

Deno.test("a document type, an entity of its own and an external entity are refused before anything is read", () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${
    Array.from({ length: 9 }, (_, n) => `<!ENTITY b${n} "${`&${n === 0 ? "a" : `b${n - 1}`};`.repeat(10)}">`)
      .join("")
  }]><testsuites tests="1"><testcase name="&b8;"/></testsuites>`;
  for (
    const text of [
      bomb,
      `<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuites tests="0"></testsuites>`,
      `<testsuites tests="0"><!ENTITY a "b"></testsuites>`,
      `<testsuites tests="0"><!doctype html></testsuites>`,
    ]
  ) {
    const read = parseJunit("x", text);
    assert.equal(read.ok, false);
    assert.match(read.ok ? "" : read.error.message, /declares <!/);
  }
});

Deno.test("an unknown entity stays as it stands, and so does a number that is no character", () => {
  const read = parseJunit(
    "x",
    `<testsuite><testcase name="&nbsp;&#xD800;&#x110000;&toString;"/></testsuite>`,
  );
  assert.ok(read.ok);
  assert.equal(read.value[0]?.name, "&nbsp;&#xD800;&#x110000;&toString;");
});

Deno.test("numbers that do not add up are a problem where the runner is known to count", () => {
  const text = `<testsuites tests="2"><testcase name="a"/></testsuites>`;
  assert.equal(parseJunit("x", text, { counted: true }).ok, false);
  assert.equal(parseJunit("x", text).ok, true);
  assert.equal(parseJunit("x", `<testsuites><testcase name="a"/></testsuites>`, { counted: true }).ok, false);
});

Deno.test("what is no report is a problem: other roots, two roots, nesting without end", () => {
  for (
    const text of [
      "",
      "ok",
      "<html></html>",
      "<testsuite></testsuite><testsuite></testsuite>",
      "<testsuites></testsuites><testsuite></testsuite>",
      `${"<testsuite>".repeat(90)}${"</testsuite>".repeat(90)}`,
      `${"<testsuite>".repeat(5_000)}${"</testsuite>".repeat(5_000)}`,
    ]
  ) assert.equal(parseJunit("x", text).ok, false, text.slice(0, 60));
});

Deno.test("a test called like a member of every object is a test", () => {
  const read = parseJunit(
    "x",
    `<testsuite name="__proto__"><testcase name="constructor" classname="__proto__"/></testsuite>`,
  );
  assert.ok(read.ok);
  assert.equal(read.value[0]?.name, "constructor");
  const odd = parseJunit("x", `<testsuite><__proto__><testcase name="a"/></__proto__></testsuite>`);
  assert.equal(odd.ok ? odd.value.length : 0, 0);
});
