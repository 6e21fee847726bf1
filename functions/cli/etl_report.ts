import type { PipelineReport } from "../../specs/foundry/mod.ts";
import type { Service } from "../service.ts";
import { type Answer, type Handler, type Invocation, usage } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { pipelineReportText } from "./etl_report_text.ts";
import { readTextFile } from "./run.ts";
import { notFound, withService } from "./session.ts";
import { countOption } from "./count_option.ts";

const FORMATS = ["json", "html"] as const;
type Format = typeof FORMATS[number];

/** `forge etl report PIPELINE|RUN [--format json|html] [--out FILE] [--openlineage]` */
export const report: Handler = (invocation) => {
  const { options, json } = invocation;
  const format = formatOf(options.format);
  const runs = countOption(options.runs, "runs", 20, 1, 100);
  const isLineage = options.openlineage === true;
  if (isLineage && format !== null) {
    throw usage("OpenLineage events are JSON lines", "Leave --format out");
  }
  if (json && format === "html" && options.out === undefined) {
    throw usage("HTML is no JSON document for stdout", "Name a file: --out FILE; or leave --json out");
  }
  return withService(invocation, { workers: false }, async (service) => {
    const { pipelines } = service;
    if (pipelines === undefined) throw new Error("This installation has no foundry");
    const asked = await subjectOf(invocation, service);
    const view = await pipelines.view(asked.pipeline, {
      runs,
      ...(asked.run === null ? {} : { until: asked.run }),
    });
    if (view === null) throw notFound("pipeline", asked.given, "See: forge etl list");
    if (isLineage) {
      const run = asked.run ?? view.runs[0]?.run;
      if (run === undefined) {
        throw notFound("run of the pipeline", asked.given, "Run it first: forge etl run");
      }
      const lines = await lineageOf(service, run);
      return await answer(invocation, lines, "openlineage", {
        run,
        events: lines.trim().split("\n").map((line) => JSON.parse(line) as unknown),
      });
    }
    switch (format) {
      case "html": {
        const { reportHtml } = await import("../http/dashboard/pipeline_report_page.tsx");
        return await answer(invocation, await reportHtml(view.report), format, view.report);
      }
      case "json":
        return await answer(invocation, `${JSON.stringify(view.report, null, 2)}\n`, format, view.report);
      case null:
        if (typeof options.out === "string") {
          return await answer(invocation, `${pipelineReportText(view.report)}\n`, "text", view.report);
        }
        return { exit: 0, document: view.report, text: pipelineReportText(view.report) };
    }
  });
};

function formatOf(given: string | boolean | undefined): Format | null {
  if (given === undefined) return null;
  const format = FORMATS.find((one) => one === given);
  if (format !== undefined) return format;
  throw usage(`There is no report as '${given}'`, `One of: ${FORMATS.join(", ")}`, { value: String(given) });
}

/** To a file, told by its path; else to stdout, where `--json` puts the document in the text's place. */
async function answer(
  { io, options, json }: Invocation,
  text: string,
  format: string,
  document: PipelineReport | { run: string; events: unknown[] },
): Promise<Answer> {
  if (typeof options.out !== "string") {
    if (json) return { exit: 0, document, text: "" };
    io.out(text);
    return { exit: 0, document: undefined, text: "" };
  }
  const path = pathOf(io, options.out);
  // A report tells of data: whoever else may read it is the caller's to say.
  await Deno.writeTextFile(`${path}.part`, text, { mode: 0o600 });
  await Deno.rename(`${path}.part`, path);
  const bytes = new TextEncoder().encode(text).length;
  return { exit: 0, document: { path, format, bytes }, text: `${format} report in ${path} (${bytes} bytes)` };
}

/** A run, a pipeline's id, or a pipeline's file. */
async function subjectOf(
  { operands: [given = ""], io }: Invocation,
  { pipelines }: Service,
): Promise<{ given: string; pipeline: string; run: string | null }> {
  if (/^run_[0-9a-z]+$/.test(given)) {
    const pipeline = await pipelines?.ofRun(given) ?? null;
    if (pipeline === null) throw notFound("data run", given, "See: forge workflow list");
    return { given, pipeline, run: given };
  }
  if (!/\.(ya?ml|json)$/i.test(given)) return { given, pipeline: given, run: null };
  const { readPipeline } = await import("../../specs/foundry/mod.ts");
  const path = pathOf(io, given);
  const read = await readPipeline(await readTextFile(path, "pipeline", 1024 * 1024), { name: path });
  if (!read.ok) {
    throw usage(`Cannot read the pipeline's id from ${given}`, "See: forge etl validate FILE", {
      value: given,
    });
  }
  return { given, pipeline: read.value.pipeline.id, run: null };
}

/** The events as the evidence holds them; of a run without a bundle, those that its ledger gives. */
async function lineageOf(service: Service, run: string): Promise<string> {
  const document = await service.pipelineDocument?.(run) ?? null;
  const view = await service.view(run);
  if (document === null || view === null || service.foundry === undefined) {
    throw notFound("data run", run, "See: forge workflow list");
  }
  const sealed = document.evidence === null
    ? null
    : await service.evidenceFile(document.evidence.id, "artifacts/openlineage.jsonl");
  if (sealed !== null) return new TextDecoder().decode(sealed);
  const [{ lineageEvents }, { RunStatus }] = await Promise.all([
    import("../../pipelines/foundry/mod.ts"),
    import("../../specs/mod.ts"),
  ]);
  // Of a run that goes on there is the beginning only, as of one that waits.
  const status = RunStatus.safeParse(view.status).data ?? "parked";
  const events = await lineageEvents(service.foundry, view, document, status);
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}
