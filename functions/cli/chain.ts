import { dirname } from "node:path";
import { chainPicture } from "../../pipelines/chain/mod.ts";
import {
  type Chain,
  type ChainCheck,
  type ChainDocument,
  EXIT_CODE,
  type Problem,
  RunStatus,
} from "../../specs/mod.ts";
import { readChain } from "../../specs/code/mod.ts";
import { type ChainPlace, filePlace, type GivenSpec } from "../chains/mod.ts";
import { heldOutFiles } from "../held_out_files.ts";
import type { Service } from "../service.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { countOption } from "./count_option.ts";
import { pathOf } from "./data_dir.ts";
import { oneLine, paint } from "./paint.ts";
import { colorOf } from "./run_text.ts";
import { follow, readFile, readTextFile } from "./run.ts";
import { documentProblem } from "./run_id.ts";
import { notFound, principalOf, withService } from "./session.ts";

const MAX_BYTES = 1024 * 1024;
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

interface Read {
  readonly chain: Chain;
  readonly place: ChainPlace;
  close(): Promise<void>;
}

/** The chain of a file, or of a name that this installation or the repository knows; null when its form is wrong: `problems` says how. */
async function readGiven(
  invocation: Invocation,
  service: Service,
): Promise<Read | { problems: Problem[] }> {
  const { io, operands: [given = ""] } = invocation;
  const file = pathOf(io, given);
  const isFile = await Deno.stat(file).then(({ isFile }) => isFile, () => false);
  if (!isFile && NAME.test(given)) {
    const repo = repoOf(invocation);
    const source = repo === undefined ? null : { repo };
    const found = await service.chains?.find(given, source) ?? null;
    if (found !== null) return found.ok ? found.value : { problems: found.error.causes ?? [found.error] };
    const known = await service.chains?.names(source) ?? [];
    throw new CommandError({
      code: "unknown-chain",
      value: given,
      message: `There is no chain '${given}', and no such file`,
      remedy: known.length > 0
        ? `Chains here: ${known.join(", ")}`
        : "Name a file, or put the chain into chains/ of the data directory or .forge/chains/ of the repository",
    }, 2);
  }
  const read = await readChain(await readTextFile(file, "chain", MAX_BYTES));
  return read.ok
    ? { chain: read.value, place: filePlace(file), close: () => Promise.resolve() }
    : { problems: read.error };
}

function repoOf({ io, options }: Invocation): string | undefined {
  if (typeof options.repo !== "string") return undefined;
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\/|^[^/\s]+@[^/\s]+:/i.test(options.repo);
  return isUrl ? options.repo : pathOf(io, options.repo);
}

/** The spec that a chain carries out in the stage that names none. */
async function specOf({ io, options }: Invocation): Promise<GivenSpec | undefined> {
  if (typeof options.spec !== "string") return undefined;
  const file = pathOf(io, options.spec);
  const patch = typeof options.patch === "string"
    ? await readFile(pathOf(io, options.patch), "patch", 64 * 1024 * 1024)
    : undefined;
  return {
    text: await readTextFile(file, "spec", MAX_BYTES),
    name: file,
    readCheck: heldOutFiles({ specDir: dirname(file) }),
    ...(patch === undefined ? {} : { patch }),
  };
}

/** `forge chain validate CHAIN`: exit 0 when it would be begun, 2 when it would not. */
export const validate: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service): Promise<Answer> => {
    const read = await readGiven(invocation, service);
    if ("problems" in read) {
      const check: ChainCheck = {
        valid: false,
        chain: null,
        digest: null,
        stages: [],
        picture: "",
        errors: read.problems.map(({ path, message, remedy }) => ({
          path: path ?? "",
          message,
          ...(remedy === undefined ? {} : { remedy }),
        })),
        notes: [],
      };
      return { exit: 2, document: check, text: checkText(check) };
    }
    try {
      const check = await deskOf(service).check({
        chain: read.chain,
        place: read.place,
        // Whether the repository is there is asked when it is run.
        repo: repoOf(invocation) ?? invocation.io.cwd,
        spec: await specOf(invocation),
      });
      return { exit: check.valid ? 0 : 2, document: check, text: checkText(check) };
    } finally {
      await read.close();
    }
  });

/** `forge chain run CHAIN [--repo DIR] [--spec SPEC] [--id NAME]`, and `forge workflow chain CHAIN`. */
export const run: Handler = async (invocation) => {
  const { options } = invocation;
  const { id } = options;
  if (typeof id === "string" && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) {
    throw usage("--id must be letters, digits, dots, dashes and underscores", "For example --id release-7", {
      value: id,
    });
  }
  if (typeof options.patch === "string" && typeof options.spec !== "string") {
    throw usage("--patch goes with --spec: it is the change of that spec", "Name the spec: --spec FILE");
  }
  return await withService(
    invocation,
    { workers: true, makes: true, only: "code" },
    async (service, data): Promise<Answer> => {
      const read = await readGiven(invocation, service);
      if ("problems" in read) {
        throw new CommandError({
          code: "invalid-chain",
          message: `Cannot run the chain: ${read.problems.map(({ message }) => message).join("; ")}`,
          remedy: read.problems[0]?.remedy ?? "See: forge chain validate FILE",
          causes: read.problems,
        }, 2);
      }
      try {
        const submitted = await deskOf(service).run({
          chain: read.chain,
          place: read.place,
          repo: repoOf(invocation),
          spec: await specOf(invocation),
          ...(typeof id === "string" ? { id } : {}),
        }, await principalOf(invocation, data));
        if (!submitted.ok) {
          throw new CommandError(submitted.error, submitted.error.code === "sandbox-unavailable" ? 1 : 2);
        }
        return await followed(invocation, service, submitted.value.run);
      } finally {
        await read.close();
      }
    },
  );
};

