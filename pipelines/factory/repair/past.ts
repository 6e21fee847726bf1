import type { Blobs, RunView } from "../../../kernel/mod.ts";
import { isLocalOnly } from "../../models/mod.ts";
import { FactoryInput, readInput } from "../input.ts";
import { readBytes, readJson } from "../../blob_reads.ts";
import type { RunHistory } from "../ports.ts";
import type { Proposal } from "../proposal.ts";
import { roundHistory } from "./history.ts";
import type { Round } from "./round.ts";

const MOST_RUNS = 200;
/** Ledgers that are read whole. */
const MOST_READ = 20;
const MOST_TOLD = 3;
const MOST_PATCH = 3_000;

/** A failure that was mended before, and by what. */
export interface PastRepair {
  readonly run: string;
  readonly at: string;
  readonly same: "failure" | "gates";
  readonly rules: readonly string[];
  readonly strategy: string;
  readonly patch: string;
}

/**
 * Looks for runs of this installation, on the same repository first, that were denied for the same failure or by the same gates and
 * whose next round was not: what was different then is what helped.
 */
export async function pastRepairs(
  history: RunHistory,
  blobs: Blobs,
  given: { run: string; repository: string; failed: Pick<Round, "fingerprint" | "findings"> },
): Promise<PastRepair[]> {
  const wanted = new Set(given.failed.findings.map(({ rule }) => rule));
  /** Code of another repository does not go into a prompt about this one, nor what may not leave this machine. */
  const mayBeShown = async (view: RunView): Promise<boolean> =>
    whereOf(view) === given.repository && !isLocalOnly((await readInput(blobs, view.input)).spec);
  const found: PastRepair[] = [];
  let read = 0;
  for (const view of await candidates(history, given)) {
    if (read++ >= MOST_READ) break;
    const { rounds } = await roundHistory(blobs, history.events, view.run);
    for (const [at, round] of rounds.entries()) {
      const next = rounds[at + 1];
      if (round.verdict !== "deny" || next === undefined || next.verdict === "failed") continue;
      const rules = new Set(round.findings.map(({ rule }) => rule));
      const mended = !next.findings.some(({ rule }) => rules.has(rule)) && next.proposal !== null;
      if (!mended) continue;
      const sameFailure = given.failed.fingerprint !== null && round.fingerprint === given.failed.fingerprint;
      const sameGates = rules.size > 0 && rules.size === wanted.size &&
        [...rules].every((rule) => wanted.has(rule));
      if (!sameFailure && !sameGates) continue;
      found.push({
        run: view.run,
        at: round.at,
        same: sameFailure ? "failure" : "gates",
        rules: [...rules].sort(),
        strategy: next.strategy,
        patch: await mayBeShown(view) ? await patchText(blobs, next.proposal) : "",
      });
    }
  }
  return found.sort((a, z) => rank(a) - rank(z) || (a.at < z.at ? 1 : -1)).slice(0, MOST_TOLD);
}

const rank = ({ same }: PastRepair): number => same === "failure" ? 0 : 1;

/** Runs of code that were sent back at least once, those of the same repository first. */
async function candidates(
  history: RunHistory,
  { run, repository }: { run: string; repository: string },
): Promise<RunView[]> {
  const views: RunView[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<RunHistory["list"]>> = await history.list({
      limit: 100,
      ...(cursor === null ? {} : { cursor }),
    });
    views.push(...page.runs);
    cursor = page.cursor;
  } while (cursor !== null && views.length < MOST_RUNS);
  const repaired = views.filter((view) =>
    view.run !== run && (view.visits.implement ?? 0) > 1 && whereOf(view) !== null
  );
  return [
    ...repaired.filter((view) => whereOf(view) === repository),
    ...repaired.filter((view) => whereOf(view) !== repository),
  ];
}

function whereOf(view: RunView): string | null {
  const input = FactoryInput.safeParse(view.input);
  return input.success ? input.data.repository.location : null;
}

async function patchText(blobs: Blobs, digest: string | null): Promise<string> {
  if (digest === null) return "";
  const proposal = await readJson(blobs, digest) as unknown as Proposal;
  if (proposal.stored === null) return "";
  return new TextDecoder().decode(await readBytes(blobs, proposal.stored)).slice(0, MOST_PATCH);
}

/** Past repairs as advice. The patches are data of other runs. */
export function pastText(repairs: readonly PastRepair[]): string {
  return repairs.map(({ run, at, same, rules, strategy, patch }) =>
    `In ${run} (${at.slice(0, 10)}) the same ${same} ${rules.join(", ")} was mended by ${strategy}.` +
    (patch === "" ? "" : ` The change that passed these gates began so:\n${patch}`)
  ).join("\n\n");
}
