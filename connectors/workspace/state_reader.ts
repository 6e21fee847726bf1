/**
 * Reads the two trees of a comparison by path. What is kept of a tree is its names, once for both: the head's are the base's and what the
 * change says, so that a tree of a million files is a list of a million names and no more.
 */
import type { FileChange } from "../../specs/mod.ts";
import { type Clone, inClone } from "./clone.ts";
import { type Conversation, conversation } from "./conversation.ts";
import { git, gitCommand, GitError } from "./git.ts";
import { concat, pathBytes, pathText, splitNul } from "./path_text.ts";

export interface StateReader {
  list(at: "base" | "head"): Promise<string[]>;
  /** Null where there is no file and no link. */
  read(path: string, at: "base" | "head"): Promise<Uint8Array | null>;
  close(): Promise<void>;
}

/** What was read last is often asked for again. */
const KEPT_BYTES = 32 * 1024 * 1024;

export function stateReader(
  clone: Clone,
  trees: { base: string; head: string },
  files: readonly FileChange[],
): StateReader {
  const call = inClone(clone, { cwd: clone.engine });
  const kept = new Map<string, Uint8Array | null>();
  let keptBytes = 0;
  let names: Promise<string[]> | undefined;
  let asked: Conversation | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const baseNames = () =>
    names ??= git(["ls-tree", "-r", "-z", "--full-tree", "--name-only", trees.base], call)
      .then((output) => splitNul(output).map(pathText).sort());

  async function answer(name: Uint8Array | string): Promise<Uint8Array | null> {
    asked ??= conversation(gitCommand(["cat-file", "--batch"], { ...call, timeoutMs: 0 }, "piped").spawn());
    await asked.ask([name]);
    const head = await asked.line();
    const found = /^[0-9a-f]+ (blob|tree|commit|tag) (\d+)$/.exec(head);
    if (found === null) {
      if (/ (?:missing|submodule)$/.test(head)) return null;
      throw new GitError(["cat-file"], 0, `no answer: ${head.slice(0, 200)}`);
    }
    const bytes = await asked.bytes(Number(found[2]));
    await asked.bytes(1);
    return found[1] === "blob" ? bytes : null;
  }

  async function load(path: string, at: "base" | "head"): Promise<Uint8Array | null> {
    const bytes = pathBytes(path);
    if (!bytes.includes(10)) {
      return await answer(concat([new TextEncoder().encode(`${trees[at]}:`), bytes])) ??
        await notMissing(path, at);
    }
    const oid = await entryOf(path, at);
    return oid === null ? null : await answer(oid);
  }

  /** The object that stands at the path; null where there is none that is a file. */
  async function entryOf(path: string, at: "base" | "head"): Promise<string | null> {
    const line = splitNul(await git(["ls-tree", "-z", "--full-tree", trees[at], "--", path], call))[0];
    return /^\d{6} blob ([0-9a-f]+)\t/.exec(new TextDecoder().decode(line ?? new Uint8Array()))?.[1] ?? null;
  }

  /** A name that the tree has and whose content is not here is not the same as no such name. */
  async function notMissing(path: string, at: "base" | "head"): Promise<null> {
    if (await entryOf(path, at) === null) return null;
    throw new GitError(["cat-file"], 1, `missing blob: the content of ${path} is not here`);
  }

  return {
    list: async (at) => {
      const base = await baseNames();
      if (at === "base") return [...base];
      const gone = new Set(
        files.flatMap((file) =>
          file.status === "D" ? [file.path] : file.from === undefined ? [] : [file.from]
        ),
      );
      const come = files.filter(({ status }) => status === "A" || status === "R").map(({ path }) => path);
      const head = base.filter((path) => !gone.has(path));
      return come.length === 0 ? head : [...head, ...come].sort();
    },
    read: (path, at) => {
      const next = turn.then(async () => {
        const key = `${trees[at]}:${path}`;
        const known = kept.get(key);
        if (known !== undefined) return known?.slice() ?? null;
        const bytes = await load(path, at);
        if (keptBytes + (bytes?.length ?? 0) > KEPT_BYTES) {
          kept.clear();
          keptBytes = 0;
        }
        kept.set(key, bytes);
        keptBytes += bytes?.length ?? 0;
        // A copy: who reads may write into it.
        return bytes?.slice() ?? null;
      });
      turn = next.catch(() => undefined);
      return next;
    },
    close: async () => {
      await turn;
      await asked?.close();
      asked = undefined;
    },
  };
}
