import { sqliteSink } from "./sqlite.ts";
import { sinkConformance } from "./testing/conformance.ts";

/** The way of all rows, and the one of large loads wherever it is possible. */
const WAYS = [["row by row", {}], ["in bulk", { bulk: { fewestRows: 1, worthBytes: 1 } }]] as const;

for (const [way, options] of WAYS) {
  sinkConformance(`sqlite sink, ${way}`, {
    async session(test) {
      const dir = await Deno.makeTempDir({ prefix: "warehouse-" });
      try {
        await test({ open: () => sqliteSink(`${dir}/warehouse.db`, options) });
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}
