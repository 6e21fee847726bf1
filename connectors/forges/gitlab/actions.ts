/**
 * A judged tree as actions of GitLab's commits API, which changes files one by one. What it has no action for is refused before
 * anything is sent; whether it did as it was told is seen by the tree that came of it.
 */
import { Buffer } from "node:buffer";
import type { Problem } from "../../../specs/mod.ts";
import type { ChangeObjects } from "../../port.ts";
import { ForgeError } from "../failure.ts";
import type { GitLabClient } from "./client.ts";
import type { GitLabPlace } from "./place.ts";
import { directoryAt, type TreeEntry } from "./trees.ts";

export interface CommitAction {
  readonly action: "create" | "update" | "delete" | "chmod";
  readonly file_path: string;
  readonly content?: string;
  readonly encoding?: "base64";
  readonly execute_filemode?: boolean;
}

/** All of it is one request. */
const MAX_FILE_BYTES = 25 * 1024 * 1024;
const MAX_CHANGE_BYTES = 50 * 1024 * 1024;
const MAX_ACTIONS = 3000;

/** The entries of a directory, of which path and tree are told. */
type Reader = (path: string, tree: string) => Promise<readonly TreeEntry[]>;

/** From the change's own objects. */
export const inLocal = (objects: ChangeObjects): Reader => (_path, tree) => objects.directory(tree);

/** From GitLab, of a commit that these need not have. */
export const onGitLab = (client: GitLabClient, place: GitLabPlace, commit: string): Reader => (path) =>
  directoryAt(client, place, commit, path);

export interface Sides {
  readonly objects: ChangeObjects;
  /** What the branch holds. */
  readonly from: { readonly tree: string; readonly read: Reader };
  /** What was judged; it is among the objects. */
  readonly tree: string;
}

export interface Planned {
  readonly actions: CommitAction[];
  /** Files with CRLF line ends among them, which GitLab may rewrite. */
  readonly crlf: string[];
}

/** What has to be done, deletions first: a file may become a directory. */
export async function planActions(sides: Sides): Promise<Planned> {
  const deletes: CommitAction[] = [];
  const writes: CommitAction[] = [];
  const crlf: string[] = [];
  let bytes = 0;
  const local = inLocal(sides.objects);

  async function write(action: "create" | "update", path: string, sha: string): Promise<void> {
    const content = await sides.objects.blob(sha);
    if (content.length > MAX_FILE_BYTES) {
      throw new ForgeError(
        tooLarge(`${shown(path)} has ${content.length} bytes, ${MAX_FILE_BYTES} is the limit`),
      );
    }
    bytes += content.length;
    if (bytes > MAX_CHANGE_BYTES) {
      throw new ForgeError(tooLarge(`its files have more than ${MAX_CHANGE_BYTES} bytes`));
    }
    if (Buffer.from(content).includes("\r\n")) crlf.push(path);
    // As it is, whatever it holds.
    writes.push({
      action,
      file_path: path,
      content: Buffer.from(content).toString("base64"),
      encoding: "base64",
    });
  }

  async function compareFile(path: string, old: TreeEntry | null, now: TreeEntry | null): Promise<void> {
    for (const one of [old, now]) {
      if (one?.type === "commit") throw new ForgeError(cannot(path, "a submodule"), NOT_SENDABLE);
    }
    if (now?.mode === LINK) throw new ForgeError(cannot(path, "a symbolic link"), NOT_SENDABLE);
    const replaced = old?.mode === LINK;
    if (old !== null && (now === null || replaced)) deletes.push({ action: "delete", file_path: path });
    if (now === null) return;
    const isNew = old === null || replaced;
    if (isNew || old.sha !== now.sha) await write(isNew ? "create" : "update", path, now.sha);
    const wasExecutable = !isNew && old.mode === EXECUTABLE;
    if (wasExecutable !== (now.mode === EXECUTABLE)) {
      writes.push({ action: "chmod", file_path: path, execute_filemode: now.mode === EXECUTABLE });
    }
  }

  async function compare(path: string, from: string | null, to: string | null): Promise<void> {
    const [olds, news] = [
      from === null ? [] : await sides.from.read(path, from),
      to === null ? [] : await local(path, to),
    ];
    const before = new Map(olds.map((entry) => [entry.name, entry]));
    const after = new Map(news.map((entry) => [entry.name, entry]));
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const [old, now] = [before.get(name) ?? null, after.get(name) ?? null];
      if (old?.sha === now?.sha && old?.mode === now?.mode) continue;
      const inner = path === "" ? name : `${path}/${name}`;
      const trees = [old, now].map((entry) => entry?.type === "tree" ? entry.sha : null);
      if (trees.some((tree) => tree !== null)) await compare(inner, trees[0] ?? null, trees[1] ?? null);
      const files = [old, now].map((entry) => entry !== null && entry.type !== "tree" ? entry : null);
      if (files.some((file) => file !== null)) await compareFile(inner, files[0] ?? null, files[1] ?? null);
      if (deletes.length + writes.length > MAX_ACTIONS) {
        throw new ForgeError(tooLarge(`it changes more than ${MAX_ACTIONS} files`));
      }
    }
  }

  await compare("", sides.from.tree, sides.tree);
  return { actions: [...deletes, ...writes], crlf };
}

const LINK = "120000";
const EXECUTABLE = "100755";
const NOT_SENDABLE = {
  failure: { class: "task-code", source: "user-environment", retryable: false },
} as const;

const shown = (path: string): string => JSON.stringify(path).slice(0, 300);

const cannot = (path: string, what: string): Problem => ({
  code: "change-unsendable",
  message: `Cannot send the change to GitLab: ${
    shown(path)
  } is ${what}, which its commits API can neither make nor change`,
  value: path.slice(0, 300),
  remedy: "Leave it out of the change, or use --forge local and push the branch yourself.",
});

const tooLarge = (why: string): Problem => ({
  code: "change-too-large",
  message: `Cannot send the change to GitLab: ${why}`,
  remedy: "Split the change, or keep large files out of the repository.",
});
