/** Rows of a query over what is published: SQL for what no step of a pipeline says. */
import { createHash } from "node:crypto";
import { queryTextFault } from "../../isolate/query.ts";
import { DataFailure, type Page, type ReadEnd, type Source } from "../../data/port.ts";

const SECONDS = 300;
const MOST_SECONDS = 86_400;

export function sqlSource(): Source {
  return {
    connector: "sql",
    discover: () => [{
      name: "*",
      description: "the name of a sink of the env file: its tables are asked by params.query, one SELECT",
      required: ["query"],
      optional: ["seconds"],
    }],
    check({ params }) {
      const faults: { path: string; message: string; remedy: string }[] = [];
      for (const name of Object.keys(params)) {
        if (name === "query" || name === "seconds") continue;
        faults.push({
          path: `params.${name}`,
          message: `The connector sql has no parameter '${name}'.`,
          remedy: "it has query and seconds",
        });
      }
      const { query, seconds } = params;
      const fault = typeof query === "string" ? queryTextFault(query) : "it is no text";
      if (fault !== null) {
        faults.push({
          path: "params.query",
          message: `The query cannot be used: ${fault}.`,
          remedy:
            "write one SELECT over published tables; :from and :to are the window of an incremental run",
        });
      }
      if (seconds !== undefined && !isSeconds(seconds)) {
        faults.push({
          path: "params.seconds",
          message: "The time for the next rows is no number of seconds.",
          remedy: `give a whole number from 1 to ${MOST_SECONDS}`,
        });
      }
      return faults;
    },
    async *read({ resource, params, window }, context): AsyncGenerator<Page, ReadEnd, void> {
      if (context.query === undefined) {
        throw new DataFailure(
          "refused",
          "This host asks no warehouse by SQL",
          "Run the pipeline where forge is installed",
        );
      }
      const rows = await context.query(resource, {
        sql: String(params.query),
        seconds: isSeconds(params.seconds) ? params.seconds : SECONDS,
        bind: { from: bound(window.from), to: bound(window.to) },
        abort: context.abort,
      });
      let first = 1;
      for await (const batch of rows) {
        const start = first;
        first += batch.length;
        const text = batch.map((row) => `${JSON.stringify(row)}\n`).join("");
        yield {
          rows: batch,
          locate: (at) => `sql:${resource}#${start + at}`,
          // What was asked can be asked again; what came is told by its digest.
          raw: {
            locator: `sql:${resource}#${start}-${first - 1}`,
            digest: `sha256:${createHash("sha256").update(text).digest("hex")}`,
            bytes: text.length,
            mediaType: "application/x-ndjson",
          },
          // The rows of a query have no places that outlive it: it is asked anew.
          next: null,
        };
      }
      return { status: "complete" };
    },
  };
}

function isSeconds(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST_SECONDS;
}

function bound(value: unknown): string | number | null {
  return typeof value === "string" || typeof value === "number" ? value : null;
}
