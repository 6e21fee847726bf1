import { type CheckRun, checksIn } from "./checks.ts";
import type { Told } from "./told.ts";
import { runsGitlabText } from "./injection.ts";

type Data = Record<string, unknown>;
const isData = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value);

interface GitlabJob {
  id: string;
  scripts: string[];
  data: Data;
  line: number;
}

const SETTINGS =
  /^(?:stages|variables|include|default|workflow|image|services|cache|before_script|after_script|pages|spec)$/;

async function jobsOf(text: string | null): Promise<{ jobs: GitlabJob[]; root: Data } | null> {
  if (text === null) return { jobs: [], root: {} };
  const { isMap, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    customTags: [{ tag: "!reference", collection: "seq", resolve: (value: unknown) => value as never }],
  });
  if (document.errors.length > 0 || !isMap(document.contents)) return null;
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 100 });
  } catch {
    return null;
  }
  const flat = (value: unknown): string[] =>
    Array.isArray(value) ? value.flatMap(flat) : typeof value === "string" ? [value] : [];
  const jobs = Object.entries(isData(root) ? root : {}).flatMap(([id, data]): GitlabJob[] => {
    if (!isData(data) || (SETTINGS.test(id) && id !== "default" && id !== "pages")) return [];
    const node = document.getIn([id], true) as { range?: readonly number[] | null } | undefined;
    return [{
      id,
      scripts: ["before_script", "script", "after_script"].flatMap((key) => flat(data[key])),
      data,
      line: Math.max(1, lines.linePos(node?.range?.[0] ?? 0).line),
    }];
  });
  return { jobs, root: isData(root) ? root : {} };
}

/** What a pipeline of GitLab runs and checks otherwise at head; null when a side cannot be read. */
export async function gitlabChanges(
  base: string | null,
  head: string | null,
  others: readonly CheckRun[],
): Promise<Told[] | null> {
  const [before, after] = [await jobsOf(base), await jobsOf(head)];
  if (before === null || after === null) return null;
  const told: Told[] = [];
  const add = (kind: string, name: string, detail: string, certain: boolean, line?: number) =>
    told.push({ kind, name: name.slice(0, 300), detail, certain, ...(line === undefined ? {} : { line }) });
  const checksOf = async (jobs: readonly GitlabJob[]) => {
    const found: { run: CheckRun; job: string }[] = [];
    for (const { id, scripts } of jobs) {
      for (const script of scripts) {
        for (const run of await checksIn(script)) found.push({ run, job: id });
      }
    }
    return found;
  };
  const [was, is] = [await checksOf(before.jobs), await checksOf(after.jobs)];
  const texts = new Set([...is.map(({ run }) => run.text), ...others.map(({ text }) => text)]);
  const kinds = new Set([...is.map(({ run }) => run.kind), ...others.map(({ kind }) => kind)]);
  const included = (root: Data) => JSON.stringify(root.include ?? null);
  const unclear = included(before.root) !== included(after.root) ||
    after.jobs.some(({ id, data }) =>
      (data.extends !== undefined || data.trigger !== undefined) && !before.jobs.some((job) => job.id === id)
    );
  const toldOf = new Set<string>();
  for (const { run, job } of was) {
    if (texts.has(run.text) || toldOf.has(run.text)) continue;
    toldOf.add(run.text);
    if (
      is.some((one) =>
        one.run.words[0] === run.words[0] && !was.some(({ run: { text } }) => text === one.run.text)
      )
    ) continue;
    const covered = kinds.has(run.kind) || kinds.has("any") || unclear;
    add(
      after.jobs.some(({ id }) => id === job) ? "check-removed" : "job-removed",
      `${job}: ${run.words.slice(0, 6).join(" ")}`,
      covered
        ? "it is not run any more as it was; whether another job takes its place is not known"
        : "it is not run any more, and nothing of its kind is",
      !covered && run.kind !== "build",
    );
  }
  for (const job of after.jobs) {
    const old = before.jobs.find(({ id }) => id === job.id);
    for (const script of job.scripts) {
      if (runsGitlabText(script) && !old?.scripts.includes(script)) {
        add("script-injection", job.id, "text that anybody can choose is run as a program", true, job.line);
      }
    }
    if (old === undefined) continue;
    const when = (one: GitlabJob) =>
      JSON.stringify([
        one.data.when ?? null,
        one.data.rules ?? null,
        one.data.only ?? null,
        one.data.except ?? null,
      ]);
    if (when(old) !== when(job)) {
      const never = (one: GitlabJob) =>
        /^(?:manual|never)$/.test(String(one.data.when ?? "")) ||
        (Array.isArray(one.data.rules) && one.data.rules.length > 0 &&
          one.data.rules.every((rule) => isData(rule) && rule.when === "never"));
      add(
        "job-conditional",
        job.id,
        "the job runs under another condition",
        never(job) && !never(old) && was.some((one) => one.job === job.id),
        job.line,
      );
    }
  }
  if (
    included(before.root) !== included(after.root) &&
    /"(?:remote|project|component)":|https?:\/\//.test(included(after.root))
  ) {
    add("include-changed", "include", "jobs come from another place", false);
  }
  return told;
}
