import type { DataFacts, StreamFacts } from "../../specs/foundry/mod.ts";
import type { DataJudgeInput } from "../data_port.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

/** What a stream of thirty rows came to, one of them set aside; `given` takes the place of what is named in it. */
export const sampleStream = (given: Partial<StreamFacts> = {}): StreamFacts => ({
  rules: { declared: given.quality?.length ?? 0, judged: given.quality?.length ?? 0, skipped: 0 },
  publishable: true,
  stream: "s",
  status: "complete",
  table: "s",
  sink: "warehouse",
  disposition: "merge",
  counts: { read: 30, accepted: 29, quarantined: 1, filtered: 0, produced: 0, late: 0 },
  handshake: true,
  cursor: { before: null, after: "2026-01-01", backwards: false },
  schema: {},
  changes: [],
  quality: [],
  personal: [],
  secrets: [],
  staged: DIGEST,
  quarantine: null,
  inputs: [],
  inputsBlob: null,
  ...given,
});

/**
 * An input of the judge of data that every rule lets through: one sample stream, else those that are given. `given` takes the
 * place of what is named in it.
 */
export const sampleDataInput = (
  given: Partial<DataJudgeInput> = {},
  ...streams: StreamFacts[]
): DataJudgeInput => ({
  transition: { from: "assure", to: "publish" },
  pipeline: {
    id: "p",
    definition: DIGEST,
    environment: DIGEST,
    mode: "incremental",
    tier: "standard",
    classification: "internal",
    streams: ["s"],
    packs: [],
  },
  data: {
    v: 1,
    pipeline: "p",
    definition: DIGEST,
    environment: DIGEST,
    mode: "incremental",
    range: { from: null, to: null },
    streams: streams.length === 0 ? [sampleStream()] : streams,
    used: { requests: 0, bytes: 0, ms: 0 },
    at: "2026-01-01T00:00:00.000Z",
  } satisfies DataFacts,
  subject: DIGEST,
  published: null,
  budget: {},
  autonomy: { ceiling: "A4", granted: "A3" },
  approvals: [],
  principals: { requester: "ann", approvers: ["bob"], singleKey: false },
  at: "2026-01-02T00:00:00.000Z",
  ...given,
});
