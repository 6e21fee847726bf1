/** `forge run --watch` to its very end: opened, approved, merged as judged, killed in between. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { GITHUB_TOKEN } from "../../connectors/testing/mod.ts";
import type { RunDocument } from "../../specs/mod.ts";
import type { WatchState } from "../../pipelines/factory/mod.ts";
import { forgeRoom, note } from "./forge_room.ts";
import { sandboxed } from "./samples.ts";

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

async function passed(evidence: RunDocument["evidence"]): Promise<string> {
  const { payload } = JSON.parse(await Deno.readTextFile(`${evidence?.path}/statements/99-vsa.dsse.json`));
  return JSON.parse(atob(payload)).predicate.verificationResult;
}

// req: N9-11 N9-13
Deno.test("a run that watches merges what is approved; killed as the forge merges, the watch goes on, merges nothing twice and ends as judged", async () => {
  await using given = await forgeRoom();
  const { at, github } = given;
  const repo = await given.repository("github", "lib");
  const spec = await at.write("spec.json", note("one"));
  const sandbox = sandboxed ? [] : ["--sandbox", "none"];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", MAIN, "run", spec, "--repo", repo, "--forge", "github", "--watch"],
      ...["--data", at.data, ...sandbox],
    ],
    env: { NO_COLOR: "1", GITHUB_API_URL: github.api, GITHUB_TOKEN },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let merges = 0;
  github.after = async ({ method, path }, answer) => {
    if (method === "POST" && path.endsWith("/pulls")) {
      const { number, head } = await answer.clone().json() as { number: number; head: { sha: string } };
      await given.approves({ url: `${github.page("lib")}/pull/${number}`, number, commit: head.sha });
    }
    if (method === "PUT" && path.endsWith("/merge") && merges++ === 0) {
      child.kill("SIGKILL");
      await child.status;
    }
  };
  const told = new TextDecoder().decode((await child.output()).stderr);
  assert.equal(merges, 1, told);
  github.after = null;

  const end = await at.forge("pr", "watch", `${github.page("lib")}/pull/1`);
  assert.equal(end.exit, 0, JSON.stringify(end.document, null, 2));
  const { watch, evidence, status } = end.document as unknown as RunDocument & { watch: WatchState };
  assert.deepEqual([status, watch.ended, watch.merged?.verdict], ["completed", "merged", "as-judged"]);
  assert.equal(
    github.asked.filter(({ method, path }) => method === "PUT" && path.endsWith("/merge")).length,
    1,
  );
  assert.equal(await passed(evidence), "PASSED");
  const verified = await at.forge("evidence", "verify", evidence?.path ?? "");
  assert.equal(verified.exit, 0, JSON.stringify(verified.document));
  const explained = await at.forge("policy", "explain", end.document.run);
  const rules = JSON.stringify(explained.document);
  for (const gate of ["merge-judged", "merge-ready", "merge-approved", "merged-as-judged"]) {
    assert.ok(rules.includes(gate), gate);
  }
});

Deno.test("what a person merges that is not what was judged ends the watch denied, with the reason, and its summary says so", async () => {
  await using given = await forgeRoom();
  const { at, gitlab } = given;
  const repo = await given.repository("gitlab", "app");
  const pull = await given.opens(repo, "gitlab", note("one", { autonomy: "A3" }));
  const [project] = gitlab.world.projects;
  const git = (...args: string[]) => project?.repository.git(...args) ?? Promise.resolve("");
  const main = (await git("rev-parse", "main")).trim();
  const tree = (await git("rev-parse", "main^{tree}")).trim();
  const made = await git(
    ...["-c", "user.name=d", "-c", "user.email=d@example.com", "commit-tree", tree],
    ...["-p", main, "-p", pull.commit, "-m", "merged as nothing"],
  );
  await git("update-ref", "refs/heads/main", made.trim());
  Object.assign(project?.mergeRequests[0] ?? {}, { state: "merged", merge_commit_sha: made.trim() });
  const end = await at.forge("pr", "watch", pull.url);
  assert.equal(end.exit, 1, JSON.stringify(end.document, null, 2));
  assert.equal(end.document.denials[0]?.rule, "core/PR-MERGED");
  assert.match(end.document.denials[0]?.remediation ?? "", /forge pr review/);
  assert.equal(await passed(end.document.evidence), "FAILED");
  const verified = await at.forge("evidence", "verify", end.document.evidence?.path ?? "");
  assert.equal(verified.exit, 0, "it is what it says it is");
});
