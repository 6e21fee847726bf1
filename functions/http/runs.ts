/** Runs: start, list, show, decide upon, explain. */
import { z } from "zod";
import { type Actor, err, ok, type Problem, type Result, RunDocument, RunId } from "../../specs/mod.ts";
import {
  ActionResult,
  CreateRun,
  CreateRunQuery,
  DecisionList,
  RunAction,
  RunListQuery,
  RunPage,
} from "../../specs/code/mod.ts";
import { PipelineDocument } from "../../specs/foundry/mod.ts";
import { usableSpec } from "../../pipelines/factory/mod.ts";
import { BUDGET_UNITS, limitsOf } from "../budget_units.ts";
import { heldOutFiles } from "../held_out_files.ts";
import { callerIn, scopeTrouble } from "./access.ts";
import { BODY_TROUBLES, mediaType, parseJson, readText } from "./body.ts";
import type { Caller, Door, DoorContext } from "./door.ts";
import { json } from "./json.ts";
import { problem, type ProblemCode, PROBLEMS, refusalCode, type Trouble } from "./problem.ts";
import { allowedRepository } from "./repository.ts";
import { route, type RouteSpec } from "./route.ts";
import { shown } from "./shown.ts";
import { queryObject, validate } from "./validate.ts";

export const MISSING_RUN: Trouble = {
  code: "not-found",
  detail: "There is no run with this id.",
  remedy: "GET /v1/runs lists the runs.",
};

/** Who acts, as the ledger records it. */
export const actorOf = (caller: Caller): Actor => ({ kind: "key", id: caller.principal.name });

/** The run's id of the path, or null when it cannot be one: then it is not there, and nobody needs to look. */
export function runIdOf(c: DoorContext): string | null {
  const parsed = RunId.safeParse(c.req.param("id"));
  return parsed.success ? parsed.data : null;
}

export function runRoutes(door: Door): RouteSpec[] {
  const { service } = door;
  return [
    route({
      method: "POST",
      path: "/v1/runs",
      summary: "Start a run",
      scope: "run",
      ownQuery: true,
      headers: { "Idempotency-Key": "the same key with the same body gives the same run" },
      body: { "application/json": CreateRun, "text/markdown": null },
      answers: {
        202: {
          description: "Accepted, durably",
          contract: RunDocument,
          headers: { Location: "the run", "Idempotency-Replayed": "true when the run was there already" },
        },
      },
      troubles: [
        ...BODY_TROUBLES,
        "repo-refused",
        "invalid-spec",
        "invalid-patch",
        "repo-not-found",
        "base-not-found",
        "unknown-pack",
        "invalid-chain",
        "idempotency-mismatch",
        "refused",
        "sandbox-unavailable",
      ],
      handle: (c) => createRun(c, door),
    }),
    route({
      method: "GET",
      path: "/v1/runs",
      summary: "List runs, newest first",
      scope: "read",
      query: RunListQuery,
      answers: { 200: { description: "A page of runs", contract: RunPage } },
      troubles: ["invalid-request"],
      handle: async (_, query) => json(await service.list(query)),
    }),
    route({
      method: "GET",
      path: "/v1/runs/:id",
      summary: "Show a run",
      scope: "read",
      answers: {
        200: {
          description: "The run's document, the same as of `forge run --json`, or of `forge etl run --json`",
          contract: service.pipelines === undefined ? RunDocument : z.union([RunDocument, PipelineDocument]),
        },
      },
      troubles: ["not-found"],
      handle: async (c) => {
        const id = runIdOf(c);
        const document = id === null
          ? null
          : await service.pipelineDocument?.(id) ?? await service.document(id);
        return document === null ? problem(MISSING_RUN) : json(document);
      },
    }),
    route({
      method: "GET",
      path: "/v1/runs/:id/decisions",
      summary: "Explain a run: every decision with its layers, rules and findings, oldest first",
      scope: "read",
      answers: { 200: { description: "The decisions", contract: DecisionList } },
      troubles: ["not-found"],
      handle: async (c) => {
        const id = runIdOf(c);
        if (id === null || await service.view(id) === null) return problem(MISSING_RUN);
        return json({ run: id, decisions: await service.decisions(id) });
      },
    }),
    route({
      method: "POST",
      path: "/v1/runs/:id/actions",
      summary: "Cancel, pause, resume, retry or fork a run, or answer its escalation (scope approve)",
      scope: "by-body",
      body: { "application/json": RunAction },
      answers: { 200: { description: "Done, durably", contract: ActionResult } },
      troubles: [...BODY_TROUBLES, "not-found", "conflict"],
      handle: async (c) => {
        const id = runIdOf(c);
        if (id === null || await service.view(id) === null) return problem(MISSING_RUN);
        const body = await readJson(c, door);
        if (!body.ok) return problem(body.error);
        const action = validate(RunAction, body.value, "body");
        if (!action.ok) return problem(action.error);
        const done = await actOn(door, callerIn(c), id, action.value);
        return done.ok
          ? json({ run: done.value, document: await service.document(done.value) })
          : problem(done.error);
      },
    }),
  ];
}

