import { isAbsolute, join, normalize, resolve, sep } from "node:path";
import type { Engine, RunView } from "../kernel/mod.ts";
import { acceptSpec, documentOf, type FactoryPorts } from "../pipelines/mod.ts";
import { listRules } from "../policies/mod.ts";
import { type Decision, digestOf, err, type Json, ok, type Problem, type Result } from "../specs/mod.ts";
import type { evidenceDirectory } from "./evidence_directory.ts";
import type { RunRequest, Service } from "./service.ts";

const MAX_CHECK_BYTES = 4 * 1024 * 1024;
const PAGE = 500;

/** The application behind the doors: every answer is a projection of the ledger, every change goes through the engine. */
export function application(given: {
  engine: Engine;
  ports: FactoryPorts;
  evidence: ReturnType<typeof evidenceDirectory>;
  ready: () => Promise<{ ok: boolean; detail: Record<string, string> }>;
  close: () => Promise<void>;
}): Service {
  const { engine, ports, evidence } = given;
  const decisions = async (run: string): Promise<Decision[]> => {
    const found: Decision[] = [];
    for (let after = 0;;) {
      const page = await engine.events(run, { after, limit: PAGE });
      for (const event of page) if (event.type === "transition.decided") found.push(event.payload.decision);
      const last = page.at(-1);
      if (!last || page.length < PAGE) return found;
      after = last.seq;
    }
  };
  return {
    async submit(request, actor) {
      const patch = typeof request.patch === "string"
        ? new TextEncoder().encode(request.patch)
        : request.patch;
      const accepted = await acceptSpec(ports, {
        spec: request.spec,
        readCheck: checkReader(request),
        repo: request.repo,
        ...(request.base === undefined ? {} : { base: request.base }),
        ...(request.implementer === undefined ? {} : { implementer: request.implementer }),
        ...(patch === undefined ? {} : { patch }),
        ...(request.forge === undefined ? {} : { forge: request.forge }),
        requester: actor.id,
      });
      if (!accepted.ok) return accepted;
      const { workflow, input, title, limits } = accepted.value;
      const submitted = await engine.submit({
        workflow,
        input: JSON.parse(JSON.stringify(input)) as Json,
        title,
        actor,
        limits,
        ...(request.idempotencyKey === undefined
          ? {}
          : { idempotencyKey: await digestOf(`${actor.kind}:${actor.id}:${request.idempotencyKey}`) }),
      });
      return ok(submitted);
    },
    view: (run) => engine.view(run),
    async document(run) {
      const view = await engine.view(run);
      return view ? documentOf(view) : null;
    },
    async list(options) {
      const page = await engine.list(options);
      return { runs: page.runs.map((view: RunView) => documentOf(view)), cursor: page.cursor };
    },
    events: (run, options) => engine.events(run, options),
    watch: (run, options) => engine.watch(run, options),
    act: (run, action, actor) => engine.control(run, action, actor),
    async settled(run, signal) {
      return documentOf(await engine.settled(run, signal));
    },
    decisions,
    pullRequests: (location) => ports.forge.list(location),
    pullRequest: (number, location) => ports.forge.show(number, location),
    evidence: () => evidence.list(),
    manifest: (id) => evidence.read(id),
    policies: () => listRules(),
    ready: given.ready,
    metrics: () => engine.metrics(),
    close: given.close,
  };
}

/** Held-out files come from the request's own map, or from below the spec's folder: never through a link, never from above. */
function checkReader(request: RunRequest): (path: string) => Promise<Result<Uint8Array, Problem>> {
  const missing = (path: string, why: string): Result<Uint8Array, Problem> =>
    err({
      code: "invalid-spec",
      value: path,
      message: `Cannot read the held-out file '${path}': ${why}`,
      remedy: "Name files that lie beside the spec, by their relative path",
    });
  return async (path) => {
    if (
      path === "" || isAbsolute(path) || path.includes("\\") || path.includes("\0") ||
      normalize(path).split("/").includes("..")
    ) {
      return missing(path, "it leaves the spec's folder");
    }
    if (request.files) {
      const text = Object.hasOwn(request.files, path) ? request.files[path] : undefined;
      return text === undefined
        ? missing(path, "it is not among the given files")
        : ok(new TextEncoder().encode(text));
    }
    if (request.specDir === undefined) return missing(path, "no files were given with the spec");
    try {
      const root = await Deno.realPath(resolve(request.specDir));
      const real = await Deno.realPath(join(root, path));
      if (real !== join(root, normalize(path))) return missing(path, "it is, or lies behind, a link");
      if (!real.startsWith(root + sep)) return missing(path, "it leaves the spec's folder");
      const { isFile, size } = await Deno.lstat(real);
      if (!isFile) return missing(path, "it is not a file");
      if (size > MAX_CHECK_BYTES) {
        return missing(path, `${size} bytes are above the cap of ${MAX_CHECK_BYTES}`);
      }
      return ok(await Deno.readFile(real));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return missing(path, "there is no such file");
      throw error;
    }
  };
}
