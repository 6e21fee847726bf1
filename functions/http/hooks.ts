/** Webhooks of forges. No key: the signature over the body proves who sends it. */
import { z } from "zod";
import { readBytes } from "./body.ts";
import type { ForgeHooks } from "../forge_hooks.ts";
import type { Door } from "./door.ts";
import { json } from "./json.ts";
import { problem } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";

/** GitHub sends at most 25 MB, and next to nothing above this. */
const MOST_BYTES = 2 * 1024 * 1024;

const Taken = z.object({ outcome: z.enum(["accepted", "repeated", "ignored"]), why: z.string().optional() });

const TROUBLES = [
  "unauthorized",
  "not-found",
  "malformed-request",
  "body-too-large",
  "unsupported-media-type",
  "request-timeout",
] as const;

export function hookRoutes(door: Door): RouteSpec[] {
  return [
    hook(door, {
      forge: "github",
      called: "GitHub",
      secret: "GITHUB_WEBHOOK_SECRET (16 characters or more)",
      summary:
        "A webhook of GitHub: wakes the runs that watch the pull request it is about. It is a hint and carries nothing else; " +
        "GITHUB_WEBHOOK_SECRET (16 characters or more) is what it is signed with, and without it there is nothing here",
      headers: {
        "x-hub-signature-256": "sha256= and the HMAC of the raw body in hex",
        "x-github-event": "what has happened; unknown ones are taken and ignored",
        "x-github-delivery": "a delivery is taken once",
      },
    }),
    hook(door, {
      forge: "gitlab",
      called: "GitLab",
      secret: "GITLAB_WEBHOOK_SIGNING_TOKEN (whsec_…), or GITLAB_WEBHOOK_SECRET (16 characters or more)",
      summary:
        "A webhook of GitLab: wakes the runs that watch the merge request it is about. It is a hint and carries nothing else; " +
        "proved by GITLAB_WEBHOOK_SIGNING_TOKEN (whsec_…) or, where that is not set, by GITLAB_WEBHOOK_SECRET (16 characters or more); " +
        "without either there is nothing here",
      headers: {
        "webhook-signature":
          "v1, and the HMAC of id, instant and raw body in base64; with a signing token nothing else is taken",
        "webhook-id": "a delivery is taken once",
        "webhook-timestamp": "seconds; five minutes off at most",
        "x-gitlab-token": "the secret, where there is no signing token",
        "x-gitlab-event": "what has happened; unknown ones are taken and ignored",
        "idempotency-key": "a delivery is taken once",
      },
    }),
  ];
}

interface HookSpec {
  forge: keyof ForgeHooks;
  called: string;
  /** What it is proved by. */
  secret: string;
  summary: string;
  headers: Record<string, string>;
}

function hook(door: Door, { forge, called, secret, summary, headers }: HookSpec): RouteSpec {
  return route({
    method: "POST",
    path: `/hooks/${forge}`,
    summary,
    scope: null,
    body: { "application/json": z.record(z.string(), z.unknown()) },
    headers,
    answers: {
      202: { description: "Taken: told to those who watch, kept for who will, or ignored", contract: Taken },
    },
    troubles: [...TROUBLES],
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
      const answer = await hooks[forge](c.req.raw.headers, body.value);
      switch (answer.outcome) {
        case "accepted":
        case "repeated":
        case "ignored":
          return json(
            { outcome: answer.outcome, ...(answer.why === undefined ? {} : { why: answer.why }) },
            202,
          );
        case "closed":
          return problem({
            code: "not-found",
            detail: `Webhooks of ${called} are not taken here.`,
            remedy: `Set ${secret} where the server starts.`,
          });
        case "unproved":
          return problem({
            code: "unauthorized",
            detail: `The webhook is refused: ${answer.why}.`,
            remedy: `Give the webhook what is in ${secret}.`,
          });
        case "malformed":
          return problem({ code: "malformed-request", detail: `The webhook cannot be read: ${answer.why}.` });
      }
    },
  });
}
