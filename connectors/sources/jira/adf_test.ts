import assert from "node:assert/strict";
import fc from "fast-check";
import type { Json } from "../../../specs/mod.ts";
import { adfToMarkdown } from "./adf.ts";

const doc = (...content: Json[]): Json => ({ type: "doc", version: 1, content });
const text = (value: string, ...marks: Json[]): Json =>
  marks.length === 0 ? { type: "text", text: value } : { type: "text", text: value, marks };
const paragraph = (...content: Json[]): Json => ({ type: "paragraph", content });
const item = (...content: Json[]): Json => ({ type: "listItem", content });
const md = (...content: Json[]) => adfToMarkdown(doc(...content));

Deno.test("headings, marks, breaks, links", () => {
  assert.equal(
    md(
      { type: "heading", attrs: { level: 2 }, content: [text("Title")] },
      paragraph(
        text("plain "),
        text("bold", { type: "strong" }),
        text(" and "),
        text("a link", { type: "link", attrs: { href: "https://acme.example/x" } }),
        { type: "hardBreak" },
        text("code`x", { type: "code" }),
      ),
    ),
    "## Title\n\nplain **bold** and [a link](https://acme.example/x)  \n`` code`x ``",
  );
});

Deno.test("lists in lists, tasks, code, quotes, tables, cards", () => {
  assert.equal(
    md(
      {
        type: "bulletList",
        content: [
          item(paragraph(text("a")), {
            type: "orderedList",
            attrs: { order: 3 },
            content: [item(paragraph(text("b")))],
          }),
        ],
      },
      {
        type: "taskList",
        content: [{ type: "taskItem", attrs: { state: "DONE" }, content: [text("done")] }],
      },
      { type: "codeBlock", attrs: { language: "ts" }, content: [{ type: "text", text: "a ``` b" }] },
      { type: "blockquote", content: [paragraph(text("said"))] },
      {
        type: "table",
        content: [["h|1", "h2"], ["c1", "c2"]].map((cells): Json => ({
          type: "tableRow",
          content: cells.map((cell): Json => ({ type: "tableCell", content: [paragraph(text(cell))] })),
        })),
      },
      paragraph({ type: "inlineCard", attrs: { url: "https://acme.example/AC-1" } }, {
        type: "mention",
        attrs: { text: "@Ann" },
      }),
      { type: "rule" },
    ),
    [
      "- a\n  3. b",
      "- [x] done",
      "````ts\na ``` b\n````",
      "> said",
      "| h\\\\\\|1 | h2 |\n| --- | --- |\n| c1 | c2 |",
      "https://acme.example/AC-1@Ann",
      "---",
    ].join("\n\n").replace("h\\\\\\|1", "h\\\\|1"),
  );
});

Deno.test("text that looks like Markdown stays text, and an address that is no address is left out", () => {
  assert.equal(md(paragraph(text("# no *heading* <b>"))), "\\# no \\*heading\\* \\<b\\>");
  assert.equal(md(paragraph(text("x", { type: "link", attrs: { href: "javascript:alert(1)" } }))), "x");
});

Deno.test("what is no document is no text, a plain text is itself, an unknown node keeps its text", () => {
  assert.equal(adfToMarkdown(null), null);
  assert.equal(adfToMarkdown({ type: "page" }), null);
  assert.equal(adfToMarkdown("as it was"), "as it was");
  assert.equal(md({ type: "new-thing", content: [paragraph(text("kept"))] }), "kept");
});

Deno.test("any document gives a text, and the same one each time", () => {
  const node = fc.letrec((tie) => ({
    node: fc.record({
      type: fc.constantFrom("paragraph", "text", "bulletList", "table", "heading", "codeBlock", "panel", "x"),
      text: fc.option(fc.string(), { nil: undefined }),
      attrs: fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined }),
      content: fc.option(fc.array(tie("node"), { maxLength: 4 }), { nil: undefined }),
    }),
  })).node;
  fc.assert(fc.property(fc.array(node, { maxLength: 4 }), (content) => {
    const json = JSON.parse(JSON.stringify(content)) as Json[];
    const first = adfToMarkdown(doc(...json));
    return typeof first === "string" && first === adfToMarkdown(doc(...json));
  }));
});
