/** Notes of a repository under a ref of ours, by plumbing: HEAD, index, work tree, branches and the user's own notes stay as they are. */
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { discover } from "./discover.ts";
import { git, gitLine } from "./git.ts";
import { resolveNames } from "./repository.ts";
import { type Shim, withShim } from "./shim.ts";

/** So many states of a ref are looked at, the latest first. */
const MAX_STATES = 2_000;
const MAX_BYTES = 16 * 1024 * 1024;
const IDENTITY = { name: "Edgeforge", email: "edgeforge@localhost" };

/** Writes a note on the commit that HEAD is at, behind the ones before: each state of the ref keeps the last. */
export async function addNote(
  location: string,
  ref: string,
  note: { text: string; at: string },
): Promise<Result<{ on: string; commit: string; existed: boolean }, Problem>> {
  const found = await discover(location);
  if (!found.ok) return found;
  return await withShim(found.value, async (shim) => {
    const [head] = await resolveNames(shim, ["HEAD"]);
    if (!head) {
      return err({
        code: "repo-empty",
        message: `Cannot write a note into ${location}: it has no commit that the note would be on`,
        remedy: "Make a commit first",
        value: location,
      });
    }
    const [tip] = await resolveNames(shim, [ref]);
    const blob = await gitLine(["hash-object", "-w", "--stdin"], {
      ...shim.call,
      stdin: new TextEncoder().encode(note.text),
    });
    const before = tip ? await entriesOf(shim, tip.commit) : new Map<string, string>();
    const line = `100644 blob ${blob}\t${head.commit}`;
    if (tip && before.get(head.commit) === line) {
      return ok({ on: head.commit, commit: tip.commit, existed: true });
    }
    before.set(head.commit, line);
    const tree = await gitLine(["mktree", "-z"], {
      ...shim.call,
      stdin: new TextEncoder().encode([...before.values()].map((entry) => `${entry}\0`).join("")),
    });
    const date = `${Math.floor(Date.parse(note.at) / 1000)} +0000`;
    const commit = await gitLine(["commit-tree", tree, ...(tip ? ["-p", tip.commit] : [])], {
      ...shim.call,
      stdin: new TextEncoder().encode("Checkpoint of a transparency log\n"),
      env: {
        ...shim.call.env,
        GIT_AUTHOR_NAME: IDENTITY.name,
        GIT_AUTHOR_EMAIL: IDENTITY.email,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: IDENTITY.name,
        GIT_COMMITTER_EMAIL: IDENTITY.email,
        GIT_COMMITTER_DATE: date,
      },
    });
    await git(["update-ref", "--no-deref", ref, commit, tip?.commit ?? "0".repeat(commit.length)], shim.call);
    return ok({ on: head.commit, commit, existed: false });
  });
}

/** Every note that the ref has or had, the latest first; none when there is no such ref. */
export async function readNotes(location: string, ref: string): Promise<Result<string[], Problem>> {
  const found = await discover(location);
  if (!found.ok) return found;
  return await withShim(found.value, async (shim) => {
    const [tip] = await resolveNames(shim, [ref]);
    if (!tip) return ok([]);
    const states = (await gitLine(["rev-list", `--max-count=${MAX_STATES}`, tip.commit], shim.call)).split(
      "\n",
    );
    const blobs = new Set<string>();
    for (const state of states) {
      for (const line of (await entriesOf(shim, state, true)).values()) {
        const [, id = ""] = /^100644 blob ([0-9a-f]+)\t/.exec(line) ?? [];
        if (id !== "") blobs.add(id);
      }
    }
    const texts: string[] = [];
    for (const id of blobs) {
      const bytes = await git(["cat-file", "blob", id], { ...shim.call, maxBytes: MAX_BYTES });
      texts.push(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    }
    return ok(texts);
  });
}

/** Entries of a commit's tree by name, as `mktree` takes them. */
async function entriesOf(shim: Shim, commit: string, deep = false): Promise<Map<string, string>> {
  const bytes = await git(["ls-tree", "-z", ...(deep ? ["-r"] : []), commit], shim.call);
  const lines = new TextDecoder().decode(bytes).split("\0").filter((line) => line !== "");
  return new Map(lines.map((line) => [line.slice(line.indexOf("\t") + 1), line]));
}
