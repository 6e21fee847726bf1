/** `forge policy test` and `forge policy diff`, over packs on disk and decisions of real runs. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inputText } from "../../policies/code/mod.ts";
import { dispatch } from "../cli/dispatch.ts";
import { recorder } from "./recorder.ts";
import { room } from "./samples.ts";

const pack = (rules: string, version = "1.0.0") =>
  `apiVersion: delivery.policy/v1
name: acme/house
version: ${version}
revision: 1
notBefore: 2026-01-01T00:00:00Z
expiresAt: 2099-01-01T00:00:00Z
rules:
${rules}`;
const rule = (expr: string, more = "") =>
  `  - id: R1
    layer: L2
    phases: ["plan->implement", "assure->publish"]
    severity: high
    kind: cel
    expr: "${expr}"
    message: It does not hold
    remediation: { text: Fix it }
${more}`;
const BINARY = rule("!facts.files.exists(f, f.binary)", "    tests: tests/r1.yaml\n").replace(
  '"plan->implement", "assure->publish"',
  '"implement->verify"',
);
const EXAMPLES = `examples:
  - { name: text, case: clean, given: { facts: { files: [ { path: a, binary: false } ] } } }
  - { name: binary, case: violating, given: { facts: { files: [ { path: a, binary: true } ] } } }
  - { name: among others, case: evading, given: { facts: { files: [ { path: b, binary: false }, { path: a, binary: true } ] } } }
`;

async function folder(dir: string, name: string, files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    const at = join(dir, name, path);
    await Deno.mkdir(join(at, ".."), { recursive: true });
    await Deno.writeTextFile(at, text);
  }
  return join(dir, name);
}

/** What the commands answer, as far as these tests read it. */
interface Answer {
  publishable: boolean;
  rules: { problems: string[]; mutants: { survived: string[] } }[];
  status: string;
  replayed: number;
  withoutInput: number;
  flips: { direction: string; rule: string | null; transition: string }[];
  version: { to: string };
  error: { message: string; line: number };
}

type Room = Awaited<ReturnType<typeof room>>;
async function forge(given: Room, ...args: string[]): Promise<{ exit: number; document: Answer }> {
  const { exit, document } = await given.forge(...args);
  return { exit, document: document as unknown as Answer };
}

Deno.test("policy test: exit 0 when every change of a rule is noticed, 1 with the name of one that is not, 2 without a pack", async () => {
  await using given = await room();
  const good = await folder(given.dir, "good", { "pack.yaml": pack(BINARY), "tests/r1.yaml": EXAMPLES });
  const proven = await forge(given, "policy", "test", good);
  assert.equal(proven.exit, 0, JSON.stringify(proven.document));
  assert.equal(proven.document.publishable, true);

  const weak = EXAMPLES.split("\n").filter((line) => !line.includes("name: text")).join("\n");
  const bad = await folder(given.dir, "bad", { "pack.yaml": pack(BINARY), "tests/r1.yaml": weak });
  const unproven = await forge(given, "policy", "test", bad);
  assert.equal(unproven.exit, 1);
  assert.deepEqual(unproven.document.rules[0]?.problems, ["it has no clean example"]);
  assert.deepEqual(unproven.document.rules[0]?.mutants.survived, ["let nothing pass"]);
  const io = recorder();
  assert.equal(await dispatch(["policy", "test", bad, "--data", given.data], io), 1);
  assert.match(io.stdout, /FAILED {2}R1[^]*not noticed: let nothing pass[^]*cannot be published/);

  assert.equal((await forge(given, "policy", "test", join(given.dir, "nowhere"))).exit, 2);
  const builtIn = await forge(given, "policy", "test", "secrets");
  assert.deepEqual([builtIn.exit, builtIn.document.publishable], [0, true]);
  assert.ok(builtIn.document.rules.every(({ mutants }) => mutants.survived.length === 0));
  const release = await forge(given, "policy", "diff", "core", good);
  assert.match(release.document.error.message, /built in/);
});

