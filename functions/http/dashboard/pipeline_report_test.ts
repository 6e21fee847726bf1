import assert from "node:assert/strict";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { PipelineReport } from "../../../specs/foundry/mod.ts";
import { HOSTILE, sampleReport } from "../tests/pipeline_report_sample.ts";
import { STYLE } from "./assets.ts";
import { reportHtml, reportPolicy } from "./pipeline_report_page.tsx";

const empty = (): PipelineReport => ({
  ...sampleReport(),
  runs: [],
  streams: [],
  quality: [],
  quarantine: [],
  freshness: { hours: null, lastSuccess: null, ageHours: null, stale: null },
});

Deno.test("the report is one file: its one style is allowed by hash, nothing else is loaded and nothing runs", async () => {
  const html = await reportHtml(sampleReport());
  const policy = await reportPolicy();
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}=';/);
  assert.ok(html.includes(policy.split("'sha256-")[1]?.split("'")[0] ?? "-"));
  assert.ok(
    html.includes(`<style>${STYLE}</style>`),
    "the style stands there byte for byte, as the hash has it",
  );
  const body = html.replace(STYLE, "");
  assert.doesNotMatch(body, /<script|<link|<img|<iframe|<object|\ssrc=|\shref=|\sstyle=|url\(|\son[a-z]+=/i);
});

Deno.test("what data says is text, wherever it stands", async () => {
  const html = (await reportHtml(sampleReport())).replace(STYLE, "");
  assert.ok(html.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
  assert.ok(!html.includes(HOSTILE));
  assert.ok(!html.includes("<!--"));
  assert.equal(html.match(/<\/style>/g)?.length, 1);
});

Deno.test("the markup is well-formed, and every drawing says in words what it shows", async () => {
  for (const report of [sampleReport(), empty()]) {
    const html = (await reportHtml(report)).replace(STYLE, "").replace("<!doctype html>", "");
    const markup = html.replaceAll(/<meta [^>]*?\/?>/g, "");
    assert.equal(XMLValidator.validate(markup), true);
    const nodes = (value: unknown, name: string): Record<string, unknown>[] =>
      typeof value !== "object" || value === null ? [] : Object.entries(value).flatMap(([key, one]) => [
        ...(key === name ? [one].flat().filter((each) => typeof each === "object") : []),
        ...nodes(one, name),
      ]) as Record<string, unknown>[];
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(markup);
    for (const svg of nodes(parsed, "svg")) {
      assert.ok(
        svg["@_aria-hidden"] === "true" || (svg["@_role"] === "img" && svg["@_aria-label"]),
        JSON.stringify(svg),
      );
    }
  }
});

Deno.test("counts, cursors, columns, drift, schema changes and reasons are there", async () => {
  const html = await reportHtml(sampleReport());
  for (
    const part of [
      "2026-01-03 25 written",
      "Rows of the last 3 runs, oldest first",
      "hashed: no values are told",
      "40 of 400 rows of the latest load",
      "2 more columns are not shown",
      "Distribution of amount in 2 bins: -1 to 4: 21; 4 to 9: 9",
      "median 4, mean 4",
      "1 frequent value not told",
      "+100 %",
      "0.05 (2)",
      "breaking, freeze",
      "required@1",
      ">5</td>",
      "stale",
      "Promised: within 12 hours",
    ]
  ) assert.ok(html.includes(part), part);
});

Deno.test("a pipeline without runs has a report that says so", async () => {
  const html = await reportHtml(empty());
  for (
    const part of [
      "It was not run yet.",
      "No run has judged a rule",
      "Nothing was set aside.",
      "Nothing is promised",
    ]
  ) {
    assert.ok(html.includes(part), part);
  }
});
