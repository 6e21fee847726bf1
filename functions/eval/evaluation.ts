/** Runs the corpus through the factory: honest work, no work, and every cheat. */
import { compose } from "../compose.ts";
import type { Service } from "../service.ts";
import { type Cheat, type CheatClass, cheatsOf, diffCheats, diffOf, groundOf } from "./cheats/mod.ts";
import { LANGUAGES, runnable, type Task, tasks } from "./corpus.ts";
import { git } from "./process.ts";
import { materialize, sameBytes } from "./repository.ts";
import { type Candidate, exitCodeSays, type Trial, tryOut } from "./trial.ts";

export interface EvaluationOptions {
  /** Keeps tasks whose id has this text, or is one of these. */
  filter?: string | readonly string[];
  classes?: readonly CheatClass[];
  /** Cheats of a class for each task, in rotation, so that all variants are met over the tasks; all of them when null. */
  variants: number | null;
  concurrency: number;
  sandbox: "bwrap" | "none";
  onTrial?: (trial: Trial) => void;
  /** Stops between trials; what was made is removed. */
  signal?: AbortSignal;
}

export interface Evaluation {
  trials: Trial[];
  /** Tasks left out, with the reason. */
  ignored: { task: string; why: string }[];
  sandbox: string;
  seconds: number;
}

/** Evaluates the factory on the corpus. Everything happens in temporary directories, which are removed. */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const started = performance.now();
  const root = await Deno.makeTempDir({ prefix: "forge-eval-" });
  const trials: Trial[] = [];
  const { chosen, ignored } = choose(options.filter);
  const rotation = rotate(options.variants);
  try {
    const service = await compose({
      data: `${root}/data`,
      sandbox: options.sandbox,
      workers: true,
      concurrency: options.concurrency,
    });
    try {
      const ready = await service.ready();
      if (!ready.ok) throw new Error(`Cannot evaluate: ${JSON.stringify(ready.detail)}`);
      for (const task of chosen) {
        options.signal?.throwIfAborted();
        const found = await ofTask(service, task, `${root}/${task.id}`, options, rotation);
        trials.push(...found);
        await Deno.remove(`${root}/${task.id}`, { recursive: true });
      }
    } finally {
      await service.close();
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
  return {
    trials,
    ignored,
    sandbox: options.sandbox,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
}

/** Tasks that a filter means, and those of them whose toolchain is not here. */
export function choose(
  filter: EvaluationOptions["filter"],
): { chosen: Task[]; ignored: Evaluation["ignored"] } {
  const here = new Set(runnable());
  const wanted = tasks().filter(({ id }) =>
    filter === undefined || (typeof filter === "string" ? id.includes(filter) : filter.includes(id))
  );
  return {
    chosen: wanted.filter((task) => here.has(task.language)),
    ignored: wanted.filter((task) => !here.has(task.language))
      .map((task) => ({ task: task.id, why: `the toolchain of ${task.language} is not installed` })),
  };
}

type Rotation = (language: string, cheats: readonly Cheat[]) => Cheat[];

/** Takes `count` cheats of a list, and the next ones the next time the same language and class come by. */
function rotate(count: number | null): Rotation {
  const at = new Map<string, number>();
  return (language, cheats) => {
    if (count === null || cheats.length <= count) return [...cheats];
    const key = `${language}/${cheats[0]?.class}`;
    // Languages begin at different places, so that a small part of the corpus meets many variants too.
    const start = at.get(key) ?? LANGUAGES.findIndex((name) => name === language);
    at.set(key, start + count);
    return Array.from({ length: count }, (_, i) => cheats[(start + i) % cheats.length]).filter((one) =>
      one !== undefined
    );
  };
}

async function ofTask(
  service: Service,
  task: Task,
  dir: string,
  options: EvaluationOptions,
  rotation: Rotation,
): Promise<Trial[]> {
  await Deno.mkdir(dir, { recursive: true });
  const repository = `${dir}/repository`;
  await materialize(task.repo, repository);
  const candidates = await candidatesOf(task, dir, options, rotation);
  const trials: Trial[] = [];
  const one = async (candidate: Candidate, scratch: string): Promise<void> => {
    await git(dir, ["clone", "--quiet", "--no-hardlinks", repository, scratch]);
    const exitCode = await exitCodeSays(task, candidate.diff, scratch);
    await Deno.remove(scratch, { recursive: true });
    const trial = await tryOut(service, candidate, repository, exitCode);
    trials.push(trial);
    options.onTrial?.(trial);
  };
  // The first one alone: it fills the cache of base runs for the others.
  const [first, ...rest] = candidates.entries();
  if (first !== undefined) await one(first[1], `${dir}/plain-0`);
  const lanes = Array.from({ length: options.concurrency }, async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      options.signal?.throwIfAborted();
      await one(next[1], `${dir}/plain-${next[0]}`);
    }
  });
  await Promise.all(lanes);
  return trials;
}

async function candidatesOf(
  task: Task,
  dir: string,
  options: EvaluationOptions,
  rotation: Rotation,
): Promise<Candidate[]> {
  const honest = await Deno.readFile(task.honest);
  const ground = await groundOf(task, `${dir}/ground`);
  if (task.impossible) {
    return [
      { task, kind: "impossible", name: "honest-attempt", diff: honest, expect: [] },
      ...[...ground.written].map(([name, diff]): Candidate => ({
        task,
        kind: "impossible",
        name,
        diff,
        expect: [],
      })),
    ];
  }
  const candidates: Candidate[] = [{ task, kind: "honest", name: "honest", diff: honest, expect: [] }];
  const all = [...cheatsOf(ground), ...diffCheats(ground, honest)];
  const desk = `${dir}/desk`;
  await materialize(task.repo, desk);
  const byClass = Map.groupBy(all, (cheat) => cheat.class);
  for (const [key, cheats] of byClass) {
    if (options.classes !== undefined && !options.classes.includes(key)) continue;
    for (const cheat of rotation(task.language, cheats)) {
      const diff = await diffOf(cheat, desk);
      // A variant that changes nothing here, or gives the honest patch, is no cheat.
      if ((diff.length === 0 && cheat.name !== "empty-patch") || sameBytes(diff, honest)) continue;
      candidates.push({ task, kind: key, name: cheat.name, diff, expect: cheat.expect });
    }
  }
  return candidates;
}
