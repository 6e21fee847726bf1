/** Webhooks of forges. No key: the signature over the body proves who sends it. */
import { z } from "zod";
import { readBytes } from "./body.ts";
import type { Door } from "./door.ts";
import { json } from "./json.ts";
import { problem } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";

/** GitHub sends at most 25 MB, and next to nothing above this. */
const MOST_BYTES = 2 * 1024 * 1024;

const Taken = z.object({ outcome: z.enum(["accepted", "repeated", "ignored"]), why: z.string().optional() });

export function hookRoutes(door: Door): RouteSpec[] {
  return [
    route({
      method: "POST",
      path: "/hooks/github",
      summary:
        "A webhook of GitHub: wakes the runs that watch the pull request it is about. It is a hint and carries nothing else; " +
        "GITHUB_WEBHOOK_SECRET (16 characters or more) is what it is signed with, and without it there is nothing here",
      scope: null,
      body: { "application/json": z.record(z.string(), z.unknown()) },
      headers: {
        "x-hub-signature-256": "sha256= and the HMAC of the raw body in hex",
        "x-github-event": "what has happened; unknown ones are taken and ignored",
        "x-github-delivery": "a delivery is taken once",
      },
      answers: {
        202: {
          description: "Taken: told to those who watch, kept for who will, or ignored",
          contract: Taken,
        },
      },
      troubles: [
        "unauthorized",
        "not-found",
        "malformed-request",
        "body-too-large",
        "unsupported-media-type",
        "request-timeout",
      ],
      handle: async (c) => {
        const hooks = door.service.hooks;
        if (hooks === undefined) {
          return problem({ code: "not-found", detail: "This host takes no webhooks." });
        }
        const body = await readBytes(c.req.raw, {
          maxBytes: MOST_BYTES,
          timeoutMs: door.limits.bodyTimeoutMs,
        });
        if (!body.ok) return problem(body.error);
        const answer = await hooks.github(c.req.raw.headers, body.value);
        switch (answer.outcome) {
          case "accepted":
          case "repeated":
          case "ignored":
            return json(answer, 202);
          case "closed":
            return problem({
              code: "not-found",
              detail: "Webhooks of GitHub are not taken here.",
              remedy: "Set GITHUB_WEBHOOK_SECRET (16 characters or more) where the server starts.",
            });
          case "unproved":
            return problem({
              code: "unauthorized",
              detail: `The webhook is refused: ${answer.why}.`,
              remedy: "Give the webhook the secret of GITHUB_WEBHOOK_SECRET.",
            });
          case "malformed":
            return problem({
              code: "malformed-request",
              detail: `The webhook cannot be read: ${answer.why}.`,
            });
        }
      },
    }),
  ];
}
