import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import type { Car } from "./record.ts";

/** The cars with each after those that it stands on; what cannot be so is a problem: an unknown name, one name twice, a cycle. */
export function trainOrder<One extends Pick<Car, "id" | "after">>(
  cars: readonly One[],
): Result<One[], Problem> {
  const no = (message: string, value: string, remedy: string): Result<One[], Problem> =>
    err({ code: "invalid-train", message: `Cannot make this train: ${message}`, value, remedy });
  const known = new Map(cars.map((car) => [car.id, car]));
  if (known.size < cars.length) {
    const twice = cars.find(({ id }, at) => cars.findIndex((one) => one.id === id) !== at)?.id ?? "";
    return no(`${twice} is there twice`, twice, "Give each a name of its own");
  }
  for (const { id, after } of cars) {
    const missing = after.find((one) => !known.has(one));
    if (missing !== undefined) {
      return no(
        `${id} stands on ${missing}, which is not in it`,
        missing,
        "Add that one, or leave it out of after",
      );
    }
  }
  const placed: One[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const place = (car: One): string[] | null => {
    if (done.has(car.id)) return null;
    const from = path.indexOf(car.id);
    if (from >= 0) return [...path.slice(from), car.id];
    path.push(car.id);
    for (const id of car.after) {
      const below = known.get(id);
      const cycle = below === undefined ? null : place(below);
      if (cycle !== null) return cycle;
    }
    path.pop();
    done.add(car.id);
    placed.push(car);
    return null;
  };
  for (const car of cars) {
    const cycle = place(car);
    if (cycle !== null) {
      return no(
        `it goes in a circle: ${cycle.join(" -> ")}`,
        cycle.join(" "),
        "Leave one of these out of after",
      );
    }
  }
  return ok(placed);
}

/** The cars without one of them: what stood on it stands on what it stood on. */
export function withoutCar<One extends Pick<Car, "id" | "after">>(cars: readonly One[], id: string): One[] {
  const gone = cars.find((one) => one.id === id);
  return cars.filter((one) => one.id !== id).map((one) =>
    one.after.includes(id)
      ? { ...one, after: [...new Set(one.after.flatMap((name) => name === id ? gone?.after ?? [] : [name]))] }
      : one
  );
}