/** Carries out an action for the API and the dashboard alike; the value is the run that it concerns. */
export async function actOn(
  door: Door,
  caller: Caller,
  run: string,
  action: RunAction,
): Promise<Result<string, Trouble>> {
  const trouble = scopeTrouble(caller, action.action === "answer" ? "approve" : "run");
  if (trouble !== null) return err(trouble);
  const control = action.action === "answer" ? await bound(door, caller, run, action) : ok(action);
  if (!control.ok) return control;
  const outcome = await door.service.act(run, control.value, actorOf(caller));
  if (outcome.ok) return ok(outcome.run);
  const code = { "not-found": "not-found", "conflict": "conflict", "invalid": "invalid-request" } as const;
  return err({ code: code[outcome.code], detail: outcome.message, remedy: outcome.remedy });
}

/** An answer concerns the patch that was shown, and says whether whoever asked for the run gives it. */
async function bound(door: Door, caller: Caller, run: string, action: RunAction & { action: "answer" }) {
  const shownNow = (await door.service.view(run))?.escalation?.subject;
  if (action.subject !== undefined && action.subject !== shownNow) {
    return err<Trouble>({
      code: "conflict",
      detail: "The answer concerns another patch than the one that waits for an answer now.",
      remedy: "Read the run again and answer for the patch that it shows.",
    });
  }
  const budget = action.budget === undefined ? undefined : limitsOf(action.budget);
  if (budget === null) {
    return err<Trouble>({
      code: "invalid-request",
      detail: "The budget has a unit that there is not, or an amount that cannot be counted.",
      remedy: `Units are ${BUDGET_UNITS.join(", ")}.`,
      errors: [{ path: "budget", message: `must have only ${BUDGET_UNITS.join(", ")}` }],
    });
  }
  const [accepted] = await door.service.events(run, { limit: 1 });
  const self = caller.principal.owner || accepted?.actor.id === caller.principal.name;
  return ok({
    ...action,
    ...(shownNow === undefined ? {} : { subject: shownNow }),
    ...(budget === undefined ? {} : { budget }),
    selfApproved: self,
  });
}

/** The JSON of a request's body, within the limits. */
export async function readJson(c: DoorContext, door: Door): Promise<Result<unknown, Trouble>> {
  if (mediaType(c.req.raw) !== "application/json") return err(unsupported(["application/json"]));
  const text = await readText(c.req.raw, {
    maxBytes: door.limits.bodyBytes,
    timeoutMs: door.limits.bodyTimeoutMs,
  });
  return text.ok ? parseJson(text.value, door.limits.jsonDepth) : text;
}

function unsupported(types: string[]): Trouble {
  return {
    code: "unsupported-media-type",
    detail: `The body has to be ${types.join(" or ")}.`,
    headers: { "accept-post": types.join(", ") },
  };
}

async function readRequest(c: DoorContext, door: Door): Promise<Result<CreateRun, Trouble>> {
  const query = queryObject(new URL(c.req.url));
  if (!query.ok) return query;
  if (mediaType(c.req.raw) === "text/markdown") {
    const named = validate(CreateRunQuery, query.value, "query");
    if (!named.ok) return named;
    const text = await readText(c.req.raw, {
      maxBytes: door.limits.bodyBytes,
      timeoutMs: door.limits.bodyTimeoutMs,
    });
    return text.ok ? ok({ ...named.value, spec: text.value }) : text;
  }
  const unknown = Object.keys(query.value)[0];
  if (unknown !== undefined) {
    return err({
      code: "invalid-request",
      detail: `The query parameter ${
        shown(unknown, 40)
      } is not known here; with JSON everything is in the body.`,
    });
  }
  if (mediaType(c.req.raw) !== "application/json") {
    return err(unsupported(["application/json", "text/markdown"]));
  }
  const body = await readJson(c, door);
  return body.ok ? validate(CreateRun, body.value, "body") : body;
}

