import { lastNumber } from "./keys.ts";
import { cellId, type LogNames, logNames } from "./log_names.ts";
import { mutex } from "./mutex.ts";
import { LIMITS } from "./store/limits.ts";
import type { Key, Store } from "./store/port.ts";
import {
  append,
  consistencyProof,
  formatProof,
  type Hash,
  HASH_BYTES,
  inclusionProof,
  leafHash,
  nodesOf,
  type NoteSigner,
  openCheckpoint,
  signCheckpoint,
  TILE_WIDTH,
  treeRoot,
  verifyConsistency,
} from "./tlog/mod.ts";

/** One leaf: its bytes, and the name under which it is found. A name is added once. */
export interface LogRecord {
  readonly name: string;
  readonly entry: Uint8Array;
}

/** An append-only log of records with proofs (RFC 6962 over tiles), in the store. Several processes may add to it at once. */
export interface TransparencyLog {
  /**
   * Adds records, durable when it returns; their indexes in the order given. A name that is there already keeps its place.
   * @throws {LogConflict} when a name is there with other bytes
   */
  add(records: readonly LogRecord[]): Promise<number[]>;
  size(): Promise<number>;
  /** The index of a name, or null. */
  find(name: string): Promise<number | null>;
  entry(index: number): Promise<Uint8Array | null>;
  /** Signs the head, unless it is signed already. Refuses to sign what does not continue the last checkpoint. */
  checkpoint(signer: NoteSigner): Promise<string>;
  /** Keeps the last checkpoint with cosignatures behind its own signature; one that is not the last any more is left. */
  keep(signed: string): Promise<void>;
  /** The last checkpoint that was signed, or null. */
  latest(): Promise<string | null>;
  /** Text of a proof that the leaf is in the log of a signed checkpoint. */
  prove(index: number, checkpoint: { size: number; signed: string }): Promise<string>;
  consistency(first: number, second: number): Promise<Hash[]>;
  root(size: number): Promise<Hash>;
  /** The first `width` hashes of a tile, or null when it has not that many. */
  tile(level: number, index: number, width: number): Promise<Uint8Array | null>;
  /** Entries `[256 * index, 256 * index + width)`, each behind its length in two bytes (C2SP tlog-tiles). */
  entries(index: number, width: number): Promise<Uint8Array | null>;
}

/** A name stands in the log with other bytes: whoever adds it has another history. */
export class LogConflict extends Error {
  override readonly name = "LogConflict";
}

const ROOT = "tlog";
const keys = {
  head: [ROOT, "head"] as Key,
  checkpoint: [ROOT, "checkpoint"] as Key,
  tile: (level: number, index: number): Key => [ROOT, "tile", level, index],
  /** What one commit added, from this index on. */
  entries: (first: number): Key => [ROOT, "entries", first],
};

/** Keys of names, at 3 bytes a character: 250 of them stay within what one commit takes. */
const NAME_KEYS_A_COMMIT = 250;
const MAX_NAME = 80;
/** All entries of a commit are one value, each behind its length in two bytes. */
const BYTES_A_COMMIT = LIMITS.valueBytes;
const MAX_ENTRY = 16_000;
const LENGTH_BYTES = 2;
const MAX_TRIES = 100;

interface Head {
  readonly size: number;
  readonly version: string | null;
  /** Whether names that differ in a number share a value: so in every log but those begun before they did. */
  readonly shared: boolean;
}