/** `forge chain show RUN` */
export const show: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const document = await chainOf(invocation, service);
    return { exit: 0, document, text: chainText(document, invocation) };
  });

/** `forge chain list` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const { options } = invocation;
    const { cursor, status } = options;
    if (typeof cursor === "string" && documentProblem(cursor)) {
      throw usage("--cursor is not the cursor of an earlier page", "Take it from the end of that page", {
        value: cursor,
      });
    }
    const known = [...RunStatus.options, "queued", "running", "paused"];
    if (typeof status === "string" && !known.includes(status)) {
      throw usage(`There is no status '${status}'`, `One of: ${known.join(", ")}`, { value: status });
    }
    const page = await deskOf(service).list({
      limit: countOption(options.limit, "limit", 20, 1, 200),
      ...(typeof cursor === "string" ? { cursor } : {}),
      ...(typeof status === "string" ? { status } : {}),
    });
    const repo = repoOf(invocation);
    const chains = await deskOf(service).known(repo === undefined ? undefined : { repo });
    const color = paint(invocation.io.outColor === true);
    const rows = page.chains.map(({ run, status, chain, stages }) =>
      `${run}  ${colorOf(status, color)(status.padEnd(9))}  ${chain}  ${doneOf(stages)}`
    );
    if (page.cursor !== null && rows.length > 0) rows.push(`more: forge chain list --cursor ${page.cursor}`);
    const names = chains.map(({ name, from, stages, problem }) =>
      `  ${name}  (${from}) ${problem === null ? `${stages} stages` : oneLine(problem, 200)}`
    );
    return {
      exit: 0,
      document: { ...page, known: chains },
      text: [
        ...(rows.length > 0 ? rows : ["no chain was run yet"]),
        ...(names.length > 0 ? ["chains that a spec may name:", ...names] : []),
      ].join("\n"),
    };
  });

const acting = (action: "cancel" | "resume"): Handler => (invocation) =>
  withService(invocation, { workers: true, only: "code" }, async (service, data): Promise<Answer> => {
    const { run, status } = await chainOf(invocation, service);
    // Cut off by a crash, it needs no permission to go on: it needs an engine, which this command has started.
    const goesOn = action === "resume" && (status === "running" || status === "queued");
    const before = await service.view(run);
    if (!goesOn) {
      const why = typeof invocation.options.why === "string" ? invocation.options.why : undefined;
      const outcome = await deskOf(service)[action](run, await principalOf(invocation, data), why);
      if (!outcome.ok) {
        const { code, message, remedy } = outcome;
        throw new CommandError({ code, message, remedy }, code === "conflict" ? 1 : 2);
      }
    }
    return await followed(invocation, service, run, before?.head.seq ?? 0);
  });

/** `forge chain cancel RUN`, `forge chain resume RUN` */
export const cancel: Handler = acting("cancel");
export const resume: Handler = acting("resume");

function deskOf(service: Service): NonNullable<Service["chains"]> {
  if (service.chains === undefined) throw new Error("Cannot ask about chains: this installation has none");
  return service.chains;
}

async function chainOf({ operands: [run = ""] }: Invocation, service: Service): Promise<ChainDocument> {
  const document = documentProblem(run) ? null : await deskOf(service).show(run);
  if (document === null) throw notFound("chain", run, "See: forge chain list");
  return document;
}

/** Follows a chain until it stands still, then answers with its document. */
async function followed(invocation: Invocation, service: Service, run: string, after = 0): Promise<Answer> {
  await follow(invocation, service, run, after);
  const document = await deskOf(service).show(run);
  if (document === null) throw new Error(`Cannot show ${run}: the ledger lost it`);
  const status = RunStatus.safeParse(document.status);
  return {
    exit: status.success ? EXIT_CODE[status.data] : 3,
    document,
    text: chainText(document, invocation),
  };
}

const doneOf = (stages: ChainDocument["stages"]) =>
  `${stages.filter(({ status }) => status === "completed").length} of ${stages.length} stages completed`;

function chainText(document: ChainDocument, { io }: Pick<Invocation, "io">): string {
  const { run, status, chain, id, stages, evidence, waiting } = document;
  const color = paint(io.outColor === true);
  const lines = stages.flatMap(({ id, run, why }) => [
    ...(run === null ? [] : [`  ${id}: forge workflow show ${run}`]),
    ...(why === null ? [] : [`  ${id}: ${oneLine(why, 300)}`]),
  ]);
  return [
    `${colorOf(status, color)(status.toUpperCase())}  ${run}  chain ${chain}, ${doneOf(stages)}`,
    chainPicture(stages),
    "",
    ...lines,
    ...(waiting === null ? [] : [`  waits: ${oneLine(waiting.reason, 300)}`]),
    ...(evidence === null ? [] : [`  evidence ${evidence.path}`]),
    `  id ${id}: with --id ${id} the same chain is the same run`,
    ...(status === "completed" ? [] : [`  go on with it: forge chain resume ${run}`]),
  ].join("\n");
}

function checkText({ valid, chain, stages, picture, errors, notes }: ChainCheck): string {
  return [
    ...(valid ? [`valid: chain ${chain}, ${stages.length} stages`] : []),
    ...(picture === "" ? [] : [picture, ""]),
    ...errors.flatMap(({ path, message, remedy }) => [
      `${path || "(chain)"}: ${oneLine(message, 500)}`,
      ...(remedy === undefined ? [] : [`  do: ${oneLine(remedy, 500)}`]),
    ]),
    ...notes.map((note) => `note: ${oneLine(note, 500)}`),
    ...(valid ? [] : [`${errors.length} problem${errors.length === 1 ? "" : "s"}`]),
  ].join("\n");
}
