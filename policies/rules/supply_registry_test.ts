import assert from "node:assert/strict";
import canonicalize from "canonicalize";
import { digestOf, type RegistryEntry, type RegistrySnapshot } from "../../specs/mod.ts";
import { AT } from "../testing/judge_input.ts";
import { judgeSupply, specFor, treeOf } from "../testing/supply_trees.ts";
import { supplyRegistryRules } from "./supply_registry.ts";

const DEBUG =
  "sha512-PRWFHuSU3eDtQJPvnNY7Jcket1j0t5OuOsFzPPzsekD52Zl8qUfFIPEiswXqIvHWGVHOgX+7G/vCNNhehwxfkQ==";
const entry = (over: Partial<RegistryEntry> = {}): RegistryEntry => ({
  ecosystem: "npm",
  name: "debug",
  version: "4.3.4",
  state: "found",
  firstPublished: "2012-01-01T00:00:00.000Z",
  published: "2022-03-17T00:00:00.000Z",
  downloads: 1_000_000,
  integrity: [DEBUG, "sha1-hex:1319f6579357f2338d3337d2cdd4914bb5dcc865"],
  licence: "MIT",
  deprecated: null,
  installScript: false,
  ...over,
});

const POLICY = "supply:\n  registry: ask\n  licences: [MIT, Apache-2.0]\n";

/** debug 4.3.4 comes in; what its registry says is given, or nothing is. */
async function judged(
  entries: RegistryEntry[] | null,
  options: { policy?: string | null; tier?: string; forged?: boolean } = {},
) {
  const snapshot: RegistrySnapshot | null = entries && { v: 1, at: AT, entries };
  const digest = snapshot && await digestOf(canonicalize(snapshot) ?? "");
  return await judgeSupply(
    supplyRegistryRules,
    treeOf("npm-0"),
    treeOf("npm-add"),
    specFor({ tier: options.tier ?? "standard" }),
    (input) => {
      input.policy = options.policy === undefined ? POLICY : options.policy;
      if (snapshot && digest) {
        input.registry = { digest: options.forged ? `sha256:${"0".repeat(64)}` : digest, snapshot };
      }
    },
  );
}

Deno.test("a package that its registry knows, with the recorded hash and an allowed licence, comes in", async () => {
  const said = await judged([entry()]);
  assert.deepEqual([said.verdicts, said.verdict], [{ "registry-facts": "pass", licences: "pass" }, "allow"]);
});

const REFUSED: [what: string, over: Partial<RegistryEntry>, gate: string, verdict: string, says: RegExp][] = [
  [
    "a name that does not exist",
    { state: "no-package" },
    "registry-facts",
    "deny",
    /debug is not known to its registry/,
  ],
  ["a version that does not exist", { state: "no-version" }, "registry-facts", "deny", /no version 4\.3\.4/],
  [
    "another hash than the registry's",
    { integrity: ["sha512-other"] },
    "registry-facts",
    "deny",
    /another hash/,
  ],
  [
    "a package that is new altogether",
    { firstPublished: "2026-11-18T00:00:00.000Z", published: "2026-11-18T00:00:00.000Z" },
    "registry-facts",
    "deny",
    /published 2 days ago/,
  ],
  [
    "a new version of an old package",
    { published: "2026-11-18T00:00:00.000Z" },
    "registry-facts",
    "escalate",
    /published 2 days ago/,
  ],
  ["a package that nobody uses", { downloads: 3 }, "registry-facts", "escalate", /3 downloads a week/],
  [
    "a deprecated version",
    { deprecated: "use another" },
    "registry-facts",
    "escalate",
    /is deprecated: use another/,
  ],
  [
    "an install script that the lockfile does not tell",
    { installScript: true },
    "registry-facts",
    "escalate",
    /runs a script at install/,
  ],
  [
    "a registry that did not answer",
    { state: "unreachable" },
    "registry-facts",
    "escalate",
    /did not answer/,
  ],
  ["a licence that is not allowed", { licence: "GPL-3.0-only" }, "licences", "deny", /under GPL-3\.0-only/],
  ["an unknown licence", { licence: null }, "licences", "escalate", /is not known/],
];

for (const [what, over, gate, verdict, says] of REFUSED) {
  Deno.test(`registries: ${what} is not let in`, async () => {
    const said = await judged([entry(over)]);
    assert.equal(said.refused.includes(gate), true, JSON.stringify(said.verdicts));
    assert.equal(said.verdict, verdict);
    assert.match(said.findings.map(({ message }) => message).join("\n"), says);
    assert.deepEqual([...new Set(said.findings.map(({ path }) => path))], ["package-lock.json"]);
  });
}

Deno.test("without a snapshot nothing is judged as if it had been: a human decides", async () => {
  for (const entries of [null, [], [entry({ name: "other" })]]) {
    const said = await judged(entries);
    assert.deepEqual([said.refused, said.verdict], [["registry-facts", "licences"], "escalate"]);
  }
});

Deno.test("a snapshot that its digest does not name is an error", async () => {
  const said = await judged([entry()], { forged: true });
  assert.deepEqual([said.verdicts["registry-facts"], said.verdict], ["error", "deny"]);
});

Deno.test("without a policy nobody is asked, but in the tier critical a new dependency is for a human", async () => {
  const standard = await judged(null, { policy: null });
  assert.deepEqual(standard.verdicts, { "registry-facts": "not_applicable", licences: "not_applicable" });
  const critical = await judged(null, { policy: null, tier: "critical" });
  assert.deepEqual([critical.verdicts["registry-facts"], critical.verdict], ["fail", "escalate"]);
});

Deno.test("the policy's limits are the ones that count", async () => {
  const said = await judged([entry({ published: "2026-11-18T00:00:00.000Z", downloads: 3 })], {
    policy: "supply: { registry: ask, minAgeDays: 1, minDownloads: 2 }\n",
  });
  assert.deepEqual(said.verdicts["registry-facts"], "pass");
});
