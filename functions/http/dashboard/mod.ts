/** The dashboard: pages drawn by the server, forms that act, no build step. */
import type { Hono } from "hono";
import { EvidenceListQuery, RunAction, RunListQuery, VerifyFacts } from "../../../specs/code/mod.ts";
import {
  callerOf,
  cookieName,
  cookieOf,
  csrfTrouble,
  enter,
  scopeTrouble,
  sessionCookie,
} from "../access.ts";
import { readText } from "../body.ts";
import type { Caller, Door, DoorContext, DoorEnv } from "../door.ts";
import { problem, type Trouble } from "../problem.ts";
import { pipelineIdOf } from "../pipelines.ts";
import { EVIDENCE_ID, evidencePageOf } from "../records.ts";
import { actOn, MISSING_RUN, runIdOf } from "../runs.ts";
import { queryObject, validate } from "../validate.ts";
import { approvalsPage } from "./approvals_page.tsx";
import { asset } from "./assets.ts";
import { errorPage } from "./error_page.tsx";
import { pipelinePage, pipelinesPage } from "./pipeline_page.tsx";
import { fleetPage } from "./fleet_page.tsx";
import { evidencePage, manifestPage, policiesPage, pullsPage } from "./records_pages.tsx";
import { runPage, type RunPageData } from "./run_page.tsx";
import { runsPage } from "./runs_page.tsx";
import { signInPage } from "./sign_in_page.tsx";
import { verifyPage } from "./verify_page.tsx";

const FORM_BYTES = 32_768;
const NEWEST_EVENTS = 200;

type Show = (c: DoorContext, caller: Caller) => Promise<Response> | Response;

/** Puts the pages, their assets and their forms into the app. */
export function dashboard(app: Hono<DoorEnv>, door: Door): void {
  const { service, clock } = door;
  const pages: Record<string, Show> = {
    "/": (c, caller) => runs(c, door, caller),
    "/runs/:id": (c, caller) => run(c, door, caller),
    "/pulls": async (_, caller) => pullsPage(caller, await service.pullRequests(), clock.now()),
    "/evidence": (c, caller) => evidence(c, door, caller),
    ...(door.verifier === null
      ? {}
      : { "/evidence/verify": (_: DoorContext, caller: Caller) => verifyPage(caller) }),
    "/evidence/:id": async (c, caller) => {
      const id = c.req.param("id") ?? "";
      const found = EVIDENCE_ID.test(id) ? await service.manifest(id) : null;
      return found === null
        ? errorPage({ code: "not-found", detail: "There is no evidence with this id." }, caller, "/evidence")
        : manifestPage(caller, found, clock.now());
    },
    "/pipelines": async (_, caller) => {
      const ids = await service.pipelines?.ids() ?? [];
      const views = await Promise.all(
        ids.slice(0, 200).map((id) => service.pipelines?.view(id, { runs: 1 }) ?? null),
      );
      return pipelinesPage(caller, views.filter((view) => view !== null), clock.now());
    },
    "/pipelines/:id": async (c, caller) => {
      const id = pipelineIdOf(c);
      const view = id === null ? null : await service.pipelines?.view(id) ?? null;
      return view === null
        ? errorPage({ code: "not-found", detail: "There is no pipeline with this id." }, caller, "/pipelines")
        : pipelinePage(caller, view, clock.now());
    },
    "/fleet": async (_, caller) => {
      const report = await service.fleet?.report();
      return report === undefined
        ? errorPage({ code: "not-found", detail: "This host works on no runs." }, caller, "/fleet")
        : fleetPage(caller, report, await service.fleet?.log(20) ?? [], clock.now());
    },
    "/approvals": async (_, caller) =>
      approvalsPage(
        caller,
        await service.approvals?.list({ limit: 50 }) ?? { approvals: [], cursor: null },
        clock.now(),
      ),
    "/policies": (_, caller) => policiesPage(caller, service.policies()),
  };
  for (const [path, show] of Object.entries(pages)) {
    app.get(path, (c) => forReaders(c, door, show));
    only(app, path, "GET, HEAD, OPTIONS");
  }
  app.get("/assets/:name", async (c) => {
    const name = c.req.param("name");
    const made = name === "verifier.js" ? await door.verifier?.() ?? null : undefined;
    if (made === null) {
      return problem({
        code: "not-found",
        detail: "The verifier's script cannot be made here.",
        remedy: "Verify on the command line: forge evidence verify bundle.tar --trust-root DIR",
      });
    }
    return await asset(name, c.req.header("if-none-match"), made) ??
      problem({ code: "not-found", detail: "There is no such asset." });
  });
  only(app, "/assets/:name", "GET, HEAD, OPTIONS");
  app.get("/sign-in", (c) => forReaders(c, door, () => seeOther("/"), 200));
  app.post("/sign-in", (c) => signIn(c, door));
  app.post("/sign-out", (c) => signOut(c, door));
  app.post("/runs/:id/actions", (c) => act(c, door));
  only(app, "/sign-in", "GET, HEAD, POST, OPTIONS");
  for (const path of ["/sign-out", "/runs/:id/actions"]) only(app, path, "POST, OPTIONS");
}

