/**
 * Findings of a scan as SARIF 2.1.0 (OASIS Standard, "Static Analysis Results Interchange Format Version 2.1.0", 27 March 2020),
 * for code scanning services and other people's viewers.
 */
import type { ScanDocument, ScanFinding } from "../../specs/mod.ts";

export const SARIF_VERSION = "2.1.0";
export const SARIF_SCHEMA =
  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** What a log is made of: a scan, or the decisions of a run. */
export type SarifSource =
  & Pick<
    ScanDocument,
    "kind" | "status" | "findings" | "notJudged" | "engine" | "packs" | "base" | "head"
  >
  & {
    /** Set for a run: its id, and whether it was judged to an end. */
    run?: { id: string; executionSuccessful: boolean; exitCode: number };
  };

/** What is told of a rule beside its findings. */
export interface SarifRule {
  rule: string;
  gate: string;
  layer: string;
  severity: ScanFinding["severity"];
  description: string;
  remediation: string;
}

/** The scale on which code scanning services sort: 0.1 to 10. */
const SECURITY_SEVERITY: Readonly<Record<ScanFinding["severity"], string>> = {
  low: "2.0",
  medium: "5.5",
  high: "8.0",
  critical: "9.5",
};
const LEVEL: Readonly<Record<ScanFinding["action"], "error" | "warning" | "note">> = {
  deny: "error",
  escalate: "warning",
  note: "note",
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The log of one run. The same document gives the same bytes. */
export function sarifLog(document: SarifSource, rules: readonly SarifRule[], version: string): Json {
  const used = new Set(document.findings.map(idOf));
  const told = new Map(rules.map((rule) => [idOf(rule), rule]));
  const listed = [...told.keys(), ...[...used].filter((id) => !told.has(id))].sort();
  const index = new Map(listed.map((id, at) => [id, at]));
  return {
    $schema: SARIF_SCHEMA,
    version: SARIF_VERSION,
    runs: [{
      tool: {
        driver: {
          name: "Edgeforge",
          semanticVersion: version,
          rules: listed.map((id) => ruleOf(id, told.get(id), document)),
        },
      },
      automationDetails: {
        id: document.run === undefined
          ? `edgeforge/scan/${document.kind}/`
          : `edgeforge/run/${document.run.id}`,
      },
      invocations: [{
        executionSuccessful: document.run?.executionSuccessful ?? true,
        exitCode: document.run !== undefined
          ? document.run.exitCode
          : document.status === "completed"
          ? 0
          : document.status === "denied"
          ? 1
          : 3,
        toolExecutionNotifications: distinct(document.notJudged).map((gap) => ({
          level: "note",
          message: { text: sarifText(`Not judged: ${gap.reason}`) },
          descriptor: { id: gap.rule && gap.gate ? `${gap.rule}/${gap.gate}` : "edgeforge/not-judged" },
          ...(gap.path === undefined ? {} : { locations: [place(gap.path)] }),
        })),
      }],
      columnKind: "utf16CodeUnits",
      originalUriBaseIds: { SRCROOT: { description: { text: "The root of the repository" } } },
      results: document.findings.map((finding) => resultOf(finding, index.get(idOf(finding)) ?? -1)),
      properties: {
        status: document.status,
        engine: document.engine,
        packs: document.packs.map(({ name, version, digest }) => `${name}@${version} ${digest}`),
        ...(document.base ? { baseTree: document.base.tree } : {}),
        ...(document.head ? { headTree: document.head.tree } : {}),
      },
    }],
  };
}

/** The standard wants every notification once. */
function distinct(gaps: ScanDocument["notJudged"]): ScanDocument["notJudged"] {
  return [...new Map(gaps.map((gap) => [JSON.stringify(gap), gap])).values()].slice(0, 1000);
}

/** Two gates may share a rule's id; a descriptor's id is its own. */
const idOf = ({ rule, gate }: { rule: string; gate: string }): string => `${rule}/${gate}`;

function ruleOf(id: string, rule: SarifRule | undefined, document: SarifSource): Json {
  const example = document.findings.find((finding) => idOf(finding) === id);
  const severity = rule?.severity ?? example?.severity ?? "high";
  const description = sarifText(rule?.description ?? example?.gate ?? id);
  const remedy = sarifText(rule?.remediation ?? example?.remediation ?? "");
  return {
    id,
    name: rule?.gate ?? example?.gate ?? id,
    shortDescription: { text: description },
    ...(remedy === "" ? {} : { help: { text: remedy } }),
    defaultConfiguration: { level: "error" },
    properties: {
      layer: rule?.layer ?? example?.layer ?? "L2",
      "security-severity": SECURITY_SEVERITY[severity],
      "problem.severity": severity,
      tags: ["security", "governance"],
    },
  };
}

function resultOf(finding: ScanFinding, ruleIndex: number): Json {
  const remedy = finding.remediation === "" ? "" : ` To do: ${finding.remediation}`;
  return {
    ruleId: idOf(finding),
    ruleIndex,
    kind: "fail",
    level: LEVEL[finding.action],
    message: { text: sarifText(`${finding.message}${/[.!?]$/.test(finding.message) ? "" : "."}${remedy}`) },
    locations: finding.path !== undefined
      ? [place(finding.path, finding.line)]
      : finding.commit !== undefined
      ? [{
        logicalLocations: [{
          name: finding.commit,
          fullyQualifiedName: `commit/${finding.commit}`,
          kind: "commit",
        }],
      }]
      : [],
    partialFingerprints: { "edgeforgeFinding/v1": finding.fingerprint },
    ...(finding.waived === undefined ? {} : {
      suppressions: [{
        kind: "external",
        status: "accepted",
        justification: sarifText(
          `${finding.waived.reason} (${finding.waived.by.join(", ")}, until ${finding.waived.expiresAt})`,
        ),
      }],
    }),
    properties: { layer: finding.layer, verdict: finding.verdict, action: finding.action },
  };
}

function place(path: string, line?: number): Json {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(path), uriBaseId: "SRCROOT" },
      ...(line === undefined ? {} : { region: { startLine: line } }),
    },
  };
}

