import type { Blobs, RunView } from "../../kernel/mod.ts";
import { jcs } from "../../policies/mod.ts";
import { PREDICATES, type StatementSubject } from "../../specs/attestation/mod.ts";
import { digestOf, type RunStatus } from "../../specs/mod.ts";
import type { DataFacts } from "../../specs/foundry/mod.ts";
import { approvalEnvelopes, type Attested } from "../attestation.ts";
import type { LedgerFiles } from "../ledger_files.ts";
import type { FoundryInput } from "./input.ts";

/** What a data run has signed of itself: what it was given, and the rows that were judged, by digest. */
export async function attestedLoad(given: {
  view: RunView;
  status: RunStatus;
  ledger: LedgerFiles;
  input: FoundryInput;
  /** Null when the run ended before anything was staged. */
  facts: DataFacts | null;
  document: { pipeline: string };
  blobs: Blobs;
}): Promise<Attested> {
  const { view, status, ledger, input, facts, document } = given;
  const hex = (digest: string) => digest.slice("sha256:".length);
  const whole = facts === null
    ? { name: "load.json", digest: { sha256: hex(await digestOf(jcs(document))) } }
    : { name: "data-facts.json", digest: { sha256: hex(await digestOf(jcs(facts))) } };
  const subject: StatementSubject[] = [
    whole,
    // The rows themselves lie in the sinks.
    ...(facts?.streams ?? []).map(({ sink, table, staged }) => ({
      name: `dataset:${sink}/${table}`,
      digest: { sha256: hex(staged) },
    })),
  ];
  return {
    status,
    subject,
    resourceUri: `pipeline:${document.pipeline.split("@")[0]}`,
    statements: [{
      name: "00-load",
      predicateType: PREDICATES.load,
      predicate: {
        run: view.run,
        pipeline: document.pipeline,
        definition: input.definition,
        environment: input.environment,
        code: input.code.map(({ file, digest }) => ({ file, digest })),
        streams: (facts?.streams ?? []).map((stream) => ({
          stream: stream.stream,
          inputs: stream.inputs.map(({ locator, digest }) => ({ name: locator, digest })),
          staged: stream.staged,
          quarantine: stream.quarantine,
          counts: stream.counts,
          cursor: { before: stream.cursor.before, after: stream.cursor.after },
        })),
      },
    }],
    envelopes: await approvalEnvelopes(given.blobs, ledger),
    levels: ["ORG_SOURCE_LOAD_JUDGED"],
  };
}
