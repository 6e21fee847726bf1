import type { Engine, RunView } from "../../../kernel/mod.ts";
import type { Json, RunStatus } from "../../../specs/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { sealRecord } from "../watch/seal.ts";
import { TrainInput } from "./record.ts";

const NOTE =
  "what was merged was judged in the watches of the pull requests; their bundles hold that, this one holds the order";

/** Makes the evidence bundle of a train on a way out: its ledger, its pull requests, in which order they were merged, and why not. */
export async function sealTrain(
  ports: FactoryPorts,
  events: Engine["events"],
  view: RunView,
  status: RunStatus,
): Promise<{ id: string; digest: string; path: string }> {
  const train = TrainInput.parse(view.input);
  return await sealRecord(ports, events, view, status, {
    name: "train",
    input: JSON.parse(JSON.stringify(train)) as Json,
    resourceUri: `urn:edgeforge:train:${view.run}`,
    note: NOTE,
  });
}
