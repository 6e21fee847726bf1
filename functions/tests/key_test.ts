import assert from "node:assert/strict";
import { dispatch } from "../cli/dispatch.ts";
import { recorder } from "./recorder.ts";

/** Runs command lines over one data directory. */
async function installation() {
  const dir = await Deno.makeTempDir();
  const data = `${dir}/data`;
  return {
    data,
    async forge(...args: string[]) {
      const io = recorder(dir, { env: (name) => name === "USER" ? "ada" : undefined });
      const exit = await dispatch([...args, "--data", data, "--json"], io);
      return { exit, document: JSON.parse(io.stdout), text: io.stdout + io.stderr };
    },
    /** Serves over the same directory while `use` runs. */
    async serving(use: (url: string) => Promise<void>) {
      const stop = new AbortController();
      const { promise: listening, resolve } = Promise.withResolvers<string>();
      const io = recorder(dir, { interrupted: stop.signal, out: (text) => resolve(text) });
      const served = dispatch(["serve", "--port", "0", "--sandbox", "none", "--data", data, "--json"], io);
      try {
        const text = await Promise.race([listening, served.then((exit) => `exit ${exit}: ${io.stderr}`)]);
        await use(JSON.parse(text).listening);
      } finally {
        stop.abort();
        assert.equal(await served, 0);
      }
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

async function status(url: string, key: string): Promise<number> {
  const answer = await fetch(`${url}/v1/runs`, { headers: { authorization: `Bearer ${key}` } });
  await answer.body?.cancel();
  return answer.status;
}

// req: N5-16 N8-09
Deno.test("a key is shown once, works in a running server over the same data, and ends there when it is revoked", async () => {
  await using at = await installation();
  const issued = await at.forge("key", "issue");
  assert.equal(issued.exit, 0, issued.text);
  const { key, id, principal, scopes, expiresAt } = issued.document;
  assert.match(key, /^forge_[0-9a-f]{12}\.[A-Za-z0-9_-]{43}$/);
  assert.deepEqual([principal, scopes], ["ada", ["read"]]);
  assert.ok(Date.parse(expiresAt) > Date.now());
  const secret = key.split(".")[1];
  await at.serving(async (url) => {
    assert.equal(await status(url, key), 200);
    const second = await at.forge("key", "issue", "--scope", "run");
    assert.equal(await status(url, second.document.key), 403, "a key without the scope read may not read");
    assert.equal((await at.forge("key", "revoke", id)).exit, 0);
    assert.equal(await status(url, key), 401);
  });
  const listed = await at.forge("key", "list", "--all");
  assert.equal(listed.document.keys.length, 2);
  assert.equal((await at.forge("key", "list")).document.keys.length, 1);
  const revoked = listed.document.keys.find((one: { id: string }) => one.id === id);
  assert.deepEqual([revoked.issuedBy, revoked.revokedBy], ["ada", "ada"]);
  assert.ok(!listed.text.includes(secret) && !listed.text.includes("hash"));

  const lines = (await Deno.readTextFile(`${at.data}/audit.jsonl`)).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert.deepEqual(lines.map(({ action, actor, object }) => [action, actor, object === id]), [
    ["key.issue", "ada", true],
    ["key.issue", "ada", false],
    ["key.revoke", "ada", true],
  ]);
  for await (const entry of Deno.readDir(at.data)) {
    if (!entry.isFile) continue;
    const text = new TextDecoder("latin1").decode(await Deno.readFile(`${at.data}/${entry.name}`));
    assert.ok(!text.includes(secret), `${entry.name} holds the secret`);
  }
});

Deno.test("a key is of a principal that there is, with scopes that there are, and always expires", async () => {
  await using at = await installation();
  await at.forge("init", "--user", "ada");
  for (
    const wrong of [
      ["--user", "nobody"],
      ["--scope", "root"],
      ["--scope", ""],
      ["--scope", "read,"],
      ["--expires", "never"],
      ["--expires", "0d"],
      ["--expires", "999999d"],
      ["--expires", "-1d"],
    ]
  ) {
    const { exit, document } = await at.forge("key", "issue", ...wrong);
    assert.deepEqual([exit, typeof document.error.remedy], [2, "string"], wrong.join(" "));
  }
  const made = await at.forge("key", "issue", "--user", "ada", "--scope", "read,run,read", "--expires", "2h");
  assert.deepEqual(made.document.scopes, ["read", "run"]);
  const left = Date.parse(made.document.expiresAt) - Date.parse(made.document.createdAt);
  assert.equal(left, 2 * 3_600_000);
});

Deno.test("revoking takes the id or the whole key, once, and repeats no secret", async () => {
  await using at = await installation();
  const { document } = await at.forge("key", "issue");
  const first = await at.forge("key", "revoke", document.key);
  assert.deepEqual([first.exit, first.document.revoked], [0, document.id]);
  const again = await at.forge("key", "revoke", document.key);
  assert.deepEqual([again.exit, again.document.error.code], [2, "not-found"]);
  assert.ok(!`${first.text}${again.text}`.includes(document.key.split(".")[1]));
  assert.equal((await at.forge("key", "revoke", "../../x")).exit, 2);
});
