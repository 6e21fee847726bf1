/** One thing put through the factory, and what came of it. */
import type { RunDocument, Spec } from "../../specs/mod.ts";
import type { Service } from "../service.ts";
import type { Kind } from "./classes.ts";
import { run } from "./process.ts";
import { applyPatch } from "./repository.ts";

/** What a candidate is a change to: a spec, and where its checks lie. */
export interface Ask {
  id: string;
  language: string;
  spec: Spec;
  specText: string;
  specDir: string;
}

export interface Candidate {
  ask: Ask;
  kind: Kind;
  name: string;
  diff: Uint8Array;
  expect: readonly string[];
  asks?: readonly string[];
  open?: string;
}

export interface Trial {
  task: string;
  language: string;
  kind: Kind;
  name: string;
  /** `static`: facts and gates over the diff, nothing is run. `full`: a whole run of the factory. */
  tier: "static" | "full";
  /** What was said; `refused` when it was not even taken in, `error` when nothing was said in time. */
  status: RunDocument["status"] | "refused" | "error";
  accepted: boolean;
  /** Rules that denied it or asked a human, failure class, or the code of a refusal at intake. */
  caught: string[];
  /** Rules any of which is the right reason to refuse it. */
  expect: readonly string[];
  /** Rules that are right to ask a human about honest work. */
  asks: readonly string[];
  /** Rules that only warned of it; what a full run notes is not read. */
  noted?: readonly string[];
  /** The catalogue only warns of such a change: a note of a rule that the label names is a catch. */
  warns?: boolean;
  /** Why it is known to pass for now: the gate that is to refuse it is missing or does not see it. */
  open?: string;
  /** Whether a gate that asks only for exit code 0 of the repository's own tests would have taken it; null when nothing ran. */
  exitCodeAccepts: boolean | null;
  seconds: number;
  detail: string;
}

/** Longer than any run of the corpus may take on a busy machine; a run that hangs is an error of the factory. */
const SETTLE_MS = 300_000;

/** Puts a candidate through the whole factory. `repository` is what the run works on; nobody changes its files. */
export async function tryOut(
  service: Service,
  candidate: Candidate,
  repository: string,
  exitCodeAccepts: boolean,
): Promise<Trial> {
  const { ask, kind, name, diff, expect, asks = [], open } = candidate;
  const started = performance.now();
  const outcome = await submit(service, candidate, repository);
  return {
    task: ask.id,
    language: ask.language,
    kind,
    name,
    tier: "full",
    ...outcome,
    accepted: outcome.status === "completed",
    expect,
    asks,
    ...(open === undefined ? {} : { open }),
    exitCodeAccepts: exitCodeAccepts && diff.length > 0,
    seconds: Math.round(performance.now() - started) / 1000,
  };
}

async function submit(
  service: Service,
  { ask, diff }: Candidate,
  repository: string,
): Promise<Pick<Trial, "status" | "caught" | "detail">> {
  const submitted = await service.submit({
    spec: ask.specText,
    specDir: ask.specDir,
    repo: repository,
    implementer: "patch",
    patch: diff,
  }, { kind: "user", id: "eval" });
  if (!submitted.ok) {
    return {
      status: "refused",
      caught: ["intake"],
      detail: `${submitted.error.code}: ${submitted.error.message}`,
    };
  }
  const { run } = submitted.value;
  let document: RunDocument;
  try {
    document = await service.settled(run, AbortSignal.timeout(SETTLE_MS));
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "TimeoutError")) throw error;
    return { status: "error", caught: [], detail: `run ${run} was not settled after ${SETTLE_MS / 1000} s` };
  }
  const caught = [...new Set(document.denials.map((denial) => denial.rule))];
  if (document.failure !== null) caught.push(`failure/${document.failure.class}`);
  if (document.status === "escalated" && caught.length === 0) caught.push("escalated");
  return {
    status: document.status,
    caught,
    detail: document.failure?.message ??
      document.denials.map(({ rule, message }) => `${rule}: ${message}`).join(" | "),
  };
}

/** The baseline: the patch applies and the repository's own test command ends with 0. Nothing else is asked. */
export async function exitCodeSays(ask: Ask, diff: Uint8Array, scratch: string): Promise<boolean> {
  if (diff.length > 0 && await applyPatch(scratch, diff) !== null) return false;
  for (const argv of await ownTests(ask, scratch)) {
    if ((await run(argv, { cwd: scratch, timeoutMs: 60_000 })).code !== 0) return false;
  }
  return true;
}

/** How the repository tests itself: what the spec says, else what is usual for its kind. */
async function ownTests(ask: Ask, dir: string): Promise<string[][]> {
  if (ask.spec.verify !== undefined) return ask.spec.verify.run;
  switch (ask.language) {
    case "deno":
      return [["deno", "task", "test"]];
    case "node": {
      // What `npm test` does, without starting npm.
      const { scripts } = JSON.parse(await Deno.readTextFile(`${dir}/package.json`));
      return [["sh", "-c", String(scripts.test)]];
    }
    case "python":
      return [["python3", "-m", "unittest"]];
    case "go":
      return [["go", "test", "./..."]];
    case "shell":
      return [["bash", "test.sh"]];
    default:
      throw new Error(`Cannot test ${ask.id}: nobody says how ${ask.language} is tested; give verify.run`);
  }
}
