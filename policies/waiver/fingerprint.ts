import { digestOf, type Finding, type RuleVerdict } from "../../specs/mod.ts";

/** The text of a line at head, where the change added it; null where it did not, or where a secret stands in it. */
export type AddedLine = (path: string, line: number) => Promise<string | null> | string | null;

/** Digests of lines by `path:line`, as an input keeps them. */
export type Spans = Readonly<Record<string, string>>;

const MAX_SPANS = 2000;

/** How a line at head is named among spans. */
export const placeOf = (path: string, line: number) => `${path}:${line}`;

/** A secret's line gives nothing away, not even a digest. */
const isSecret = (gate: string) => /secret|credential/.test(gate);

/** What fingerprints need of the lines that findings are about. */
export async function spansOf(verdicts: readonly RuleVerdict[], lineOf: AddedLine): Promise<Spans> {
  const spans: Record<string, string> = {};
  let left = MAX_SPANS;
  for (const { gate, verdict, findings } of verdicts) {
    if ((verdict !== "fail" && verdict !== "error") || isSecret(gate)) continue;
    for (const { path, line } of findings) {
      if (path === undefined || line === undefined || left-- <= 0) continue;
      const text = await lineOf(path, line);
      if (text !== null) spans[placeOf(path, line)] = await digestOf(normalised(text));
    }
  }
  return spans;
}

/**
 * Gives the findings of failing rules their fingerprints: over the rule, its gate, the path, what the finding is about and the text
 * of the line that it points to. Line numbers are no part of it, so that it outlives changes around it. Of findings that are the
 * same in all of this, each has its number: one more of them is another one.
 */
export async function withFingerprints(
  verdicts: readonly RuleVerdict[],
  spans: Spans,
): Promise<RuleVerdict[]> {
  return await Promise.all(verdicts.map(async (rule) => {
    if (rule.verdict !== "fail" && rule.verdict !== "error") return rule;
    const seen = new Map<string, number>();
    const findings: Finding[] = [];
    for (const finding of rule.findings) {
      findings.push({ ...finding, fingerprint: await fingerprintOf(rule, finding, spans, seen) });
    }
    return { ...rule, findings };
  }));
}

/** The fingerprint of one finding; `seen` counts those before it that are the same. */
export async function fingerprintOf(
  { rule, gate }: Pick<RuleVerdict, "rule" | "gate">,
  { path = "", line, symbol, message }: Pick<Finding, "path" | "line" | "symbol" | "message">,
  spans: Spans,
  seen: Map<string, number>,
): Promise<string> {
  const span = line === undefined || isSecret(gate) ? undefined : spans[placeOf(path, line)];
  const about = symbol === undefined ? ["message", unnumbered(message)] : ["symbol", symbol];
  const key = JSON.stringify(["finding/v1", rule, gate, path, about, span ?? ""]);
  const before = seen.get(key) ?? 0;
  seen.set(key, before + 1);
  return await digestOf(`${key}\n${before}`);
}

/** Without indentation and without what only spaces tell apart. */
const normalised = (text: string): string => text.trim().replaceAll(/\s+/g, " ");

/** A message without the numbers of lines; every other number is part of what was found. */
const unnumbered = (message: string): string =>
  normalised(message)
    .replaceAll(/\b(lines?) \d+(?:(?:\s*(?:-|to|and)\s*)\d+)?/gi, "$1 #")
    .replaceAll(/(\.[A-Za-z0-9]{1,8}):\d+(?::\d+)?\b/g, "$1:#");
