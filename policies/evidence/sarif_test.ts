import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import type { ScanDocument, ScanFinding } from "../../specs/mod.ts";
import { sarifLog, type SarifRule, sarifText, uriOf } from "./sarif.ts";

/**
 * The constraints of the OASIS schema (sarif-schema-2.1.0.json, errata 01) on the properties that we write, closed: a property that is
 * written and not listed here is an error. Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/
 */
const unique = (items: readonly unknown[]) =>
  new Set(items.map((item) => JSON.stringify(item))).size === items.length;
const Message = z.strictObject({ text: z.string() });
const Level = z.enum(["none", "note", "warning", "error"]);
const Bag = z.looseObject({ tags: z.array(z.string()).refine(unique).optional() });
const UriReference = z.string().refine((uri) => {
  const made = new URL(uri, "https://base.example/root/");
  return /^[!-~]*$/.test(uri) && made.host === "base.example" && made.protocol === "https:" &&
    /^(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9\-._~!$&'()*+,;=:@/])*$/.test(uri);
}, "not a relative URI reference");
const Location = z.strictObject({
  physicalLocation: z.strictObject({
    artifactLocation: z.strictObject({ uri: UriReference, uriBaseId: z.literal("SRCROOT") }),
    region: z.strictObject({ startLine: z.number().int().min(1) }).optional(),
  }),
});
const Rule = z.strictObject({
  id: z.string().min(1),
  name: z.string(),
  shortDescription: Message,
  help: Message.optional(),
  defaultConfiguration: z.strictObject({ level: Level }),
  properties: Bag.extend({ "security-severity": z.string().regex(/^(?:10\.0|\d\.\d)$/) }),
});
const Sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.array(z.strictObject({
    tool: z.strictObject({
      driver: z.strictObject({
        name: z.string(),
        semanticVersion: z.string().regex(/^\d+\.\d+\.\d+/),
        rules: z.array(Rule).refine((rules) => unique(rules) && unique(rules.map(({ id }) => id))),
      }),
    }),
    automationDetails: z.strictObject({ id: z.string() }),
    invocations: z.array(z.strictObject({
      executionSuccessful: z.boolean(),
      exitCode: z.number().int(),
      toolExecutionNotifications: z.array(z.strictObject({
        level: Level,
        message: Message,
        descriptor: z.strictObject({ id: z.string() }),
        locations: z.array(Location).optional(),
      })).refine(unique),
    })),
    columnKind: z.enum(["utf16CodeUnits", "unicodeCodePoints"]),
    originalUriBaseIds: z.record(z.string(), z.strictObject({ description: Message })),
    results: z.array(z.strictObject({
      ruleId: z.string(),
      ruleIndex: z.number().int().min(-1),
      kind: z.enum(["notApplicable", "pass", "fail", "review", "open", "informational"]),
      level: Level,
      message: Message,
      locations: z.array(Location),
      partialFingerprints: z.record(z.string(), z.string()),
      suppressions: z.array(z.strictObject({
        kind: z.enum(["inSource", "external"]),
        status: z.enum(["accepted", "underReview", "rejected"]),
        justification: z.string(),
      })).refine(unique).optional(),
      properties: Bag,
    })),
    properties: Bag,
  })).length(1),
});

const finding = (given: Partial<ScanFinding> = {}): ScanFinding => ({
  gate: "secrets",
  rule: "core/X1",
  layer: "L2",
  verdict: "fail",
  action: "deny",
  severity: "critical",
  message: "A secret was found (github-token)",
  path: "src/a.ts",
  line: 3,
  remediation: "Take it out",
  fingerprint: "f".repeat(32),
  ...given,
});

function documentOf(findings: ScanFinding[], notJudged: ScanDocument["notJudged"] = []): ScanDocument {
  return {
    v: 1,
    status: "denied",
    kind: "change",
    repository: "/repo",
    base: { name: "main", commit: "1".repeat(40), tree: "2".repeat(40) },
    head: { name: "topic", commit: "3".repeat(40), tree: "4".repeat(40) },
    patch: `sha256:${"0".repeat(64)}`,
    spec: null,
    findings,
    totals: {
      files: 1,
      added: 1,
      removed: 0,
      bytes: 0,
      denied: 1,
      escalated: 0,
      notes: 0,
      waived: 0,
      byRule: {},
    },
    layers: null,
    judged: [],
    notJudged,
    packs: [],
    engine: "edgeforge-policies/1.0.0",
    inputDigest: null,
    notes: [],
  };
}