function only(app: Hono<DoorEnv>, path: string, allow: string): void {
  app.options(path, () => new Response(null, { status: 204, headers: { allow } }));
  app.all(
    path,
    () =>
      problem({ code: "method-not-allowed", detail: `The methods here are ${allow}.`, headers: { allow } }),
  );
}

/** Shows a page to whoever may read, and asks everyone else for a key. */
async function forReaders(c: DoorContext, door: Door, show: Show, status = 401): Promise<Response> {
  const started = performance.now();
  const caller = await callerOf(c.req.raw, door.keys);
  c.set("caller", caller);
  const entry = enter(door, c, caller);
  if (!entry.ok) return errorPage(entry.trouble);
  try {
    if (caller === null) {
      const { pathname, search } = new URL(c.req.url);
      // The front page is where people come to sign in; elsewhere a 401 tells scripts that they got no page.
      const next = pathname === "/sign-in" ? "/" : pathname + search;
      return signInPage({ next, wrong: false, status: pathname === "/" ? 200 : status });
    }
    const trouble = scopeTrouble(caller, "read");
    const answer = trouble === null ? await show(c, await noticed(door, caller)) : errorPage(trouble, caller);
    door.metrics.observe("dashboard", "GET", answer.status, (performance.now() - started) / 1000);
    return answer;
  } finally {
    entry.leave();
  }
}

/** While every run stands still, each page says so. */
async function noticed({ service }: Door, caller: Caller): Promise<Caller> {
  const now = await service.fleet?.mode();
  if (now?.mode !== "safe-mode") return caller;
  return { ...caller, notice: `Safe-mode: every run stands still. ${now.why}` };
}

async function runs(c: DoorContext, door: Door, caller: Caller): Promise<Response> {
  const read = queryObject(new URL(c.req.url));
  const query = read.ok ? validate(RunListQuery, read.value, "query") : read;
  if (!query.ok) return errorPage(query.error, caller);
  const { runs, cursor } = await door.service.list({ ...query.value, limit: 30 });
  const { status } = query.value;
  return runsPage({
    caller,
    runs,
    pipelines: await pipelinesOf(door, runs.map(({ run }) => run)),
    next: cursor,
    ...(status === undefined ? {} : { status }),
    paged: query.value.cursor !== undefined,
    now: door.clock.now(),
  });
}

/** The pipelines that data runs among these belong to. */
async function pipelinesOf({ service }: Door, runs: readonly string[]): Promise<Map<string, string>> {
  const found = await Promise.all(
    runs.map(async (run) => [run, await service.pipelines?.ofRun(run) ?? null] as const),
  );
  return new Map(found.flatMap(([run, id]) => id === null ? [] : [[run, id]]));
}

