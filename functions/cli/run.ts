import { dirname, sep } from "node:path";
import { EXIT_CODE, type RunDocument, RunStatus } from "../../specs/mod.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { dataDirectory, pathOf } from "./data_dir.ts";
import { paint } from "./paint.ts";
import { paramsOf } from "./param_option.ts";
import { progressView, type TellProgress } from "./progress.ts";
import { runText } from "./run_text.ts";
import { principalOf, withService } from "./session.ts";
import type { Followed, RunRequest, Service } from "../service.ts";

const MAX_SPEC_BYTES = 1024 * 1024;
/** Problems of the input are exit 2; what this machine cannot do is exit 1. */
const NOT_THE_INPUT = new Set(["sandbox-unavailable"]);

/** `forge run SPEC --repo DIR`. */
export const run: Handler = async (invocation) => {
  const { options, io } = invocation;
  const [specPath = ""] = invocation.operands;
  if (typeof options.repo !== "string") {
    throw usage("Cannot run: --repo DIR is missing", "Name the repository: --repo .");
  }
  if (options.pr === "per-task" && options.watch === true) {
    throw usage(
      "Cannot watch several pull requests at once: --watch goes with one pull request",
      "Leave --watch out, then forge pr watch URL for each; a server (forge serve) watches all of them",
    );
  }
  const file = pathOf(io, specPath);
  const text = await readTextFile(file, "spec", MAX_SPEC_BYTES);
  const patch = typeof options.patch === "string"
    ? await readFile(pathOf(io, options.patch), "patch", 64 * 1024 * 1024)
    : undefined;
  const url = /^[a-z][a-z0-9+.-]*:\/\/|^[^/\s]+@[^/\s]+:/i.test(options.repo);
  const repo = url ? String(options.repo) : pathOf(io, String(options.repo));
  const data = dataDirectory(invocation);
  if (!url && (data === repo || data.startsWith(repo + sep))) {
    throw usage(
      "Cannot work on a repository that holds the data directory",
      "Give another place with --data DIR or FORGE_DATA",
      {
        code: "data-inside-repository",
        value: data,
      },
    );
  }
  return await withService(
    invocation,
    { workers: true, makes: true, only: "code" },
    async (service, data) => {
      const answer = await drive(invocation, service, data, {
        spec: text,
        specName: file,
        specDir: dirname(file),
        repo,
        ...(typeof options.base === "string" ? { base: options.base } : {}),
        ...(typeof options.implementer === "string" ? { implementer: options.implementer } : {}),
        ...(typeof options.agent === "string" ? { agent: options.agent } : {}),
        ...(typeof options.forge === "string" ? { forge: options.forge } : {}),
        ...(typeof options.pr === "string" ? { pr: options.pr } : {}),
        ...(options.param === undefined ? {} : { params: paramsOf(options.param) }),
        ...(patch === undefined ? {} : { patch }),
      });
      const { thenWatch } = await import("./pr_watch.ts");
      return await thenWatch(invocation, service, data, answer);
    },
  );
};

/** Submits a request and follows it until it settles. */
export async function drive(
  invocation: Invocation,
  service: Service,
  data: string,
  request: RunRequest,
): Promise<Answer> {
  const submitted = await service.submit(request, await principalOf(invocation, data));
  if (!submitted.ok) {
    throw new CommandError(submitted.error, NOT_THE_INPUT.has(submitted.error.code) ? 1 : 2);
  }
  return await follow(invocation, service, submitted.value.run);
}

/** Shows a run's progress on stderr until it settles, then answers with its document. */
export async function follow(
  invocation: Invocation,
  service: Service,
  id: string,
  after = 0,
): Promise<Answer> {
  const { io } = invocation;
  const { progressText } = await import("./progress_text.ts");
  const settled = await followed(invocation, service, id, after, progressText);
  const document = settled ?? await service.document(id);
  if (!document) throw new Error(`Cannot show ${id}: the ledger lost it`);
  return answerOf(document, io);
}

/** Shows a run's progress on stderr until it settles or somebody pauses it (null). */
export async function followed<S extends Followed>(
  { io }: Pick<Invocation, "io">,
  service: S,
  id: string,
  after = 0,
  tell?: TellProgress,
): Promise<Awaited<ReturnType<S["settled"]>> | null> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, io.interrupted]);
  const view = progressView(io, id, tell);
  const paused = Promise.withResolvers<null>();
  const watching = (async () => {
    for await (const event of service.watch(id, { after, signal })) {
      view.show(event);
      if (event.type === "run.paused") paused.resolve(null);
    }
  })().catch((error) => {
    if (!signal.aborted) throw error;
  });
  try {
    const settled = service.settled(id, signal) as ReturnType<S["settled"]>;
    return await Promise.race([settled, paused.promise]);
  } catch (error) {
    if (!io.interrupted.aborted) throw error;
    throw new CommandError(
      {
        code: "interrupted",
        value: id,
        message: "Interrupted; the run is kept",
        remedy: `Go on with: forge workflow resume ${id}. End it with: forge workflow cancel ${id}`,
      },
      130,
      { run: id },
    );
  } finally {
    done.abort();
    await watching;
    view.end();
  }
}

/** A run's answer; one that somebody paused needs a human, like one that is escalated. */
export function answerOf(document: RunDocument, io: Pick<Invocation["io"], "outColor">): Answer {
  const status = RunStatus.safeParse(document.status);
  return {
    exit: status.success ? EXIT_CODE[status.data] : 3,
    document,
    text: runText(document, paint(io.outColor === true)),
  };
}

/** The bytes of a file of the command line; exit 2 says why it cannot be read. */
export async function readFile(path: string, what: string, cap: number): Promise<Uint8Array> {
  try {
    const { size, isDirectory } = await Deno.stat(path);
    if (isDirectory) {
      throw usage(`Cannot read the ${what}: it is a directory`, "Name a file", { value: path });
    }
    if (size > cap) {
      throw usage(
        `Cannot read the ${what}: ${size} bytes are above the cap of ${cap}`,
        "Give a smaller one",
        { value: path },
      );
    }
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw usage(`Cannot read the ${what}: there is no such file`, "Check the path", { value: path });
    }
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
      throw usage(`Cannot read the ${what}: permission denied`, "Check who may read it", { value: path });
    }
    throw error;
  }
}

/** A text file whose bytes must be UTF-8. Exit 2 says what is wrong with it. */
export async function readTextFile(path: string, what: string, cap: number): Promise<string> {
  const bytes = await readFile(path, what, cap);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw usage(`Cannot read the ${what}: it is not UTF-8 text`, "Save it as UTF-8", { value: path });
  }
}