/** A relative URI reference of a path; a name that is not UTF-8, as git quotes it, by its bytes. */
export function uriOf(path: string): string {
  const quoted = path.length >= 2 && path.startsWith('"') && path.endsWith('"');
  const parts = quoted
    ? path.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/g)
    : [[path, undefined, undefined, path]];
  let uri = "";
  for (const [, octal, escaped, plain] of parts) {
    if (octal !== undefined) uri += `%${parseInt(octal, 8).toString(16).toUpperCase().padStart(2, "0")}`;
    else uri += (plain ?? escaped ?? "").toWellFormed().split("/").map(percent).join("/");
  }
  // What begins like a scheme or an authority would be read as one.
  return /^\/|^[^/]*:/.test(uri) ? `./${uri.replace(/^\/+/, "")}` : uri;
}

const percent = (part: string): string =>
  encodeURIComponent(part).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** Characters that change how a text is shown, or are not shown. */
const UNSEEN =
  // deno-lint-ignore no-control-regex -- they are what is taken out
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e0fff}]/gu;

/**
 * Text from a repository in a message: no control, bidirectional or invisible characters, and nothing that a viewer reads as a link,
 * an image, HTML or a placeholder (sections 3.11.5 and 3.11.6 of the standard).
 */
export function sarifText(text: string): string {
  return text.toWellFormed()
    .replaceAll(UNSEEN, " ")
    .replaceAll(/[\\[\]]/g, (one) => `\\${one}`)
    .replaceAll(/`/g, "'")
    .replaceAll(/<(?=[A-Za-z/!?])/g, "‹")
    .replaceAll(/\{(?=\d+\})/g, "{{")
    .replaceAll(/(?<=\{\{\d+)\}/g, "}}")
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(0, 4000);
}
