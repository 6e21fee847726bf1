/** Pipelines over HTTP: register, list, show, run, state; and the times at which they run by themselves. */
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import {
  Pipeline,
  PipelineDocument,
  PipelineEntry,
  PipelineList,
  PipelineState,
  ScheduleAction,
  ScheduleActionResult,
  ScheduleList,
  StartPipeline,
  StateAction,
} from "../../specs/foundry/mod.ts";
import type { Pipelines } from "../pipelines.ts";
import { callerIn } from "./access.ts";
import { BODY_TROUBLES, mediaType, parseJson, readText } from "./body.ts";
import type { Door, DoorContext } from "./door.ts";
import { json } from "./json.ts";
import { reportRoute } from "./pipeline_report.ts";
import { problem, type ProblemCode, refusalCode, type Trouble } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";
import { actorOf, idempotencyKeyOf, MISMATCH } from "./runs.ts";
import { validate } from "./validate.ts";

/** What an id may be; anything else is not there, and nobody needs to look. */
const PIPELINE_ID = /^[a-z0-9][a-z0-9._-]{0,99}$/;
export const MISSING_PIPELINE: Trouble = {
  code: "not-found",
  detail: "There is no pipeline with this id.",
  remedy: "GET /v1/pipelines lists them.",
};
const YAML = ["application/yaml", "application/x-yaml", "text/yaml"];

/** The pipeline's id of the path, or null when it cannot be one. */
export function pipelineIdOf(c: DoorContext): string | null {
  const id = c.req.param("id") ?? "";
  return PIPELINE_ID.test(id) ? id : null;
}

/** None on a host that runs no pipelines. */
export function pipelineRoutes(door: Door): RouteSpec[] {
  const { pipelines } = door.service;
  return pipelines === undefined ? [] : [
    ...definitionRoutes(door, pipelines),
    ...startRoutes(door, pipelines),
    ...scheduleRoutes(door, pipelines),
  ];
}

function definitionRoutes(door: Door, pipelines: Pipelines): RouteSpec[] {
  return [
    route({
      method: "POST",
      path: "/v1/pipelines",
      summary: "Register a pipeline; its version is the hash of its content",
      scope: "run",
      body: { "application/json": Pipeline, ...Object.fromEntries(YAML.map((type) => [type, null])) },
      answers: {
        201: {
          description: "A new version is registered, durably",
          contract: PipelineEntry,
          headers: { Location: "the pipeline" },
        },
        200: { description: "This very version was the current one already", contract: PipelineEntry },
      },
      troubles: [...BODY_TROUBLES, "invalid-pipeline", "conflict"],
      handle: async (c) => {
        const body = await readPipelineBody(c, door);
        if (!body.ok) return problem(body.error);
        const done = await pipelines.register({ ...body.value, from: "request" }, actorOf(callerIn(c)));
        if (!done.ok) return problem(refusal(done.error));
        const { entry, created } = done.value;
        return json(entry, created ? 201 : 200, { location: `/v1/pipelines/${entry.id}` });
      },
    }),
    route({
      method: "GET",
      path: "/v1/pipelines",
      summary: "List the pipelines that are registered here",
      scope: "read",
      answers: { 200: { description: "The pipelines", contract: PipelineList } },
      handle: async () => json({ pipelines: await pipelines.list() }),
    }),
    route({
      method: "GET",
      path: "/v1/pipelines/:id",
      summary: "Show a pipeline: its definition and its versions",
      scope: "read",
      answers: { 200: { description: "The pipeline", contract: PipelineEntry } },
      troubles: ["not-found"],
      handle: async (c) => {
        const id = pipelineIdOf(c);
        const entry = id === null ? null : await pipelines.get(id);
        return entry === null ? problem(MISSING_PIPELINE) : json(entry);
      },
    }),
    reportRoute(pipelines, pipelineIdOf, MISSING_PIPELINE),
    route({
      method: "GET",
      path: "/v1/pipelines/:id/state",
      summary: "What the next run of each stream starts from",
      scope: "read",
      answers: { 200: { description: "The state, as the sinks keep it", contract: PipelineState } },
      troubles: ["not-found"],
      handle: async (c) => {
        const id = pipelineIdOf(c);
        const state = id === null ? null : await pipelines.state(id);
        return state === null ? problem(MISSING_PIPELINE) : json(state);
      },
    }),
    route({
      method: "POST",
      path: "/v1/pipelines/:id/state",
      summary: "Set where the next run of a stream starts, or forget it; audited",
      scope: "run",
      body: { "application/json": StateAction },
      answers: { 200: { description: "The state as it is now", contract: PipelineState } },
      troubles: [...BODY_TROUBLES, "not-found", "conflict"],
      handle: async (c) => {
        const id = pipelineIdOf(c);
        if (id === null || await pipelines.get(id) === null) return problem(MISSING_PIPELINE);
        const body = await readBody(c, door, ["application/json"]);
        const read = body.ok ? parseJson(body.value, door.limits.jsonDepth) : body;
        const action = read.ok ? validate(StateAction, read.value, "body") : read;
        if (!action.ok) return problem(action.error);
        const { stream } = action.value;
        const cursor = action.value.action === "set" ? action.value.cursor : null;
        const done = await pipelines.changeState(id, { stream, cursor }, actorOf(callerIn(c)));
        if (!done.ok) return problem(refusal(done.error));
        return json(await pipelines.state(id));
      },
    }),
  ];
}

