/** Small projects as package managers wrote them, for tests of dependencies. */
import type { SupplyFacts } from "../../specs/mod.ts";
import { Spec } from "../../specs/code/mod.ts";
import { judgeWith } from "../judge.ts";
import type { Rule } from "../rule.ts";
import { ruleOf, sampleJudgeInput, sampleSpec } from "./judge_input.ts";
import { sampleFacts, type Tree } from "./trees.ts";

export type Files = Record<string, string>;

/** `=== name` begins a tree, `--- path` a file of it. */
export function readTrees(text: string): ReadonlyMap<string, Files> {
  const trees = new Map<string, Files>();
  for (const part of text.split(/^=== /m).slice(1)) {
    const [name = "", ...rest] = part.split("\n");
    const files: Files = {};
    for (const file of rest.join("\n").split(/^--- (?=[\w./@-]+$)/m).slice(1)) {
      const cut = file.indexOf("\n");
      files[file.slice(0, cut)] = file.slice(cut + 1);
    }
    trees.set(name, files);
  }
  return trees;
}

export const supplyTrees = readTrees(
  await Deno.readTextFile(new URL("../testdata/supply.txt", import.meta.url)),
);

/** A tree by its name. Throws for one that is not there, so that no test compares nothing. */
export function treeOf(name: string): Files {
  const tree = supplyTrees.get(name);
  if (!tree) throw new Error(`no tree is called ${name}`);
  return { ...tree };
}

/** Replaces text in one file; throws when it is not there. */
export function edited(files: Files, path: string, from: string | RegExp, to: string): Files {
  const text = files[path];
  if (text === undefined) throw new Error(`${path} is not there`);
  const next = text.replace(from, () => to);
  if (next === text) throw new Error(`${path} does not hold ${String(from)}`);
  return { ...files, [path]: next };
}

/** A spec that asks for what the tables do: its scope names the manifests and lockfiles by their kind. */
export const specFor = (over: Record<string, unknown> = {}): Spec =>
  sampleSpec({
    title: "Work on what the project needs",
    intent: {
      type: "UPDATE",
      scope: ["**/*.{json,toml,txt,in,lock,xml,gradle}", "**/{go.mod,Pipfile}", "**"],
    },
    ...over,
  });

export interface SupplyVerdict {
  facts: SupplyFacts | undefined;
  verdicts: Record<string, string>;
  /** Gates that let it through neither by themselves nor as not applicable. */
  refused: string[];
  findings: {
    gate: string;
    message: string;
    path?: string | undefined;
    line?: number | undefined;
    remediation: string;
  }[];
  verdict: string;
}

/** What the rules of dependencies say of a change between two trees. */
export async function judgeSupply(
  rules: readonly Rule[],
  base: Tree,
  head: Tree,
  spec: Spec = specFor(),
  change: (input: Awaited<ReturnType<typeof sampleJudgeInput>>) => void = () => {},
): Promise<SupplyVerdict> {
  const patch = await sampleFacts({ "README.md": "# A\n", ...base }, { "README.md": "# A\n", ...head });
  const input = await sampleJudgeInput(patch);
  input.spec = Spec.parse(spec);
  change(input);
  const decision = await judgeWith(rules, input);
  const gates = rules.map(({ gate }) => ruleOf(decision, gate));
  return {
    facts: patch.supply,
    verdicts: Object.fromEntries(gates.map(({ gate, verdict }) => [gate, verdict])),
    refused: gates.filter(({ verdict }) => verdict !== "pass" && verdict !== "not_applicable").map((
      { gate },
    ) => gate),
    findings: gates.filter(({ verdict }) => verdict === "fail" || verdict === "error").flatMap((
      { gate, findings },
    ) => findings.map((finding) => ({ gate, ...finding }))),
    verdict: decision.verdict,
  };
}
