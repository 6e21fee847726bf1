/** The runs of one pipeline with all that their ledgers and blobs tell of them, however long its history is. */
import type { Engine, RunView } from "../kernel/mod.ts";
import { FoundryInput, type FoundryPorts, pipelineDocument } from "../pipelines/foundry/mod.ts";
import { DataFacts, type PipelineDocument, RunProfile } from "../specs/foundry/mod.ts";

export interface PipelineRun {
  view: RunView;
  input: FoundryInput;
  document: PipelineDocument;
  /** Null until its rows were judged. */
  facts: DataFacts | null;
  profile: RunProfile | null;
}

/**
 * Newest first. `lastRun` is the one that was asked for last, which may not have begun; `until`: none that began after this run.
 */
export async function pipelineRuns(
  given: { engine: Pick<Engine, "view">; ports: FoundryPorts },
  id: string,
  options: { limit: number; lastRun?: string | null; until?: string },
): Promise<PipelineRun[]> {
  const { engine, ports } = given;
  const { limit, lastRun, until } = options;
  const known = (await ports.records.runs.list(id, limit, until)).map(({ run }) => run);
  const isWaiting = until === undefined && lastRun != null && !known.includes(lastRun);
  const names = isWaiting ? [lastRun, ...known].slice(0, limit) : known;
  const runs = await Promise.all(names.map(async (name): Promise<PipelineRun | null> => {
    const view = await engine.view(name);
    const input = view === null ? null : FoundryInput.safeParse(view.input).data ?? null;
    if (view === null || input === null || input.id !== id) return null;
    const assured = view.outputs.assure as { facts?: string; profile?: string } | undefined;
    const [document, facts, profile] = await Promise.all([
      pipelineDocument(ports, view),
      assured?.facts === undefined ? null : readBlob(ports, assured.facts),
      assured?.profile === undefined ? null : readBlob(ports, assured.profile),
    ]);
    return {
      view,
      input,
      document,
      facts: facts === null ? null : DataFacts.parse(facts),
      profile: profile === null ? null : RunProfile.parse(profile),
    };
  }));
  const found = runs.filter((run) => run !== null);
  return isWaiting ? found.sort((a, b) => a.input.startedAt < b.input.startedAt ? 1 : -1) : found;
}

export async function readBlob(ports: Pick<FoundryPorts, "blobs">, digest: string): Promise<unknown> {
  const bytes = await ports.blobs.get(digest);
  if (bytes === null) throw new Error(`The blob ${digest} is gone`);
  return JSON.parse(new TextDecoder().decode(bytes));
}
