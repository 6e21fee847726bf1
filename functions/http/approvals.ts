/** Questions to people over HTTP: list, show, answer. */
import { approvalPlace, ApprovalRequest } from "../../specs/mod.ts";
import { AnswerApproval, ApprovalListQuery, ApprovalPage } from "../../specs/code/mod.ts";
import { signedStatement } from "../signed_statement.ts";
import { BODY_TROUBLES } from "./body.ts";
import { callerIn } from "./access.ts";
import type { Door } from "./door.ts";
import { json } from "./json.ts";
import { problem, type Trouble } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";
import { actOn, MISSING_RUN, readJson } from "./runs.ts";
import { validate } from "./validate.ts";

const MISSING: Trouble = {
  code: "not-found",
  detail: "There is no question with this id.",
  remedy: "GET /v1/approvals lists those that wait for an answer.",
};

export function approvalRoutes(door: Door): RouteSpec[] {
  const { service } = door;
  const desk = service.approvals;
  return desk === undefined ? [] : [
    route({
      method: "GET",
      path: "/v1/approvals",
      summary: "List questions that wait for an answer; with run every question of that run",
      scope: "read",
      query: ApprovalListQuery,
      answers: { 200: { description: "A page of questions", contract: ApprovalPage } },
      troubles: ["invalid-request", "not-found"],
      handle: async (_, { run, ...page }) => {
        if (run === undefined) return json(await desk.list(page));
        if (await service.view(run) === null) return problem(MISSING_RUN);
        return json({ approvals: await desk.ofRun(run), cursor: null });
      },
    }),
    route({
      method: "GET",
      path: "/v1/approvals/:id",
      summary: "Show a question: what is asked, the gates, the patch, who may answer, the answer",
      scope: "read",
      answers: { 200: { description: "The question", contract: ApprovalRequest } },
      troubles: ["not-found"],
      handle: async (c) => {
        const found = await desk.show(c.req.param("id") ?? "");
        return found === null ? problem(MISSING) : json(found);
      },
    }),
    route({
      method: "POST",
      path: "/v1/approvals/:id",
      summary:
        "Answer a question, signed by the principal's key that is kept here, or with an envelope that was signed elsewhere",
      scope: "approve",
      body: { "application/json": AnswerApproval },
      answers: { 200: { description: "Done, durably", contract: ApprovalRequest } },
      troubles: [...BODY_TROUBLES, "not-found", "conflict"],
      handle: async (c) => {
        const id = c.req.param("id") ?? "";
        const place = approvalPlace(id);
        const asked = place === null ? null : await desk.show(id);
        if (place === null || asked === null) return problem(MISSING);
        const body = await readJson(c, door);
        if (!body.ok) return problem(body.error);
        const answer = validate(AnswerApproval, body.value, "body");
        if (!answer.ok) return problem(answer.error);
        if (asked.state !== "open" || await desk.openOf(place.run) !== id) {
          return problem({
            code: "conflict",
            detail: `This question is ${asked.state}.`,
            remedy: "GET /v1/approvals lists those that wait for an answer.",
          });
        }
        const { comment, envelope } = answer.value;
        const choice = answer.value.choice ?? signedStatement(envelope ?? null)?.predicate.decision;
        if (choice === undefined) {
          return problem({
            code: "invalid-request",
            detail: "The envelope holds no signed answer.",
            remedy: "Sign one: forge approval sign ID --approve --out FILE",
            errors: [{ path: "envelope", message: "must hold a statement of the type approval/v1" }],
          });
        }
        const done = await actOn(door, callerIn(c), place.run, {
          action: "answer",
          choice,
          ...(comment === undefined ? {} : { comment }),
          ...(envelope === undefined ? {} : { envelope }),
          ...(asked.subject === null ? {} : { subject: asked.subject }),
        });
        return done.ok ? json(await desk.show(id)) : problem(done.error);
      },
    }),
  ];
}
