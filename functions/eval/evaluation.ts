/** Runs the corpus: every sample by facts and gates alone, and tasks and samples through the whole factory. */
import { compose } from "../compose.ts";
import type { Service } from "../service.ts";
import { catalogueClass } from "./cheats/catalogue.ts";
import { type Cheat, cheatsOf, diffCheats, diffOf, groundOf } from "./cheats/mod.ts";
import type { ClassId } from "./classes.ts";
import { installed, LANGUAGES, runnable, type Task, tasks } from "./corpus.ts";
import { git } from "./process.ts";
import { materialize, sameBytes } from "./repository.ts";
import { branchesOf, patchOf } from "./samples/branches.ts";
import { bindingTrials } from "./samples/binding_trial.ts";
import { licenceTrials } from "./samples/licence_trial.ts";
import { type Sample, type SampleChange, samples, specText } from "./samples/sample.ts";
import { judgeSample } from "./samples/static_trial.ts";
import { type Candidate, exitCodeSays, type Trial, tryOut } from "./trial.ts";

export interface EvaluationOptions {
  /** Keeps tasks and samples whose id has this text, or is one of these. */
  filter?: string | readonly string[];
  classes?: readonly ClassId[];
  /** Which tiers are tried; both when left out. */
  tiers?: readonly Trial["tier"][];
  /** Cheats of a class for each task, in rotation, so that all variants are met over the tasks; all of them when null. */
  variants: number | null;
  /** At most so many generated cheats for a task, its classes in rotation; all of them when left out. */
  cheatsPerTask?: number;
  /** No full trial begins later than this after the start. */
  stopAfterMs?: number;
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
  /** Full trials that were not begun, as the time was over. */
  untried: number;
  sandbox: string;
  seconds: number;
}