/** @param origin names the log in its checkpoints: a URL without scheme, such as `acme.example/edgeforge` */
export function transparencyLog({ store, origin }: { store: Store; origin: string }): TransparencyLog {
  const turn = mutex();

  async function head(): Promise<Head> {
    const entry = await store.get(keys.head);
    if (entry === null) return { size: 0, version: null, shared: true };
    const { size, names } = entry.value as { size: number; names?: string };
    return { size, version: entry.version, shared: names === "shared" };
  }

  async function bytesAt(key: Key): Promise<Uint8Array | null> {
    const entry = await store.get(key);
    return entry?.value instanceof Uint8Array ? entry.value : null;
  }

  async function readTile(level: number, index: number): Promise<Uint8Array> {
    return await bytesAt(keys.tile(level, index)) ?? new Uint8Array();
  }

  const nodes = () => nodesOf(readTile);

  /** Entries from `start` on, up to `count` of them: fewer where the log ends. */
  async function entriesFrom(start: number, count: number): Promise<Uint8Array[]> {
    const found: Uint8Array[] = [];
    // The commit that `start` was added with begins at it or before.
    const [first] = await store.list(
      { start: keys.entries(0), end: keys.entries(start + 1), reverse: true },
      1,
    );
    const from = lastNumber(first?.key ?? keys.entries(start));
    const commits = await store.list(
      { start: keys.entries(from), end: keys.entries(start + count) },
      count + 1,
    );
    for (const { key, value } of commits) {
      if (!(value instanceof Uint8Array)) break;
      let index = lastNumber(key);
      for (const entry of entriesOf(value)) {
        if (index >= start && found.length < count) found.push(entry);
        index += 1;
      }
    }
    return found;
  }

  async function entryAt(index: number): Promise<Uint8Array | null> {
    return (await entriesFrom(index, 1))[0] ?? null;
  }

  const namesOf = ({ shared }: Head): LogNames => logNames(store, ROOT, shared);

  /** Adds what is new of one commit's worth of records, or says that somebody else was quicker. */
  async function addOnce(records: readonly LogRecord[]): Promise<number[] | null> {
    const now = await head();
    const { size, version, shared } = now;
    const { places, added } = await namesOf(now).read(records.map(({ name }) => name));
    const fresh: LogRecord[] = [];
    const newPlaces = new Map<string, number>();
    for (const [at, record] of records.entries()) {
      if (places[at] !== null || newPlaces.has(record.name)) continue;
      newPlaces.set(record.name, size + fresh.length);
      fresh.push(record);
    }
    const all = records.map(({ name }, at) => places[at] ?? newPlaces.get(name) ?? -1);
    await mustBeTheSame(records, all, size);
    if (fresh.length > 0) {
      const tiles = await append(size, fresh.map(({ entry }) => leafHash(entry)), readTile);
      const outcome = await store.commit({
        checks: [{ key: keys.head, version }],
        sets: [
          { key: keys.entries(size), value: joined(fresh.flatMap(({ entry }) => [lengthOf(entry), entry])) },
          ...added(newPlaces),
          ...tiles.map(({ level, index, hashes }) => ({ key: keys.tile(level, index), value: hashes })),
          { key: keys.head, value: { size: size + fresh.length, ...(shared ? { names: "shared" } : {}) } },
        ],
      });
      if (!outcome.ok) return null;
    }
    return all;
  }

  /** What is there already has the bytes that are added now, and so has what comes twice. */
  async function mustBeTheSame(records: readonly LogRecord[], places: readonly number[], before: number) {
    const firsts = new Map(records.toReversed().map((record) => [record.name, record.entry]));
    for (const [at, { name, entry }] of records.entries()) {
      const place = places[at] ?? -1;
      const kept = place < before ? await entryAt(place) : null;
      const other = place < before ? kept : firsts.get(name) ?? null;
      if (other === null || !sameBytes(other, entry)) {
        throw new LogConflict(
          `Cannot add ${name} to the log as it is there with other bytes, at ${place}: a history that was logged does not change`,
        );
      }
    }
  }

  async function addAll(records: readonly LogRecord[]): Promise<number[]> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const places = await addOnce(records);
      if (places !== null) return places;
    }
    throw new Error(`Cannot add to the log as other writers were quicker ${MAX_TRIES} times: try again`);
  }

  async function root(size: number): Promise<Hash> {
    return await treeRoot(size, nodes());
  }

  return {
    async add(records) {
      for (const { name, entry } of records) mustFit(name, entry);
      await turn.take();
      try {
        const places: number[] = [];
        const { shared } = await head();
        for (const group of groupsOf(records, shared)) places.push(...await addAll(group));
        return places;
      } finally {
        turn.giveBack();
      }
    },
    async size() {
      return (await head()).size;
    },
    async find(name) {
      const { places } = await namesOf(await head()).read([name]);
      return places[0] ?? null;
    },
    entry: entryAt,
    async checkpoint(signer) {
      if (signer.key.name !== origin) {
        throw new Error(`Cannot sign the log ${origin} with a key of ${signer.key.name}`);
      }
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const last = await store.get(keys.checkpoint);
        const before = last === null ? null : await openOwn(String(last.value), signer);
        // Read behind the checkpoint: a later one could only have been signed over a later head.
        const { size } = await head();
        if (before !== null && before.size > size) {
          throw new LogConflict(
            `Cannot sign the log at ${size} as its last checkpoint is at ${before.size}: leaves are gone from the store`,
          );
        }
        const now = await root(size);
        if (before !== null && !await continues(before, { size, root: now })) {
          throw new LogConflict(
            `Cannot sign the log at ${size} as it does not continue its last checkpoint at ${before.size}: the store was changed`,
          );
        }
        if (before !== null && before.size === size) return String(last?.value);
        const signed = await signCheckpoint({ origin, size, root: now, extensions: [] }, signer);
        const outcome = await store.commit({
          checks: [{ key: keys.checkpoint, version: last?.version ?? null }],
          sets: [{ key: keys.checkpoint, value: signed }],
        });
        if (outcome.ok) return signed;
      }
      throw new Error(`Cannot sign the log as other writers were quicker ${MAX_TRIES} times: try again`);
    },
    async keep(signed) {
      const last = await store.get(keys.checkpoint);
      if (last === null || !signed.startsWith(String(last.value))) return;
      // Somebody who was quicker has kept others, or signed a later one: these can be asked for again.
      await store.commit({
        checks: [{ key: keys.checkpoint, version: last.version }],
        sets: [{ key: keys.checkpoint, value: signed }],
      });
    },
    async latest() {
      const entry = await store.get(keys.checkpoint);
      return entry === null ? null : String(entry.value);
    },
    async prove(index, { size, signed }) {
      const proof = await inclusionProof(index, size, nodes());
      return formatProof({ index, proof, checkpoint: signed, extra: null });
    },
    consistency: (first, second) => consistencyProof(first, second, nodes()),
    root,
    async tile(level, index, width) {
      const hashes = await readTile(level, index);
      return hashes.length >= width * HASH_BYTES ? hashes.slice(0, width * HASH_BYTES) : null;
    },
    async entries(index, width) {
      const found = await entriesFrom(index * TILE_WIDTH, width);
      return found.length < width ? null : joined(found.flatMap((entry) => [lengthOf(entry), entry]));
    },
  };

  async function openOwn(
    signed: string,
    { key, former = [] }: NoteSigner,
  ): Promise<{ size: number; root: Hash }> {
    const opened = await openCheckpoint(signed, { log: [key, ...former] });
    if ("checkpoint" in opened) return opened.checkpoint;
    throw new LogConflict(`Cannot go on from the log's last checkpoint: ${opened.problem}`);
  }

  async function continues(
    before: { size: number; root: Hash },
    now: { size: number; root: Hash },
  ): Promise<boolean> {
    return verifyConsistency({
      first: before.size,
      firstRoot: before.root,
      second: now.size,
      secondRoot: now.root,
      proof: await consistencyProof(before.size, now.size, nodes()),
    });
  }
}

