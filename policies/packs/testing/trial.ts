import type { PackManifest, PackRule, Problem } from "../../../specs/mod.ts";
import { type Search, startSearch } from "../kinds/astgrep_search.ts";
import type { FactDocument } from "../kinds/fact_document.ts";
import type { Members } from "../kinds.ts";
import type { Outcome } from "../../rule.ts";
import { examplesOf, type Expected, expectedOf } from "./example.ts";
import { prepare, type Prepared, withMatches } from "./prepare.ts";
import { type Variant, variantsOf } from "./variants.ts";

/** What came of one rule's examples, and of the rule changed under them. */
export interface RuleTrial {
  rule: string;
  kind: string;
  examples: { clean: number; violating: number; evading: number };
  /** Examples whose verdict is not the expected one. */
  wrong: { example: string; expected: Expected; verdict: Expected; detail: string }[];
  mutants: { tried: number; survived: string[] };
  /** Why the rule cannot be tried at all, or has too few examples. */
  problems: string[];
  ok: boolean;
}

export interface PackTrial {
  pack: string;
  rules: RuleTrial[];
  coverage: { rules: number; tested: number };
  publishable: boolean;
}

/** Judges every rule's examples, then the same examples by the rule with one thing changed: at least one of them must notice. */
export async function tryPack(
  manifest: Pick<PackManifest, "name" | "rules">,
  members: Members,
): Promise<PackTrial> {
  const search = sharedSearch();
  const rules: RuleTrial[] = [];
  try {
    for (const rule of manifest.rules) rules.push(await tryRule(rule, members, search.start));
  } finally {
    search.close();
  }
  return {
    pack: manifest.name,
    rules,
    coverage: {
      rules: rules.length,
      tested: rules.filter(({ examples }) => examples.clean > 0 && examples.violating + examples.evading > 0)
        .length,
    },
    publishable: rules.every(({ ok }) => ok),
  };
}

/** One worker for all examples, and a new one when it was ended because a search took too long. */
function sharedSearch(): { start: typeof startSearch; close(): void } {
  let search: Search | null = null;
  return {
    start: () => {
      search ??= startSearch();
      return search && { find: search.find, close: () => {} };
    },
    close: () => search?.close(),
  };
}

async function tryRule(rule: PackRule, members: Members, start: typeof startSearch): Promise<RuleTrial> {
  const trial: RuleTrial = {
    rule: rule.id,
    kind: rule.kind,
    examples: { clean: 0, violating: 0, evading: 0 },
    wrong: [],
    mutants: { tried: 0, survived: [] },
    problems: [],
    ok: false,
  };
  const told = ({ message, remedy }: Problem) =>
    trial.problems.push(remedy ? `${message}. ${remedy}` : message);
  const variants = await variantsOf(rule, members, start);
  if (!variants.ok) told(variants.error);
  const examples = await examplesOf(rule, members);
  if (!examples.ok) told(examples.error);
  if (!variants.ok || !examples.ok) return trial;
  for (const one of examples.value) trial.examples[one.case]++;
  for (const [kind, count] of Object.entries(trial.examples)) {
    if (count === 0) trial.problems.push(`it has no ${kind} example`);
  }
  const prepared: Prepared[] = [];
  for (const example of examples.value) {
    if (rule.kind === "astgrep" && example.change === undefined) {
      trial.problems.push(
        `the example '${example.name}' has no change, in which patterns could be looked for`,
      );
      continue;
    }
    try {
      prepared.push(await prepare(rule, example));
    } catch (cause) {
      trial.problems.push(
        `the example '${example.name}' cannot be made: ${
          cause instanceof Error ? cause.message : String(cause)
        }`
          .slice(0, 500),
      );
    }
  }
  const { own, mutants } = variants.value;
  for (const one of prepared) {
    const said = await verdictOf(rule, own, one, start);
    const expected = expectedOf(one.example);
    const lacking = said.verdict === "fail" ? missingFinding(one, said.outcome) : null;
    if (said.verdict !== expected || lacking !== null) {
      const detail = lacking ?? said.detail;
      trial.wrong.push({ example: one.example.name, expected, verdict: said.verdict, detail });
    }
  }
  // A rule that its own examples do not describe is not worth changing.
  if (trial.wrong.length === 0 && prepared.length > 0) {
    for (const mutant of mutants) {
      trial.mutants.tried++;
      if (!await isNoticed(rule, mutant, prepared, start)) trial.mutants.survived.push(mutant.how ?? "");
    }
  }
  trial.ok = trial.problems.length === 0 && trial.wrong.length === 0 && trial.mutants.tried > 0 &&
    trial.mutants.survived.length === 0;
  return trial;
}

async function isNoticed(
  rule: PackRule,
  mutant: Variant,
  prepared: readonly Prepared[],
  start: typeof startSearch,
): Promise<boolean> {
  for (const one of prepared) {
    if ((await verdictOf(rule, mutant, one, start)).verdict !== expectedOf(one.example)) return true;
  }
  return false;
}

interface Said {
  verdict: Expected;
  outcome: Outcome | null;
  detail: string;
}

async function verdictOf(
  rule: PackRule,
  { body, selector }: Variant,
  prepared: Prepared,
  start: typeof startSearch,
): Promise<Said> {
  const { document } = await withMatches(prepared, body.patterns ?? [], start, body.searches ?? []);
  try {
    if (rule.intents && !hasIntent(document, rule.intents)) {
      return { verdict: "not_applicable", outcome: null, detail: "the rule is for other intents" };
    }
    const selected = selector?.select(document);
    if (selected && !selected.applies) {
      return { verdict: "not_applicable", outcome: null, detail: selected.because };
    }
    const outcome = body.judge(document);
    const detail = outcome.verdict === "pass" ? "" : outcome.findings[0]?.message ?? "";
    return { verdict: outcome.verdict, outcome, detail };
  } catch (cause) {
    return {
      verdict: "error",
      outcome: null,
      detail: cause instanceof Error ? cause.message : String(cause),
    };
  }
}

function hasIntent({ spec }: FactDocument, wanted: readonly string[]): boolean {
  const declared = (spec as { intents?: string[] } | undefined)?.intents;
  if (declared === undefined) {
    throw new Error("the rule is for some intents only, and the example has no spec.intents");
  }
  return declared.some((type) => wanted.includes(type));
}

/** What the example says of its finding and no finding has; null when one has it all. */
function missingFinding({ example: { finding } }: Prepared, outcome: Outcome | null): string | null {
  if (finding === undefined || outcome === null || outcome.verdict === "pass") return null;
  const found = outcome.findings.some(({ path, line, message }) =>
    (finding.path === undefined || finding.path === path) &&
    (finding.line === undefined || finding.line === line) &&
    (finding.message === undefined || message.includes(finding.message))
  );
  return found
    ? null
    : `no finding is ${JSON.stringify(finding)}: ${JSON.stringify(outcome.findings[0] ?? null)}`;
}
