import assert from "node:assert/strict";
import { dispatch } from "../cli/dispatch.ts";
import { recorder } from "./recorder.ts";

interface Checked {
  valid: boolean;
  errors: { path: string; message: string; value?: string; remedy?: string; line?: number }[];
}

/** A folder with a spec in it, and what `spec check` and `run` say of it. */
async function asked(name: string, spec: string, prepare: (dir: string) => Promise<void> = async () => {}) {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/${name}`, spec);
    await prepare(dir);
    await new Deno.Command("git", { args: ["init", "-q", `${dir}/repo`] }).output();
    const check = recorder(dir);
    const exit = await dispatch(["spec", "check", name, "--json"], check);
    const run = recorder(dir);
    const ran = await dispatch(
      ["run", name, "--repo", "repo", "--data", `${dir}/data`, "--sandbox", "none", "--json"],
      run,
    );
    return {
      exit,
      checked: JSON.parse(check.stdout) as Checked,
      ran,
      refused: JSON.parse(run.stdout).error as { code: string; causes?: Checked["errors"] },
    };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const FAULTY = `---
title: T
intent: { type: UPDATE, scope: ["src/**"] }
workflow: waterfall
packs: [core, house-rules, "ours"]
acceptance:
  - { id: AC1, text: a, check: { files: ["absent.txt", "link.txt", "folder", "file/below"], run: ["true"] } }
colour: red
---
`;

// req: N5-02
Deno.test("spec check names every fault at once, with path, value and remedy, and run refuses for the same ones", async () => {
  const { exit, checked, ran, refused } = await asked("spec.md", FAULTY, async (dir) => {
    await Deno.symlink("/etc/hosts", `${dir}/link.txt`);
    await Deno.mkdir(`${dir}/folder`);
    await Deno.writeTextFile(`${dir}/file`, "");
  });
  assert.deepEqual([exit, checked.valid], [2, false]);
  assert.deepEqual(
    checked.errors.map(({ path, line }) => `${path}:${line}`).toSorted(),
    [
      "acceptance[0].check.files[0]:7",
      "acceptance[0].check.files[1]:7",
      "acceptance[0].check.files[2]:7",
      "acceptance[0].check.files[3]:7",
      "colour:8",
      "packs[1]:5",
      "packs[2]:5",
      "workflow:4",
    ],
  );
  for (const error of checked.errors) assert.ok(error.message && error.value && error.remedy, error.path);
  assert.equal(ran, 2);
  assert.deepEqual(refused.causes?.map((cause) => cause.path), checked.errors.map((error) => error.path));
});

Deno.test("what run refuses, spec check calls invalid, and the other way round", async () => {
  const base = { title: "T", intent: { type: "UPDATE", scope: ["src/**"] } };
  const check = (files: string[]) => ({
    acceptance: [{ id: "A", text: "a", check: { files, run: ["true"] } }],
  });
  const secret = ["gh", "p_", "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"].join("");
  for (
    const [why, fields] of [
      ["an unknown pack", { packs: ["no-such-pack"] }],
      ["an unknown workflow", { workflow: "no-such-workflow" }],
      ["a missing check file", check(["a.txt"])],
      ["a check file above the spec", check(["../a.txt"])],
      ["a name that no file can have", check([`${"n".repeat(300)}.txt`])],
      ["a credential", { description: `use ${secret}` }],
    ] as const
  ) {
    const { exit, checked, ran, refused } = await asked("spec.json", JSON.stringify({ ...base, ...fields }));
    assert.deepEqual([exit, checked.valid, checked.errors.length, ran], [2, false, 1, 2], why);
    assert.equal(refused.causes?.length, 1, why);
    assert.ok(!JSON.stringify({ checked, refused }).includes(secret), "no error repeats a secret");
  }
});

Deno.test("the ending of the file decides how both read it", async () => {
  const yaml = 'title: T\nintent: { type: UPDATE, scope: ["src/**"] }\n';
  const { exit, checked, ran, refused } = await asked("spec.json", yaml);
  assert.deepEqual([exit, ran], [2, 2]);
  assert.deepEqual(
    refused.causes?.map((cause) => cause.message),
    checked.errors.map((error) => error.message),
  );
});
