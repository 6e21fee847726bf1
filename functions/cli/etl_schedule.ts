import { firstAfter, readPipeline, type ScheduleEntry } from "../../specs/foundry/mod.ts";
import type { Pipelines } from "../pipelines.ts";
import type { Service } from "../service.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { answer, pipelineFiles } from "./etl.ts";
import { oneLine } from "./paint.ts";
import { follow } from "./run.ts";
import { notFound, principalOf, withService } from "./session.ts";
import { countOption } from "./count_option.ts";

function pipelinesOf(service: Service): Pipelines {
  if (service.pipelines === undefined) throw new Error("This installation has no pipelines");
  return service.pipelines;
}

const missing = (id: string) =>
  notFound(
    "schedule of a pipeline",
    id,
    "See: forge etl schedule list; pipelines come by forge serve --pipelines DIR",
  );

/** `forge etl schedule list` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const schedules = await pipelinesOf(service).schedules.list();
    return {
      exit: 0,
      document: { schedules },
      text: schedules.length === 0
        ? "no pipeline with a schedule is registered here: forge serve --pipelines DIR"
        : schedules.map(scheduleText).join("\n"),
    };
  });

/** `forge etl schedule next PIPELINE [--count N]`: of a registered pipeline, or of a definition in a file. */
export const next: Handler = (invocation) => {
  const { operands: [id = ""], options } = invocation;
  const count = countOption(options.count, "count", 5, 1, 1000);
  // An id has neither dots nor slashes.
  if (/[./\\]/.test(id)) return nextOfFile(invocation, count);
  return withService(invocation, { workers: false }, async (service) => {
    const times = await pipelinesOf(service).schedules.next(id, count);
    if (times === null) throw missing(id);
    return { exit: 0, document: { pipeline: id, next: times }, text: times.join("\n") };
  });
};

async function nextOfFile(invocation: Invocation, count: number): Promise<Answer> {
  const files = await pipelineFiles(invocation);
  const read = await readPipeline(files.pipeline, { name: files.name });
  if (!read.ok) {
    const [first] = read.error;
    throw new CommandError(
      first ?? { code: "pipeline.invalid", message: "The pipeline cannot be read" },
      2,
    );
  }
  const { id, schedule } = read.value.pipeline;
  if (schedule === undefined) {
    throw usage(
      `The pipeline ${id} has no schedule: it runs when it is asked to`,
      'Add one, such as schedule: { cron: "0 6 * * *", tz: UTC }',
      { value: files.name },
    );
  }
  const { cron, tz } = schedule;
  const times: string[] = [];
  let after = firstAfter(schedule, Date.now());
  while (after !== null && times.length < count) {
    times.push(new Date(after).toISOString());
    after = firstAfter(schedule, after);
  }
  return {
    exit: 0,
    document: { pipeline: id, cron, tz, next: times },
    text: times.length === 0 ? `${cron} ${tz} never comes` : times.join("\n"),
  };
}

/** `forge etl schedule pause PIPELINE [--why TEXT]` */
export const pause: Handler = (invocation) => {
  const { options: { why } } = invocation;
  return change(
    invocation,
    (schedules, id, actor) => schedules.pause(id, typeof why === "string" ? why.slice(0, 500) : "", actor),
  );
};

/** `forge etl schedule resume PIPELINE` */
export const resume: Handler = (invocation) =>
  change(invocation, (schedules, id, actor) => schedules.resume(id, actor));

function change(
  invocation: Invocation,
  by: (
    schedules: Pipelines["schedules"],
    id: string,
    actor: Awaited<ReturnType<typeof principalOf>>,
  ) => Promise<ScheduleEntry | null>,
): Promise<Answer> {
  return withService(invocation, { workers: false }, async (service, data) => {
    const { operands: [id = ""] } = invocation;
    const schedule = await by(pipelinesOf(service).schedules, id, await principalOf(invocation, data));
    if (schedule === null) throw missing(id);
    return { exit: 0, document: { schedule }, text: scheduleText(schedule) };
  });
}

/** `forge etl schedule trigger PIPELINE`: a run now, with the environment of the server that was here last. */
export const trigger: Handler = (invocation) =>
  withService(invocation, { workers: true }, async (service, data) => {
    const { operands: [id = ""] } = invocation;
    const started = await pipelinesOf(service).schedules.trigger(id, await principalOf(invocation, data));
    if (!started.ok) {
      if (started.error.code === "not-found") throw missing(id);
      throw new CommandError(started.error, started.error.code === "busy" ? 1 : 2);
    }
    await follow(invocation, service, started.value.run);
    return await answer(service, started.value.run);
  });

function scheduleText(one: ScheduleEntry): string {
  const fresh = one.freshness === null
    ? ""
    : one.freshness.staleSince === null
    ? `  fresh within ${one.freshness.hours} h`
    : `  STALE since ${one.freshness.staleSince} (promised: ${one.freshness.hours} h)`;
  const [event] = one.events;
  return [
    `${one.pipeline}  ${one.cron} ${one.tz}  ${
      one.paused === null
        ? `next ${one.next[0] ?? "never"}`
        : `paused by ${oneLine(one.paused.by)} at ${one.paused.at}${
          one.paused.why === "" ? "" : `: ${oneLine(one.paused.why)}`
        }`
    }${fresh}`,
    ...(one.last === null ? [] : [`  last ${one.last.run}  ${one.last.status}  ${one.last.at}`]),
    ...(one.waiting.length === 0 ? [] : [`  waiting: ${one.waiting.join(", ")}`]),
    ...(event === undefined ? [] : [`  ${event.at}  ${event.kind}  ${oneLine(event.detail, 300)}`]),
  ].join("\n");
}
