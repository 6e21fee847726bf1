/** How long all packs take over a change of forty files, and how many simple rules are decided in a second. */
import { cpuUsage } from "node:process";
import { builtInNames, judgeTransition } from "../../policies/code/mod.ts";
import { findPack, judgingPacks } from "../../policies/mod.ts";
import { compileRule } from "../../policies/packs/mod.ts";
import { PackRule } from "../../specs/mod.ts";
import { sampleFacts, sampleJudgeInput, sampleRule } from "../../policies/testing/mod.ts";

export interface PolicyFigures {
  changedFiles: number;
  changedLines: number;
  packs: number;
  /** Facts of the change and the decision over them, the middle of the warm rounds, wall clock. */
  warmMs: number;
  coldMs: number;
  /** Decisions of one CEL rule over the facts of that change, by processor time. */
  ruleDecisionsPerSecond: number;
}

const ROUNDS = 7;
const DECISIONS = 20_000;

export async function benchPolicy(): Promise<PolicyFigures> {
  const { base, head } = await trees();
  const names = builtInNames().filter((name) => name !== "core");
  const packs = await judgingPacks({
    names,
    find: (name) => findPack(name, () => Promise.resolve(null)),
    compile: compileRule,
  });
  if (!packs.ok) throw new Error(packs.error.message);
  const times: number[] = [];
  let lines = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    const facts = await sampleFacts(base, head);
    const input = await sampleJudgeInput(facts);
    const decision = await judgeTransition({ ...input, transition: { from: "implement", to: "verify" } }, {
      packs: packs.value,
    });
    times.push(performance.now() - began);
    if (decision.packs.length < packs.value.packs.length) throw new Error("not all packs have judged");
    lines = (facts.change?.added ?? 0) + (facts.change?.removed ?? 0);
  }
  const [coldMs = 0, ...warm] = times;
  warm.sort((a, z) => a - z);
  return {
    changedFiles: Object.keys(head).length,
    changedLines: lines,
    packs: packs.value.packs.length + 1,
    warmMs: Math.round(warm[warm.length >> 1] ?? 0),
    coldMs: Math.round(coldMs),
    ruleDecisionsPerSecond: await ruleRate(await sampleFacts(base, head)),
  };
}

/** Forty source files of this repository in several languages, each with a function more. */
async function trees(): Promise<{ base: Record<string, string>; head: Record<string, string> }> {
  const base: Record<string, string> = {};
  const head: Record<string, string> = {};
  const add = (path: string, text: string, more: string) => {
    base[path] = text;
    head[path] = text + more;
  };
  const folder = new URL("../../policies/rules/", import.meta.url);
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || !name.endsWith(".ts") || Object.keys(base).length >= 24) continue;
    const text = await Deno.readTextFile(new URL(name, folder));
    add(`src/${name}`, text, "\nexport function more(value: number): number {\n  return value * 2 + 1;\n}\n");
  }
  const python = "def total(rows):\n    return sum(row.amount for row in rows)\n\n\n".repeat(20);
  const go =
    "package shop\n\nfunc total(rows []int) int {\n\tsum := 0\n\tfor _, row := range rows {\n\t\tsum += row\n\t}\n\treturn sum\n}\n";
  for (let n = 0; n < 6; n++) {
    add(`shop/part${n}.py`, python, `def more${n}(value):\n    return value * 2\n`);
    add(`shop/part${n}.go`, go, `\nfunc more${n}(value int) int {\n\treturn value * 2\n}\n`);
  }
  add(
    "db/migrations/001.sql",
    "CREATE TABLE carts (id bigint PRIMARY KEY);\n",
    "CREATE TABLE items (id bigint);\n",
  );
  add(
    "infra/main.tf",
    'resource "aws_s3_bucket" "a" {\n  bucket = "a"\n}\n',
    'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n',
  );
  add(
    "k8s/web.yaml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { a: b }\n",
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\ndata: { a: c }\n",
  );
  add("package.json", '{\n  "name": "shop",\n  "version": "1.0.0"\n}\n', "");
  head["package.json"] = '{\n  "name": "shop",\n  "version": "1.0.1"\n}\n';
  return { base, head };
}

/** One simple rule of a signed pack, asked again and again. */
async function ruleRate(facts: Awaited<ReturnType<typeof sampleFacts>>): Promise<number> {
  const rule = PackRule.parse(
    sampleRule("FEW", "size(facts.files) <= 60 && size(facts.testInventory.removed) == 0"),
  );
  const compiled = await compileRule(rule, new Map());
  if (!compiled.ok) throw new Error(compiled.error.message);
  const { judge } = compiled.value;
  const given = { patch: facts, ...(facts.change === null ? {} : { change: facts.change }) };
  for (let at = 0; at < DECISIONS / 10; at++) judge(given as Parameters<typeof judge>[0]);
  const before = cpuUsage();
  for (let at = 0; at < DECISIONS; at++) judge(given as Parameters<typeof judge>[0]);
  const { user, system } = cpuUsage(before);
  return Math.round(DECISIONS / (Math.max(user + system, 1) / 1_000_000));
}
