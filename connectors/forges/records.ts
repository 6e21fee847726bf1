/** Where a forge without a server keeps its pull requests: a small port, in memory and on the kernel's store. */
import { z } from "zod";
import type { Commit, Entry, Key } from "../../kernel/mod.ts";
import { GitSha, Instant } from "../../specs/mod.ts";
import type { PullRequest } from "../port.ts";

export interface PullRequestRecords {
  /** The record of this key, if there is one. */
  get(key: string): Promise<PullRequest | null>;
  /**
   * The record of this key: the one that is there, or what `make` gives for the next number. Atomic: two callers at
   * once get the same record, two keys never the same number.
   */
  create(key: string, make: (number: number) => PullRequest): Promise<PullRequest>;
  show(number: number): Promise<PullRequest | null>;
  /** Newest first, of one repository or of all. */
  list(location?: string): Promise<PullRequest[]>;
}

/** The part of the kernel's store that records need. */
export interface RecordStore {
  get(key: Key): Promise<Entry | null>;
  getMany(keys: readonly Key[]): Promise<(Entry | null)[]>;
  list(range: { prefix?: Key; start?: Key; end?: Key; reverse?: boolean }, limit: number): Promise<Entry[]>;
  commit(commit: Commit): Promise<{ ok: true; version: string } | { ok: false }>;
}

/** Records that are gone with the process. */
export function memoryRecords(): PullRequestRecords {
  const byKey = new Map<string, PullRequest>();
  const all: PullRequest[] = [];
  return {
    get: (key) => Promise.resolve(byKey.get(key) ?? null),
    create: (key, make) => {
      const there = byKey.get(key);
      if (there !== undefined) return Promise.resolve(there);
      const made = make(all.length + 1);
      byKey.set(key, made);
      all.push(made);
      return Promise.resolve(made);
    },
    show: (number) => Promise.resolve(all[number - 1] ?? null),
    list: (location) =>
      Promise.resolve(all.filter((one) => !location || one.repository === location).reverse()),
  };
}

const Stored = z.strictObject({
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
  repository: z.string().optional(),
  bodyParts: z.number().int().min(0),
});

/** A value of the store stays below 60 kB; a character is at most 3 bytes in UTF-8 for each UTF-16 unit. */
const PART = 16_000;
const MAX_BODY = 320_000;
const MAX_TRIES = 100;
const ROOT = "pull-request";

/** Records on a store: number, key and record are written in one commit with checks. */
export function storeRecords(store: RecordStore): PullRequestRecords {
  async function read(number: number): Promise<PullRequest | null> {
    const entry = await store.get([ROOT, "record", number]);
    if (entry === null) return null;
    const { bodyParts, repository, ...rest } = Stored.parse(entry.value);
    const keys = Array.from({ length: bodyParts }, (_, part): Key => [ROOT, "body", number, part]);
    const parts = await store.getMany(keys);
    const body = parts.map((part) => {
      if (typeof part?.value !== "string") {
        throw new Error(`The body of pull request ${number} is not complete`);
      }
      return part.value;
    }).join("");
    return { ...rest, body, ...(repository === undefined ? {} : { repository }) };
  }
  async function get(key: string): Promise<PullRequest | null> {
    const entry = await store.get([ROOT, "key", key]);
    return entry === null ? null : await read(z.number().parse(entry.value));
  }
  return {
    get,
    create: async (key, make) => {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const counterKey: Key = [ROOT, "count"];
        const [known, counter] = await store.getMany([[ROOT, "key", key], counterKey]);
        if (known) return await read(z.number().parse(known.value)) ?? fail(key);
        const number = (counter ? z.number().parse(counter.value) : 0) + 1;
        const made = make(number);
        const done = await store.commit({
          checks: [
            { key: [ROOT, "key", key], version: null },
            { key: counterKey, version: counter?.version ?? null },
          ],
          sets: [
            { key: counterKey, value: number },
            { key: [ROOT, "key", key], value: number },
            ...entriesOf(made),
          ],
        });
        if (done.ok) return made;
      }
      throw new Error(`Cannot number a pull request: ${MAX_TRIES} tries met another writer; try again`);
    },
    show: read,
    list: async (location) => {
      const numbers = await listNumbers(store, location);
      const all = await Promise.all(numbers.map(read));
      return all.filter((one) => one !== null);
    },
  };
}

function entriesOf(made: PullRequest): { key: Key; value: NonNullable<Entry["value"]> }[] {
  const { body, ...rest } = made;
  if (body.length > MAX_BODY) {
    throw new Error(
      `Cannot keep the pull request: its body has ${body.length} characters, ${MAX_BODY} is the limit`,
    );
  }
  const parts: string[] = [];
  for (let at = 0; at < body.length; at += PART) parts.push(body.slice(at, at + PART));
  const stored = Stored.parse({ ...rest, bodyParts: parts.length });
  return [
    { key: [ROOT, "record", made.number], value: { ...stored } },
    { key: [ROOT, "of", made.repository ?? "", made.number], value: made.number },
    ...parts.map((value, part) => ({ key: [ROOT, "body", made.number, part], value })),
  ];
}

const PAGE = 500;

async function listNumbers(store: RecordStore, location?: string): Promise<number[]> {
  const prefix: Key = location === undefined ? [ROOT, "record"] : [ROOT, "of", location];
  const numbers: number[] = [];
  for (;;) {
    const last = numbers.at(-1);
    const range = last === undefined
      ? { prefix, reverse: true }
      : { prefix, end: [...prefix, last], reverse: true };
    const page = await store.list(range, PAGE);
    for (const entry of page) numbers.push(z.number().parse(entry.key.at(-1)));
    if (page.length < PAGE) return numbers;
  }
}

function fail(key: string): never {
  throw new Error(`The pull request of ${key} is named but not there: the store is damaged`);
}
