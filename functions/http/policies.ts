/** What changes are held to, over HTTP: rules, and the packs that they come from. */
import { PolicyList } from "../../specs/code/mod.ts";
import type { Door } from "./door.ts";
import { json } from "./json.ts";
import { route, type RouteSpec } from "./route.ts";

export function policyRoutes({ service }: Door): RouteSpec[] {
  return [
    route({
      method: "GET",
      path: "/v1/policies",
      summary:
        "List the gates that this installation enforces, and its packs with digest, revision and trust",
      scope: "read",
      answers: { 200: { description: "The gates and the packs", contract: PolicyList } },
      handle: async () => {
        const listed = await service.packs?.() ?? { packs: [], rules: [] };
        return json({ policies: [...service.policies(), ...listed.rules], packs: listed.packs });
      },
    }),
  ];
}
