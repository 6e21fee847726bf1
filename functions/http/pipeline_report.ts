import { PipelineReport, PipelineReportQuery } from "../../specs/foundry/mod.ts";
import type { Pipelines } from "../pipelines.ts";
import { wanted } from "./accept.ts";
import type { DoorContext } from "./door.ts";
import { json } from "./json.ts";
import { problem, type Trouble } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";

/** The report of a pipeline as JSON, and as a page whose own policy allows its one style. */
export function reportRoute(
  pipelines: Pick<Pipelines, "ofRun" | "view">,
  idOf: (c: DoorContext) => string | null,
  missing: Trouble,
): RouteSpec {
  return route({
    method: "GET",
    path: "/v1/pipelines/:id/report",
    summary:
      "What the runs of a pipeline brought: counts, volume, columns, quality, drift, freshness, schema",
    scope: "read",
    query: PipelineReportQuery,
    answers: {
      200: {
        description: "The report",
        contract: PipelineReport,
        also: { "text/html": "the same as one page, without script" },
      },
    },
    troubles: ["invalid-request", "not-found"],
    handle: async (c, { runs, run, format }) => {
      const id = idOf(c);
      if (id === null || (run !== undefined && await pipelines.ofRun(run) !== id)) return problem(missing);
      const view = await pipelines.view(id, { runs, ...(run === undefined ? {} : { until: run }) });
      if (view === null) return problem(missing);
      const accept = c.req.header("accept");
      const html = format === "html" ||
        (format === undefined && wanted(accept, "text/html") > wanted(accept, "application/json"));
      if (!html) return json(view.report);
      const { reportHtml, reportPolicy } = await import("./dashboard/pipeline_report_page.tsx");
      return new Response(await reportHtml(view.report), {
        headers: {
          "content-type": "text/html; charset=utf-8",
          "cache-control": "no-store",
          "content-security-policy": `${await reportPolicy()}; frame-ancestors 'none'`,
        },
      });
    },
  });
}
