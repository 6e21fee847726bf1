import assert from "node:assert/strict";
import { room } from "./samples.ts";

const TOKEN = "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cF4hJ6kL8";
const KEYS = (value: string) =>
  `/** Where the service lives. */\nexport const host = "mail.example.com";\nexport const token = ${value};\nexport const port = 25;\n`;
const SPEC = "---\ntitle: Read the token from the environment\n" +
  'intent: { type: REFACTOR, scope: ["src/auth/**"] }\n' +
  'verify: { run: [["deno", "test", "-A", "--no-check"]] }\n---\n';

/** A repository whose base holds a token, and the diff to a tree in which an edit was made. */
async function withToken(at: Awaited<ReturnType<typeof room>>, edit: (text: string) => string) {
  const repo = await at.repository("deno-signup");
  const path = `${repo}/src/auth/mail.ts`;
  await Deno.writeTextFile(path, KEYS(`"${TOKEN}"`));
  await at.git(repo, "add", "-A");
  await at.git(repo, "commit", "-qm", "mail");
  await Deno.writeTextFile(path, edit(KEYS(`"${TOKEN}"`)));
  const patch = await at.write("change.patch", await at.git(repo, "diff"));
  await at.git(repo, "checkout", "-q", ".");
  return { repo, patch, spec: await at.write("spec.md", SPEC) };
}

async function keptNowhere(data: string): Promise<void> {
  for (const piece of [TOKEN, TOKEN.slice(8, 30)]) {
    const found = await new Deno.Command("grep", { args: ["-rlF", piece, data] }).output();
    assert.equal(new TextDecoder().decode(found.stdout), "");
  }
}

for (
  const [what, edit] of [
    ["takes a secret out", (text: string) => text.replace(`"${TOKEN}"`, 'Deno.env.get("MAIL_TOKEN") ?? ""')],
    ["changes a line beside a secret", (text: string) => text.replace("port = 25", "port = 20 + 5")],
  ] as const
) {
  Deno.test(`a patch that ${what} becomes a pull request, and the secret is kept nowhere`, async () => {
    await using at = await room();
    const { repo, patch, spec } = await withToken(at, edit);
    const { exit, document, stderr } = await at.forge("run", spec, "--repo", repo, "--patch", patch);
    assert.equal(document.status, "completed", JSON.stringify(document.denials));
    assert.equal(exit, 0);
    assert.ok(!(JSON.stringify(document) + stderr).includes(TOKEN));
    await keptNowhere(at.data);
    const manifest = JSON.parse(await Deno.readTextFile(`${document.evidence?.path}/manifest.json`));
    assert.deepEqual(manifest.withheld, ["change.patch: secret in lines that it takes out or shows"]);
    const kept = await Deno.readTextFile(`${document.evidence?.path}/artifacts/change.redacted.patch`);
    assert.match(kept, /^[ -]\[redacted:github-token:[a-p]{16}\]$/m);
    // What is released is what was proposed.
    const branch = document.pullRequest?.branch ?? "";
    const released = await at.git(repo, "show", `${branch}:src/auth/mail.ts`);
    assert.equal(released, edit(KEYS(`"${TOKEN}"`)));
  });
}

Deno.test("at A2 in the repository's own policy the pull request is a draft, whatever the spec allows", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  await Deno.mkdir(`${repo}/.forge`);
  await Deno.writeTextFile(`${repo}/.forge/policy.yaml`, "version: 1\nautonomy: A2\n");
  await at.git(repo, "add", "-A");
  await at.git(repo, "commit", "-qm", "policy");
  const { document } = await at.forge(
    "run",
    at.beside("deno-signup", "spec.md"),
    "--repo",
    repo,
    "--patch",
    at.beside("deno-signup", "honest.patch"),
  );
  assert.equal(document.status, "completed", JSON.stringify(document.denials));
  const shown = await at.forge("pr", "show", String(document.pullRequest?.number), "--repo", repo);
  assert.match(JSON.stringify(shown.document), /"draft":true/);
});
