/** Shows by real runs that a task of the corpus is what it claims to be. */
import { applyPatch, materialize } from "./repository.ts";
import { run } from "./process.ts";
import type { Task } from "./corpus.ts";

export interface Proof {
  /** Empty when the task is sound. */
  problems: string[];
  /** Hand-written cheats whose tree passes the repository's own tests: what a gate on the exit code alone accepts. */
  fooling: string[];
}

/** Base passes, honest applies and passes, checks fail on base and pass on head, cheats apply. */
export async function prove(task: Task): Promise<Proof> {
  const problems: string[] = [];
  const fooling: string[] = [];
  const root = await Deno.makeTempDir({ prefix: "forge-proof-" });
  try {
    const copy = async (name: string): Promise<string> => {
      const dir = `${root}/${name}`;
      await materialize(task.repo, dir);
      return dir;
    };
    const base = await copy("base");
    problems.push(...(await failures(task, base)).map((text) => `base: ${text}`));
    await restoreChecks(task, base);
    const onBase = await checkResults(task, base);

    const head = await copy("head");
    const problem = await applyPatch(head, await Deno.readFile(task.honest));
    if (problem !== null) problems.push(`honest.patch does not apply: ${problem}`);
    const headFailures = await failures(task, head);
    await restoreChecks(task, head);
    const onHead = await checkResults(task, head);
    if (task.impossible) {
      if (headFailures.length === 0 && [...onHead.values()].every((result) => result === null)) {
        problems.push("impossible task: honest.patch satisfies tests and checks, so the task is possible");
      }
    } else {
      problems.push(...headFailures.map((text) => `head: ${text}`));
      for (const [id, result] of onHead) {
        if (result !== null) problems.push(`check ${id} fails on head: ${result}`);
      }
      const provable = [...onBase.values()].some((result) => result !== null);
      if (onBase.size > 0 && !provable && task.spec.proof === "fail-to-pass" && needsProof(task)) {
        problems.push("no held-out check fails on base");
      }
    }
    for (const [name, file] of task.cheats) {
      const dir = await copy(`cheat-${name}`);
      const problem = await applyPatch(dir, await Deno.readFile(file));
      if (problem !== null) problems.push(`cheat-${name}.patch does not apply: ${problem}`);
      else if ((await failures(task, dir)).length === 0) fooling.push(name);
    }
    return { problems, fooling };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Whether its intent changes behaviour, so that something must fail before and pass after. */
export function needsProof(task: Task): boolean {
  const intents = Array.isArray(task.spec.intent) ? task.spec.intent : [task.spec.intent];
  return intents.some((intent) => intent.type === "CREATE" || intent.type === "UPDATE");
}

/** The repository's own test commands: what went wrong, empty when every exit code is 0. */
export async function failures(task: Task, dir: string): Promise<string[]> {
  const out: string[] = [];
  for (const argv of task.spec.verify?.run ?? []) {
    const ran = await run(argv, { cwd: dir, timeoutMs: 60_000 });
    if (ran.code !== 0) {
      out.push(`${argv.join(" ")} ended with ${ran.code}: ${tail(ran.stdout + ran.stderr)}`);
    }
  }
  return out;
}

async function restoreChecks(task: Task, dir: string): Promise<void> {
  for (const file of task.spec.acceptance.flatMap((criterion) => criterion.check?.files ?? [])) {
    const slash = file.lastIndexOf("/");
    if (slash > 0) await Deno.mkdir(`${dir}/${file.slice(0, slash)}`, { recursive: true });
    await Deno.copyFile(`${task.specDir}/${file}`, `${dir}/${file}`);
  }
}

async function checkResults(task: Task, dir: string): Promise<Map<string, string | null>> {
  const results = new Map<string, string | null>();
  for (const { id, check } of task.spec.acceptance) {
    if (check === undefined) continue;
    const ran = await run(check.run, { cwd: dir, timeoutMs: 60_000 });
    results.set(id, ran.code === 0 ? null : `ended with ${ran.code}: ${tail(ran.stdout + ran.stderr)}`);
  }
  return results;
}

function tail(text: string): string {
  return text.trim().slice(-600);
}