function startRoutes(door: Door, pipelines: Pipelines): RouteSpec[] {
  return [
    route({
      method: "POST",
      path: "/v1/pipelines/:id/runs",
      summary: "Start a run of a pipeline; one of the very same that is under way is joined",
      scope: "run",
      headers: { "Idempotency-Key": "the same key with the same body gives the same run" },
      body: { "application/json": StartPipeline },
      answers: {
        202: {
          description: "Accepted, durably",
          contract: PipelineDocument,
          headers: { Location: "the run", "Idempotency-Replayed": "true when the run was there already" },
        },
      },
      troubles: [
        ...BODY_TROUBLES,
        "not-found",
        "conflict",
        "invalid-pipeline",
        "idempotency-mismatch",
        "refused",
      ],
      handle: async (c) => {
        const key = idempotencyKeyOf(c);
        if (!key.ok) return problem(key.error);
        const id = pipelineIdOf(c);
        if (id === null || await pipelines.get(id) === null) return problem(MISSING_PIPELINE);
        const ask = await readStart(c, door);
        if (!ask.ok) return problem(ask.error);
        const caller = callerIn(c);
        const print = await door.replays.fingerprint(["pipeline", id, ask.value]);
        if (key.value !== null && !await door.replays.fits(caller.principal.name, key.value, print)) {
          return problem(MISMATCH);
        }
        const started = await pipelines.run(id, {
          ...ask.value,
          ...(key.value === null ? {} : { idempotencyKey: key.value }),
        }, actorOf(caller));
        if (!started.ok) return problem(refusal(started.error));
        if (key.value !== null) {
          await door.replays.remember(caller.principal.name, key.value, print);
          if (!await door.replays.fits(caller.principal.name, key.value, print)) return problem(MISMATCH);
        }
        const { run, existed } = started.value;
        const document = await door.service.pipelineDocument?.(run) ?? null;
        if (document === null) throw new Error(`run ${run} was accepted, but is not there`);
        const headers: Record<string, string> = { location: `/v1/runs/${run}` };
        return json(document, 202, existed ? { ...headers, "idempotency-replayed": "true" } : headers);
      },
    }),
  ];
}

