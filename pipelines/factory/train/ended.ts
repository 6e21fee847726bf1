import type { Engine, RunView } from "../../../kernel/mod.ts";
import { WatchInput } from "../watch/record.ts";
import { TRAIN_SIGNAL, type TrainAsk, type TrainIndex } from "./record.ts";

/** Tells the train that a run which opens or watches one of its pull requests has come to a way out. */
export async function trainEnded(
  engine: Pick<Engine, "signal">,
  index: TrainIndex,
  view: RunView,
): Promise<void> {
  const watch = WatchInput.safeParse(view.input);
  const train = watch.success
    ? await index.of(watch.data.pull.url) ?? await index.of(watch.data.delivery)
    : await index.of(view.run);
  if (train === null) return;
  const ask: TrainAsk = { ask: "look", run: view.run };
  await engine.signal(
    train,
    TRAIN_SIGNAL,
    ask,
    { kind: "engine", id: "train" },
    `${view.run}/${view.head.seq}`,
  );
}
