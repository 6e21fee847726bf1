/** Shows by real runs that the samples are what they claim to be: base and honest work pass the repository's own tests. */
import { installed } from "../corpus.ts";
import { git, run } from "../process.ts";
import { branchesOf } from "./branches.ts";
import { type Sample, type SampleChange, samples } from "./sample.ts";

const OUTPUT = 600;

/** For each sample whose tool is here: what is wrong with it, which is nothing when it is sound. */
export async function* proveSamples(filter: string): AsyncGenerator<{ task: string; problems: string[] }> {
  for (const sample of samples(filter)) {
    if (sample.tool === null || !installed(sample.tool)) continue;
    yield { task: sample.id, problems: await problemsOf(sample) };
  }
}

async function problemsOf(sample: Sample): Promise<string[]> {
  const honest = sample.changes.filter(({ class: id, header }) => id === null && header.needs === undefined);
  const dir = await Deno.makeTempDir({ prefix: "forge-samples-" });
  try {
    const branches = await branchesOf(sample, honest, dir);
    const problems = await failures(dir, honest[0], "base");
    for (const change of honest) {
      await git(dir, ["checkout", "--quiet", "--force", branches.heads.get(change) ?? branches.base]);
      problems.push(...await failures(dir, change, change.name));
      await git(dir, ["clean", "-fdxq"]);
    }
    return problems;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function failures(dir: string, change: SampleChange | undefined, what: string): Promise<string[]> {
  const problems: string[] = [];
  for (const argv of change?.spec.verify?.run ?? []) {
    const { code, stdout, stderr } = await run(argv, { cwd: dir, timeoutMs: 60_000 });
    if (code !== 0) {
      problems.push(
        `${what}: ${argv.join(" ")} ended with ${code}: ${(stdout + stderr).trim().slice(-OUTPUT)}`,
      );
    }
  }
  return problems;
}