function scheduleRoutes(door: Door, pipelines: Pipelines): RouteSpec[] {
  const { schedules } = pipelines;
  const missing: Trouble = {
    code: "not-found",
    detail: "There is no schedule of a pipeline with this id.",
    remedy: "GET /v1/schedules lists them.",
  };
  return [
    route({
      method: "GET",
      path: "/v1/schedules",
      summary: "List the schedules of the pipelines: next times, what waits, freshness, what happened",
      scope: "read",
      answers: { 200: { description: "The schedules", contract: ScheduleList } },
      handle: async () => json({ schedules: await schedules.list() }),
    }),
    route({
      method: "POST",
      path: "/v1/schedules/:id/actions",
      summary: "Pause or resume a schedule, or start a run now",
      scope: "run",
      body: { "application/json": ScheduleAction },
      answers: { 200: { description: "Done, durably", contract: ScheduleActionResult } },
      troubles: [...BODY_TROUBLES, "not-found", "conflict", "invalid-pipeline", "refused"],
      handle: async (c) => {
        const id = pipelineIdOf(c);
        if (id === null || await schedules.get(id) === null) return problem(missing);
        const body = await readBody(c, door, ["application/json"]);
        const read = body.ok ? parseJson(body.value, door.limits.jsonDepth) : body;
        const action = read.ok ? validate(ScheduleAction, read.value, "body") : read;
        if (!action.ok) return problem(action.error);
        const actor = actorOf(callerIn(c));
        let run: string | null = null;
        switch (action.value.action) {
          case "pause":
            await schedules.pause(id, action.value.why ?? "", actor);
            break;
          case "resume":
            await schedules.resume(id, actor);
            break;
          case "trigger": {
            const started = await schedules.trigger(id, actor);
            if (!started.ok) return problem(refusal(started.error));
            run = started.value.run;
          }
        }
        return json({
          schedule: await schedules.get(id),
          document: run === null ? null : await door.service.pipelineDocument?.(run) ?? null,
        });
      },
    }),
  ];
}

const unsupported = (types: readonly string[]): Trouble => ({
  code: "unsupported-media-type",
  detail: `The body has to be ${types.join(" or ")}.`,
  headers: { "accept-post": types.join(", ") },
});

async function readBody(
  c: DoorContext,
  door: Door,
  types: readonly string[],
): Promise<Result<string, Trouble>> {
  if (!types.includes(mediaType(c.req.raw))) {
    return err(unsupported(types));
  }
  return await readText(c.req.raw, { maxBytes: door.limits.bodyBytes, timeoutMs: door.limits.bodyTimeoutMs });
}

/** A pipeline as text, so that a problem can name its line; JSON is held to the door's own limits first. */
async function readPipelineBody(
  c: DoorContext,
  door: Door,
): Promise<Result<{ pipeline: string; name: string }, Trouble>> {
  const text = await readBody(c, door, ["application/json", ...YAML]);
  if (!text.ok) return text;
  if (mediaType(c.req.raw) !== "application/json") return ok({ pipeline: text.value, name: "pipeline.yaml" });
  const parsed = parseJson(text.value, door.limits.jsonDepth);
  return parsed.ok ? ok({ pipeline: text.value, name: "pipeline.json" }) : parsed;
}

/** No body at all asks for an incremental run. */
async function readStart(c: DoorContext, door: Door): Promise<Result<StartPipeline, Trouble>> {
  const bare = mediaType(c.req.raw) === "";
  const text = await readBody(c, door, bare ? [""] : ["application/json"]);
  if (!text.ok) return text;
  if (bare && text.value === "") return ok({});
  if (bare) return err(unsupported(["application/json"]));
  const parsed = parseJson(text.value, door.limits.jsonDepth);
  return parsed.ok ? validate(StartPipeline, parsed.value, "body") : parsed;
}

/** A refusal of the service, in the words of the service. */
function refusal(found: Problem): Trouble {
  const code: ProblemCode = found.code === "busy"
    ? "conflict"
    : found.code === "usage"
    ? "invalid-request"
    : refusalCode(found.code);
  const [first] = found.causes ?? [];
  return {
    code,
    detail: `${found.message}${first === undefined ? "" : `: ${first.message}`}`.slice(0, 1000),
    ...(found.remedy === undefined || found.causes !== undefined ? {} : { remedy: found.remedy }),
    ...(found.causes === undefined ? {} : {
      errors: found.causes.slice(0, 20).map(({ path, message, remedy, line }) => ({
        path: path === undefined || path === "" ? "pipeline" : path,
        message: `${message}${remedy === undefined ? "" : ` (${remedy})`}${
          line === undefined ? "" : ` (line ${line})`
        }`.slice(0, 500),
      })),
    }),
  };
}
