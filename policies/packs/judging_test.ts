import assert from "node:assert/strict";
import fc from "fast-check";
import { err, ok } from "../../specs/mod.ts";
import { judgeTransition } from "../judge.ts";
import type { Rule } from "../rule.ts";
import { AT, compileWords, publisher, rootOf, sampleRule, signedPack } from "../testing/packs.ts";
import { ruleOf, sampleJudgeInput } from "../testing/judge_input.ts";
import { MODES, SEVERITIES } from "./overlay.ts";
import { DEPENDENCY_LIMITS, type FindPack } from "./dependencies.ts";
import { builtInVersion, type JudgingPacks, judgingPacks, unusablePacks } from "./judging.ts";
import { modeFor, stricter, tighten } from "./overlay.ts";
import { verifyPack } from "./pack.ts";

const ada = await publisher("ada");

/** Finds packs among these manifests, signed and verified. */
async function found(...manifests: Record<string, unknown>[]): Promise<FindPack> {
  const packs = new Map<string, Awaited<ReturnType<FindPack>>>();
  for (const manifest of manifests) {
    const verified = await verifyPack(await signedPack(ada, manifest), { root: rootOf(ada), at: AT });
    assert.ok(verified.ok, verified.ok ? "" : verified.error.message);
    packs.set(String(manifest.name), ok({ kind: "signed", pack: verified.value }));
  }
  return (name) => {
    const version = builtInVersion(name);
    if (version !== null) return Promise.resolve(ok({ kind: "built-in", version }));
    return Promise.resolve(
      packs.get(name) ??
        err({ code: "unknown-pack", message: `There is no pack ${name}`, remedy: "Install it" }),
    );
  };
}

const resolved = async (names: string[], ...manifests: Record<string, unknown>[]) =>
  await judgingPacks({ names, find: await found(...manifests), compile: compileWords });

/** The packs, or the code of the problem as text. */
async function packsOf(...manifests: Record<string, unknown>[]): Promise<JudgingPacks> {
  const packs = await resolved([String(manifests[0]?.name)], ...manifests);
  assert.ok(packs.ok, packs.ok ? "" : packs.error.message);
  return packs.value;
}
const codeOf = async (names: string[], ...manifests: Record<string, unknown>[]) => {
  const packs = await resolved(names, ...manifests);
  return packs.ok ? "judges" : packs.error.code;
};

async function judged(packs: JudgingPacks, tier: "best-effort" | "standard" | "critical" = "standard") {
  const input = structuredClone(await sampleJudgeInput());
  input.transition = { from: "implement", to: "verify" };
  if (input.spec) input.spec.tier = tier;
  return await judgeTransition(input, { packs });
}

Deno.test("rules of a pack judge beside core, and the decision names the pack with revision and digest", async () => {
  const decision = await judged(
    await packsOf({ name: "acme/house", revision: 7, rules: [sampleRule("T1")] }),
  );
  assert.equal(decision.verdict, "allow");
  assert.deepEqual(decision.packs.map(({ name, version, revision }) => [name, version, revision]), [
    ["core", "1.0.0", undefined],
    ["acme/house", "1.0.0", 7],
  ]);
  assert.match(decision.packs[1]?.digest ?? "", /^sha256:[0-9a-f]{64}$/);
  const rule = ruleOf(decision, "t1");
  assert.deepEqual([rule.rule, rule.verdict, rule.layer, rule.facts], ["acme/house/T1", "pass", "L2", [
    "patch@1",
  ]]);
});

Deno.test("off, shadow and warn never block; shadow is recorded; enforce denies in the rule's own words", async () => {
  for (const mode of MODES) {
    const packs = await packsOf({ name: "acme/house", rules: [sampleRule("T1", "fail", { mode })] });
    const decision = await judged(packs);
    const rule = ruleOf(decision, "t1");
    assert.equal(decision.verdict, mode === "enforce" ? "deny" : "allow", mode);
    assert.deepEqual([rule.mode, rule.verdict], [mode, mode === "off" ? "not_run" : "fail"]);
    if (mode !== "off") {
      assert.deepEqual(rule.findings.map(({ fingerprint: _, ...finding }) => finding), [{
        message: "T1 does not hold",
        remediation: "see to T1",
      }]);
    }
  }
});

