/** Examples of built-in rules, judged by the rules and by the rules with one thing changed. */
import type { RuleVerdict } from "../../specs/mod.ts";
import { builtInRules } from "../built_in.ts";
import { judgeWith } from "../judge.ts";
import type { DataJudgeInput } from "../data_port.ts";
import type { JudgeInput } from "../port.ts";
import { judgePullTransition } from "../pull_judge.ts";
import type { PullJudgeInput } from "../pull_port.ts";
import { replayed } from "../packs/replay.ts";
import type { PackTrial, RuleTrial } from "../packs/testing/mod.ts";
import type { Outcome, Rule } from "../rule.ts";
import type { RuleExample } from "./example.ts";
import { changeInput, dataInput, pullInput } from "./input.ts";

/** Bindings of rules over data runs. */
const DATA_PHASES: ReadonlySet<string> = new Set([
  "resolve->",
  "acquire->",
  "assure->",
  "publish->",
  "settle->",
]);

type Prepared =
  & { example: RuleExample }
  & (
    | { kind: "change"; input: JudgeInput }
    | { kind: "data"; input: DataJudgeInput }
    | { kind: "pull"; input: PullJudgeInput }
  );

/** Tries every rule of a built-in pack; null when none is built in under this name. */
export async function tryBuiltIn(name: string): Promise<PackTrial | null> {
  const members = builtInRules(name);
  if (members === null) return null;
  const { examplesOf } = await import("./all.ts");
  const rules: RuleTrial[] = [];
  for (const { pack, rule } of members) {
    rules.push(await tryBuiltInRule({ pack, ...rule }, examplesOf(pack, rule, overOf(rule))));
  }
  const tested = rules.filter(({ examples }) =>
    examples.clean > 0 && examples.violating + examples.evading > 0
  );
  return {
    pack: name,
    rules,
    coverage: { rules: rules.length, tested: tested.length },
    publishable: rules.every(({ ok }) => ok),
  };
}

/** One rule with its examples. A rule without them, or one that can change without an example that notices, is not proven. */
export async function tryBuiltInRule(rule: Rule, examples: readonly RuleExample[]): Promise<RuleTrial> {
  const trial: RuleTrial = {
    rule: `${rule.pack ?? "core"}/${rule.id} ${rule.gate}`,
    kind: "code",
    examples: { clean: 0, violating: 0, evading: 0 },
    wrong: [],
    mutants: { tried: 0, survived: [] },
    problems: [],
    ok: false,
  };
  for (const one of examples) trial.examples[one.case]++;
  for (const [kind, count] of Object.entries(trial.examples)) {
    if (count === 0) trial.problems.push(`it has no ${kind} example`);
  }
  const prepared: Prepared[] = [];
  for (const example of examples) {
    try {
      prepared.push(
        await preparedFor(rule, example),
      );
    } catch (cause) {
      trial.problems.push(
        `the example '${example.about}' cannot be made: ${
          cause instanceof Error ? cause.message : String(cause)
        }`
          .slice(0, 500),
      );
    }
  }
  for (const one of prepared) {
    const said = await verdictOf(rule, one);
    const lacking = difference(one.example, said);
    if (lacking !== null) {
      trial.wrong.push({
        example: one.example.about,
        expected: expectedOf(one.example),
        verdict: said?.verdict === "not_run" || said === undefined ? "error" : said.verdict,
        detail: lacking,
      });
    }
  }
  // A rule that its own examples do not describe is not worth changing.
  if (trial.wrong.length === 0 && prepared.length > 0) {
    for (const { how, rule: changed } of mutants(rule, examples)) {
      trial.mutants.tried++;
      let noticed = false;
      for (const one of prepared) {
        noticed ||= difference(one.example, await verdictOf(changed, one)) !== null;
        if (noticed) break;
      }
      if (!noticed) trial.mutants.survived.push(how);
    }
  }
  trial.ok = trial.problems.length === 0 && trial.wrong.length === 0 && trial.mutants.tried > 0 &&
    trial.mutants.survived.length === 0;
  return trial;
}

const overOf = ({ bindings }: Rule): Prepared["kind"] =>
  bindings.every((one) => DATA_PHASES.has(one))
    ? "data"
    : bindings.every((one) => one === "look->")
    ? "pull"
    : "change";

