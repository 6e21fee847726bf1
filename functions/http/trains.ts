/** Trains of pull requests over HTTP: the same as `forge pr train`. */
import { type Problem, RunId } from "../../specs/mod.ts";
import { CreateTrain, TrainAction, TrainDocument, TrainList } from "../../specs/code/mod.ts";
import { callerIn } from "./access.ts";
import type { Door, DoorContext } from "./door.ts";
import { json } from "./json.ts";
import { problem, type Trouble } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";
import { actorOf, readJson } from "./runs.ts";
import { validate } from "./validate.ts";

const MISSING: Trouble = {
  code: "not-found",
  detail: "There is no train with this id.",
  remedy: "GET /v1/trains lists the trains.",
};

const BODY_TROUBLES = [
  "malformed-request",
  "conflict",
  "request-timeout",
  "body-too-large",
  "unsupported-media-type",
  "invalid-request",
  "not-found",
] as const;

const CODES: Readonly<Record<string, Trouble["code"]>> = { "not-found": "not-found", conflict: "conflict" };
const troubleOf = (given: Problem): Trouble => ({
  code: CODES[given.code] ?? "invalid-request",
  detail: given.message.slice(0, 1000),
  ...(given.remedy === undefined ? {} : { remedy: given.remedy }),
});

export function trainRoutes(door: Door): RouteSpec[] {
  const desk = door.service.trains;
  if (desk === undefined) return [];
  const idOf = (c: DoorContext): string => RunId.safeParse(c.req.param("id")).data ?? "";
  return [
    route({
      method: "GET",
      path: "/v1/trains",
      summary: "List trains of pull requests, newest first",
      scope: "read",
      answers: { 200: { description: "The trains", contract: TrainList } },
      handle: async () => json({ trains: await desk.list() }),
    }),
    route({
      method: "POST",
      path: "/v1/trains",
      summary:
        "Put pull requests of several repositories in the order in which they are merged; what a run opens is named by the run",
      scope: "run",
      body: { "application/json": CreateTrain },
      answers: {
        201: {
          description: "Taken in, durably; nothing is merged before it is run",
          contract: TrainDocument,
          headers: { Location: "the train" },
        },
      },
      troubles: BODY_TROUBLES,
      handle: async (c) => {
        const body = await readJson(c, door);
        if (!body.ok) return problem(body.error);
        const asked = validate(CreateTrain, body.value, "body");
        if (!asked.ok) return problem(asked.error);
        const made = await desk.create(asked.value, actorOf(callerIn(c)));
        if (!made.ok) return problem(troubleOf(made.error));
        return json(made.value, 201, { location: `/v1/trains/${made.value.train}` });
      },
    }),
    route({
      method: "GET",
      path: "/v1/trains/:id",
      summary: "Show a train: each pull request, what it waits for, what was merged",
      scope: "read",
      answers: { 200: { description: "The train", contract: TrainDocument } },
      troubles: ["not-found"],
      handle: async (c) => {
        const found = await desk.show(idOf(c));
        return found === null ? problem(MISSING) : json(found);
      },
    }),
    route({
      method: "POST",
      path: "/v1/trains/:id/actions",
      summary: "Run a train, add a pull request to it, or take one out",
      scope: "run",
      body: { "application/json": TrainAction },
      answers: { 200: { description: "Taken in, durably; the train sees to it", contract: TrainDocument } },
      troubles: BODY_TROUBLES,
      handle: async (c) => {
        if (await desk.show(idOf(c)) === null) return problem(MISSING);
        const body = await readJson(c, door);
        if (!body.ok) return problem(body.error);
        const action = validate(TrainAction, body.value, "body");
        if (!action.ok) return problem(action.error);
        const done = await desk.act(idOf(c), action.value, actorOf(callerIn(c)));
        return done.ok ? json(done.value) : problem(troubleOf(done.error));
      },
    }),
  ];
}