function specTrouble(problems: readonly Problem[]): Trouble {
  return {
    code: "invalid-spec",
    detail: `The spec is not valid: ${problems[0]?.message ?? "no reason was given"}`.slice(0, 500),
    ...(problems[0]?.remedy === undefined ? {} : { remedy: problems[0].remedy }),
    errors: problems.slice(0, 20).map((found) => ({
      path: found.path === undefined || found.path === "" ? "spec" : `spec.${found.path}`,
      message: (found.remedy === undefined ? found.message : `${found.message} (${found.remedy})`).slice(
        0,
        500,
      ),
    })),
  };
}

/** The request's Idempotency-Key, null without one. */
export function idempotencyKeyOf(c: DoorContext): Result<string | null, Trouble> {
  const key = c.req.header("idempotency-key");
  return key === undefined || /^[\x21-\x7e]{1,255}$/.test(key) ? ok(key ?? null) : err({
    code: "invalid-request",
    detail: "Idempotency-Key has to be 1 to 255 printable ASCII characters without spaces.",
  });
}

async function createRun(c: DoorContext, door: Door): Promise<Response> {
  const given = idempotencyKeyOf(c);
  if (!given.ok) return problem(given.error);
  const key = given.value ?? undefined;
  const request = await readRequest(c, door);
  if (!request.ok) return problem(request.error);
  const { spec, files, repo, ...rest } = request.value;
  const { packProblem, chains } = door.service;
  const allowed = await allowedRepository(repo, door.root, door.disk, {
    ...(door.allow === undefined ? {} : { allow: door.allow }),
    ...(rest.forge === undefined ? {} : { forge: rest.forge }),
  });
  const read = await usableSpec({
    spec,
    readCheck: heldOutFiles({ files: files ?? {} }),
    ...(packProblem === undefined ? {} : { packProblem }),
    ...(chains === undefined ? {} : {
      chains: () => chains.names(allowed.ok ? { repo: allowed.value, base: rest.base } : null),
    }),
  });
  if (!read.ok) return problem(specTrouble(read.error));
  if (!allowed.ok) return problem(allowed.error);

  const caller = callerIn(c);
  const print = await door.replays.fingerprint([spec, files ?? {}, repo, rest]);
  if (key !== undefined && !await door.replays.fits(caller.principal.name, key, print)) {
    return problem(MISMATCH);
  }
  const submitted = await door.service.submit({
    ...rest,
    spec,
    repo: allowed.value,
    files: files ?? {},
    ...(key === undefined ? {} : { idempotencyKey: key }),
  }, actorOf(caller));
  if (!submitted.ok) return problem(refusal(submitted.error));
  const { run, existed } = submitted.value;
  if (key !== undefined) {
    // Of two that came at the same time with one key, one was first.
    await door.replays.remember(caller.principal.name, key, print);
    if (!await door.replays.fits(caller.principal.name, key, print)) return problem(MISMATCH);
  }
  const document = await door.service.document(run);
  if (document === null) throw new Error(`run ${run} was accepted, but is not there`);
  const headers: Record<string, string> = { location: `/v1/runs/${run}` };
  return json(document, 202, existed ? { ...headers, "idempotency-replayed": "true" } : headers);
}

export const MISMATCH: Trouble = {
  code: "idempotency-mismatch",
  detail: "This Idempotency-Key came with another request before.",
  remedy: "Use a new key for a new request.",
};

/** A refusal of the service, in the words of the service. */
function refusal(found: Problem): Trouble {
  const code: ProblemCode = refusalCode(found.code);
  if (PROBLEMS[code].status >= 500 && code !== "sandbox-unavailable") {
    return { code, detail: "The run was not accepted." };
  }
  if (found.causes !== undefined) return { ...specTrouble(found.causes), code };
  return {
    code,
    detail: found.message.slice(0, 1000),
    ...(found.remedy === undefined ? {} : { remedy: found.remedy }),
  };
}
