import type { PhaseContext } from "../../../kernel/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { trainOrder, withoutCar } from "./order.ts";
import { MOST_CARS, newCar, TrainAsk, type TrainState } from "./record.ts";

/** Does what was asked of the train, oldest first, and tells what came of it. What cannot be done changes nothing. */
export async function applyAsks(
  ports: FactoryPorts,
  train: string,
  state: TrainState,
  signals: PhaseContext["signals"],
): Promise<{ why: string }[]> {
  const told: { why: string }[] = [];
  for (const { payload } of signals) {
    const parsed = TrainAsk.safeParse(payload);
    if (!parsed.success || parsed.data.ask === "look") continue;
    const asked = parsed.data;
    switch (asked.ask) {
      case "run":
        if (!state.started) told.push({ why: "started" });
        state.started = true;
        break;
      case "add": {
        const { car } = asked;
        const with_ = state.cars.some(({ id }) => id === car.id) ? null : [...state.cars, newCar(car)];
        const ordered = with_ === null || with_.length > MOST_CARS ? null : trainOrder(with_);
        if (ordered?.ok !== true) {
          told.push({ why: `${car.id} was not added: its name is taken, or it has no place` });
        } else {
          state.cars = ordered.value;
          told.push({ why: `${car.id} was added` });
        }
        break;
      }
      case "drop": {
        const car = state.cars.find(({ id }) => id === asked.id);
        if (car === undefined || car.merged !== null) break;
        state.cars = withoutCar(state.cars, car.id);
        for (const name of [car.pull?.url, car.run]) if (name) await ports.trains?.drop(name, train);
        told.push({ why: `${car.id} was taken out` });
        break;
      }
    }
  }
  return told;
}
