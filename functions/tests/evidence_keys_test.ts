import assert from "node:assert/strict";
import type { EvidenceVerification, SigningKeys } from "../../specs/attestation/mod.ts";
import { type Room, room } from "./samples.ts";

const SPEC = `---
title: Nothing
intent: { type: UPDATE, scope: ["src/**"] }
operations: []
implementer: codemod
---
Nothing is asked.
`;

/** A run that ends at once, denied as it changes nothing, with a bundle like any other. */
async function bundleOf(at: Room, repo: string): Promise<string> {
  const spec = await at.write("nothing.md", SPEC);
  const { document } = await at.forge("run", spec, "--repo", repo);
  assert.equal(document.status, "denied");
  assert.ok(document.evidence);
  return document.evidence.path;
}

const verified = async (at: Room, path: string, root: string) => {
  const { document } = await at.forge("evidence", "verify", path, "--trust-root", root);
  const { verified: holds, checks } = document as unknown as EvidenceVerification;
  return { holds, failed: checks.filter(({ ok }) => !ok) };
};

async function trustRoot(at: Room, name: string): Promise<string> {
  const dir = `${at.dir}/${name}`;
  assert.equal((await at.forge("evidence", "keys", dir)).exit, 0);
  return dir;
}

Deno.test("keys of evidence and log are replaced and revoked; old bundles stay good, as the log proves them", async () => {
  await using at = await room();
  assert.equal((await at.forge("evidence", "keys", "rotate")).exit, 2);
  const repo = await at.repository("deno-signup");
  const first = await bundleOf(at, repo);
  const root = await trustRoot(at, "root-1");
  assert.deepEqual(await verified(at, first, root), { holds: true, failed: [] });

  const rotated = await at.forge("evidence", "keys", "rotate");
  assert.equal(rotated.exit, 0, rotated.stderr);
  assert.equal((await at.forge("evidence", "keys", "rotate", "--use", "log")).exit, 0);
  const second = await bundleOf(at, repo);
  // Whoever has the trust root of before knows neither key; until the overlap ends those that it knows sign, too.
  assert.deepEqual(await verified(at, second, root), { holds: true, failed: [] });
  const both = await trustRoot(at, "root-2");
  for (const bundle of [first, second]) {
    assert.deepEqual(await verified(at, bundle, both), { holds: true, failed: [] }, bundle);
  }
  const listed = (await at.forge("evidence", "keys", "list")).document as unknown as {
    keys: (SigningKeys["keys"][number] & { active: boolean })[];
  };
  assert.deepEqual(
    listed.keys.map(({ use, active, notAfter }) => [use, active, notAfter === undefined]),
    [["evidence", false, false], ["log", false, false], ["evidence", true, true], ["log", true, true]],
  );

  const [old, , current] = listed.keys;
  assert.ok(old && current);
  assert.equal((await at.forge("evidence", "keys", "revoke", old.kid)).exit, 2);
  assert.equal((await at.forge("evidence", "keys", "revoke", "nobody", "--reason", "x")).exit, 2);
  const revoked = await at.forge("evidence", "keys", "revoke", current.kid, "--reason", "lost");
  assert.equal(revoked.exit, 0, revoked.stderr);
  const { key, replacedBy } = revoked.document as unknown as {
    key: SigningKeys["keys"][number];
    replacedBy: string | null;
  };
  assert.ok(key.revoked && replacedBy !== null && replacedBy !== current.kid);
  assert.equal((await at.forge("evidence", "keys", "revoke", current.kid, "--reason", "again")).exit, 2);
  const third = await bundleOf(at, repo);
  // A key that was replaced without an overlap signs nothing any more.
  assert.ok(!(await verified(at, third, root)).holds);
  const all = await trustRoot(at, "root-3");
  for (const bundle of [first, second, third]) {
    assert.deepEqual(await verified(at, bundle, all), { holds: true, failed: [] }, bundle);
  }

  // The revocation is a leaf of the log, signed, and proven like any other.
  const leaf = await at.forge("log", "prove", `key/${current.kid}/revoked`);
  assert.equal(leaf.exit, 0, leaf.stderr);
  const { entry, index } = leaf.document as unknown as { entry: string; index: number };
  assert.equal(index, key.revoked.index);
  assert.deepEqual(
    (({ kind, act, kid }) => ({ kind, act, kid }))(JSON.parse(entry)),
    { kind: "key", act: "revoked", kid: current.kid },
  );

  // What the log does not prove to be older than the revocation is not believed of that key.
  const records = JSON.parse(await Deno.readTextFile(`${all}/keys.json`)) as SigningKeys;
  for (const record of records.keys) if (record.revoked) record.revoked.index = 1;
  await Deno.writeTextFile(`${all}/keys.json`, JSON.stringify(records));
  // The key before it has signed this one, too, and counts as long as it is not revoked itself.
  assert.ok((await verified(at, second, all)).holds);
  for (const record of records.keys) {
    if (record.kid === old.kid) record.revoked = { ...key.revoked, index: 1 };
  }
  await Deno.writeTextFile(`${all}/keys.json`, JSON.stringify(records));
  const late = await verified(at, second, all);
  assert.ok(!late.holds && late.failed.some(({ detail }) => /was revoked .*lost/.test(detail)));
  assert.ok((await verified(at, third, all)).holds);

  await Deno.writeTextFile(`${all}/keys.json`, "{}");
  assert.equal((await at.forge("evidence", "verify", third, "--trust-root", all)).exit, 2);
  const audit = await Deno.readTextFile(`${at.data}/audit.jsonl`);
  assert.match(audit, /evidence-key\.rotate/);
  assert.match(audit, /evidence-key\.revoke/);
});

Deno.test("where the keys of evidence cannot be used no run is taken in: it could not end with a bundle", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  assert.equal((await at.forge("init")).exit, 0);
  const spec = await at.write("nothing.md", SPEC);
  const path = `${at.data}/signing/evidence.key.pem`;
  await Deno.chmod(path, 0o644);
  const refused = await at.forge("run", spec, "--repo", repo);
  assert.equal(refused.exit, 2);
  assert.match(refused.document.error?.message ?? "", /others may read or write it \(mode 0644\)/);
  assert.deepEqual((await at.forge("workflow", "list")).document as unknown as { runs: unknown[] }, {
    runs: [],
    cursor: null,
  });
  await Deno.chmod(path, 0o600);
  assert.equal((await at.forge("run", spec, "--repo", repo)).document.status, "denied");
});
