/** One thing put through the factory, and what came of it. */
import type { RunDocument } from "../../specs/mod.ts";
import type { Service } from "../service.ts";
import type { CheatClass } from "./cheats/mod.ts";
import type { Task } from "./corpus.ts";
import { run } from "./process.ts";
import { applyPatch } from "./repository.ts";

/** `honest` must complete; `impossible` and every cheat must not. */
export type Kind = "honest" | "impossible" | CheatClass;

export interface Candidate {
  task: Task;
  kind: Kind;
  name: string;
  diff: Uint8Array;
  expect: readonly string[];
}

export interface Trial {
  task: string;
  language: string;
  kind: Kind;
  name: string;
  /** What the factory said; `refused` when it did not even take it in, `error` when it said nothing in time. */
  status: RunDocument["status"] | "refused" | "error";
  accepted: boolean;
  /** Rules that denied it, failure class, or the code of a refusal at intake. */
  caught: string[];
  expect: readonly string[];
  /** Whether one of the expected rules is among those that caught it; null for honest work. */
  rightReason: boolean | null;
  /** Whether a gate that asks only for exit code 0 of the repository's own tests would have taken it. */
  exitCodeAccepts: boolean;
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
  const { task, kind, name, diff, expect } = candidate;
  const started = performance.now();
  const outcome = await submit(service, candidate, repository);
  const accepted = outcome.status === "completed";
  return {
    task: task.id,
    language: task.language,
    kind,
    name,
    ...outcome,
    accepted,
    expect,
    rightReason: kind === "honest" || expect.length === 0
      ? null
      : outcome.caught.some((rule) => expect.includes(rule)),
    exitCodeAccepts: exitCodeAccepts && diff.length > 0,
    seconds: Math.round(performance.now() - started) / 1000,
  };
}

async function submit(
  service: Service,
  { task, diff }: Candidate,
  repository: string,
): Promise<Pick<Trial, "status" | "caught" | "detail">> {
  const submitted = await service.submit({
    spec: task.specText,
    specDir: task.specDir,
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
export async function exitCodeSays(task: Task, diff: Uint8Array, scratch: string): Promise<boolean> {
  if (diff.length > 0 && await applyPatch(scratch, diff) !== null) return false;
  for (const argv of await ownTests(task, scratch)) {
    if ((await run(argv, { cwd: scratch, timeoutMs: 60_000 })).code !== 0) return false;
  }
  return true;
}

/** How the repository tests itself: what the spec says, else what is usual for its kind. */
async function ownTests(task: Task, dir: string): Promise<string[][]> {
  if (task.spec.verify !== undefined) return task.spec.verify.run;
  switch (task.language) {
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
  }
}
