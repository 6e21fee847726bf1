import assert from "node:assert/strict";
import fc from "fast-check";
import { jcs } from "../../policies/mod.ts";
import { digestOf } from "../../specs/mod.ts";
import { evidenceDirectory } from "../evidence_directory.ts";
import { evidenceProvenance, wordsOf } from "./mod.ts";

const AT = "2026-11-22T10:00:00.000Z";
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cF4hJ6kL8";

const decision = (from: string, to: string, verdict: string, more: Record<string, unknown> = {}) => ({
  v: 1,
  transition: { from, to },
  verdict,
  layers: ["L0", "L1", "L2", "L3", "L4"].map((layer) => ({ layer, verdict: "pass" })),
  rules: [],
  engine: "edgeforge-policies/1.0.0",
  packs: [{ name: "core", version: "1.0.0", digest: digest("c") }],
  inputDigest: digest("d"),
  subject: {},
  approvals: [],
  at: AT,
  ...more,
});
const failing = (rule: string, message: string) => ({
  gate: "g",
  rule,
  layer: "L1",
  mode: "enforce",
  verdict: "fail",
  findings: [{ message, remediation: "" }],
});

/** A bundle as far as the index reads it. */
async function write(
  evidence: ReturnType<typeof evidenceDirectory>,
  n: string,
  given: { title: string; patch: string; base?: string; commit?: string; decisions?: unknown[]; at?: string },
) {
  const run = `run_01m8abcdefgh${n}`;
  const decisions = given.decisions ?? [decision("implement", "verify", "allow")];
  const events = [
    {
      type: "run.accepted",
      payload: {
        title: given.title,
        input: {
          kind: "factory",
          spec: digest("1"),
          repository: { baseCommit: given.base ?? "b".repeat(40), baseTree: "e".repeat(40) },
        },
      },
    },
    {
      type: "phase.finished",
      payload: {
        phase: "plan",
        output: { planner: "rules", tasks: [{ id: "T1", title: "Do it", dependsOn: [] }] },
      },
    },
    ...decisions.map((one) => ({ type: "transition.decided", payload: { decision: one } })),
    ...(given.commit === undefined ? [] : [{
      type: "effect.done",
      payload: { key: "pull", outcome: { number: 1, url: "u", commit: given.commit, branch: "forge/x" } },
    }]),
  ].map((event, at) => jcs({ seq: at + 1, ...event }));
  const texts: Record<string, string> = {
    "log/events.jsonl": `${events.join("\n")}\n`,
    "artifacts/spec.json": jcs({
      title: given.title,
      tier: "standard",
      intent: { type: "UPDATE", scope: ["src/**"] },
    }),
    "artifacts/proposal.json": jcs({
      implementer: "patch",
      patch: given.patch,
      change: {
        base: given.base ?? "b".repeat(40),
        tree: "f".repeat(40),
        files: [{ path: "a.ts" }],
        added: 1,
        removed: 0,
      },
    }),
  };
  decisions.forEach((one, at) => texts[`decisions/0${at + 1}-x.json`] = jcs(one));
  const files = await Promise.all(
    Object.entries(texts).map(async ([path, text]) => ({
      path,
      bytes: new TextEncoder().encode(text),
      sha256: (await digestOf(text)).slice("sha256:".length),
    })),
  );
  const manifest = jcs({
    v: 1,
    id: `ev_01m8abcdefgh${n}`,
    run,
    status: "completed",
    sandbox: "bwrap",
    withheld: [],
    notes: [],
    at: given.at ?? AT,
    head: { seq: 1, hash: "0" },
    root: digest("9"),
    files: files.map(({ path, bytes, sha256 }) => ({
      path,
      sha256,
      size: bytes.length,
      mediaType: "application/json",
    })),
  });
  await evidence.write(`ev_01m8abcdefgh${n}`, [
    ...files,
    { path: "manifest.json", bytes: new TextEncoder().encode(manifest) },
  ]);
  return {
    run,
    id: `ev_01m8abcdefgh${n}`,
    spec: `sha256:${files.find(({ path }) => path === "artifacts/spec.json")?.sha256}`,
  };
}