Deno.test("a rule that throws is an error: it denies, with warn too, and never in the shadow", async () => {
  for (const [mode, verdict] of [["enforce", "deny"], ["warn", "deny"], ["shadow", "allow"]] as const) {
    for (const layer of ["L1", "L2", "L4"]) {
      const rules = [sampleRule("T1", "throw", { mode, layer })];
      const decision = await judged(await packsOf({ name: "acme/house", rules }));
      assert.deepEqual(
        [decision.verdict, ruleOf(decision, "t1").verdict],
        [verdict, "error"],
        `${mode} ${layer}`,
      );
    }
  }
});

Deno.test("a rule for other intents is not applicable, and says so; a tier makes a rule stricter", async () => {
  const other = await judged(
    await packsOf({ name: "acme/house", rules: [sampleRule("T1", "fail", { intents: ["DESTROY"] })] }),
  );
  const rule = ruleOf(other, "t1");
  assert.equal(rule.verdict, "not_applicable");
  assert.match(rule.selector ?? "", /the rule is for DESTROY/);
  const tiered = await packsOf({
    name: "acme/house",
    rules: [sampleRule("T1", "fail", { mode: "shadow", tiers: { standard: "warn", critical: "enforce" } })],
  });
  assert.deepEqual(
    await Promise.all(
      (["best-effort", "standard", "critical"] as const).map(async (tier) =>
        ruleOf(await judged(tiered, tier), "t1").mode
      ),
    ),
    ["shadow", "warn", "enforce"],
  );
  assert.equal(modeFor({ mode: "enforce", tiers: { critical: "warn" } }, "critical"), "enforce");
});

Deno.test("packs that cannot be used deny every transition, whatever core says", async () => {
  const decision = await judged(
    unusablePacks({
      code: "pack-expired",
      message: "The pack x was valid until then",
      remedy: "Install another",
    }),
  );
  assert.equal(decision.verdict, "deny");
  const rule = ruleOf(decision, "pack-trust");
  assert.deepEqual([rule.rule, rule.verdict], ["core/PACK", "error"]);
  assert.match(rule.findings[0]?.message ?? "", /pack-expired/);
});

Deno.test("a pack with a body that is not understood does not judge at all: half a pack is none", async () => {
  const rules = [sampleRule("T1"), sampleRule("T2", "nonsense")];
  const packs = await resolved(["acme/house"], { name: "acme/house", rules });
  assert.ok(!packs.ok);
  assert.equal(packs.error.code, "pack-rule-body");
  assert.match(packs.error.message, /T2/);
});

Deno.test("packs come with what they require, each once; what is missing, too old or built in is told", async () => {
  const house = {
    name: "acme/house",
    requires: { packs: [{ name: "acme/base", version: "^1" }, { name: "secrets" }] },
  };
  const packs = await resolved(["acme/house", "acme/base"], house, { name: "acme/base" });
  assert.ok(packs.ok);
  assert.deepEqual(packs.value.packs.map(({ reference }) => reference.name), ["acme/base", "acme/house"]);
  assert.equal(await codeOf(["acme/house"], house), "pack-dependency-missing");
  assert.equal(
    await codeOf(["acme/house"], house, { name: "acme/base", version: "2.0.0" }),
    "pack-dependency-version",
  );
  assert.equal(await codeOf(["acme/none"]), "unknown-pack");
});

