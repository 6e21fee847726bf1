/** Another log's witness (C2SP tlog-witness): open to anybody, as only logs that the operator knows are cosigned, by their own signatures. */
import { answerType } from "../witness/desk.ts";
import { readText } from "./body.ts";
import type { Door } from "./door.ts";
import { problem } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";

const MAX_BYTES = 65_536;

export function witnessRoutes(door: Door): RouteSpec[] {
  const open = door.service.witness;
  if (open === undefined) return [];
  return ["/v1/log/witness/add-checkpoint", "/v1/log/witness"].map((path) =>
    route({
      method: "POST",
      path,
      summary: "Cosign a checkpoint of a log that this witness knows, when it continues the last one",
      scope: null,
      body: { "text/plain": null },
      answers: {
        200: { description: "Lines of cosignatures (C2SP tlog-cosignature)", type: "text/plain" },
        403: { description: "No trusted key of the log has signed it" },
        404: { description: "This witness does not know the log" },
        409: { description: "It has seen another size, which it tells (text/x.tlog.size), or another root" },
        422: { description: "The proof of consistency does not hold" },
      },
      troubles: ["not-found", "body-too-large"],
      handle: async (c) => {
        const desk = await open();
        if (desk === null) {
          return problem({
            code: "not-found",
            detail: "This installation is no witness.",
            remedy: "Its operator makes it one: forge log witness --add KEY",
          });
        }
        const body = await readText(c.req.raw, {
          maxBytes: MAX_BYTES,
          timeoutMs: door.limits.bodyTimeoutMs,
        });
        if (!body.ok) return problem(body.error);
        const answer = await desk.answer(body.value);
        return new Response(answer.body, {
          status: answer.status,
          headers: { "content-type": answerType(answer), "cache-control": "no-store" },
        });
      },
    })
  );
}
