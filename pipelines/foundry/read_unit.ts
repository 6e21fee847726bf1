import { DataFailure, type DataFailureKind } from "../../connectors/data/mod.ts";
import {
  type Checkpoint,
  freshCheckpoint,
  isUndecoded,
  ownOf,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import { holdsCredential } from "./credential_scan.ts";
import { hiddenWords } from "./credentials.ts";
import type { Unit } from "./plan.ts";
import { readPass } from "./read_pass.ts";
import type { Parents, Reading } from "./reading.ts";
import { unitWriters } from "./unit_writers.ts";

/** What a source says for ever of a place that has ended meanwhile (a page's token, a link that was mended since). */
const VOID: ReadonlySet<DataFailureKind> = new Set(["permanent", "not-found", "refused"]);

/** Reads a unit to its end, from wherever an earlier attempt got. A failure of the outside is in the checkpoint's end. */
export async function readUnit(
  reading: Reading,
  unit: Unit,
  dir: string,
  parents: Parents | null,
): Promise<Checkpoint> {
  const { pipeline } = reading.asked;
  const { retries, park } = pipeline.onFailure;
  const { clock } = reading.ports;
  let isAnew = false;
  for (let attempt = 0;; attempt++) {
    const begun = await begin(reading, unit, dir);
    if (begun.end !== null) return begun;
    // What was asked counts, also where nothing came of it.
    const used = { requests: begun.requests, ms: begun.own.ms };
    const durable = async (): Promise<Checkpoint> => {
      const last = await readCheckpoint(dir) ?? begun;
      const own = last.own.run === reading.run ? last.own : begun.own;
      return { ...last, requests: used.requests, own: { ...own, ms: used.ms } };
    };
    try {
      return await readOnce(reading, unit, dir, parents, begun, used);
    } catch (error) {
      if (reading.abort.aborted) throw reading.abort.reason;
      if (!(error instanceof DataFailure)) throw error;
      // What its client tried again already is not tried once more: a run has one budget of tries, not one a layer.
      if (error.kind === "transient" && error.more.tries === undefined && attempt < retries) {
        reading.progress(`${unit.id}: ${hiddenWords(error.message, reading.secrets)}; trying again`);
        writeCheckpoint(dir, await durable());
        await clock.sleep(1000 * 2 ** attempt, reading.abort);
        continue;
      }
      const last = await durable();
      if (holdsCredential(error.message, reading.canaries)) last.canaries++;
      if (!isAnew && begun.next !== null && last.pages === begun.pages && VOID.has(error.kind)) {
        isAnew = true;
        reading.progress(
          `${unit.id}: ${
            hiddenWords(error.message, reading.secrets)
          }; it is read from the beginning, as the place that it went on ` +
            "from may be void",
        );
        await empty(dir);
        writeCheckpoint(dir, { ...freshCheckpoint(unit), requests: last.requests, own: last.own });
        continue;
      }
      const waits = error.kind === "rate-limited" && error.more.untilMs !== undefined && park;
      const ended: Checkpoint = {
        ...last,
        end: {
          status: waits ? "parked" : error.kind === "limit" ? "incomplete" : "failed",
          reason: hiddenWords(error.message, reading.secrets).slice(0, 2000),
          unchanged: false,
          failure: {
            kind: error.kind,
            message: hiddenWords(error.message, reading.secrets).slice(0, 4000),
            remedy: hiddenWords(error.remedy, reading.secrets).slice(0, 2000),
            untilMs: error.more.untilMs ?? null,
          },
        },
      };
      writeCheckpoint(dir, ended);
      return ended;
    }
  }
}

/** The checkpoint to go on from. One of another fingerprint is no use, and a run that failed or was parked is taken up again. */
async function begin(reading: Reading, unit: Unit, dir: string): Promise<Checkpoint> {
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
  const found = await readCheckpoint(dir);
  // What was read to its end in vain is read again: there is no place to go on from.
  if (found !== null && found.fingerprint === unit.fingerprint && !isUndecodedEnd(found)) {
    const isFinal = found.end !== null && found.end.failure === null;
    ownOf(found, reading.run);
    return isFinal ? found : { ...found, end: null };
  }
  if (found !== null && !isUndecodedEnd(found)) {
    reading.progress(`${unit.id}: what was read for another definition is left aside`);
  }
  await empty(dir);
  const fresh = freshCheckpoint(unit);
  ownOf(fresh, reading.run);
  return fresh;
}

const isUndecodedEnd = (found: Checkpoint): boolean => found.end?.failure != null && isUndecoded(found);

async function empty(dir: string): Promise<void> {
  await Deno.remove(dir, { recursive: true });
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
}

/** Takes up the load where it is marked; from the beginning when its bytes are not what was marked. */
async function readOnce(
  reading: Reading,
  unit: Unit,
  dir: string,
  parents: Parents | null,
  begun: Checkpoint,
  used: { requests: Checkpoint["requests"]; ms: number },
): Promise<Checkpoint> {
  let checkpoint = structuredClone(begun);
  let writers = await unitWriters(dir, checkpoint);
  if (writers === null) {
    // The disk lost them. Nothing of it was published, so it is read again.
    reading.progress(`${unit.id}: what was staged is damaged and is read again`);
    await empty(dir);
    checkpoint = { ...freshCheckpoint(unit), requests: checkpoint.requests, own: checkpoint.own };
    writers = await unitWriters(dir, checkpoint);
    if (writers === null) throw new Error(`Cannot stage ${unit.id} in ${dir}`);
  }
  return await readPass(reading, unit, dir, parents, checkpoint, writers, used);
}
