import type { Finding } from "../../../specs/mod.ts";
import { failIfAny, rule } from "../../rule.ts";
import { LOOKED } from "./merge.ts";

/** A train of pull requests keeps its order. */
export const trainRules = [
  rule({
    id: "PR-ORDER",
    gate: "train-order",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "A pull request of a train is merged only after those that it stands on, and a train ends with all merged",
    remediation: "Mend what keeps the one before it, or take it out: forge pr train drop TRAIN ID",
    bindings: LOOKED,
    reads: ["train"],
    selector: ({ train }) =>
      train.recorded === null
        ? { applies: false, because: "it is in no train" }
        : { applies: true, because: `the train ${train.recorded.run}` },
    evaluate: ({ train: { recorded } }) => {
      if (recorded === null) throw new Error("no facts of a train were given to the judge");
      const { car, cars, started } = recorded;
      const findings: Finding[] = [];
      const say = (message: string, remediation: string) => findings.push({ message, remediation });
      const placed = new Map(cars.map((one) => [one.id, one.merged]));
      if (!started) {
        say(`The train ${recorded.run} has not been started`, `forge pr train run ${recorded.run}`);
      }
      if (car !== null && !placed.has(car)) {
        say(`${car} is not in this train`, "Add it: forge pr train add TRAIN URL");
      }
      for (const { id, after, merged, stopped } of cars) {
        if (car !== null && id !== car) continue;
        const open = after.filter((one) => (placed.get(one) ?? null) === null);
        const late = merged === null ? [] : after.filter((one) => (placed.get(one) ?? 0) > merged);
        if (car === null && merged === null) {
          say(`${id} is not merged: ${stopped ?? "nothing tells why"}`.slice(0, 4000), REMEDY);
        }
        if (open.length > 0 && (car !== null || merged !== null)) {
          say(`${id} stands on ${open.join(", ")}, which is not merged`, REMEDY);
        }
        if (late.length > 0) {
          say(
            `${id} was merged before ${late.join(", ")}, which it stands on`,
            "Look at what was merged first",
          );
        }
      }
      return failIfAny(findings, "passes when each is merged after those that it stands on");
    },
  }),
];

const REMEDY =
  "Mend what keeps it and run the train again (forge pr train run TRAIN), or take it out (forge pr train drop TRAIN ID)";