const RULES: SarifRule[] = [{
  rule: "core/X1",
  gate: "secrets",
  layer: "L2",
  severity: "critical",
  description: "No secret",
  remediation: "Take it out",
}];

const logOf = (document: ScanDocument, rules = RULES) =>
  Sarif.parse(sarifLog(document, rules, "0.1.0")).runs[0];

Deno.test("a log has the form of the standard, and every result points to its rule", () => {
  const run = logOf(documentOf([
    finding(),
    finding({ action: "escalate", rule: "core/T1", gate: "declared-tests", severity: "high" }),
    finding({ action: "note", gate: "new-gate" }),
    finding({ path: undefined, line: undefined } as Partial<ScanFinding>),
  ]));
  assert.deepEqual(run?.results.map(({ level }) => level), ["error", "warning", "note", "error"]);
  for (const result of run?.results ?? []) {
    assert.equal(run?.tool.driver.rules[result.ruleIndex]?.id, result.ruleId);
  }
  assert.deepEqual(run?.results[3]?.locations, []);
  assert.equal(run?.invocations[0]?.exitCode, 1);
});

Deno.test("what a waiver covers is a suppressed result, still of its level", () => {
  const waived = { by: ["ann", "bob"], reason: "test data", expiresAt: "2027-01-01T00:00:00.000Z" };
  const [result] = logOf(documentOf([finding({ waived })]))?.results ?? [];
  assert.equal(result?.level, "error");
  assert.equal(result?.suppressions?.[0]?.kind, "external");
  assert.match(result?.suppressions?.[0]?.justification ?? "", /test data \(ann, bob, until 2027/);
});

Deno.test("what was not judged is a notification, each once", () => {
  const gap = {
    rule: "core/F2P",
    gate: "fail-to-pass",
    layer: "L2",
    verdict: "not_run" as const,
    reason: "no tests",
  };
  const run = logOf(documentOf([], [gap, gap, { verdict: "not_run", path: "big.bin", reason: "too large" }]));
  assert.equal(run?.invocations[0]?.toolExecutionNotifications.length, 2);
});

Deno.test("text of a repository cannot become a link, HTML, a placeholder or a control sequence", () => {
  assert.equal(
    sarifText("see [docs](javascript:alert(1)) ![x](y)"),
    "see \\[docs\\](javascript:alert(1)) !\\[x\\](y)",
  );
  assert.equal(
    sarifText("<img src=x> a<b \u001b[31mred\u202e {0} `code`"),
    "‹img src=x> a‹b \\[31mred {{0}} 'code'",
  );
  assert.equal(sarifText("a\nb\u{e0041}c"), "a b c");
});

Deno.test("any text and any path give a log of the standard", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
      fc.string({ unit: "binary", maxLength: 60 }),
      (path, message) => {
        const run = logOf(documentOf([finding({ path, message, remediation: message })], [
          { verdict: "not_run", path, reason: message },
        ]));
        const text = run?.results[0]?.message.text ?? "";
        // deno-lint-ignore no-control-regex -- they must not be there
        assert.ok(!/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]|(?<!\\)[\[\]]|<[A-Za-z/!]/.test(text), text);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("names that are not UTF-8 keep their bytes, and no path becomes a scheme or an authority", () => {
  assert.equal(uriOf('"caf\\351 \\"x\\".txt"'), "caf%E9%20%22x%22.txt");
  assert.equal(uriOf("src/a b#?.ts"), "src/a%20b%23%3F.ts");
  assert.equal(uriOf("über/ä.ts"), "%C3%BCber/%C3%A4.ts");
  for (const path of ["javascript:alert(1)", "//evil.example/x", "/etc/passwd", "C:\\x"]) {
    UriReference.parse(uriOf(path));
  }
});

Deno.test("the same document gives the same bytes, whatever the order of the rules", () => {
  const more: SarifRule[] = [...RULES, { ...RULES[0], rule: "core/A", gate: "a" } as SarifRule];
  const document = documentOf([finding()]);
  assert.equal(
    JSON.stringify(sarifLog(document, more, "0.1.0")),
    JSON.stringify(sarifLog(document, more.toReversed(), "0.1.0")),
  );
});
