import canonicalize from "canonicalize";
import { Decision, digestOf, type Event, type EvidenceManifest, type RunStatus } from "../../specs/mod.ts";
import type { BundleReader } from "./bundle_reader.ts";
import type { Checks } from "./checks.ts";
import { ledgerAccount } from "./ledger_gaps.ts";

const EVENTS = "log/events.jsonl";
/** What the first event of a run follows on: 64 zeroes, as in the ledger. */
const GENESIS = "0".repeat(64);
/** The phase of a retry that only seals again, as in the ledger. */
const SEAL = "@seal";

/** A decision of the ledger with the event that holds it. */
export interface LedgerDecision {
  readonly seq: number;
  /** Hash of the event. */
  readonly event: string;
  readonly decision: Decision;
}

/** What the ledger of a bundle says. */
export interface ReadLedger {
  readonly decisions: readonly LedgerDecision[];
}

interface Line {
  readonly seq: number;
  readonly run: string;
  readonly hash: string;
  readonly prevHash: string;
  readonly type: string;
  readonly payload: unknown;
}

/** Statuses of runs that have ended: their ledger says so. One that waits is sealed, too. */
const ENDS: ReadonlySet<RunStatus> = new Set(["completed", "denied", "failed", "cancelled"]);

/** The run's events, each with the hash of the one before, up to the head that the manifest names. Null when they do not hold. */
export async function checkLedger(
  bundle: BundleReader,
  manifest: EvidenceManifest,
  checks: Checks,
): Promise<ReadLedger | null> {
  const bytes = await bundle.read(EVENTS);
  if (bytes === null) return checks.fail("ledger", EVENTS, "the bundle holds no events");
  const text = new TextDecoder().decode(bytes);
  let prevHash = GENESIS;
  let seq = 0;
  let ended: unknown = null;
  const told = ledgerAccount();
  const decisions: LedgerDecision[] = [];
  for (const line of text.replace(/\n$/, "").split("\n")) {
    seq += 1;
    const event = await parsedLine(line);
    if (event === null) {
      return checks.fail("ledger", EVENTS, `event ${seq} does not have the hash that it names`);
    }
    if (event.seq !== seq || event.prevHash !== prevHash || event.run !== manifest.run) {
      return checks.fail(
        "ledger",
        EVENTS,
        `event ${seq} does not follow on the one before, or is of another run`,
      );
    }
    prevHash = event.hash;
    if (!isTold(told, event)) {
      return checks.fail("ledger", EVENTS, `event ${seq} has not the form of its type`);
    }
    if (event.type === "run.ended") ended = (event.payload as { status?: unknown } | null)?.status ?? null;
    // Sealing alone can be tried again: then the run stays as it ended.
    if (event.type === "run.retried" && (event.payload as { phase?: unknown } | null)?.phase !== SEAL) {
      ended = null;
    }
    if (event.type !== "transition.decided") continue;
    const decision = Decision.safeParse((event.payload as { decision?: unknown } | null)?.decision);
    if (!decision.success) return checks.fail("ledger", EVENTS, `event ${seq} holds no decision`);
    // As it stands there: what a contract adds to it was not said.
    const stands = (event.payload as { decision: Decision }).decision;
    decisions.push({ seq, event: event.hash, decision: stands });
  }
  if (seq !== manifest.head.seq || prevHash !== manifest.head.hash) {
    return checks.fail("ledger", EVENTS, `its events end at ${seq}, not at the head that was sealed`);
  }
  const { gaps: [gap] } = told.account();
  if (gap !== undefined) return checks.fail("ledger", EVENTS, `it does not tell all of the run: ${gap}`);
  if (ended === null ? ENDS.has(manifest.status) : ended !== manifest.status) {
    return checks.fail(
      "ledger",
      EVENTS,
      `the manifest says ${manifest.status}, and by its events the run ${
        ended === null ? "has not ended" : `ended ${String(ended)}`
      }`,
    );
  }
  checks.pass("ledger", EVENTS, `${seq} events, each with the hash of the one before`);
  return { decisions };
}

/** Takes an event; false for one of which its type's fields cannot be read. */
function isTold(told: ReturnType<typeof ledgerAccount>, event: Line): boolean {
  try {
    told.take(event as unknown as Event);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function parsedLine(line: string): Promise<Line | null> {
  try {
    const { hash, ...rest } = JSON.parse(line) as Line;
    const unhashed = canonicalize(rest);
    if (unhashed === undefined || canonicalize({ ...rest, hash }) !== line) return null;
    return await digestOf(unhashed) === `sha256:${hash}` ? { ...rest, hash } : null;
  } catch {
    return null;
  }
}

/** The records of decisions beside the ledger are those in it, one file each. */
export async function checkDecisions(
  bundle: BundleReader,
  manifest: EvidenceManifest,
  { decisions }: ReadLedger,
  checks: Checks,
): Promise<void> {
  const files = manifest.files.map(({ path }) => path).filter((path) => /^decisions\/.*\.json$/.test(path))
    .sort();
  if (files.length !== decisions.length) {
    checks.fail("decisions", null, `${files.length} files for ${decisions.length} decisions of the ledger`);
    return;
  }
  for (const [at, path] of files.entries()) {
    const bytes = await bundle.read(path);
    const text = bytes === null ? null : new TextDecoder().decode(bytes);
    if (text !== canonicalize(decisions[at]?.decision)) {
      checks.fail("decisions", path, "it is not the decision that the ledger holds");
      return;
    }
  }
  checks.pass("decisions", null, `${files.length} decisions as the ledger holds them`);
}
