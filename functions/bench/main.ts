/**
 * `deno task bench`: the figures that the README quotes, measured on this machine. Names select parts (`engine`, `cli`, `codemod`, `evidence`,
 * `foundry`, `plan`, `policy`, `secrets`);
 * `--json` prints one document; `--rows N` and `--rounds N` are the foundry's.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchEngine } from "../../kernel/bench/mod.ts";
import { benchCodemod } from "./codemod.ts";
import { benchEvidence } from "./evidence.ts";
import { benchFoundry, foundryTable } from "./foundry.ts";
import { benchPlan } from "./plan.ts";
import { benchPolicy } from "./policy.ts";
import { benchSecrets } from "./secrets.ts";

const PARTS = ["engine", "cli", "codemod", "evidence", "foundry", "plan", "policy", "secrets"];
const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    rows: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "2" },
  },
});
const unknown = positionals.find((name) => !PARTS.includes(name));
const [rows, rounds] = [Number(values.rows), Number(values.rounds)];
if (unknown !== undefined || !(rows >= 1) || !(rounds >= 1)) {
  console.error(`Usage: deno task bench [${PARTS.join("|")}] [--json] [--rows N] [--rounds N]`);
  Deno.exit(2);
}
const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);
const say = (text: string) => values.json || console.log(text);
const report: Record<string, unknown> = {};

/** Each part has a directory of its own, removed whatever becomes of it. */
async function inRoom<T>(work: (room: string) => Promise<T>): Promise<T> {
  const room = await Deno.makeTempDir({ prefix: "forge-bench-" });
  try {
    return await work(room);
  } finally {
    await Deno.remove(room, { recursive: true });
  }
}

if (wanted("engine")) {
  const storePath = (room: string) => join(room, "engine.db");
  const engine = await inRoom((room) =>
    benchEngine({ workflows: 5000, steps: 5, concurrency: 50, storePath: storePath(room) })
  );
  report.engine = engine;
  say("engine");
  for (const [name, value] of Object.entries(engine)) say(`  ${name.padEnd(26)} ${value}`);
}

if (wanted("cli")) {
  const starts: number[] = [];
  const main = new URL("../cli/main.ts", import.meta.url).href;
  for (let at = 0; at < 10; at++) {
    const began = performance.now();
    await new Deno.Command(Deno.execPath(), { args: ["run", "-A", main, "--help"], stdout: "null" }).output();
    starts.push(performance.now() - began);
  }
  const counted = starts.slice(1).sort((a, b) => a - b);
  const cli = { p50Ms: Math.round(counted[4] ?? 0), maxMs: Math.round(counted[8] ?? 0) };
  report.cli = cli;
  say("command line, forge --help (9 cold starts)");
  for (const [name, value] of Object.entries(cli)) say(`  ${name.padEnd(26)} ${value}`);
}

if (wanted("codemod")) {
  const codemod = await inRoom(benchCodemod);
  report.codemod = codemod;
  say("a codemod run, beside git, the sandbox and the repository's own tests");
  if (codemod === null) say("  not measured: the sandbox does not work here");
  for (const [name, value] of Object.entries(codemod ?? {})) say(`  ${name.padEnd(26)} ${value}`);
}

if (wanted("plan")) {
  const plan = await benchPlan();
  report.plan = plan;
  say("a plan of six tasks, three at a time");
  for (const [name, value] of Object.entries(plan)) say(`  ${name.padEnd(26)} ${value}`);
}

if (wanted("secrets")) {
  const secrets = await benchSecrets();
  report.secrets = secrets;
  say("secrets, by processor time");
  for (const [name, value] of Object.entries(secrets)) say(`  ${name.padEnd(26)} ${value}`);
}

if (wanted("policy")) {
  const policy = await benchPolicy();
  report.policy = policy;
  say("all packs over a change of many files, facts included");
  for (const [name, value] of Object.entries(policy)) say(`  ${name.padEnd(26)} ${value}`);
}

if (wanted("evidence")) {
  const evidence = await inRoom((room) =>
    benchEvidence(room, (message) => Deno.stderr.isTerminal() && console.error(`  ${message}`))
  );
  report.evidence = evidence;
  say("evidence: a bundle verified, leaves logged and proven");
  if (evidence === null) say("  not measured: the sandbox does not work here");
  for (const [name, value] of Object.entries(evidence ?? {})) say(`  ${name.padEnd(26)} ${value}`);
}

if (wanted("foundry")) {
  const options = { rows, workbookRows: 100_000, rounds };
  const figures = await inRoom((room) =>
    benchFoundry(room, options, (message) => Deno.stderr.isTerminal() && console.error(`  ${message}`))
  );
  report.foundry = figures;
  say(`data foundry, ${rows} rows of CSV, the best of ${rounds} rounds of whole processes`);
  say(foundryTable(figures));
}

if (values.json) console.log(JSON.stringify(report, null, 2));
