import canonicalize from "canonicalize";
import { type Decision, digestOf, ok, type Problem, type Result, type RuleVerdict } from "../../specs/mod.ts";
import { DataJudgeInput } from "../data_port.ts";
import { judgeWith } from "../judge.ts";
import { JudgeInput } from "../port.ts";
import { putOperation } from "../operational/facts.ts";
import { PullJudgeInput } from "../pull_port.ts";
import type { FactName, Facts } from "../rule.ts";
import { judgeRule } from "../rule_verdict.ts";
import { isBound } from "../rules/bindings.ts";
import type { JudgingPack } from "./compile.ts";
import { pipelineName } from "../data_judge.ts";
import { verdictOf } from "../layers.ts";
import { concluded } from "../waiver/conclude.ts";
import { modesOf, versionsOf } from "./judging.ts";

/** What a decision was taken from, as it is kept: canonical JSON whose digest is the decision's `inputDigest`. */
export type StoredInput =
  | { kind: "change"; digest: string; input: JudgeInput }
  | { kind: "data"; digest: string; input: DataJudgeInput }
  | { kind: "pull"; digest: string; input: PullJudgeInput };

/** The text to keep of an input, so that its decision can be judged again; null when it is no input of a judge. */
export function inputText(raw: unknown): string | null {
  const change = JudgeInput.safeParse(raw);
  if (change.success) return canonicalize(change.data) ?? null;
  const data = DataJudgeInput.safeParse(raw);
  if (data.success) return canonicalize(data.data) ?? null;
  const pull = PullJudgeInput.safeParse(raw);
  return pull.success ? canonicalize(pull.data) ?? null : null;
}

/** Reads a kept input. */
export async function storedInput(text: string): Promise<Result<StoredInput, Problem>> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    raw = null;
  }
  const digest = await digestOf(text);
  const change = JudgeInput.safeParse(raw);
  if (change.success) return ok({ kind: "change", digest, input: change.data });
  const data = DataJudgeInput.safeParse(raw);
  if (data.success) return ok({ kind: "data", digest, input: data.data });
  const pull = PullJudgeInput.safeParse(raw);
  if (pull.success) return ok({ kind: "pull", digest, input: pull.data });
  const [issue] = change.error.issues;
  return {
    ok: false,
    error: {
      code: "decision-input",
      message: `This is no input of a decision: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
      remedy: "Give the inputs that decisions were taken from, as canonical JSON",
    },
  };
}

/** What a pack alone says of a decision's input: its rules, and whether it would let the transition through. */
export interface PackVerdict {
  rules: RuleVerdict[];
  verdict: Decision["verdict"] | "silent";
}

/** Judges a kept input by one pack alone. `silent`: none of its rules is bound to this transition. */
export async function replayed(stored: StoredInput, pack: JudgingPack): Promise<PackVerdict> {
  // A pack has no rule over pull requests that are watched.
  if (stored.kind === "pull") return { rules: [], verdict: "silent" };
  const rules = stored.kind === "change"
    ? await overChange(stored.input, pack)
    : await overData(stored.input, pack);
  const own = rules.filter(({ rule }) => rule !== "core/EMPTY");
  return { rules: own, verdict: own.length === 0 ? "silent" : verdictOf(own) };
}

async function overChange(input: JudgeInput, pack: JudgingPack): Promise<RuleVerdict[]> {
  const packs = { packs: [pack], tightened: new Map(), problem: null };
  return (await judgeWith([], input, { packs })).rules;
}

async function overData(input: DataJudgeInput, pack: JudgingPack): Promise<RuleVerdict[]> {
  const facts: Partial<Facts> = {};
  const missing = new Map<FactName, { why: string; blocked: boolean }>();
  const put = <Name extends FactName>(name: Name, value: Facts[Name] | null) => {
    if (value === null) missing.set(name, { why: `${name} was not given to the judge`, blocked: false });
    else facts[name] = value;
  };
  put("pipeline", input.pipeline);
  put("data", input.data);
  put("published", input.published);
  await putOperation(put, [], input);
  const tier = input.pipeline?.tier ?? "critical";
  const packs = { packs: [pack], tightened: new Map(), problem: null };
  const said = pack.rules(tier)
    .filter((rule) => isBound(rule.bindings, input.transition))
    .map((rule) => judgeRule(rule, facts, input, missing, []));
  const { verdicts } = await concluded(said, {
    at: input.at,
    tier,
    repository: input.pipeline === null ? [] : [pipelineName(input.pipeline.id)],
    waivers: input.waivers ?? [],
    versions: versionsOf(packs),
    rules: modesOf(packs, tier),
    spans: {},
  });
  return verdicts;
}
