import { dirname, join } from "node:path";
import { chainProblems, usableSpec } from "../../pipelines/mod.ts";
import { EXIT_CODE, readChain, RunStatus } from "../../specs/mod.ts";
import { type ChainOutcome, runChain } from "../chain_runs.ts";
import { heldOutFiles } from "../held_out_files.ts";
import { CommandError, type Handler, usage } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { oneLine } from "./paint.ts";
import { readTextFile } from "./run.ts";
import { principalOf, withService } from "./session.ts";

const MAX_BYTES = 1024 * 1024;

/** `forge workflow chain FILE [--repo DIR] [--id NAME]` */
export const chain: Handler = async (invocation) => {
  const { io, options } = invocation;
  const file = pathOf(io, invocation.operands[0] ?? "");
  const read = await readChain(await readTextFile(file, "chain", MAX_BYTES));
  const problems = read.ok ? chainProblems(read.value) : read.error;
  if (!read.ok || problems.length > 0) {
    throw new CommandError({
      code: "invalid-chain",
      message: `Cannot run the chain: ${problems.map(({ message }) => message).join("; ")}`,
      remedy: problems[0]?.remedy ?? "See: forge workflow chain --help",
      causes: problems,
    }, 2);
  }
  const given = read.value;
  const folder = dirname(file);
  const place = (path: string) =>
    /^[a-z][a-z0-9+.-]*:\/\//i.test(path) ? path : pathOf({ ...io, cwd: folder }, path);
  const ids = options.id;
  if (typeof ids === "string" && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(ids)) {
    throw usage("--id must be letters, digits, dots, dashes and underscores", "For example --id release-7", {
      value: ids,
    });
  }
  const missing = given.stages.find((stage) => stage.repo === undefined);
  if (missing !== undefined && typeof options.repo !== "string") {
    throw usage(
      `The stage ${missing.id} names no repository, and --repo DIR is missing`,
      "Name it: --repo .",
    );
  }
  const requests = new Map(
    await Promise.all(given.stages.map(async (stage) => {
      const specFile = join(folder, stage.spec);
      const spec = await readTextFile(specFile, "spec", MAX_BYTES);
      const repo = stage.repo === undefined ? pathOf(io, String(options.repo)) : place(stage.repo);
      return [stage.id, { spec, specName: specFile, specDir: dirname(specFile), repo }] as const;
    })),
  );
  // Nothing begins before every spec is one: a chain that ends in its middle for a comma helps nobody.
  const faults = (await Promise.all([...requests].map(async ([id, request]) => {
    const usable = await usableSpec({
      spec: request.spec,
      name: request.specName,
      readCheck: heldOutFiles(request),
    });
    return usable.ok ? [] : usable.error.map((one) => ({ ...one, message: `${id}: ${one.message}` }));
  }))).flat().filter(({ code }) => code !== "unknown-pack");
  if (faults.length > 0) {
    throw new CommandError({
      code: "invalid-spec",
      message: `Cannot run the chain: ${faults.map(({ message }) => message).join("; ")}`,
      remedy: "See all of them at once: forge spec check FILE",
      causes: faults,
    }, 2);
  }
  return await withService(
    invocation,
    { workers: true, makes: true, only: "code" },
    async (service, data) => {
      const outcome = await runChain(service, {
        chain: given,
        id: typeof ids === "string" ? ids : crypto.randomUUID(),
        actor: await principalOf(invocation, data),
        request: (stage) => {
          const request = requests.get(stage.id);
          if (request === undefined) {
            throw new Error(`Cannot request the stage ${stage.id}: its spec was not read`);
          }
          return Promise.resolve(request);
        },
        readEvidence: async ({ evidence }, path) => {
          if (evidence === null) return null;
          return await Deno.readFile(join(evidence.path, path)).catch((error) => {
            if (error instanceof Deno.errors.NotFound) return null;
            throw error;
          });
        },
        told: (stage, message) => io.err(`  ${stage}  ${oneLine(message, 300)}\n`),
        signal: io.interrupted,
      });
      return { exit: exitOf(outcome), document: outcome, text: textOf(outcome) };
    },
  );
};

/** That of the first stage that is not completed; 0 when all are. */
function exitOf({ stages }: ChainOutcome): number {
  const open = stages.find(({ status }) => status !== "completed" && status !== "skipped") ??
    stages.find(({ status }) => status !== "completed");
  if (open === undefined) return 0;
  if (open.status === "refused") return 2;
  const status = RunStatus.safeParse(open.status);
  return status.success ? EXIT_CODE[status.data] : 3;
}

function textOf({ chain, id, stages }: ChainOutcome): string {
  const lines = stages.map(({ id, status, run, why }) =>
    `  ${id}  ${status}${run === null ? "" : `  ${run}`}${why === null ? "" : `  ${oneLine(why, 300)}`}`
  );
  return [
    `chain ${chain}, ${
      stages.filter(({ status }) => status === "completed").length
    } of ${stages.length} stages completed`,
    ...lines,
    `  go on with it: forge workflow chain FILE --id ${id}`,
  ].join("\n");
}
