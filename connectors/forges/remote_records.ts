/** Pull requests that this installation opened on forges with a server: which run, where, by which key, and with which words. */
import { z } from "zod";
import type { Key } from "../../kernel/mod.ts";
import { digestOf, GitSha, Instant } from "../../specs/mod.ts";
import type { PullRequest, PullRequestAt } from "./port.ts";
import type { RecordStore } from "./records.ts";

export interface RemoteRecords {
  get(key: string): Promise<PullRequest | null>;
  /** Keeps the record of this key; one that is there stays. */
  put(key: string, pull: PullRequest): Promise<void>;
  show(pull: PullRequestAt): Promise<PullRequest | null>;
  /** Newest first, without their bodies. */
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
  bodyParts: z.number().int().min(0).default(0),
});

const ROOT = "remote-pull-request";
const PAGE = 500;
const MOST_LISTED = 10_000;
/** A value of the store stays below 60 kB; a character is at most 3 bytes in UTF-8 for each UTF-16 unit. */
const PART = 16_000;
const MOST_PARTS = 8;

/** Each forge has records of its own: `root` names them in the store. */
export function remoteRecords(store: RecordStore, root = ROOT): RemoteRecords {
  const read = async (key: Key): Promise<PullRequest | null> => {
    const entry = await store.get(key);
    if (entry === null) return null;
    const name = z.string().parse(entry.value);
    const record = await store.get([root, "record", name]);
    if (record === null) return null;
    const { bodyParts, ...pull } = Stored.parse(record.value);
    const parts = await store.getMany(Array.from({ length: bodyParts }, (_, at) => [root, "body", name, at]));
    return { ...pull, body: parts.map((part) => z.string().parse(part?.value)).join("") };
  };
  return {
    get: (key) => read([root, "key", key]),
    async put(key, { body, ...pull }) {
      const parts: string[] = [];
      for (let at = 0; at < body.length && parts.length < MOST_PARTS; at += PART) {
        parts.push(body.slice(at, at + PART));
      }
      const stored = Stored.parse({ ...pull, bodyParts: parts.length });
      // By the instant: lists have the newest first.
      const name = `${stored.createdAt} ${(await digestOf(key)).slice(7, 39)}`;
      await store.commit({
        checks: [{ key: [root, "key", key], version: null }],
        sets: [
          { key: [root, "key", key], value: name },
          { key: [root, "record", name], value: stored },
          { key: [root, "at", stored.repository, stored.number], value: name },
          ...parts.map((value, part) => ({ key: [root, "body", name, part], value })),
        ],
      });
    },
    show: (pull) => read([root, "at", pull.repository, pull.number]),
    async list(repository) {
      const all: PullRequest[] = [];
      const prefix: Key = [root, "record"];
      for (let last: Key | null = null; all.length < MOST_LISTED;) {
        const page = await store.list(
          { prefix, reverse: true, ...(last === null ? {} : { end: last }) },
          PAGE,
        );
        for (const entry of page) {
          const { bodyParts: _, ...pull } = Stored.parse(entry.value);
          all.push({ ...pull, body: "" });
        }
        last = page.at(-1)?.key ?? null;
        if (page.length < PAGE) break;
      }
      return repository === undefined ? all : all.filter((one) => one.repository === repository);
    },
  };
}
