/** Models that can be asked, with their prices. */
import { z } from "zod";
import { ModelList, TaskClass } from "../../specs/code/mod.ts";
import type { Door } from "./door.ts";
import { json } from "./json.ts";
import { problem } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";

const ModelQuery = z.strictObject({
  provider: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/).optional().describe("only models of this provider"),
  task: TaskClass.optional().describe("only models that are offered for this class of tasks"),
});

export function modelRoutes({ service }: Door): RouteSpec[] {
  return [
    route({
      method: "GET",
      path: "/v1/models",
      summary:
        "Models of the registry: limits, the price of this hour with its source, and which can be asked",
      scope: "read",
      query: ModelQuery,
      answers: { 200: { description: "The models", contract: ModelList } },
      troubles: ["invalid-request", "not-found"],
      handle: async (_, { provider, task }) => {
        const list = await service.models?.();
        if (list === undefined) {
          return problem({ code: "not-found", detail: "This host works on no runs, so it asks no models." });
        }
        return json({
          ...list,
          models: list.models.filter(({ model }) =>
            (provider === undefined || model.provider === provider) &&
            (task === undefined || model.fit[task] !== undefined)
          ),
        });
      },
    }),
  ];
}