async function preparedFor(rule: Rule, example: RuleExample): Promise<Prepared> {
  switch (overOf(rule)) {
    case "data":
      return { example, kind: "data", input: dataInput(rule, example) };
    case "pull":
      return { example, kind: "pull", input: pullInput(example) };
    case "change":
      return { example, kind: "change", input: await changeInput(rule, example) };
  }
}

const expectedOf = ({ case: which, says }: RuleExample) => says ?? (which === "clean" ? "pass" : "fail");

async function verdictOf(rule: Rule, one: Prepared): Promise<RuleVerdict | undefined> {
  // A rule that is only watched or warns is judged as it would be when it counted.
  const judging: Rule = { ...rule, mode: "enforce" };
  const said = one.kind === "pull"
    ? (await judgePullTransition(one.input, [judging])).rules
    : one.kind === "data"
    ? (await replayed({ kind: "data", digest: "", input: one.input }, {
      reference: { name: rule.pack ?? "core", version: "0.0.0", digest: "" },
      patterns: [],
      rules: () => [judging],
    })).rules
    : (await judgeWith([judging], one.input)).rules;
  return said.find((one) => one.gate === rule.gate && one.rule.endsWith(`/${rule.id}`));
}

/** Where a verdict is not the one that the example tells; null where it is. */
function difference(example: RuleExample, said: RuleVerdict | undefined): string | null {
  const expected = expectedOf(example);
  if (said === undefined) return "the rule was not judged";
  const told = said.findings.map(({ message }) => message).join("; ") || (said.selector ?? "");
  if (said.verdict !== expected) return told.slice(0, 500);
  if (said.verdict !== "fail") return null;
  if (example.asks !== "either" && said.escalates !== (example.asks ?? false)) {
    return `it ${said.escalates ? "asks a human" : "denies"}: ${told}`.slice(0, 500);
  }
  const { findings } = example;
  return findings === undefined || said.findings.length === findings
    ? null
    : `${said.findings.length} findings instead of ${findings}: ${told}`.slice(0, 500);
}

/** The rule with one thing changed: what it answers, what it is about, what it forgets, whom it asks. */
function mutants(rule: Rule, examples: readonly RuleExample[]): { how: string; rule: Rule }[] {
  const answering = (how: string, change: (outcome: Outcome) => Outcome) => ({
    how,
    rule: { ...rule, evaluate: (facts: Parameters<Rule["evaluate"]>[0]) => change(rule.evaluate(facts)) },
  });
  const applying = (how: string, applies: boolean) => ({
    how,
    rule: { ...rule, selector: () => ({ applies, because: "changed" }) },
  });
  const forgetting = (which: "first" | "last") =>
    answering(`it forgets its ${which} finding`, (outcome) => {
      if (outcome.verdict !== "fail") return outcome;
      const findings = which === "first" ? outcome.findings.slice(1) : outcome.findings.slice(0, -1);
      return findings.length === 0 ? { verdict: "pass" } : { ...outcome, findings };
    });
  const selects = rule.selector !== undefined && examples.some(({ says }) => says === "not_applicable");
  const fails = examples.some((one) => expectedOf(one) === "fail");
  const asked = examples.some((one) => expectedOf(one) === "fail" && one.asks !== "either");
  const passes: Rule["evaluate"] = () => ({ verdict: "pass" });
  return [
    // A rule that only asks whether a fact is there says no more than that it was read.
    fails
      ? { how: "it always passes", rule: { ...rule, evaluate: passes } }
      : { how: "it passes without its facts", rule: { ...rule, reads: [], evaluate: passes } },
    answering("it always fails", () => ({ verdict: "fail", findings: [], counterfactual: "never passes" })),
    ...(fails ? [applying("it never applies", false)] : []),
    ...(selects ? [applying("it always applies", true)] : []),
    ...(fails ? [forgetting("first"), forgetting("last")] : []),
    ...(asked
      ? [answering(
        "it asks a human where it denies, and denies where it asks",
        (outcome) =>
          outcome.verdict === "fail" ? { ...outcome, escalates: !(outcome.escalates ?? false) } : outcome,
      )]
      : []),
  ];
}
