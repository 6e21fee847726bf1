import assert from "node:assert/strict";
import canonicalize from "canonicalize";
import { digestOf, PackManifest } from "../../specs/mod.ts";
import { judgeTransition } from "../judge.ts";
import { HEAD, sampleJudgeInput } from "../testing/judge_input.ts";
import { BASE } from "../testing/judge_input.ts";
import { sampleFacts } from "../testing/trees.ts";
import { compilePack } from "./compile.ts";
import { packDifference, type Release } from "./difference.ts";
import { compileRule } from "./kinds/mod.ts";
import { inputText, type StoredInput, storedInput } from "./stored_input.ts";

const RULE = {
  id: "SMALL",
  layer: "L2",
  phases: ["final"],
  severity: "medium",
  kind: "cel",
  message: "Too large",
  remediation: { text: "Split it" },
};

function release(rules: Record<string, unknown>[], over: Record<string, unknown> = {}): Release {
  const manifest = PackManifest.parse({
    apiVersion: "delivery.policy/v1",
    name: "acme/house",
    version: "1.2.3",
    revision: 1,
    notBefore: "2026-01-01T00:00:00.000Z",
    expiresAt: "2028-01-01T00:00:00.000Z",
    rules: rules.map((rule) => ({ ...RULE, ...rule })),
    ...over,
  });
  return { manifest, members: new Map() };
}

/** Decisions over changes of different sizes, as they would have been kept. */
async function corpus(count: number): Promise<StoredInput[]> {
  const input = await sampleJudgeInput();
  const stored: StoredInput[] = [];
  for (let at = 0; at < count; at++) {
    const one = structuredClone(input);
    one.at = new Date(Date.UTC(2026, 10, 1) + at * 1000).toISOString();
    for (const file of one.patchFacts?.files ?? []) file.added = at;
    const kept = await storedInput(inputText(one) ?? "");
    assert.ok(kept.ok);
    stored.push(kept.value);
  }
  return stored;
}

async function difference(a: Release, b: Release, inputs: StoredInput[]) {
  const found = await packDifference(a, b, inputs);
  assert.ok(found.ok, found.ok ? "" : found.error.message);
  return found.value;
}
const limit = (lines: number) => ({ expr: `facts.files.all(f, f.added < ${lines})` });

Deno.test("a decision that passed and fails now is a flip, and the step is major", async () => {
  const found = await difference(release([limit(8)]), release([limit(4)]), await corpus(10));
  assert.equal(found.replayed, 10);
  const flips = found.flips.filter(({ rule }) => rule === "acme/house/SMALL");
  assert.deepEqual(flips.map(({ direction, before, after }) => [direction, before, after]), [
    ...Array.from({ length: 4 }, () => ["pass->fail", "pass", "fail"]),
  ]);
  assert.deepEqual(
    found.flips.filter(({ rule }) => rule === null).map(({ before, after }) => [before, after])[0],
    [
      "allow",
      "deny",
    ],
  );
  assert.deepEqual([found.version.to, found.version.step, found.version.approvers], ["2.0.0", "major", 1]);
});

Deno.test("a decision that failed and passes now is a loosening: major, and two approvers", async () => {
  const found = await difference(release([limit(4)]), release([limit(8)]), await corpus(10));
  assert.equal(found.flips.filter(({ direction }) => direction === "fail->pass").length, 8);
  assert.deepEqual([found.version.to, found.version.approvers], ["2.0.0", 2]);
});

Deno.test("what loosens is told also where no kept decision shows it: a rule that is gone, a lower mode", async () => {
  const both = release([limit(1000), { id: "OTHER", expr: "size(facts.secrets) == 0" }]);
  const gone = await difference(both, release([limit(1000)]), []);
  assert.deepEqual([gone.rules.removed, gone.version.step, gone.version.approvers], [["OTHER"], "major", 2]);
  const lower = await difference(
    both,
    release([limit(1000), { id: "OTHER", mode: "shadow", expr: "size(facts.secrets) == 0" }]),
    [],
  );
  assert.deepEqual([lower.rules.loosened, lower.version.approvers], [["OTHER"], 2]);
});

