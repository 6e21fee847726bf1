/** The commits of a range as they say they are: who wrote them, who committed them, and their messages. Bounded, and what is left out is told. */
import { join } from "node:path";
import type { Ends, Range } from "./comparison_ends.ts";
import { conversation } from "./conversation.ts";
import type { Found } from "./discover.ts";
import { git, gitCommand, GitError } from "./git.ts";
import type { Shim } from "./shim.ts";

export interface CommitIdentity {
  name: string;
  email: string;
  /** Seconds since 1970; null where the commit does not say. */
  at: number | null;
}

export interface RangeCommit {
  id: string;
  parents: number;
  author: CommitIdentity;
  committer: CommitIdentity;
  message: string;
}

export interface RangeCommits {
  commits: readonly RangeCommit[];
  /** What could not be read, and why; of a commit or of the range. */
  unread: readonly { id?: string; why: string }[];
}

export const MAX_COMMITS = 10_000;
const MAX_COMMIT_BYTES = 1024 * 1024;
const MAX_ALL_BYTES = 64 * 1024 * 1024;
/** Questions of a batch fit the pipe while answers wait. */
const BATCH = 256;

/** The commits that the head of a range has and its base has not; of a single commit that one. Newest first. */
export async function rangeCommits(
  found: Found,
  shim: Shim,
  ends: Ends,
  range: Range,
  limit = MAX_COMMITS,
): Promise<RangeCommits> {
  const [base, head] = [ends.base.commit, ends.head?.commit ?? null];
  if (head === null) return { commits: [], unread: [] };
  const unread: { id?: string; why: string }[] = [];
  try {
    const only = range.kind === "commit";
    const listed = only ? head : new TextDecoder().decode(
      await git(
        ["rev-list", `--max-count=${limit + 1}`, head, ...(base === null ? [] : [`^${base}`])],
        shim.call,
      ),
    );
    const ids = listed.split("\n").filter((id) => id !== "");
    if (ids.length > limit) {
      ids.length = limit;
      unread.push({ why: `the range has more than ${limit} commits` });
    }
    const cut = new Set(
      (await Deno.readTextFile(join(found.commonDir, "shallow")).catch(() => "")).split("\n"),
    );
    const commits = await readCommits(shim, ids, unread);
    const end = only ? undefined : commits.find(({ id, parents }) => parents > 0 && cut.has(id));
    if (end !== undefined) {
      unread.push({ id: end.id, why: "the history before it is not in this shallow clone" });
    }
    return { commits, unread };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return { commits: [], unread: [{ why: error.stderr.trim().slice(0, 300) || error.message }] };
  }
}

async function readCommits(
  shim: Shim,
  ids: readonly string[],
  unread: { id?: string; why: string }[],
): Promise<RangeCommit[]> {
  const call = { ...shim.call };
  const sizes = conversation(gitCommand(["cat-file", "--batch-check"], call, "piped").spawn());
  const contents = conversation(gitCommand(["cat-file", "--batch"], call, "piped").spawn());
  const commits: RangeCommit[] = [];
  let room = MAX_ALL_BYTES;
  try {
    for (let at = 0; at < ids.length; at += BATCH) {
      const batch = ids.slice(at, at + BATCH);
      await sizes.ask(batch);
      const here: string[] = [];
      for (const id of batch) {
        const size = / commit (\d+)$/.exec(await sizes.line())?.[1];
        if (size === undefined) unread.push({ id, why: "it is not in this clone" });
        else if (Number(size) > MAX_COMMIT_BYTES) unread.push({ id, why: `it has ${size} bytes` });
        else if (Number(size) > room) {
          unread.push({ id, why: "the commits of the range are too large together" });
        } else {
          here.push(id);
          room -= Number(size);
        }
      }
      await contents.ask(here);
      for (const id of here) {
        const size = / commit (\d+)$/.exec(await contents.line())?.[1];
        if (size === undefined) throw new GitError(["cat-file"], 0, `no answer for ${id}`);
        commits.push(parsed(id, await contents.bytes(Number(size))));
        await contents.bytes(1);
      }
    }
  } finally {
    await Promise.all([sizes.close(), contents.close()]);
  }
  return commits;
}

function parsed(id: string, bytes: Uint8Array): RangeCommit {
  let end = bytes.findIndex((byte, at) => byte === 10 && bytes[at + 1] === 10);
  if (end < 0) end = bytes.length;
  const ascii = new TextDecoder().decode(bytes.subarray(0, end));
  const decoder = decoderOf(/^encoding (.+)$/m.exec(ascii)?.[1]);
  const header = decoder.decode(bytes.subarray(0, end)).split("\n");
  const field = (name: string) =>
    header.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? "";
  return {
    id,
    parents: header.filter((line) => line.startsWith("parent ")).length,
    author: identity(field("author")),
    committer: identity(field("committer")),
    message: decoder.decode(bytes.subarray(end + 2)),
  };
}

function identity(line: string): CommitIdentity {
  const [, name = line, email = "", at] = /^(.*?) ?<([^<>]*)>(?: (-?\d+) [+-]\d+)?\s*$/.exec(line) ?? [];
  return { name, email, at: at === undefined ? null : Number(at) };
}

function decoderOf(encoding: string | undefined): TextDecoder {
  try {
    return new TextDecoder(encoding?.trim() || "utf-8");
  } catch {
    // An encoding that nobody knows: what is plain in it can still be read.
    return new TextDecoder();
  }
}