Deno.test("policy diff: decisions of runs of code and of data are judged again, flips and the next version are told", async () => {
  await using given = await room();
  const repo = await given.repository("node-cart");
  const spec = await given.write(
    "spec.yaml",
    "title: Nothing\nintent: { type: UPDATE, scope: ['**'] }\noperations: []\nimplementer: codemod\n",
  );
  const run = await forge(given, "run", spec, "--repo", repo);
  assert.equal(run.document.status, "denied", JSON.stringify(run.document));
  await given.write("in.csv", "id,n\n1,5\n2,6\n");
  await given.write("env.yaml", "sinks: { w: { type: sqlite, path: w.db } }\n");
  const pipeline = await given.write(
    "p.yaml",
    `id: p
streams:
  - id: s
    source: { connector: file, resource: csv, params: { path: in.csv } }
    primaryKey: [id]
    write: { disposition: merge, sink: w }
`,
  );
  assert.equal((await forge(given, "etl", "run", pipeline, "--env", join(given.dir, "env.yaml"))).exit, 0);

  const data = (most: number, version?: string) =>
    pack(
      rule(`facts.data.streams.all(s, s.counts.read < ${most})`).replace('"plan->implement", ', "") +
        rule(`size(spec.scope) < ${most}`).replace(', "assure->publish"', "").replace("R1", "R2"),
      version,
    );
  const a = await folder(given.dir, "a", { "pack.yaml": data(5) });
  const b = await folder(given.dir, "b", { "pack.yaml": data(1) });
  const found = await forge(given, "policy", "diff", a, b);
  assert.equal(found.exit, 1, JSON.stringify(found.document));
  const { document } = found;
  assert.ok(document.replayed >= 5, JSON.stringify(document));
  assert.equal(document.withoutInput, 0);
  assert.deepEqual(
    [...new Set(document.flips.map((flip) => `${flip.direction} ${flip.rule} ${flip.transition}`))]
      .sort(),
    [
      "pass->fail acme/house/R1 assure->publish",
      "pass->fail acme/house/R2 plan->implement",
      "pass->fail null assure->publish",
      "pass->fail null plan->implement",
    ],
  );
  assert.equal(document.version.to, "2.0.0");
  const raised = await folder(given.dir, "c", { "pack.yaml": data(1, "2.0.0") });
  assert.equal((await forge(given, "policy", "diff", a, raised)).exit, 0);
});

Deno.test("policy diff reads inputs of decisions from a file; a line that is none is exit 2 with its number", async () => {
  await using given = await room();
  const a = await folder(given.dir, "a", { "pack.yaml": pack(rule("principals.singleKey")) });
  const b = await folder(given.dir, "b", { "pack.yaml": pack(rule("!principals.singleKey")) });
  const input = {
    transition: { from: "plan", to: "implement" },
    spec: null,
    specDigest: null,
    plan: null,
    proposal: null,
    patchFacts: null,
    verify: null,
    review: null,
    outgoing: null,
    budget: {},
    autonomy: { ceiling: "A3", granted: "A3" },
    approvals: [],
    principals: { requester: "ana", approvers: [], singleKey: true },
    policy: null,
    binding: { verified: null, released: null },
    at: "2026-11-20T12:00:00.000Z",
  };
  const line = inputText(input);
  assert.ok(line);
  const kept = await given.write("kept.jsonl", `${line}\n\n${line.replace("12:00", "13:00")}\n`);
  const found = await forge(given, "policy", "diff", a, b, "--decisions", kept);
  assert.equal(found.document.replayed, 2);
  assert.equal(found.document.flips.length, 4);
  const broken = await given.write("broken.jsonl", `${line}\n{}\n`);
  const refused = await forge(given, "policy", "diff", a, b, "--decisions", broken);
  assert.equal(refused.exit, 2);
  assert.equal(refused.document.error.line, 2);
});