async function room() {
  const dir = await Deno.makeTempDir({ prefix: "forge-provenance-" });
  const evidence = evidenceDirectory(`${dir}/evidence`);
  const open = (place = `${dir}/provenance.db`) => evidenceProvenance(evidence, () => Promise.resolve(place));
  return { dir, evidence, open, [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) };
}

Deno.test("what is sealed is found by digest, with its chain backwards and forwards, across runs", async () => {
  await using at = await room();
  const { desk, close } = at.open();
  try {
    assert.equal(await desk.show(digest("a")), null);
    // The second run starts from the commit of the first.
    const first = await write(at.evidence, "1", {
      title: "First",
      patch: digest("a"),
      commit: "7".repeat(40),
    });
    const second = await write(at.evidence, "2", {
      title: "Second",
      patch: digest("5"),
      base: "7".repeat(40),
    });
    assert.deepEqual((await desk.show(digest("a")))?.places.map(({ run, role }) => [run, role]), [[
      first.run,
      "change",
    ]]);
    const chain = await desk.provenance(digest("a"));
    assert.ok(chain);
    assert.deepEqual(chain.backwards.nodes.map(({ kind }) => kind).sort(), [
      "agent",
      "base",
      "change",
      "intent",
      "plan",
      "spec",
      "task",
    ]);
    assert.deepEqual(chain.forwards.nodes.map(({ kind }) => kind).sort(), [
      "base",
      "change",
      "decision",
      "evidence",
      "pull-request",
    ]);
    const commit = await desk.provenance(`git:${"7".repeat(40)}`);
    assert.deepEqual(commit?.runs.toSorted(), [first.run, second.run]);
    assert.ok(commit?.backwards.nodes.some(({ digest: of }) => of === digest("a")));
    assert.ok(commit?.forwards.nodes.some(({ digest: of }) => of === digest("5")));
    // A file without a node of its own stands for the bundle; one with a node for that.
    assert.deepEqual((await desk.provenance(second.spec))?.nodes, [`spec:${digest("1")}`]);
    const pack = await desk.provenance(digest("c"));
    assert.equal(pack?.forwards.nodes.filter(({ kind }) => kind === "evidence").length, 2);
    assert.deepEqual((await desk.ofRun(second.run))?.nodes.some(({ kind }) => kind === "change"), true);
    assert.equal(await desk.ofRun("run_01m8none"), null);
  } finally {
    await close();
  }
});

Deno.test("runs are found by pack, rule, intent mismatch and time; pages go on where they ended", async () => {
  await using at = await room();
  const { desk, close } = at.open();
  try {
    const bad = decision("verify", "review", "deny", { rules: [failing("core/C3", "An export is gone")] });
    await write(at.evidence, "1", { title: "One", patch: digest("a"), decisions: [bad] });
    await write(at.evidence, "2", { title: "Two", patch: digest("b"), at: "2026-11-23T00:00:00.000Z" });
    const all = { limit: 10 };
    assert.deepEqual(await desk.bundles({ mismatch: true }, all), ["ev_01m8abcdefgh1"]);
    assert.deepEqual(await desk.bundles({ mismatch: true, from: "2026-11-23T00:00:00Z" }, all), []);
    assert.deepEqual(await desk.bundles({ pack: "core@1.0.0" }, all), [
      "ev_01m8abcdefgh2",
      "ev_01m8abcdefgh1",
    ]);
    assert.deepEqual(await desk.bundles({ pack: "core@2.0.0" }, all), []);
    assert.deepEqual(await desk.bundles({ pack: "core" }, { limit: 10, after: "ev_01m8abcdefgh2" }), [
      "ev_01m8abcdefgh1",
    ]);
    assert.deepEqual(await desk.bundles({ intent: "UPDATE", to: "2026-11-23T00:00:00Z" }, all), [
      "ev_01m8abcdefgh1",
    ]);
    const listed: string[] = [];
    for (let cursor: string | null = null;;) {
      const page = await desk.list({ limit: 3, ...(cursor === null ? {} : { cursor }) });
      listed.push(...page.artifacts.map(({ evidence, name, role }) => `${evidence} ${role} ${name}`));
      cursor = page.cursor;
      if (cursor === null) break;
    }
    const whole = await desk.list({ limit: 1000 });
    assert.deepEqual(
      listed,
      whole.artifacts.map(({ evidence, name, role }) => `${evidence} ${role} ${name}`),
    );
    assert.equal(new Set(listed).size, listed.length);
  } finally {
    await close();
  }
});

