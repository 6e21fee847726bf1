import assert from "node:assert/strict";
import { PatchFacts, Spec } from "../specs/code/mod.ts";
import { NO_PACKS } from "./packs/judging.ts";
import { fail, type Outcome, rule } from "./rule.ts";
import { judgeScan, type ScanInput } from "./scan.ts";
import { findingsOf } from "./scan_findings.ts";
import { sampleFacts, type Tree } from "./testing/trees.ts";

const AT = "2026-11-20T12:00:00.000Z";
const CODE = "export function a(n: number): number {\n  return n;\n}\n";
const tests = (...titles: string[]) =>
  titles.map((title) => `Deno.test("${title}", () => assertEquals(a(1), 1));\n`).join("");
const BASE: Tree = { "src/a.ts": CODE, "src/a_test.ts": tests("keeps whole numbers", "refuses text") };

async function judged(head: Tree, given: Partial<ScanInput> = {}, base: Tree = BASE) {
  const facts = await sampleFacts(base, head);
  return await judgeScan({
    spec: null,
    facts,
    policy: null,
    packs: NO_PACKS,
    escaping: [],
    at: AT,
    ...given,
  });
}

/** Rules that do not let it through, with what they make of it. */
async function held(head: Tree, given: Partial<ScanInput> = {}, base: Tree = BASE): Promise<string[]> {
  const { decision, rules } = await judged(head, given, base);
  return [
    ...new Set(
      findingsOf(decision, rules).filter(({ action }) => action !== "note").map(({ rule, gate, action }) =>
        `${action} ${rule} ${gate}`
      ),
    ),
  ];
}

const SPEC = Spec.parse({
  title: "Less",
  intent: { type: "UPDATE", scope: ["src/**"], removes: ["refuses text"] },
  reason: "r",
  description: "",
});

Deno.test("a test that is gone is denied, renamed it is told, replaced or with its product a human decides", async () => {
  assert.deepEqual(await held({ ...BASE, "src/a_test.ts": tests("keeps whole numbers") }), [
    "deny core/T1 declared-tests",
  ]);
  assert.deepEqual(
    await held({ ...BASE, "src/a_test.ts": tests("keeps whole numbers", "refuses any text") }),
    [],
  );
  assert.deepEqual(
    await held({ ...BASE, "src/a_test.ts": tests("keeps whole numbers", "works") }),
    ["escalate core/T1 declared-tests"],
  );
  const { "src/a_test.ts": _, ...without } = BASE;
  assert.deepEqual(await held(without), ["deny core/T1 declared-tests"]);
  const more = { ...BASE, "src/b.ts": "export const b = 1;\n", "src/b_test.ts": tests("b is one") };
  assert.deepEqual(await held(BASE, {}, more), ["escalate core/T1 declared-tests"]);
  assert.deepEqual(
    await held({ ...without, "src/unit/a_test.ts": BASE["src/a_test.ts"] ?? "" }),
    [],
    "moved with its tests",
  );
});

Deno.test("what a spec names may go, and its scope and intent are judged", async () => {
  const less = { ...BASE, "src/a_test.ts": tests("keeps whole numbers") };
  assert.deepEqual(await held(less, { spec: SPEC }), []);
  assert.deepEqual(await held({ ...less, "docs/x.md": "x\n" }, { spec: SPEC }), ["deny core/C2 scope"]);
});

Deno.test("gates that no patch can answer are told with the reason, none of them as passed", async () => {
  const { decision, notJudged } = await judged({ ...BASE, "src/a.ts": CODE.replace("n;", "+n;") });
  assert.equal(decision.verdict, "allow");
  const told = new Map(notJudged.map(({ gate, verdict }) => [gate, verdict]));
  assert.deepEqual(
    ["scope", "intent", "fail-to-pass", "acceptance"].map((gate) => told.get(gate)),
    ["not_applicable", "not_applicable", "not_applicable", "not_applicable"],
  );
  assert.deepEqual(["test-inventory", "planted-failure"].map((gate) => told.get(gate)), [
    "not_run",
    "not_run",
  ]);
  for (const { reason } of notJudged) assert.notEqual(reason, "");
  assert.ok(decision.rules.every(({ gate, verdict }) => verdict !== "pass" || told.get(gate) !== "not_run"));
  const spoken = await judged({ ...BASE, "src/a.ts": CODE.replace("n;", "+n;") }, { spec: SPEC });
  assert.equal(spoken.notJudged.find(({ gate }) => gate === "fail-to-pass")?.verdict, "not_run");
});