Deno.test("a new rule in shadow is minor, a text alone a patch, and the same release is none", async () => {
  const inputs = await corpus(6);
  const first = release([limit(100)]);
  const shadow = await difference(
    first,
    release([limit(100), { id: "WATCH", mode: "shadow", ...limit(1) }]),
    inputs,
  );
  assert.deepEqual([shadow.flips, shadow.rules.added, shadow.version.to], [[], ["WATCH"], "1.3.0"]);
  const text = await difference(
    first,
    release([{ ...limit(100), message: "Larger than we review" }]),
    inputs,
  );
  assert.deepEqual([text.flips, text.version.to], [[], "1.2.4"]);
  assert.deepEqual((await difference(first, release([limit(100)], { version: "9.9.9" }), inputs)).version, {
    from: "1.2.3",
    to: "1.2.3",
    step: "none",
    approvers: 1,
    because: "nothing differs",
  });
});

Deno.test("a rule that reads what was not gathered then is told apart from one that fails", async () => {
  const b = release([limit(100), {
    id: "NEW",
    expr: "size(facts.infra.hazards) == 0 || size(facts.matches) == 0",
  }]);
  const inputs = await corpus(3);
  for (const one of inputs) {
    if (one.kind === "change" && one.input.patchFacts) delete one.input.patchFacts.matches;
  }
  const found = await difference(release([limit(100)]), b, inputs);
  assert.deepEqual(found.unjudged, [{ rule: "acme/house/NEW", decisions: 3 }]);
  assert.equal(found.version.step, "major");
});

// req: N6-07
Deno.test("what is no input of a decision is a problem, and a kept input has the digest that its decision names", async () => {
  for (const text of ["", "{}", "[1]", '{"transition":{"from":"a","to":"b"}}']) {
    assert.equal((await storedInput(text)).ok, false, text);
  }
  const input = await sampleJudgeInput();
  const kept = await storedInput(inputText(input) ?? "");
  assert.ok(kept.ok);
  assert.equal(kept.value.digest, (await judgeTransition(input)).inputDigest);
});

// req: N4-19
Deno.test("a thousand kept decisions are judged again to the same bytes, by core and a pack", async () => {
  const pack = release([
    limit(500),
    {
      id: "WHEN",
      when: "spec.tier == 'standard'",
      expr: "facts.files.all(f, f.path.matches('^[a-z_/.]+$')) && size(facts.secrets) == 0",
    },
    {
      id: "AUTH",
      layer: "L4",
      kind: "cedar",
      expr: "permit (principal, action, resource) when { resource.added < 400 };",
    },
  ]);
  const judging = async () => {
    const digest = await digestOf("a release");
    const compiled = await compilePack({ ...pack, digest, level: "trusted", signers: [] }, compileRule);
    assert.ok(compiled.ok);
    return { packs: [compiled.value], tightened: new Map(), problem: null };
  };
  const sample = await sampleJudgeInput(await sampleFacts(BASE, HEAD));
  const texts: string[] = [];
  for (let at = 0; at < 1000; at++) {
    const one = structuredClone(sample);
    one.at = new Date(Date.UTC(2026, 10, 1) + at * 1000).toISOString();
    one.autonomy.ceiling = at % 7 === 0 ? "A1" : "A3";
    if (one.spec && at % 5 === 0) one.spec.tier = "critical";
    for (const file of one.patchFacts?.files ?? []) file.added = at;
    if (at % 11 === 0) one.verify = null;
    texts.push(inputText(one) ?? "");
  }
  const packs = await judging();
  const kept = new Map<string, string>();
  const verdicts = new Set<string>();
  for (const text of texts) {
    const decision = await judgeTransition(JSON.parse(text), { packs });
    verdicts.add(decision.verdict);
    kept.set(decision.inputDigest, canonicalize(decision) ?? "");
  }
  assert.equal(kept.size, 1000);
  assert.deepEqual([...verdicts].sort(), ["allow", "deny", "escalate"]);
  // Compiled anew, as another process would, and in another order.
  const again = await judging();
  for (const text of texts.toReversed()) {
    const stored = await storedInput(text);
    assert.ok(stored.ok && stored.value.kind === "change");
    const decision = await judgeTransition(stored.value.input, { packs: again });
    assert.equal(canonicalize(decision), kept.get(stored.value.digest));
  }
});