async function evidence(c: DoorContext, door: Door, caller: Caller): Promise<Response> {
  const read = queryObject(new URL(c.req.url));
  const query = read.ok ? validate(EvidenceListQuery, read.value, "query") : read;
  if (!query.ok) return errorPage(query.error, caller, "/evidence");
  const page = await evidencePageOf(door.service, { ...query.value, limit: 50 });
  return evidencePage(caller, page.evidence, page.cursor, door.clock.now(), door.verifier !== null);
}

async function run(c: DoorContext, door: Door, caller: Caller): Promise<Response> {
  const { service } = door;
  const id = runIdOf(c);
  const view = id === null ? null : await service.view(id);
  const document = id === null ? null : await service.document(id);
  if (id === null || view === null || document === null) return errorPage(MISSING_RUN, caller);
  const after = Math.max(0, view.head.seq - NEWEST_EVENTS);
  const [decisions, events, pulls] = await Promise.all([
    service.decisions(id),
    service.events(id, { after, limit: NEWEST_EVENTS }),
    document.pullRequest === null ? [] : service.pullRequests(),
  ]);
  const pull = pulls.find((candidate) => candidate.run === id) ?? null;
  const sealed = await sealedParts(door, document.evidence?.id);
  const pipeline = (await pipelinesOf(door, [id])).get(id) ?? null;
  return runPage({
    caller,
    view,
    document,
    pipeline,
    decisions,
    events,
    pull,
    train: view.workflow.id === "train" ? await service.trains?.show(id) ?? null : null,
    ...sealed,
    packet: view.status === "escalated" ? await packetOf(door, id) : null,
    provenance: document.evidence === null ? null : await service.provenance?.ofRun(id) ?? null,
    now: door.clock.now(),
  });
}

/** What is known of the question that a run waits with. */
async function packetOf({ service }: Door, run: string): Promise<RunPageData["packet"]> {
  const question = await service.approvals?.openOf(run) ?? null;
  return question === null ? null : (await service.approvals?.show(question))?.packet ?? null;
}

const MAX_SHOWN_BYTES = 4 * 1024 * 1024;

/** What the newest bundle holds for people to see. Without it, or with what cannot be read, the page shows less. */
async function sealedParts(
  { service }: Door,
  bundle: string | undefined,
): Promise<Pick<RunPageData, "patch" | "verify">> {
  if (bundle === undefined) return { patch: null, verify: null };
  const read = async (path: string) => {
    const bytes = await service.evidenceFile(bundle, path);
    return bytes === null || bytes.byteLength > MAX_SHOWN_BYTES ? null : new TextDecoder().decode(bytes);
  };
  const link = (path: string) => `/v1/evidence/${bundle}/file?${new URLSearchParams({ path })}`;
  const [plain, redacted, verify] = await Promise.all([
    read("artifacts/change.patch"),
    read("artifacts/change.redacted.patch"),
    read("artifacts/verify.json"),
  ]);
  const name = plain === null ? "artifacts/change.redacted.patch" : "artifacts/change.patch";
  const text = plain ?? redacted;
  return {
    patch: text === null ? null : { text, redacted: plain === null, link: link(name) },
    verify: verify === null ? null : verifyFacts(verify),
  };
}

