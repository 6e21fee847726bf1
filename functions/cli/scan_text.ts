import type { ScanDocument, ScanFinding } from "../../specs/mod.ts";
import { oneLine, type Paint, paint } from "./paint.ts";

const MAX_SHOWN = 200;
const MAX_GAPS = 40;

/** A scan for people: findings by file, each with what to do; then what was not judged, and why. */
export function scanText(document: ScanDocument, color: Paint = paint(false)): string {
  const { totals, base, head } = document;
  const word = { completed: "CLEAN", denied: "DENIED", escalated: "ESCALATED" }[document.status];
  const hue = { completed: color.green, denied: color.red, escalated: color.yellow }[document.status];
  const what = document.kind === "repository"
    ? `${totals.files} files, ${(totals.bytes / 1024 / 1024).toFixed(1)} MiB${
      head ? ` at ${stateOf(head)}` : ""
    }`
    : `${base ? stateOf(base) : "?"} to ${
      head ? stateOf(head) : "?"
    }: ${totals.files} files, +${totals.added} -${totals.removed}`;
  const lines = [`${color.bold(hue(word))}  ${what}`];
  const groups = new Map<string, ScanFinding[]>();
  for (const finding of document.findings.slice(0, MAX_SHOWN)) {
    const key = finding.path ?? (finding.commit === undefined ? "" : `commit ${finding.commit.slice(0, 12)}`);
    groups.set(key, [...groups.get(key) ?? [], finding]);
  }
  for (const [path, findings] of [...groups].sort(([a], [b]) => a < b ? -1 : 1)) {
    lines.push("", color.bold(path === "" ? "(the change as a whole)" : oneLine(path, 500)));
    for (const finding of findings.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))) {
      lines.push(...told(finding, color));
    }
  }
  const hidden = document.findings.length - Math.min(MAX_SHOWN, document.findings.length);
  if (hidden > 0) lines.push("", `and ${hidden} more: forge scan --json lists them all`);
  const counts = [
    totals.denied > 0 ? `${totals.denied} denied` : "",
    totals.escalated > 0 ? `${totals.escalated} for a human to decide` : "",
    totals.waived > 0 ? `${totals.waived} waived` : "",
    totals.notes > 0 ? `${totals.notes} notes` : "",
  ].filter((part) => part !== "");
  lines.push("", counts.length === 0 ? "no findings" : counts.join(", "));
  if (document.notJudged.length > 0) lines.push(...gapsOf(document, color));
  for (const note of document.notes) lines.push(`note: ${oneLine(note, 1000)}`);
  return lines.join("\n");
}

function told(finding: ScanFinding, color: Paint): string[] {
  const hue = { deny: color.red, escalate: color.yellow, note: color.dim }[finding.action];
  const word = finding.waived
    ? `${finding.verdict}(waived)`
    : finding.verdict === "error"
    ? "error"
    : finding.action;
  return [
    `  ${finding.line === undefined ? "" : `${finding.line}: `}${
      hue(word)
    } ${finding.layer} ${finding.rule} (${finding.gate})`,
    `      ${oneLine(finding.message, 500)}`,
    ...(finding.remediation === ""
      ? []
      : [`      ${color.cyan("do:")} ${oneLine(finding.remediation, 500)}`]),
  ];
}

/** The same reason is told once, with the gates that it holds for. */
function gapsOf(document: ScanDocument, color: Paint): string[] {
  const reasons = new Map<string, string[]>();
  for (const gap of document.notJudged) {
    const name = gap.path ?? (gap.rule && gap.gate ? `${gap.rule} (${gap.gate})` : "");
    reasons.set(gap.reason, [...reasons.get(gap.reason) ?? [], name]);
  }
  const lines = [...reasons].slice(0, MAX_GAPS).map(([reason, names]) => {
    const some = names.filter((name) => name !== "");
    const list = some.slice(0, 6).map((name) => oneLine(name)).join(", ");
    const more = some.length > 6 ? ` and ${some.length - 6} more` : "";
    return color.dim(`  ${list === "" ? "" : `${list}${more}: `}${oneLine(reason, 400)}`);
  });
  return ["not judged:", ...lines];
}

const stateOf = (state: NonNullable<ScanDocument["head"]>): string =>
  state.commit === null ? oneLine(state.name) : `${oneLine(state.name, 60)} (${state.commit.slice(0, 12)})`;