Deno.test("titles and messages are searched by their words; no text is an operator, and no secret is kept", async () => {
  await using at = await room();
  const { desk, close } = at.open();
  try {
    const found = decision("verify", "review", "deny", {
      rules: [failing("core/S1", `A suppression near ${TOKEN} grew`)],
    });
    await write(at.evidence, "1", {
      title: "Réject malformed addresses",
      patch: digest("a"),
      decisions: [found],
    });
    await write(at.evidence, "2", { title: "Something else", patch: digest("b") });
    const hits = async (text: string) => (await desk.search(text, 10)).hits.map(({ title }) => title);
    assert.deepEqual(await hits("malf addresses"), ["Réject malformed addresses"]);
    assert.deepEqual(await hits("reject"), ["Réject malformed addresses"]);
    assert.deepEqual(await hits("suppression"), ["Réject malformed addresses"]);
    assert.match((await desk.search("suppression", 1)).hits[0]?.excerpt ?? "", /«suppression»/);
    assert.deepEqual(await hits("malformed NOT addresses"), []);
    assert.deepEqual(await hits("title:malformed OR else"), []);
    assert.deepEqual(await hits("*"), []);
    assert.ok(
      !new TextDecoder("latin1").decode(await Deno.readFile(`${at.dir}/provenance.db`)).includes(TOKEN),
    );
    assert.ok(!JSON.stringify(await desk.search("suppression", 10)).includes(TOKEN));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 40 }), async (text) => {
        assert.ok((await desk.search(text, 5)).hits.length <= 2);
      }),
      { numRuns: 20 },
    );
    assert.deepEqual(wordsOf('"a" AND b*'), ["a", "AND", "b"]);
  } finally {
    await close();
  }
});

Deno.test("the index follows the evidence: it is made anew when it is damaged, and forgets what is gone", async () => {
  await using at = await room();
  const one = await write(at.evidence, "1", { title: "One", patch: digest("a") });
  const opened = at.open();
  assert.ok(await opened.desk.show(digest("a")));
  await opened.close();
  await Deno.writeTextFile(`${at.dir}/provenance.db`, "no database at all");
  const again = at.open();
  try {
    assert.ok(await again.desk.show(digest("a")));
    await write(at.evidence, "1", { title: "One, sealed anew", patch: digest("b") });
    assert.deepEqual([await again.desk.show(digest("a")), (await again.desk.show(digest("b")))?.more], [
      null,
      false,
    ]);
    await Deno.writeTextFile(`${at.dir}/evidence/${one.id}/log/events.jsonl`, "{");
    await Deno.utime(`${at.dir}/evidence/${one.id}/manifest.json`, 1, 1);
    assert.equal(await again.desk.show(digest("b")), null);
    assert.deepEqual(await again.desk.bundles({}, { limit: 5 }), []);
    await Deno.remove(`${at.dir}/evidence/${one.id}`, { recursive: true });
    assert.deepEqual((await again.desk.list({ limit: 5 })).artifacts, []);
  } finally {
    await again.close();
  }
  // A place that cannot be written to is no reason not to answer.
  const nowhere = at.open(`${at.dir}/absent/provenance.db`);
  assert.deepEqual((await nowhere.desk.list({ limit: 5 })).artifacts, []);
  await nowhere.close();
});
