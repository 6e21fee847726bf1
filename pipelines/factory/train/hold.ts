import type { TrainFacts } from "../../../policies/code/mod.ts";
import { readJson } from "../../blob_reads.ts";
import type { FactoryPorts } from "../ports.ts";
import { type CarState, newCar, TrainInput, TrainState } from "./record.ts";

/** The train that a pull request is in, by its URL or the run that opened it: what its gates read. Null when it is in none. */
export async function trainOf(ports: FactoryPorts, names: readonly string[]): Promise<TrainFacts | null> {
  for (const name of names) {
    const run = await ports.trains?.of(name) ?? null;
    const found = run === null ? null : await trainAt(ports, run);
    const car = found?.cars.find(({ pull, run: opened }) => pull?.url === name || opened === name);
    if (run === null || found === null || car === undefined) continue;
    return trainFacts(run, found, car.id);
  }
  return null;
}

/** How a train stands; null for what is none, and for one that was cancelled, which holds nothing. */
export async function trainAt(
  ports: Pick<FactoryPorts, "runs" | "blobs">,
  run: string,
): Promise<Pick<TrainState, "started" | "cars"> | null> {
  const view = await ports.runs?.view(run) ?? null;
  const input = TrainInput.safeParse(view?.input);
  if (view === null || !input.success || view.status === "cancelled") return null;
  const digest = (view.outputs.look as { state?: string } | undefined)?.state;
  return digest === undefined
    ? { started: false, cars: input.data.cars.map(newCar) }
    : TrainState.parse(await readJson(ports.blobs, digest));
}

/** What the gates read of a train. */
export function trainFacts(
  run: string,
  { started, cars }: { started: boolean; cars: readonly CarState[] },
  car: string | null,
): TrainFacts {
  return {
    run,
    car,
    started,
    cars: cars.map(({ id, after, merged, state, why }) => ({
      id,
      after: [...after],
      merged,
      stopped: state === "stopped" ? why.slice(0, 2000) : null,
    })),
  };
}
