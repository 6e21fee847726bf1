import type { Blobs, Engine } from "../../kernel/mod.ts";
import { runFolding, type RunTally } from "../../policies/mod.ts";
import { IntentType, type Json, Tier } from "../../specs/mod.ts";

/** Whose run it was: what its figures are told by. */
export interface RunSubject {
  readonly tier: Tier;
  readonly intents: readonly string[];
  /** The repository's place, or `pipeline <id>`. */
  readonly repository: string;
}

/** What a run adds to the series. */
export interface EndedRun extends RunSubject {
  readonly run: string;
  readonly tally: RunTally;
}

/** The intent under which data runs are trusted: they have none of a spec's. */
export const LOAD = "LOAD";
const PAGE = 500;

/** Whose run it is, by its input; null for a workflow that is neither of code nor of data. */
export async function subjectOf(blobs: Blobs, input: Json): Promise<RunSubject | null> {
  const given = input as {
    kind?: unknown;
    spec?: unknown;
    definition?: unknown;
    id?: unknown;
    repository?: { location?: unknown };
  } | null;
  if (given?.kind === "factory") {
    const spec = await document(blobs, given.spec) as { tier?: unknown; intent?: unknown };
    const intents = Array.isArray(spec.intent) ? spec.intent : [spec.intent];
    return {
      tier: Tier.parse(spec.tier),
      intents: [
        ...new Set(intents.map((intent) => IntentType.parse((intent as { type?: unknown } | null)?.type))),
      ].sort(),
      repository: String(given.repository?.location ?? ""),
    };
  }
  if (given?.kind !== "foundry") return null;
  const pipeline = await document(blobs, given.definition) as { tier?: unknown };
  return { tier: Tier.parse(pipeline.tier), intents: [LOAD], repository: `pipeline ${String(given.id)}` };
}

async function document(blobs: Blobs, digest: unknown): Promise<Json> {
  const bytes = typeof digest === "string" ? await blobs.get(digest) : null;
  if (bytes === null) {
    throw new Error(`Cannot read ${String(digest)}: the ledger names it and it is not there`);
  }
  return JSON.parse(new TextDecoder().decode(bytes)) as Json;
}

/** What a run adds to the series by its ledger; null while it has found no way out, or is of no known kind. */
export async function endedRun(
  engine: Pick<Engine, "events">,
  blobs: Blobs,
  run: { run: string; input: Json },
): Promise<EndedRun | null> {
  const subject = await subjectOf(blobs, run.input);
  if (subject === null) return null;
  const folding = runFolding();
  for (let after = 0;;) {
    const page = await engine.events(run.run, { after, limit: PAGE });
    for (const event of page) folding.add(event);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.seq;
  }
  const tally = folding.tally();
  return tally === null ? null : { run: run.run, ...subject, tally };
}
