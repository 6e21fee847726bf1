import assert from "node:assert/strict";
import type {
  Artifact,
  ArtifactList,
  ArtifactProvenance,
  BundleComparison,
  SearchHits,
} from "../../specs/attestation/mod.ts";
import { room } from "./samples.ts";

// req: N6-16
Deno.test("artifacts of an honest and a refused run: by digest, by words, by what took part, and what differs", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const run = async (patch: string) =>
    (await at.forge(
      "run",
      at.beside("deno-signup", "spec.md"),
      "--repo",
      repo,
      "--patch",
      at.beside("deno-signup", patch),
    )).document;
  const asked = async <T>(...args: string[]) => {
    const { exit, document } = await at.forge(...args);
    return { exit, document: document as unknown as T };
  };
  assert.deepEqual((await asked<ArtifactList>("artifact", "list")).document.artifacts, []);
  const honest = await run("honest.patch");
  const cheat = await run("cheat-deletes-test.patch");
  assert.deepEqual([honest.status, cheat.status], ["completed", "denied"]);
  assert.ok(honest.evidence && cheat.evidence && honest.pullRequest);

  const { commit } = honest.pullRequest;
  const chain = await asked<ArtifactProvenance & { mermaid: string }>(
    "artifact",
    "provenance",
    commit,
    "--mermaid",
  );
  const kinds = chain.document.backwards.nodes.map(({ kind }) => kind);
  for (
    const kind of ["intent", "spec", "plan", "task", "change", "decision", "pull-request", "pack"] as const
  ) {
    assert.ok(kinds.includes(kind), kind);
  }
  assert.match(chain.document.mermaid, /^flowchart LR\n {2}n0\["[^"\n]*"\]/);
  const change = chain.document.backwards.nodes.find(({ kind }) => kind === "change");
  assert.ok(change?.digest);
  const shown = await asked<Artifact>("artifact", "show", change.digest);
  // The patch lies in the bundle as a file, and is the change.
  assert.deepEqual(shown.document.places.map(({ role }) => role).sort(), ["change", "file"]);
  for (const wrong of ["sha256:12", "nonsense", `sha256:${"0".repeat(64)}`, "../../etc/passwd"]) {
    assert.equal((await at.forge("artifact", "show", wrong)).exit, 2, wrong);
    assert.equal((await at.forge("artifact", "provenance", wrong)).exit, 2, wrong);
  }

  const hits = await asked<SearchHits>("artifact", "search", "malformed addresses");
  assert.deepEqual(hits.document.hits.map(({ run }) => run).sort(), [honest.run, cheat.run].sort());
  assert.equal((await at.forge("artifact", "search", "***")).exit, 2);

  const ids = async (...args: string[]) =>
    (await asked<{ evidence: { id: string }[] }>("evidence", "list", ...args)).document.evidence.map((
      { id },
    ) => id);
  assert.deepEqual(await ids("--status", "completed"), [honest.evidence.id]);
  assert.deepEqual(await ids("--pack", "core@1.0.0", "--status", "denied"), [cheat.evidence.id]);
  assert.deepEqual(await ids("--model", "none"), []);
  assert.deepEqual(await ids("--run", cheat.run), [cheat.evidence.id]);
  assert.deepEqual((await ids("--from", "2020-01-01")).length, 2);
  assert.equal((await at.forge("evidence", "list", "--from", "yesterday")).exit, 2);
  assert.equal((await at.forge("evidence", "list", "--waiver", "no digest")).exit, 2);

  const compared = await asked<BundleComparison>("evidence", "compare", honest.run, cheat.evidence.path);
  const { subjects, decisions, sameInputsSameVerdicts } = compared.document;
  assert.deepEqual(subjects.filter(({ same }) => same).map(({ name }) => name), [
    "spec",
    "baseCommit",
    "baseTree",
  ]);
  assert.ok(decisions.some(({ a, b, gates }) => a === "allow" && b === "deny" && gates.length > 0));
  assert.equal(sameInputsSameVerdicts, null);
  const itself = await asked<BundleComparison>("evidence", "compare", honest.evidence.id, honest.evidence.id);
  assert.deepEqual([itself.document.files, itself.document.sameInputsSameVerdicts?.same], [[], true]);
  assert.equal((await at.forge("evidence", "compare", honest.run, `${at.dir}/absent`)).exit, 2);
});
