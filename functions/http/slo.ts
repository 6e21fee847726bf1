/** The fleet against its objectives. */
import { FleetReport, SloQuery } from "../../specs/mod.ts";
import type { Door } from "./door.ts";
import { json } from "./json.ts";
import { problem } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";

export function sloRoutes({ service }: Door): RouteSpec[] {
  return [
    route({
      method: "GET",
      path: "/v1/slo",
      summary: "Indicators against objectives, error budgets, mode, freeze windows and earned autonomy",
      scope: "read",
      query: SloQuery,
      answers: { 200: { description: "The report", contract: FleetReport } },
      troubles: ["invalid-request", "not-found"],
      handle: async (_, { window, tier }) => {
        const report = await service.fleet?.report({
          ...(window === undefined ? {} : { windows: [window] }),
          ...(tier === undefined ? {} : { tiers: [tier] }),
        });
        return report === undefined
          ? problem({
            code: "not-found",
            detail: "This host works on no runs, so it keeps no figures of them.",
          })
          : json(report);
      },
    }),
  ];
}