/** Evaluates on the corpus. Everything happens in temporary directories, which are removed. */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const started = performance.now();
  const root = await Deno.makeTempDir({ prefix: "forge-eval-" });
  const evaluation: Evaluation = {
    trials: [],
    ignored: [],
    untried: 0,
    sandbox: options.sandbox,
    seconds: 0,
  };
  const tiers = options.tiers ?? ["static", "full"];
  try {
    if (tiers.includes("static")) await staticTrials(options, root, evaluation);
    if (tiers.includes("full")) {
      const left = (): boolean =>
        options.stopAfterMs === undefined || performance.now() - started < options.stopAfterMs;
      await fullTrials(options, root, evaluation, left);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
  evaluation.seconds = Math.round((performance.now() - started) / 100) / 10;
  return evaluation;
}

const isWanted = ({ filter }: EvaluationOptions, id: string): boolean =>
  filter === undefined || (typeof filter === "string" ? id.includes(filter) : filter.includes(id));

/** Whether a change is of the classes that are asked for; honest work always is, as precision is about it too. */
const isOfClass = ({ classes }: EvaluationOptions, { class: id }: SampleChange): boolean =>
  classes === undefined || id === null || classes.includes(id);

async function staticTrials(options: EvaluationOptions, root: string, evaluation: Evaluation): Promise<void> {
  const found = (trial: Trial): void => {
    evaluation.trials.push(trial);
    options.onTrial?.(trial);
  };
  for (const sample of samples().filter(({ id }) => isWanted(options, id))) {
    const changes = sample.changes.filter((change) =>
      change.header.run !== "full" && isOfClass(options, change)
    );
    const dir = `${root}/static-${sample.id}`;
    for await (const trial of judgeSample(sample, changes, dir)) {
      options.signal?.throwIfAborted();
      found(trial);
    }
    // What is exchanged is a digest: a few languages are enough, and more would only lift the figures.
    if (sample.tool !== null && options.classes?.includes("E2") !== false) {
      for await (const trial of bindingTrials(sample, dir)) found(trial);
    }
    if (options.classes?.includes("D3") !== false) {
      for await (const trial of licenceTrials(sample, dir)) found(trial);
    }
    await Deno.remove(dir, { recursive: true });
  }
}

/** A repository with candidates, made when its turn comes. */
interface Unit {
  id: string;
  make(dir: string): Promise<{ repository: string; candidates: Candidate[] }>;
}

async function fullTrials(
  options: EvaluationOptions,
  root: string,
  evaluation: Evaluation,
  left: () => boolean,
): Promise<void> {
  const { chosen, ignored } = choose(options.filter);
  evaluation.ignored.push(...ignored);
  const rotation = rotate(options.variants);
  const units: Unit[] = [
    ...samples().filter(({ id }) => isWanted(options, id)).flatMap((sample) =>
      sampleUnit(sample, options, evaluation)
    ),
    ...chosen.map((task, index): Unit => ({
      id: task.id,
      make: (dir) => taskUnit(task, index, dir, options, rotation),
    })),
  ];
  const service = await compose({
    data: `${root}/data`,
    sandbox: options.sandbox,
    workers: true,
    concurrency: options.concurrency,
  });
  try {
    const ready = await service.ready();
    if (!ready.ok) throw new Error(`Cannot evaluate: ${JSON.stringify(ready.detail)}`);
    for (const unit of units) {
      options.signal?.throwIfAborted();
      const dir = `${root}/${unit.id}`;
      await Deno.mkdir(dir);
      const { repository, candidates } = await unit.make(dir);
      await tryAll(service, repository, candidates, dir, options, evaluation, left);
      await Deno.remove(dir, { recursive: true });
    }
  } finally {
    await service.close();
  }
}

async function tryAll(
  service: Service,
  repository: string,
  candidates: readonly Candidate[],
  dir: string,
  options: EvaluationOptions,
  evaluation: Evaluation,
  left: () => boolean,
): Promise<void> {
  const one = async (candidate: Candidate, scratch: string): Promise<void> => {
    if (!left()) {
      evaluation.untried++;
      return;
    }
    await git(dir, ["clone", "--quiet", "--no-hardlinks", repository, scratch]);
    const exitCode = await exitCodeSays(candidate.ask, candidate.diff, scratch);
    await Deno.remove(scratch, { recursive: true });
    const trial = await tryOut(service, candidate, repository, exitCode);
    evaluation.trials.push(trial);
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

function sampleUnit(sample: Sample, options: EvaluationOptions, evaluation: Evaluation): Unit[] {
  const changes = sample.changes.filter((change) =>
    change.header.run !== "static" && isOfClass(options, change)
  );
  if (changes.length === 0) return [];
  if (sample.tool === null || !installed(sample.tool)) {
    evaluation.ignored.push({
      task: sample.id,
      why: `${sample.tool ?? "a tool"} is not installed: judged statically only`,
    });
    return [];
  }
  return [{
    id: sample.id,
    make: async (dir) => {
      const branches = await branchesOf(sample, changes, `${dir}/branches`);
      const candidates: Candidate[] = [];
      for (const change of changes) {
        candidates.push({
          ask: {
            id: sample.id,
            language: sample.language,
            spec: change.spec,
            specText: specText(change.spec),
            specDir: dir,
          },
          kind: change.class ?? "honest",
          name: change.name,
          diff: await patchOf(branches, change),
          expect: change.expect,
          asks: change.header.asks,
          ...(change.header.open === undefined ? {} : { open: change.header.open }),
        });
      }
      // What the factory works on has the base and nothing of the changes.
      const repository = `${dir}/repository`;
      await git(dir, [
        "clone",
        "--quiet",
        "--single-branch",
        "--branch",
        branches.base,
        branches.repository,
        repository,
      ]);
      return { repository, candidates };
    },
  }];
}

async function taskUnit(
  task: Task,
  index: number,
  dir: string,
  options: EvaluationOptions,
  rotation: Rotation,
): Promise<{ repository: string; candidates: Candidate[] }> {
  const repository = `${dir}/repository`;
  await materialize(task.repo, repository);
  return { repository, candidates: await candidatesOf(task, index, dir, options, rotation) };
}

async function candidatesOf(
  task: Task,
  index: number,
  dir: string,
  options: EvaluationOptions,
  rotation: Rotation,
): Promise<Candidate[]> {
  const honest = await Deno.readFile(task.honest);
  const ground = await groundOf(task, `${dir}/ground`);
  if (task.impossible) {
    return [["honest-attempt", honest] as const, ...ground.written].map(([name, diff]): Candidate => ({
      ask: task,
      kind: "impossible",
      name,
      diff,
      expect: [],
    }));
  }
  const candidates: Candidate[] = [{ ask: task, kind: "honest", name: "honest", diff: honest, expect: [] }];
  const all = [...cheatsOf(ground), ...diffCheats(ground, honest)];
  const desk = `${dir}/desk`;
  await materialize(task.repo, desk);
  const groups = [...Map.groupBy(all, (cheat) => cheat.class).values()];
  // With a few cheats for each task, the tasks begin at different classes.
  const start = options.cheatsPerTask === undefined ? 0 : (index * options.cheatsPerTask) % groups.length;
  for (const cheats of [...groups.slice(start), ...groups.slice(0, start)]) {
    const wanted = cheats.filter((cheat) =>
      options.classes === undefined || options.classes.includes(catalogueClass(cheat))
    );
    if (wanted.length === 0) continue;
    for (const cheat of rotation(task.language, wanted)) {
      if (options.cheatsPerTask !== undefined && candidates.length > options.cheatsPerTask) return candidates;
      const diff = await diffOf(cheat, desk);
      // A variant that changes nothing here, or gives the honest patch, is no cheat.
      if ((diff.length === 0 && cheat.name !== "empty-patch") || sameBytes(diff, honest)) continue;
      candidates.push({
        ask: task,
        kind: catalogueClass(cheat),
        name: cheat.name,
        diff,
        expect: cheat.expect,
      });
    }
  }
  return candidates;
}