Deno.test("only links that stay inside ask a human, one that leaves the tree is denied", async () => {
  const facts = await sampleFacts(BASE, { ...BASE, "src/l": "a.ts" });
  const linked = PatchFacts.parse({
    ...facts,
    pathProblems: [{ kind: "symlink", path: "src/l", detail: "the change writes a symbolic link" }],
  });
  assert.deepEqual(await held({}, { facts: linked }), ["escalate core/C5 git-hygiene"]);
  assert.deepEqual(await held({}, { facts: linked, escaping: ["src/l"] }), ["deny core/C5 git-hygiene"]);
});

Deno.test("size is a note where nobody set a limit, and held against the limit of the repository", async () => {
  const large = {
    ...BASE,
    "src/big.ts": Array.from({ length: 900 }, (_, at) => `export const v${at} = ${at};`).join("\n"),
  };
  assert.deepEqual(await held(large), []);
  assert.deepEqual(await held(large, { policy: "size: { lines: 100 }\n" }), ["escalate core/C4 size"]);
});

Deno.test("a policy that is not understood, facts of nothing and a rule that throws are denied", async () => {
  const head = { ...BASE, "src/a.ts": CODE.replace("n;", "+n;") };
  assert.ok((await held(head, { policy: "nonsense: 1\n" })).includes("deny core/POLICY repository-policy"));
  const { decision } = await judged(BASE);
  assert.equal(decision.verdict, "deny");
  const thrown = packOf(
    (() => {
      throw new Error("broken");
    }) as never,
  );
  assert.deepEqual(await held(head, { packs: thrown }), ["deny org/x/R1 own"]);
});

Deno.test("a rule of a pack judges a patch; what a signed one reads of a spec is not applicable without one, a built-in one allows nothing", async () => {
  const head = { ...BASE, "src/a.ts": CODE.replace("n;", "+n;") };
  const refuses = () => fail([{ message: "no", remediation: "do" }], "never");
  assert.deepEqual(await held(head, { packs: packOf(refuses) }), ["deny org/x/R1 own"]);
  assert.deepEqual(await held(head, { packs: packOf(refuses, ["patch", "spec"]) }), []);
  assert.deepEqual(await held(head, { packs: packOf(refuses, ["patch", "spec"], true) }), [
    "deny org/x/R1 own",
  ]);
  const { notJudged } = await judged(head, { packs: packOf(refuses, ["patch", "spec"]) });
  assert.ok(notJudged.some(({ rule, verdict }) => rule === "org/x/R1" && verdict === "not_applicable"));
  assert.deepEqual(await held(head, { packs: packOf(refuses, ["patch", "spec"]), spec: SPEC }), [
    "deny org/x/R1 own",
  ]);
  const later = await judged(head, { packs: packOf(refuses, ["patch", "verify"]) });
  assert.equal(later.decision.verdict, "allow");
  assert.ok(later.notJudged.some(({ rule, verdict }) => rule === "org/x/R1" && verdict === "not_run"));
});

function packOf(
  evaluate: () => Outcome,
  reads: readonly ("patch" | "spec" | "verify")[] = ["patch"],
  builtIn = false,
): ScanInput["packs"] {
  const own = rule({
    id: "R1",
    pack: "org/x",
    gate: "own",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description: "d",
    remediation: "r",
    bindings: ["implement->"],
    reads,
    evaluate,
  });
  return {
    ...NO_PACKS,
    packs: [{
      reference: {
        name: "org/x",
        version: "1.0.0",
        digest: `sha256:${"0".repeat(64)}`,
        ...(builtIn ? {} : { revision: 1 }),
      },
      rules: () => [own],
      patterns: [],
    }],
  };
}

Deno.test("the same input gives the same decision", async () => {
  const head = { ...BASE, "src/a_test.ts": tests("keeps whole numbers") };
  const [one, two] = [await judged(head), await judged(head)];
  assert.deepEqual(one.decision, two.decision);
  assert.deepEqual(one.notJudged, two.notJudged);
});
