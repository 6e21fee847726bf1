/** Pull requests that this installation opened on forges with a server: which run, where, and by which key. */
import { z } from "zod";
import type { Key } from "../../kernel/mod.ts";
import { digestOf, GitSha, Instant } from "../../specs/mod.ts";
import type { PullRequest, PullRequestAt } from "./port.ts";
import type { RecordStore } from "./records.ts";

/** A record has no body: the forge has it, and the evidence bundle. */
export interface RemoteRecords {
  get(key: string): Promise<PullRequest | null>;
  /** Keeps the record of this key; one that is there stays. */
  put(key: string, pull: PullRequest): Promise<void>;
  show(pull: PullRequestAt): Promise<PullRequest | null>;
  /** Newest first. */
  list(repository?: string): Promise<PullRequest[]>;
}

const Stored = z.object({
  number: z.number().int().min(1),
  run: z.string(),
  title: z.string(),
  branch: z.string(),
  base: z.string(),
  baseCommit: GitSha,
  commit: GitSha,
  url: z.string(),
  draft: z.boolean(),
  createdAt: Instant,
  repository: z.string(),
});

const ROOT = "remote-pull-request";
const PAGE = 500;
const MOST_LISTED = 10_000;

export function remoteRecords(store: RecordStore): RemoteRecords {
  const read = async (key: Key): Promise<PullRequest | null> => {
    const entry = await store.get(key);
    if (entry === null) return null;
    const name = z.string().parse(entry.value);
    const record = await store.get([ROOT, "record", name]);
    return record === null ? null : { ...Stored.parse(record.value), body: "" };
  };
  return {
    get: (key) => read([ROOT, "key", key]),
    async put(key, { body: _, ...pull }) {
      const stored = Stored.parse(pull);
      // By the instant: lists have the newest first.
      const name = `${stored.createdAt} ${(await digestOf(key)).slice(7, 39)}`;
      await store.commit({
        checks: [{ key: [ROOT, "key", key], version: null }],
        sets: [
          { key: [ROOT, "key", key], value: name },
          { key: [ROOT, "record", name], value: stored },
          { key: [ROOT, "at", stored.repository, stored.number], value: name },
        ],
      });
    },
    show: (pull) => read([ROOT, "at", pull.repository, pull.number]),
    async list(repository) {
      const all: PullRequest[] = [];
      const prefix: Key = [ROOT, "record"];
      for (let last: Key | null = null; all.length < MOST_LISTED;) {
        const page = await store.list(
          { prefix, reverse: true, ...(last === null ? {} : { end: last }) },
          PAGE,
        );
        for (const entry of page) all.push({ ...Stored.parse(entry.value), body: "" });
        last = page.at(-1)?.key ?? null;
        if (page.length < PAGE) break;
      }
      return repository === undefined ? all : all.filter((one) => one.repository === repository);
    },
  };
}
