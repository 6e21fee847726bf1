import { ok, type PackRule, type Problem, type Result } from "../../../specs/mod.ts";
import { fail, pass } from "../../rule.ts";
import { patternProblem, patternsRule } from "../kinds/astgrep_judge.ts";
import { importAstGrep, keyOf, type PatternRule } from "../kinds/astgrep_rule.ts";
import type { startSearch } from "../kinds/astgrep_search.ts";
import { loadCel, programOf } from "../kinds/cel.ts";
import {
  celRule,
  celRuleOf,
  celSelector,
  type RuleText,
  type Selector,
  selectorOf,
} from "../kinds/cel_rule.ts";
import { cedarParts } from "../kinds/cedar.ts";
import { bodyOf, compileBody, type RuleBody, subjectAt } from "../kinds/compile.ts";
import { bringsSecrets } from "../kinds/brought_secrets.ts";
import { secretsRule } from "../kinds/secrets_rule.ts";
import type { Members } from "../kinds.ts";
import { cedarMutants, patternMutants } from "./mutate_data.ts";
import { celMutants } from "./mutate_cel.ts";

/** A rule as it is, or with one thing changed. */
export interface Variant {
  /** What was changed; null for the rule itself. */
  how: string | null;
  body: RuleBody;
  selector: Selector | null;
}

/** The rule, and everything that it would be with one thing changed. What is no rule any more is left out. */
export async function variantsOf(
  rule: PackRule,
  members: Members,
  start: typeof startSearch,
): Promise<Result<{ own: Variant; mutants: Variant[] }, Problem>> {
  const body = await compileBody(rule, members);
  if (!body.ok) return body;
  const when = rule.when === undefined ? null : await celSelector(rule.when);
  if (when && !when.ok) return when;
  const selector = when?.value ?? null;
  const own: Variant = { how: null, body: body.value, selector };
  const bodies = await otherBodies(rule, members, start, body.value);
  const mutants = bodies.map(({ how, body }): Variant => ({ how, body, selector }));
  if (selector) {
    const cel = await loadCel();
    mutants.push({ how: "leave out `when`", body: body.value, selector: null });
    for (const { how, body: tree } of celMutants(cel, selector.program.tree)) {
      const program = await programOf(selector.program.text, tree);
      if (program.ok) {
        mutants.push({ how: `in \`when\`: ${how}`, body: body.value, selector: selectorOf(program.value) });
      }
    }
  }
  return ok({ own, mutants });
}

interface Other {
  how: string;
  body: RuleBody;
}

/** What every rule can become, whatever its kind: a constant. A rule whose tests do not notice that has no tests. */
function constants(body: RuleBody, text: RuleText): Other[] {
  const { reads, patterns, searches } = body;
  const same = { reads, ...(patterns ? { patterns } : {}), ...(searches ? { searches } : {}) };
  return [
    { how: "let everything pass", body: { ...same, judge: () => pass() } },
    {
      how: "let nothing pass",
      body: {
        ...same,
        judge: () => fail([{ message: text.message, remediation: text.remediation }], "never passes"),
      },
    },
  ];
}

async function otherBodies(
  rule: PackRule,
  members: Members,
  start: typeof startSearch,
  own: RuleBody,
): Promise<Other[]> {
  const text: RuleText = { message: rule.message, remediation: rule.remediation.text };
  const found = constants(own, text);
  // The inside of a compiled module cannot be changed in a way that its author would understand.
  if (rule.kind === "wasm") return found;
  const source = bodyOf(rule, members);
  if (!source.ok) return found;
  switch (rule.kind) {
    case "cel":
      return [...found, ...await celBodies(source.value, text)];
    case "astgrep":
      return [...found, ...await patternBodies(source.value, text, start)];
    case "cedar": {
      const parts = await cedarParts(source.value, text, subjectAt(rule.phases));
      return [
        ...found,
        ...cedarMutants(parts.policies).map(({ how, body }) => ({ how, body: parts.rule(body) })),
      ];
    }
    case "secrets": {
      // Each of the rules that it brings has its own tests where it comes from.
      if (bringsSecrets(source.value)) return found;
      const lines = source.value.split("\n").filter((line) =>
        line.trim() !== "" && !line.trim().startsWith("#")
      );
      for (const [at, line] of lines.entries()) {
        const rest = secretsRule(lines.filter((_, other) => other !== at).join("\n"), text);
        if (rest.ok) found.push({ how: `leave out ${line.trim()}`, body: rest.value });
      }
      return found;
    }
    default:
      return neverKind(rule);
  }
}

function neverKind(rule: never): never {
  throw new Error(`a rule of no kind: ${JSON.stringify(rule)}`);
}

async function celBodies(source: string, text: RuleText): Promise<Other[]> {
  const cel = await loadCel();
  const compiled = await celRule(source, text);
  if (!compiled.ok) return [];
  const found: Other[] = [];
  for (const { how, body: tree } of celMutants(cel, compiled.value.program.tree)) {
    const program = await programOf(source, tree);
    const made = program.ok ? await celRuleOf(program.value, text) : program;
    if (made.ok) found.push({ how, body: made.value });
  }
  return found;
}

async function patternBodies(source: string, text: RuleText, start: typeof startSearch): Promise<Other[]> {
  const read = await importAstGrep(source);
  if (!read.ok) return [];
  const found: Other[] = [];
  const put = (at: number, changed: PatternRule | null) =>
    patternsRule(read.value.flatMap((one, other) => other === at ? changed ? [changed] : [] : [one]), text);
  for (const [at, one] of read.value.entries()) {
    if (read.value.length > 1) found.push({ how: `leave out the rule ${one.id}`, body: put(at, null) });
    for (const { how, body: matcher } of patternMutants(one.matcher)) {
      const changed = { ...one, matcher, key: await keyOf({ ...one, matcher }) };
      // A part can be what made it a rule at all, such as the only pattern beside a constraint.
      if (await patternProblem([changed], start) === null) {
        found.push({ how: `${one.id}: ${how}`, body: put(at, changed) });
      }
    }
  }
  return found;
}
