import canonicalize from "canonicalize";
import { digestOf, type Json } from "../../specs/mod.ts";
import type { DataJudgeInput } from "../data_port.ts";
import type { JudgeInput } from "../port.ts";
import type { PullJudgeInput } from "../pull_port.ts";
import type { Rule } from "../rule.ts";
import { isBound } from "../rules/bindings.ts";
import { BASE, HEAD, sampleJudgeInput, sampleSpec } from "../testing/judge_input.ts";
import { extractPatchFacts } from "../facts/extract.ts";
import { sampleInput, type Tree } from "../testing/trees.ts";
import { sampleDataInput } from "../testing/data_input.ts";
import { samplePullInput } from "../testing/pull_input.ts";
import type { RuleExample } from "./example.ts";

const NEXT: Readonly<Record<string, string>> = {
  explore: "plan",
  plan: "implement",
  design: "implement",
  implement: "verify",
  verify: "review",
  review: "release",
  release: "observe",
  observe: "@completed",
  resolve: "acquire",
  acquire: "assure",
  assure: "publish",
  publish: "settle",
  settle: "@completed",
};

/** Before the instants of both honest inputs. */
const APPROVED_AT = "2026-01-01T12:00:00.000Z";

/** A transition at which the rule judges: the last one before a release where it does so there. */
function transitionOf(rule: Rule, last: { from: string; to: string }): { from: string; to: string } {
  if (isBound(rule.bindings, last)) return last;
  const from = (rule.bindings[0] ?? "").split("->")[0] ?? "";
  return { from, to: NEXT[from] ?? "" };
}

/** The input of a rule over code: the honest one, but for what the example says. */
export async function changeInput(rule: Rule, example: RuleExample): Promise<JudgeInput> {
  const spec = sampleSpec(example.spec);
  const { base, head } = treesOf(example);
  const given = await sampleInput(base, head, { ...example.renames });
  // Fields that are one object in the honest input are two here: an example changes one of them.
  const input: JudgeInput = JSON.parse(
    JSON.stringify(await sampleJudgeInput(await extractPatchFacts({ ...given, spec }))),
  );
  input.spec = spec;
  input.transition = transitionOf(rule, input.transition);
  if (example.policy !== undefined) input.policy = example.policy;
  if (example.registry !== undefined) {
    const snapshot = { v: 1 as const, at: input.at, entries: [...example.registry] };
    input.registry = { digest: await digestOf(canonicalize(snapshot) ?? ""), snapshot };
  }
  const patch = input.patchFacts?.change?.patch;
  input.approvals = (example.approvedBy ?? []).map((by) => ({
    by,
    at: APPROVED_AT,
    selfApproved: false,
    verified: true,
    ...(patch === undefined ? {} : { patch }),
  }));
  return withFields(input, example.set ?? {});
}

/** The input of a rule over data. */
export function dataInput(rule: Rule, example: RuleExample): DataJudgeInput {
  const input = structuredClone(sampleDataInput());
  input.transition = transitionOf(rule, input.transition);
  input.approvals = (example.approvedBy ?? []).map((by) => ({
    by,
    at: APPROVED_AT,
    selfApproved: false,
    verified: true,
    ...(input.subject === null ? {} : { patch: input.subject }),
  }));
  return withFields(input, example.set ?? {});
}

/** The input of a rule over pull requests. */
export function pullInput(example: RuleExample): PullJudgeInput {
  const input = structuredClone(samplePullInput());
  if (example.policy !== undefined) input.policy = example.policy;
  return withFields(input, example.set ?? {});
}

function treesOf({ trees, files = {} }: RuleExample): { base: Tree; head: Tree } {
  if (trees !== undefined) return trees;
  const side = (honest: Tree, at: 0 | 1): Tree => {
    const whole = new Map(Object.entries(honest));
    for (const [path, change] of Object.entries(files)) {
      const content = change[at];
      if (content === null) whole.delete(path);
      else whole.set(path, content);
    }
    return Object.fromEntries(whole);
  };
  return { base: side(BASE, 0), head: side(HEAD, 1) };
}

/** Throws where a path leads nowhere: an example that changes nothing proves nothing. */
function withFields<Input extends object>(
  input: Input,
  fields: Readonly<Record<string, Json | undefined>>,
): Input {
  for (const [path, value] of Object.entries(fields)) {
    const steps = path.split(".");
    const last = steps.pop() ?? "";
    let at: unknown = input;
    for (const step of steps) {
      at = at !== null && typeof at === "object" ? Reflect.get(at, step) : undefined;
    }
    if (at === null || typeof at !== "object") throw new Error(`the input has no field ${path}`);
    if (value === undefined) Reflect.deleteProperty(at, last);
    else Reflect.set(at, last, structuredClone(value));
  }
  return input;
}
