/** Waivers over HTTP: what is excepted, by whom, until when. */
import { WaiverList } from "../../specs/code/mod.ts";
import type { Door } from "./door.ts";
import { json } from "./json.ts";
import { route, type RouteSpec } from "./route.ts";

export function waiverRoutes({ service }: Door): RouteSpec[] {
  const desk = service.waivers;
  return desk === undefined ? [] : [
    route({
      method: "GET",
      path: "/v1/waivers",
      summary:
        "List the waivers of this installation with their state and uses; those of a repository are in .forge/waivers of its base",
      scope: "read",
      answers: { 200: { description: "The waivers", contract: WaiverList } },
      handle: async () => json({ waivers: await desk.list(), caps: desk.caps }),
    }),
  ];
}
