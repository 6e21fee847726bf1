import { LogLeaf } from "../../specs/attestation/mod.ts";
import { EMPTY_ROOT, type Hash, leafHash, nodeHash, sameHash } from "../../kernel/tlog/mod.ts";
import { digestOf, type Event } from "../../specs/mod.ts";
import { canonicalBytesOf } from "../../policies/evidence/mod.ts";
import type { OwnLog, Service } from "../service.ts";

/** What a log says otherwise than the installation that keeps it. */
export interface LedgerDifference {
  /** Number of the leaf. */
  readonly leaf: number;
  readonly run: string;
  readonly problem: string;
}

type Leaf<K extends LogLeaf["kind"]> = Extract<LogLeaf, { kind: K }>;

/** Leaves are read by as many as one tile of entries has. */
const AT_ONCE = 256;
const LENGTH_BYTES = 2;

/**
 * Holds the runs and the bundles of an installation against its log: a ledger that was written anew, with all of its hashes, says another
 * decision than the leaf of it, and a bundle that was made anew is another one. How many leaves were compared.
 */
export async function compareLedger(
  service: Pick<Service, "events" | "evidenceBundle">,
  { log }: OwnLog,
  { size, root }: { size: number; root: Hash },
): Promise<{ compared: number; differences: LedgerDifference[] }> {
  const tree = growingRoot();
  const bundles = new Map<string, { at: number; leaf: Leaf<"bundle"> }>();
  const decisions = new Map<string, { at: number; leaf: Leaf<"decision"> }[]>();
  const differences: LedgerDifference[] = [];
  for (let first = 0; first < size; first += AT_ONCE) {
    const bytes = await log.entries(first / AT_ONCE, Math.min(AT_ONCE, size - first));
    for (const [n, entry] of entriesOf(bytes ?? new Uint8Array()).entries()) {
      tree.add(leafHash(entry));
      const leaf = leafOf(entry);
      const at = first + n;
      if (leaf === null) differences.push({ leaf: at, run: "", problem: "the leaf cannot be read" });
      else if (leaf.kind === "decision") {
        decisions.set(leaf.run, [...decisions.get(leaf.run) ?? [], { at, leaf }]);
      } else if (leaf.kind === "bundle") bundles.set(leaf.id, { at, leaf });
      // That it was taken away is told.
      else if (leaf.kind === "bundle-removed") bundles.delete(leaf.id);
    }
  }
  if (!sameHash(tree.root(), root)) {
    return {
      compared: 0,
      differences: [{ leaf: 0, run: "", problem: "the records of the log are not those under its root" }],
    };
  }
  for (const [run, leaves] of decisions) {
    const events = await eventsOf(service, run);
    for (const { at, leaf } of leaves) {
      const problem = await decisionProblem(events, leaf);
      if (problem !== null) differences.push({ leaf: at, run, problem });
    }
  }
  for (const { at, leaf } of bundles.values()) {
    const problem = await bundleProblem(service, leaf);
    if (problem !== null) differences.push({ leaf: at, run: leaf.run, problem });
  }
  const compared = [...decisions.values()].reduce((sum, { length }) => sum + length, 0) + bundles.size;
  return { compared, differences: differences.sort((a, b) => a.leaf - b.leaf) };
}

/** What the ledger holds of a run; a ledger that cannot be read says why. */
async function eventsOf(
  { events }: Pick<Service, "events">,
  run: string,
): Promise<Map<number, Event> | string> {
  const found = new Map<number, Event>();
  try {
    for (let after = 0;;) {
      const page = await events(run, { after, limit: 500 });
      for (const event of page) found.set(event.seq, event);
      const last = page.at(-1);
      if (last === undefined) return found;
      after = last.seq;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function decisionProblem(
  events: Map<number, Event> | string,
  { seq, event: hash, decision }: Leaf<"decision">,
): Promise<string | null> {
  if (typeof events === "string") return `the ledger of the run cannot be read: ${events}`;
  if (events.size === 0) return "the run was decided about, and there is no ledger of it";
  const event = events.get(seq);
  if (event?.type !== "transition.decided") return `event ${seq} of the ledger is no decision any more`;
  if (await digestOf(canonicalBytesOf(event.payload.decision)) !== decision) {
    return `the ledger holds another decision at event ${seq}: it says ${event.payload.decision.verdict}`;
  }
  return event.hash === hash ? null : `the ledger was written anew before event ${seq}: it has another hash`;
}

async function bundleProblem(
  { evidenceBundle }: Pick<Service, "evidenceBundle">,
  { id, digest }: Leaf<"bundle">,
): Promise<string | null> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = (await evidenceBundle?.(id))?.get("manifest.json");
  } catch (error) {
    return `the bundle ${id} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (bytes === undefined) return `the bundle ${id} is gone, and no leaf tells that it was removed`;
  return await digestOf(bytes) === digest
    ? null
    : `the bundle ${id} is another one than the one that was logged`;
}

function leafOf(entry: Uint8Array): LogLeaf | null {
  try {
    return LogLeaf.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(entry)));
  } catch {
    return null;
  }
}

/** The root over leaves that come one by one: of each complete part, from the left, only its own root is kept. */
function growingRoot(): { add(leaf: Hash): void; root(): Hash } {
  const parts: { height: number; hash: Hash }[] = [];
  return {
    add(leaf) {
      let [hash, height] = [leaf, 0];
      for (let last = parts.at(-1); last?.height === height; last = parts.at(-1)) {
        hash = nodeHash(last.hash, hash);
        height += 1;
        parts.pop();
      }
      parts.push({ height, hash });
    },
    root: () =>
      parts.length === 0
        ? EMPTY_ROOT
        : parts.map(({ hash }) => hash).reduceRight((right, left) => nodeHash(left, right)),
  };
}

function entriesOf(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at + LENGTH_BYTES <= bytes.length;) {
    const end = at + LENGTH_BYTES + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    entries.push(bytes.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return entries;
}
