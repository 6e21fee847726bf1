import { type Event, RunStatus } from "../../specs/mod.ts";
import { documentProblem } from "./run_id.ts";
import { type Handler, usage } from "./command.ts";
import { countOption } from "./count_option.ts";
import { oneLine, paint } from "./paint.ts";
import { colorOf, runText } from "./run_text.ts";
import { notFound, withService } from "./session.ts";

const STATUSES: readonly string[] = [...RunStatus.options, "queued", "running", "paused"];

/** `forge workflow list` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const { status, cursor } = invocation.options;
    if (typeof status === "string" && !STATUSES.includes(status)) {
      throw usage(`There is no status '${status}'`, `One of: ${STATUSES.join(", ")}`, { value: status });
    }
    if (typeof cursor === "string" && documentProblem(cursor)) {
      throw usage("--cursor is not the cursor of an earlier page", "Take it from the end of that page", {
        value: cursor,
      });
    }
    const page = await service.list({
      limit: countOption(invocation.options.limit, "limit", 20, 1, 200),
      ...(typeof status === "string" ? { status } : {}),
      ...(typeof cursor === "string" ? { cursor } : {}),
    });
    const color = paint(invocation.io.outColor === true);
    const rows = page.runs.map((run) =>
      `${run.run}  ${colorOf(run.status, color)(run.status.padEnd(9))}  ${run.phase.padEnd(9)}  ${
        oneLine(run.title ?? "", 80)
      }`
    );
    if (page.cursor) rows.push(`more: forge workflow list --cursor ${page.cursor}`);
    return {
      exit: 0,
      document: page,
      text: rows.length > 0 ? rows.join("\n") : "no runs yet: forge demo makes two",
    };
  });

/** `forge workflow show RUN` */
export const show: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const [run = ""] = invocation.operands;
    const document = documentProblem(run) ? null : await service.document(run);
    if (!document) throw notFound("run", run, "See: forge workflow list");
    return { exit: 0, document, text: runText(document, paint(invocation.io.outColor === true)) };
  });

/** `forge workflow events RUN [--follow]` */
export const events: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const { io, options } = invocation;
    const [run = ""] = invocation.operands;
    const after = countOption(options.after, "after", 0, 0, Number.MAX_SAFE_INTEGER);
    if (documentProblem(run) || !(await service.view(run))) {
      throw notFound("run", run, "See: forge workflow list");
    }
    const lineOf = (event: { seq: number; at: string; type: string; phase?: string; payload: unknown }) =>
      `${String(event.seq).padStart(5)}  ${event.at}  ${event.type.padEnd(20)}  ${
        oneLine(JSON.stringify(event.payload), 160)
      }`;
    const found: Event[] = [];
    if (options.follow) {
      for await (const event of service.watch(run, { after, signal: io.interrupted })) {
        if (invocation.json) found.push(event);
        else io.out(lineOf(event) + "\n");
      }
      return { exit: 0, document: invocation.json ? { run, events: found } : undefined, text: "" };
    }
    for (let from = after;;) {
      const page = await service.events(run, { after: from, limit: 500 });
      found.push(...page);
      const last = page.at(-1);
      if (!last || page.length < 500) break;
      from = last.seq;
    }
    return { exit: 0, document: { run, events: found }, text: found.map(lineOf).join("\n") };
  });
