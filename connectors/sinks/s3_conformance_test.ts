import { sinkConformance } from "./testing/conformance.ts";
import { s3Sink } from "./s3.ts";
import { withStore } from "./testing/s3_place.ts";

for (const format of ["jsonl", "csv", "parquet"] as const) {
  sinkConformance(`s3 sink of ${format}`, {
    session: (test) =>
      withStore({ pageSize: 2 }, ({ settings, options }) =>
        test({
          open: (fault) =>
            s3Sink({ ...settings, format }, fault === undefined ? options : { ...options, fault }),
        })),
    faults: { before: ["begin", "staged", "uploaded", "parts", "manifest"], after: ["committed"] },
  });
}