function mustFit(name: string, entry: Uint8Array): void {
  if (name.length === 0 || name.length > MAX_NAME) {
    throw new RangeError(`Cannot log '${name.slice(0, MAX_NAME)}' as a name has 1 to ${MAX_NAME} characters`);
  }
  if (entry.length > MAX_ENTRY) {
    throw new RangeError(
      `Cannot log ${name} as a record has at most ${MAX_ENTRY} bytes: this one has ${entry.length}`,
    );
  }
}

/** Records in groups that one commit takes. */
function groupsOf(records: readonly LogRecord[], shared: boolean): LogRecord[][] {
  const groups: LogRecord[][] = [];
  const cells = new Set<string>();
  let bytes = Infinity;
  for (const record of records) {
    bytes += record.entry.length + LENGTH_BYTES;
    cells.add(cellId(record.name, shared));
    const open = groups.at(-1);
    if (open !== undefined && cells.size <= NAME_KEYS_A_COMMIT && bytes <= BYTES_A_COMMIT) {
      open.push(record);
    } else {
      groups.push([record]);
      cells.clear();
      cells.add(cellId(record.name, shared));
      bytes = record.entry.length + LENGTH_BYTES;
    }
  }
  return groups;
}

const lengthOf = ({ length }: Uint8Array) => new Uint8Array([length >> 8, length & 255]);

function* entriesOf(bytes: Uint8Array): Generator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length;) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const end = at + LENGTH_BYTES + length;
    if (end > bytes.length) throw new Error("Cannot read entries of the log as they end early");
    yield bytes.slice(at + LENGTH_BYTES, end);
    at = end;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
