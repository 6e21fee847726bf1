import { agentTrace } from "../../policies/code/mod.ts";
import { type BundleFile, jcs } from "../../policies/mod.ts";
import { runSarif, sbomOf } from "../../policies/code/mod.ts";
import type { Decision, Json, ModelCall, PatchFacts, PullRequestRef, RunStatus } from "../../specs/mod.ts";
import { RegistrySnapshot } from "../../specs/code/mod.ts";
import { bundleFile } from "../ledger_files.ts";
import type { Proposal } from "./proposal.ts";
import type { RecordedWork } from "./recorded_work.ts";

/** What the exports of a run's bundle are made of. */
export interface ExportGiven {
  readonly run: string;
  readonly status: RunStatus;
  readonly at: string;
  readonly version: string;
  /** A name of the repository. */
  readonly repository: string;
  readonly decisions: readonly Decision[];
  readonly proposal: Proposal | null;
  readonly facts: PatchFacts | null;
  readonly registry: Json;
  /** Bytes of the whole patch; null when they are withheld, or there are none. */
  readonly patch: Uint8Array | null;
  readonly pull: PullRequestRef | null;
  readonly works: readonly RecordedWork[];
  readonly calls: readonly ModelCall[];
  readonly repairs: readonly Json[];
}

/** Forms that other people's tools read, made of what the bundle holds anyway; and the records of agents where one worked. */
export async function changeExports(given: ExportGiven): Promise<BundleFile[]> {
  const { run, status, at, version, proposal, facts, works, calls } = given;
  const files: BundleFile[] = [];
  const add = (path: string, mediaType: string, value: Json) =>
    files.push(bundleFile(`artifacts/${path}`, mediaType, jcs(value)));

  const sarif = await runSarif(given.decisions, { run, status });
  if (sarif !== null) add("findings.sarif", "application/sarif+json", sarif);
  const bill = proposal === null ? null : sbomOf(
    facts?.supply,
    given.registry === null ? null : RegistrySnapshot.parse(given.registry),
    { run, repository: given.repository, patch: proposal.patch, at, version },
  );
  if (bill !== null) add("sbom.cdx.json", "application/vnd.cyclonedx+json; version=1.6", bill);

  for (const { visit, session } of works) {
    if (session === null) continue;
    const isLast = visit === works.at(-1)?.visit;
    add(
      isLast ? "agent-session.json" : `agent-session-${visit}.json`,
      "application/json",
      session as unknown as Json,
    );
  }
  if (calls.length > 0) add("model-calls.json", "application/json", calls as unknown as Json);
  if (given.repairs.length > 0) add("repairs.json", "application/json", [...given.repairs]);

  const author = works.at(-1);
  if (author !== undefined && proposal?.change && given.patch !== null) {
    const last = author.calls.at(-1);
    const model = author.work.agent?.model ?? last?.model ?? null;
    const trace = await agentTrace({
      run,
      agent: {
        name: author.work.agent?.name ?? `edgeforge:${author.implementer}`,
        version: author.work.agent?.version ?? null,
        model: model === null || last === undefined || model.includes("/")
          ? model
          : `${last.provider}/${model}`,
      },
      patch: given.patch,
      digest: proposal.patch,
      revision: given.pull === null
        ? { commit: proposal.change.base, isBase: true }
        : { commit: given.pull.commit, isBase: false },
      at,
    });
    if (trace !== null) add("agent-trace.json", "application/json", trace);
  }
  return files;
}