Deno.test("circles are refused with the way round, and chains that are too deep", async () => {
  const needs = (name: string, ...others: string[]) => ({
    name,
    requires: { packs: others.map((other) => ({ name: other })) },
  });
  assert.equal(await codeOf(["a"], needs("a", "a")), "pack-dependency-cycle");
  const circle = await resolved(["a"], needs("a", "b"), needs("b", "c"), needs("c", "b"));
  assert.ok(!circle.ok);
  assert.match(circle.error.message, /b -> c -> b/);
  const chain = (length: number) =>
    Array.from({ length }, (_, at) => needs(`p${at}`, ...(at + 1 < length ? [`p${at + 1}`] : [])));
  assert.equal(await codeOf(["p0"], ...chain(DEPENDENCY_LIMITS.depth + 1)), "judges");
  assert.equal(await codeOf(["p0"], ...chain(DEPENDENCY_LIMITS.depth + 2)), "pack-dependency-depth");
  // A diamond is no circle.
  assert.equal(
    await codeOf(["a"], needs("a", "b", "c"), needs("b", "d"), needs("c", "d"), needs("d")),
    "judges",
  );
});

Deno.test("an overlay makes a rule of another pack or of core stricter; one that would loosen is refused by the rule's name", async () => {
  const base = { name: "acme/base", rules: [sampleRule("T1", "fail", { mode: "shadow" })] };
  const house = (overlay: Record<string, unknown>) => ({
    name: "acme/house",
    requires: { packs: [{ name: "acme/base" }] },
    rules: [],
    overlays: [overlay],
  });
  const packs = await packsOf(house({ rule: "acme/base/T1", mode: "enforce" }), base);
  assert.equal((await judged(packs)).verdict, "deny");
  const loosening = await resolved(["acme/house"], house({ rule: "core/T1", mode: "warn" }), base);
  assert.ok(!loosening.ok);
  assert.equal(loosening.error.code, "pack-overlay-loosens");
  assert.match(loosening.error.message, /core\/T1/);
  assert.equal(
    await codeOf(["acme/house"], house({ rule: "acme/base/T1", severity: "low" }), base),
    "pack-overlay-loosens",
  );
  assert.equal(
    await codeOf(["acme/house"], house({ rule: "acme/base/T9", mode: "warn" }), base),
    "pack-overlay-unknown",
  );
});

const strictness = fc.record({
  mode: fc.constantFrom(...MODES),
  severity: fc.constantFrom(...SEVERITIES),
});
const rank = ({ mode, severity }: Pick<Rule, "mode" | "severity">) =>
  [MODES.indexOf(mode), SEVERITIES.indexOf(severity)] as const;

Deno.test("overlays form a lattice: never looser, in any order the same, twice as once", () => {
  fc.assert(
    fc.property(strictness, fc.array(strictness, { maxLength: 5 }), fc.nat(), (rule, overlays, turn) => {
      const all = overlays.reduce(stricter, rule);
      const turned = overlays.map((_, at) => overlays[(at + turn) % overlays.length] ?? rule).reduce(
        stricter,
        rule,
      );
      assert.deepEqual(turned, all);
      assert.deepEqual(overlays.reduce(stricter, all), all);
      for (const one of [rule, ...overlays]) {
        assert.ok(rank(all)[0] >= rank(one)[0] && rank(all)[1] >= rank(one)[1]);
      }
    }),
  );
});

Deno.test("what tightens is taken and what loosens is refused, for every pair of a rule and an overlay", () => {
  fc.assert(fc.property(strictness, strictness, (rule, overlay) => {
    const answer = tighten([{ name: "p/T1", ...rule }], [{
      name: "o",
      overlays: [{ rule: "p/T1", ...overlay }],
    }]);
    const loosens = rank(overlay)[0] < rank(rule)[0] || rank(overlay)[1] < rank(rule)[1];
    assert.equal(answer.ok, !loosens);
    if (answer.ok) assert.deepEqual(answer.value.get("p/T1"), { ...overlay });
    else assert.match(answer.error.message, /p\/T1/);
  }));
});

Deno.test("the same input and packs give the same decision, byte for byte", async () => {
  const packs = () => packsOf({ name: "acme/house", rules: [sampleRule("T1", "fail"), sampleRule("T2")] });
  assert.equal(JSON.stringify(await judged(await packs())), JSON.stringify(await judged(await packs())));
});
