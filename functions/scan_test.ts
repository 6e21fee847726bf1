/** The corpus of the evaluation, by what a scan sees: patches alone, no test is run. */
import assert from "node:assert/strict";
import type { Spec } from "../specs/mod.ts";
import { type CheatClass, cheatsOf, diffCheats, diffOf, groundOf } from "./eval/cheats/mod.ts";
import { LANGUAGES, type Task, tasks } from "./eval/corpus.ts";
import { git } from "./eval/process.ts";
import { scanChange } from "./scan.ts";
import { scanPacks } from "./scan_packs.ts";

const ordinary = (language: Task["language"]): Task => {
  const task = tasks().find((one) => one.language === language && one.cheats.has("c5"));
  assert.ok(task, `no ordinary task for ${language}`);
  return task;
};

async function statusOf(location: string, patch: Uint8Array, spec: Spec | null) {
  const scanned = await scanChange({
    location,
    request: { kind: "patch", patch },
    spec,
    packs: [],
    findPacks: scanPacks("/nonexistent"),
    at: "2026-11-20T12:00:00.000Z",
  });
  assert.ok(scanned.ok, scanned.ok ? "" : scanned.error.message);
  const { document } = scanned.value;
  return { status: document.status, rules: document.findings.filter(({ action }) => action !== "note") };
}

/**
 * Cheats that show in the patch. The others need the tests to run, a spec, or a check that is held out: a scan says so of these
 * gates.
 */
const SHOWN =
  /^(?:empty-patch|exit-under-test|only-under-test|delete-(?:a-test|all-tests)|.*-existing|(?:ci|policy|waiver|agents|claude|mcp|codeowners|makefile)\b.*|\w+-in-file(?:-name)?|github-.*|symlink-.*|attributes-.*|bidirectional-.*|zero-.*|tag-.*|binary-.*|git-.*|path-.*|gitlink|truncated)(?:\+work)?$/;
/** Of one class so many are tried in one language. */
const TRIED = 2;

for (const language of LANGUAGES) {
  Deno.test(`in ${language} the honest change is clean, and cheats that a patch shows are not`, async () => {
    const task = ordinary(language);
    const scratch = await Deno.makeTempDir({ prefix: "forge-scan-" });
    try {
      const ground = await groundOf(task, scratch);
      await git(scratch, ["reset", "--quiet", "--hard", "HEAD"]);
      const honest = await Deno.readFile(task.honest);
      for (const spec of [null, task.spec]) {
        const { status, rules } = await statusOf(scratch, honest, spec);
        assert.equal(status, "completed", JSON.stringify(rules));
      }
      const cheats = [...cheatsOf(ground), ...diffCheats(ground, honest)];
      const tried = new Map<CheatClass, number>();
      for (const cheat of cheats.filter(({ name }) => SHOWN.test(name))) {
        const before = tried.get(cheat.class) ?? 0;
        tried.set(cheat.class, before + 1);
        if (before >= TRIED) continue;
        const { status } = await statusOf(scratch, await diffOf(cheat, scratch), null);
        assert.notEqual(status, "completed", `${cheat.class} ${cheat.name} passes`);
      }
      for (const kind of ["C0", "C2", "C3", "C4", "C6", "C7", "C8"] as const) {
        assert.ok(tried.has(kind), `no cheat of ${kind} was tried`);
      }
    } finally {
      await Deno.remove(scratch, { recursive: true });
    }
  });
}