function verifyFacts(text: string): VerifyFacts | null {
  try {
    return VerifyFacts.safeParse(JSON.parse(text)).data ?? null;
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

/** The fields of a form, or what is wrong with it. A field that comes twice is refused. */
async function readForm(
  c: DoorContext,
  door: Door,
): Promise<{ fields: Record<string, string> } | { trouble: Trouble }> {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    return { trouble: { code: "unsupported-media-type", detail: "The body has to be a form." } };
  }
  const maxBytes = Math.min(FORM_BYTES, door.limits.bodyBytes);
  const text = await readText(c.req.raw, { maxBytes, timeoutMs: door.limits.bodyTimeoutMs });
  if (!text.ok) return { trouble: text.error };
  const fields = queryObject(new URL(`http://form/?${text.value}`));
  return fields.ok ? { fields: fields.value } : { trouble: fields.error };
}

const seeOther = (location: string, headers: Record<string, string> = {}) =>
  new Response(null, { status: 303, headers: { location, "cache-control": "no-store", ...headers } });

/** A path of ours to go on to; anything else is the front page. */
export function localPath(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])[A-Za-z0-9/_?=&.%+-]{0,300}$/.test(next) ? next : "/";
}

async function signIn(c: DoorContext, door: Door): Promise<Response> {
  const entry = enter(door, c, null);
  if (!entry.ok) return errorPage(entry.trouble);
  try {
    const form = await readForm(c, door);
    if ("trouble" in form) return errorPage(form.trouble);
    const next = localPath(form.fields.next);
    const principal = await door.keys.verify((form.fields.key ?? "").trim());
    if (principal === null) return signInPage({ next, wrong: true });
    c.set("caller", { principal, session: null });
    const session = await door.keys.openSession(principal, door.limits.sessionMs);
    const cookie = sessionCookie(new URL(c.req.url), session.token, Math.floor(door.limits.sessionMs / 1000));
    return seeOther(next, { "set-cookie": cookie });
  } finally {
    entry.leave();
  }
}

/** Reads a form of somebody who has signed in, with that session's token in it. */
async function signedForm(
  c: DoorContext,
  door: Door,
): Promise<{ caller: Caller; fields: Record<string, string> } | { answer: Response }> {
  const caller = await callerOf(c.req.raw, door.keys);
  c.set("caller", caller);
  const entry = enter(door, c, caller);
  if (!entry.ok) return { answer: errorPage(entry.trouble, caller) };
  try {
    if (caller === null) return { answer: signInPage({ next: "/", wrong: false, status: 401 }) };
    const form = await readForm(c, door);
    if ("trouble" in form) return { answer: errorPage(form.trouble, caller) };
    const { csrf, ...fields } = form.fields;
    const trouble = csrfTrouble(caller, csrf ?? null);
    return trouble === null ? { caller, fields } : { answer: errorPage(trouble, caller) };
  } finally {
    entry.leave();
  }
}

async function signOut(c: DoorContext, door: Door): Promise<Response> {
  const form = await signedForm(c, door);
  if ("answer" in form) return form.answer;
  const url = new URL(c.req.url);
  const token = cookieOf(c.req.raw, cookieName(url));
  if (token !== null) door.keys.closeSession(token);
  return seeOther("/", { "set-cookie": sessionCookie(url, "", 0) });
}

/** The action that a form asks for, as the API's contract has it. Empty fields were left empty on purpose. */
export function formAction(fields: Record<string, string>): unknown {
  const action: Record<string, unknown> = {};
  const budget: Record<string, number> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === "") continue;
    if (name.startsWith("budget.")) budget[name.slice("budget.".length)] = Number(value);
    else action[name] = value;
  }
  // The form shows these fields for every answer; they belong to one choice each.
  if (action.choice !== "retry-from") delete action.phase;
  return action.choice === "change-budget" ? { ...action, budget } : action;
}

async function act(c: DoorContext, door: Door): Promise<Response> {
  const form = await signedForm(c, door);
  if ("answer" in form) return form.answer;
  const { caller, fields } = form;
  const id = runIdOf(c);
  if (id === null || await door.service.view(id) === null) return errorPage(MISSING_RUN, caller);
  const action = validate(RunAction, formAction(fields), "body");
  if (!action.ok) return errorPage(action.error, caller, `/runs/${id}`);
  const done = await actOn(door, caller, id, action.value);
  return done.ok ? seeOther(`/runs/${done.value}`) : errorPage(done.error, caller, `/runs/${id}`);
}
