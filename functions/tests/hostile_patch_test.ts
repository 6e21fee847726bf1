/** Patches by hand, through the very functions that a run uses: clone, apply, curate, facts, gates. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gitWorkspaces } from "../../connectors/mod.ts";
import { extractPatchFacts, judgeTransition } from "../../policies/code/mod.ts";
import { type Decision, digestOf } from "../../specs/mod.ts";
import { Spec } from "../../specs/code/mod.ts";
import { FILES, HONEST, HOSTILE, raw } from "./patches.ts";

const encoder = new TextEncoder();
const bytes = (text: string | Uint8Array): Uint8Array =>
  typeof text === "string" ? encoder.encode(text) : text;
interface Repo {
  dir: string;
  git(args: string[], stdin?: Uint8Array): Promise<Uint8Array>;
}

let made: Promise<Repo> | null = null;
let directory: string | null = null;
/** One repository for all; nobody writes into it but `git diff` on a copy of its index. */
async function repository(): Promise<Repo> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-hostile-" }));
  directory = dir;
  const git = async (args: string[], stdin?: Uint8Array): Promise<Uint8Array> => {
    const child = new Deno.Command("git", {
      args: ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "core.autocrlf=false", ...args],
      cwd: dir,
      env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
      stdin: stdin ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (stdin) {
      const writer = child.stdin.getWriter();
      await writer.write(stdin).catch(() => {});
      await writer.close().catch(() => {});
    }
    const { success, stdout, stderr } = await child.output();
    if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return stdout;
  };
  await git(["init", "-q", "-b", "main"]);
  for (const [path, content] of Object.entries(FILES)) {
    await Deno.mkdir(join(dir, path, ".."), { recursive: true });
    await Deno.writeFile(join(dir, path), path === "img.png" ? raw(content) : bytes(content));
  }
  await Deno.chmod(join(dir, "run.sh"), 0o755);
  await Deno.symlink("a.txt", join(dir, "link"));
  await git(["add", "-A"]);
  // A name that is not UTF-8 and a submodule, as far as the index knows of them.
  const blob = new TextDecoder().decode(await git(["hash-object", "-w", "--stdin"], bytes("old\n"))).trim();
  await git(["update-index", "-z", "--index-info"], raw(`100644 ${blob}\tna\xefve.txt\0`));
  await git(["update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},vendor`]);
  await git(["commit", "-qm", "base"]);
  return { dir, git };
}

interface Judged {
  applied: boolean;
  decision: Decision;
  tree: string | null;
}

async function judged(patch: string | Uint8Array, over: Record<string, unknown> = {}): Promise<Judged> {
  made ??= repository();
  const repo = await made;
  const workspaces = gitWorkspaces();
  const opened = await workspaces.open(repo.dir, "main");
  assert.ok(opened.ok);
  const root = await Deno.makeTempDir({ prefix: "forge-hostile-" });
  const created = await workspaces.create(opened.value, join(root, "clone"));
  assert.ok(created.ok);
  const workspace = created.value;
  try {
    const result = await workspace.apply(bytes(patch));
    const curated = result.ok ? await workspace.curate() : null;
    const change = curated && { ...curated.change, patch: await digestOf(curated.patch) };
    const spec = Spec.parse({ title: "Try", intent: { type: "UPDATE", scope: ["**"], ...over } });
    const facts = await extractPatchFacts({
      spec,
      change,
      patch: curated?.patch ?? bytes(patch),
      applies: result.ok ? { ok: true } : { ok: false, problem: result.error.message },
      read: (path, at) => workspace.read(path, at),
      list: (at) => workspace.list(at),
    });
    const decision = await judgeTransition({
      transition: { from: "implement", to: "verify" },
      spec,
      specDigest: await digestOf("spec"),
      plan: null,
      proposal: { implementer: "patch", rederives: null },
      patchFacts: facts,
      verify: null,
      review: null,
      outgoing: null,
      budget: { tokens: { limit: 1000, spent: 0, reserved: 0 } },
      autonomy: { ceiling: "A3", granted: "A3" },
      approvals: [],
      principals: { requester: "ana", approvers: ["ana"], singleKey: true },
      policy: null,
      clones: { implementer: await workspace.history(), verifier: null },
      binding: { verified: null, released: null },
      at: "2026-01-01T00:00:00.000Z",
    });
    return { applied: result.ok, decision, tree: change?.tree ?? null };
  } finally {
    await workspace.dispose();
    await Deno.remove(root, { recursive: true });
  }
}

/** The tree that git itself makes of a patch; null when it refuses. */
async function gitsTree(patch: Uint8Array): Promise<string | null> {
  made ??= repository();
  const { dir } = await made;
  const index = await Deno.makeTempFile();
  try {
    await Deno.copyFile(join(dir, ".git/index"), index);
    const run = async (args: string[], stdin?: Uint8Array) => {
      const child = new Deno.Command("git", {
        args,
        cwd: dir,
        env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_INDEX_FILE: index },
        stdin: stdin ? "piped" : "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      if (stdin) {
        const writer = child.stdin.getWriter();
        await writer.write(stdin).catch(() => {});
        await writer.close().catch(() => {});
      }
      return await child.output();
    };
    if (!(await run(["apply", "--cached", "-"], patch)).success) return null;
    return new TextDecoder().decode((await run(["write-tree"])).stdout).trim();
  } finally {
    await Deno.remove(index);
  }
}

const denials = (decision: Decision): string[] =>
  decision.rules.filter(({ verdict }) => verdict !== "pass" && verdict !== "not_applicable").flatMap((rule) =>
    rule.findings.map(({ message }) => `${rule.rule} ${message}`)
  );

/** What looks hostile and is to git something harmless: then it is that. */
const MEANS_ANOTHER = new Set(["a set-uid mode", "a quoted name that does not end"]);

for (const [what, patch] of Object.entries(HOSTILE)) {
  Deno.test(`a hostile patch is refused, or means no more than what git makes of it: ${what}`, async () => {
    const { decision, tree } = await judged(patch);
    if (MEANS_ANOTHER.has(what)) assert.equal(tree, await gitsTree(bytes(patch)));
    else assert.notEqual(decision.verdict, "allow");
  });
}

for (const [what, { patch, over }] of Object.entries(HONEST)) {
  Deno.test(`an honest patch passes, and means what git makes of it: ${what}`, async () => {
    const { decision, tree } = await judged(patch, over);
    assert.equal(decision.verdict, "allow", JSON.stringify(denials(decision)));
    assert.equal(tree, await gitsTree(bytes(patch)));
  });
}

Deno.test("there are enough of both kinds", () => {
  assert.ok(Object.keys(HOSTILE).length >= 40);
  assert.ok(Object.keys(HONEST).length >= 40);
});

globalThis.addEventListener("unload", () => {
  if (directory !== null) Deno.removeSync(directory, { recursive: true });
});
