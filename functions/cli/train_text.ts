import type { TrainDocument } from "../../specs/mod.ts";
import { oneLine } from "./paint.ts";

const MARK = { merged: "✓", stopped: "✗", works: "…", waits: "·" } as const;

/** A train in lines: each pull request below those that it stands on. */
export function trainText({ train, name, status, started, cars, denials, evidence }: TrainDocument): string {
  const width = Math.max(...cars.map(({ id }) => id.length));
  return [
    `${train}  ${oneLine(name)}  ${status}${
      started ? "" : "  (not started: forge pr train run " + train + ")"
    }`,
    ...cars.map((car) => {
      const on = car.after.length === 0 ? "" : `  after ${car.after.join(", ")}`;
      const place = car.merged === null ? "" : ` (${car.merged}.)`;
      return `  ${MARK[car.state]} ${car.id.padEnd(width)}  ${car.state}${place}  ${
        car.url ?? car.run ?? ""
      }${on}${car.why === "" ? "" : `\n      ${oneLine(car.why, 300)}`}`;
    }),
    ...denials.map(({ message, remediation }) => `${oneLine(message, 300)}\n  ${oneLine(remediation, 300)}`),
    ...(evidence === null ? [] : ["", `Evidence ${evidence.path}`]),
  ].join("\n");
}
