import type { WorkflowChange } from "../../../specs/mod.ts";
import { BLIND, type CheckRun, checksIn, isCheckAction, NARROW, runsOthers } from "./checks.ts";
import { heldBy, injectionsIn } from "./injection.ts";
import { type Job, levelOf, type Step, type Workflow } from "./workflow.ts";

export type Told = Omit<WorkflowChange, "path" | "system">;

/** Triggers under which a workflow has the repository's rights while somebody else chose what it sees. */
const PRIVILEGED = ["pull_request_target", "workflow_run", "issue_comment", "issues", "discussion_comment"];
const FOREIGN_HEAD =
  /github\s*\.\s*(?:event\s*\.\s*(?:pull_request\s*\.\s*head\s*\.\s*(?:sha|ref)|pull_request\s*\.\s*merge_commit_sha|workflow_run\s*\.\s*head_(?:sha|branch|commit)|issue\s*\.\s*number|number)|head_ref)|refs\/pull\//;
const SECRET = /\bsecrets\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*["']([A-Za-z_]\w*)["']\s*\])/g;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const OWN = /^(?:actions|github)\//;

const stepKey = (job: Job, step: Step, at: number): string =>
  `${job.id}\n${step.name || step.uses.split("@")[0] || step.run.slice(0, 60) || at}`;

/** What a workflow grants, runs and checks otherwise at head. `base` is null for one that is new. */
export async function githubChanges(
  base: Workflow | null,
  head: Workflow | null,
  others: readonly CheckRun[],
): Promise<Told[]> {
  const told: Told[] = [];
  const add = (kind: string, name: string, detail: string, certain: boolean, line?: number) =>
    told.push({
      kind,
      name: name.slice(0, 300),
      detail: detail.slice(0, 300),
      certain,
      ...(line === undefined ? {} : { line }),
    });
  if (head !== null) {
    grants(base, head, add);
    triggers(base, head, add);
    actions(base, head, add);
    secrets(base, head, add);
    injections(base, head, add);
    for (const job of head.jobs) jobChanges(base?.jobs.find(({ id }) => id === job.id), job, base, head, add);
  }
  await checksGone(base, head, others, add);
  return told;
}

type Add = (kind: string, name: string, detail: string, certain: boolean, line?: number) => void;

function grants(base: Workflow | null, head: Workflow, add: Add): void {
  for (const job of head.jobs) {
    const before = base?.jobs.find(({ id }) => id === job.id);
    const { permissions } = job;
    if (permissions === "write-all" && before?.permissions !== "write-all") {
      add("permission-widened", `${job.id}: write-all`, "every scope is granted for writing", true, job.line);
      continue;
    }
    if (before !== undefined && before.permissions !== null && permissions === null) {
      add(
        "permission-widened",
        `${job.id}: permissions`,
        "what was granted is not said any more: the repository's default holds",
        true,
        job.line,
      );
      continue;
    }
    const scopes = typeof permissions === "object" && permissions !== null ? Object.keys(permissions) : [];
    const privileged = PRIVILEGED.some((name) => name in head.triggers);
    for (const scope of scopes) {
      const [was, is] = [levelOf(before?.permissions ?? null, scope), levelOf(permissions, scope)];
      const more = is === "write" ? was !== "write" : is === "read" && was === "none";
      if (!more) continue;
      if (is === "read") {
        if (before !== undefined) {
          add("permission-read", `${job.id}: ${scope}: read`, "a scope can be read", false, job.line);
        }
      } else {add(
          "permission-widened",
          `${job.id}: ${scope}: write`,
          before === undefined ? "a new job may write" : "the job may write what it could not before",
          before !== undefined && was !== null && privileged,
          job.line,
        );}
    }
    if (
      permissions === "read-all" && before?.permissions !== "read-all" && before?.permissions !== null &&
      before !== undefined
    ) {
      add("permission-read", `${job.id}: read-all`, "every scope can be read", false, job.line);
    }
  }
}

function triggers(base: Workflow | null, head: Workflow, add: Add): void {
  for (const name of Object.keys(head.triggers)) {
    if (!PRIVILEGED.includes(name)) continue;
    const fresh = base === null || !(name in base.triggers);
    for (const job of head.jobs) {
      for (const step of job.steps) {
        const takes = /^actions\/checkout(?:@|$)/.test(step.uses)
          ? FOREIGN_HEAD.test(JSON.stringify(step.with))
          : /\b(?:gh\s+pr\s+checkout|git\s+(?:fetch|checkout|pull|merge)\b[^\n]{0,200}(?:pull\/|head_ref|PR_|FETCH_HEAD))/
            .test(step.run);
        const took = base?.jobs.find(({ id }) => id === job.id)?.steps.some((one) =>
          one.uses === step.uses && one.run === step.run &&
          FOREIGN_HEAD.test(JSON.stringify(one.with)) === FOREIGN_HEAD.test(JSON.stringify(step.with))
        );
        if (takes && (fresh || took !== true)) {
          const certain = (name === "pull_request_target" || name === "workflow_run") &&
            !/labeled/.test(JSON.stringify(head.triggers[name]) ?? "") && job.condition === "";
          add(
            "foreign-code",
            `${job.id}: ${name}`,
            "with the repository's rights the code of a stranger is checked out",
            certain,
            step.line,
          );
        }
      }
    }
    if (fresh) {
      add(
        "trigger-privileged",
        name,
        "the workflow runs with the repository's rights for what strangers do",
        false,
      );
    }
  }
  if (base === null) return;
  for (const name of ["pull_request", "push", "merge_group", "pull_request_target"]) {
    if (!(name in base.triggers)) continue;
    if (!(name in head.triggers)) {
      const left = ["push", "pull_request", "merge_group", "pull_request_target", "workflow_call"].some((
        one,
      ) => one in head.triggers);
      add(
        "trigger-removed",
        name,
        left ? "the workflow does not run for it any more" : "the workflow runs for no change any more",
        false,
      );
      continue;
    }
    narrowed(name, base.triggers[name], head.triggers[name], add);
  }
}

/** Globs over reading matter. */
const DOCS =
  /^(?:\*\*\/)?(?:[\w./*-]*\.(?:md|mdx|rst|txt|adoc|png|svg)|docs?\/(?:\*\*?)?(?:\/\*)?|LICENSE\*?|\.?(?:gitignore|editorconfig|gitattributes)|CODEOWNERS|\.github\/ISSUE_TEMPLATE\/\*\*)$/i;

function narrowed(name: string, before: unknown, after: unknown, add: Add): void {
  const of = (value: unknown, key: string): string[] | null => {
    const found = typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)[key]
      : undefined;
    return found === undefined || found === null
      ? null
      : (Array.isArray(found) ? found : [found]).map(String);
  };
  for (const key of ["branches", "paths", "types", "tags"]) {
    const [was, is] = [of(before, key), of(after, key)];
    if (is === null || (was !== null && was.every((one) => is.includes(one)))) continue;
    if (was === null || is.every((one) => !was.includes(one)) || is.length < was.length) {
      add("trigger-narrowed", `${name}.${key}`, "the workflow runs for less than before", false);
    }
  }
  for (const key of ["branches-ignore", "paths-ignore", "tags-ignore"]) {
    const [was, is] = [of(before, key) ?? [], of(after, key) ?? []];
    const more = is.filter((one) => !was.includes(one));
    if (more.length === 0) continue;
    if (more.every((one) => DOCS.test(one))) {
      add("trigger-docs", `${name}.${key}`, "reading matter alone does not start the workflow", false);
      continue;
    }
    const code = more.some((one) =>
      /^\*\*?$|^\*\*\/\*$|\.(?:[cm]?[jt]sx?|py|go|rs|java|rb|c|cc|cpp|sh)$|(?:^|\/)(?:src|lib|app|pkg)\//
        .test(one)
    );
    add(
      "trigger-narrowed",
      `${name}.${key}`,
      "the workflow leaves out more than before",
      code && key !== "tags-ignore",
    );
  }
}

function actions(base: Workflow | null, head: Workflow, add: Add): void {
  const refsOf = (workflow: Workflow | null) => {
    const found = new Map<string, Set<string>>();
    for (const job of workflow?.jobs ?? []) {
      for (const uses of [job.uses, ...job.steps.map((step) => step.uses)]) {
        const [name = "", ref = ""] = uses.split("@");
        if (name !== "") found.set(name.toLowerCase(), (found.get(name.toLowerCase()) ?? new Set()).add(ref));
      }
    }
    return found;
  };
  const before = refsOf(base);
  const seen = new Set<string>();
  for (const job of head.jobs) {
    for (const { uses, line } of [job, ...job.steps]) {
      const [name = "", ref = ""] = uses.split("@");
      if (uses === "" || uses.startsWith("./") || seen.has(uses.toLowerCase())) continue;
      seen.add(uses.toLowerCase());
      const docker = uses.startsWith("docker://");
      const pinned = COMMIT.test(ref) || (docker && /@sha256:[0-9a-f]{64}$/.test(uses));
      const was = before.get(name.toLowerCase());
      if (was?.has(ref)) continue;
      const branch = !pinned && !/^v?\d+(?:[.\w-]*)$|^[\w-]+[/@-]v?\d+[.\w-]*$/.test(ref);
      if (was !== undefined) {
        const wasPinned = [...was].every((one) => COMMIT.test(one));
        const wasTag = [...was].every((one) => COMMIT.test(one) || /^v?\d/.test(one));
        if (wasPinned && !pinned) {
          add(
            "action-unpinned",
            name,
            `it was named by its commit, and is now what its owner calls ${ref || "the default branch"}`,
            !OWN.test(name),
            line,
          );
        } else if (wasTag && branch) {
          add(
            "action-unpinned",
            name,
            `it was named by a version, and now follows ${ref || "the default branch"}`,
            !OWN.test(name),
            line,
          );
        }
        continue;
      }
      // What is new in a repository: by its commit it is fixed, whoever wrote it.
      if (OWN.test(name) || docker) continue;
      add(
        pinned ? "action-added" : "action-added-unpinned",
        name,
        pinned
          ? "a new action of others, named by its commit"
          : `a new action of others, named by what its owner can move (${ref})`,
        false,
        line,
      );
    }
  }
}

function secrets(base: Workflow | null, head: Workflow, add: Add): void {
  const namesOf = (workflow: Workflow | null) =>
    new Set([...(workflow?.text ?? "").matchAll(SECRET)].map((match) => match[1] ?? match[2] ?? ""));
  const before = namesOf(base);
  const lines = head.text.split("\n");
  for (const name of namesOf(head)) {
    if (before.has(name) || name === "GITHUB_TOKEN" || name === "github_token") continue;
    const at = lines.findIndex((line) => line.includes(name));
    add(
      "secret-added",
      name,
      "a secret that the workflow did not read before",
      false,
      at < 0 ? undefined : at + 1,
    );
  }
  if (/\btojson\(\s*secrets\s*\)/i.test(head.text) && !/\btojson\(\s*secrets\s*\)/i.test(base?.text ?? "")) {
    add("secret-added", "toJSON(secrets)", "all secrets at once", true);
  }
  for (const job of head.jobs) {
    const was = base?.jobs.find(({ id }) => id === job.id);
    if (job.secrets === "inherit" && was?.secrets !== "inherit") {
      add(
        "secrets-inherit",
        job.id,
        "all secrets are given to the workflow that it calls",
        !job.uses.startsWith("./") && !COMMIT.test(job.uses.split("@")[1] ?? ""),
        job.line,
      );
    }
  }
}

function injections(base: Workflow | null, head: Workflow, add: Add): void {
  const countOf = (workflow: Workflow | null) => {
    const found = new Map<string, number>();
    for (const { expression } of workflow === null ? [] : injectionsOf(workflow)) {
      found.set(expression, (found.get(expression) ?? 0) + 1);
    }
    return found;
  };
  const before = countOf(base);
  for (const { expression, line, job } of injectionsOf(head)) {
    const left = before.get(expression) ?? 0;
    before.set(expression, left - 1);
    if (left <= 0) {
      add(
        "script-injection",
        `${job}: ${expression.slice(0, 100)}`,
        "text that anybody can choose is put into a script, and runs there",
        true,
        line,
      );
    }
  }
}

/** Places of a workflow where text of strangers becomes a script. */
export function injectionsOf(workflow: Workflow): { expression: string; line: number; job: string }[] {
  const found: { expression: string; line: number; job: string }[] = [];
  const top = heldBy(workflow.env);
  for (const job of workflow.jobs) {
    const held = [...top, ...heldBy(job.env)];
    for (const step of job.steps) {
      const names = new Set([...held, ...heldBy(step.env)]);
      for (const expression of [...injectionsIn(step.run, names), ...injectionsIn(step.script, names)]) {
        found.push({ expression, line: step.line, job: job.id });
      }
    }
  }
  return found;
}

/** Inputs by which agents take their orders, and those by which actions take a command. */
const PROMPT =
  /^(?:\w+[-_])?(?:prompt|instructions?|system[-_]?message|user[-_]?message|query|question|task)$/i;
const COMMAND = /^(?:command|commands|cmd|run|inline[-_]?script|pre[-_]?command|post[-_]?command)$/i;

/** Inputs of actions that hold text of strangers, and are read as an order. */
function strangersInputs(job: Job): { step: Step; name: string; prompt: boolean }[] {
  return job.steps.flatMap((step) => {
    const held = new Set(heldBy(step.env));
    return step.uses === "" ? [] : Object.entries(step.with).flatMap(([name, value]) => {
      const prompt = PROMPT.test(name);
      return (prompt || COMMAND.test(name)) && typeof value === "string" &&
          injectionsIn(value, held).length > 0
        ? [{ step, name, prompt }]
        : [];
    });
  });
}

const NEVER =
  /^(?:\$\{\{\s*)?(?:false|'false'|"false"|0|!always\(\)|github\.event_name\s*==\s*'never')(?:\s*\}\})?$/;

function jobChanges(was: Job | undefined, job: Job, base: Workflow | null, head: Workflow, add: Add): void {
  const requests = "pull_request" in head.triggers || "pull_request_target" in head.triggers;
  if (
    /self-hosted/.test(job.runsOn) && requests &&
    (was === undefined || !/self-hosted/.test(was.runsOn) ||
      !("pull_request" in (base?.triggers ?? {}) || "pull_request_target" in (base?.triggers ?? {})))
  ) {
    add("self-hosted", job.id, "a runner of one's own runs what pull requests bring", false, job.line);
  }
  for (const { step, name, prompt } of strangersInputs(job)) {
    if (was?.steps.some((one) => one.with[name] === step.with[name])) continue;
    add(
      prompt ? "prompt-injection" : "script-injection",
      `${job.id}: ${name}`,
      prompt
        ? "text that anybody can choose stands in the prompt of an agent"
        : "text that anybody can choose is given to an action as a command",
      false,
      step.line,
    );
  }
  for (const step of job.steps) {
    if (!/cache(?:@|\/)/.test(step.uses)) continue;
    const key = JSON.stringify([step.with.key, step.with["restore-keys"]]);
    const before = was?.steps.some((one) =>
      one.uses === step.uses && JSON.stringify([one.with.key, one.with["restore-keys"]]) === key
    );
    if (injectionsIn(key).length > 0 && before !== true) {
      add("cache-key", job.id, "strangers choose the key of a cache", false, step.line);
    }
  }
  if (was === undefined) return;
  if (job.condition !== was.condition && job.condition !== "") {
    add(
      "job-conditional",
      job.id,
      "the job runs under another condition",
      NEVER.test(job.condition.trim()),
      job.line,
    );
  }
  for (const need of was.needs) {
    if (!job.needs.includes(need) && head.jobs.some(({ id }) => id === need)) {
      add("needs-dropped", `${job.id}: ${need}`, "the job does not wait for it any more", false, job.line);
    }
  }
  if (was.timeout !== null && job.timeout !== null && job.timeout < was.timeout / 4) {
    add("timeout-narrowed", job.id, `${was.timeout} minutes become ${job.timeout}`, false, job.line);
  }
  for (const [axis, values] of Object.entries(was.matrix)) {
    const [before, after] = [values, job.matrix[axis]].map((one) => Array.isArray(one) ? one.length : 0) as [
      number,
      number,
    ];
    if (Array.isArray(values) && after < before) {
      add("matrix-narrowed", `${job.id}: ${axis}`, `${before} values become ${after}`, false, job.line);
    }
  }
  const steps = new Map(was.steps.map((step, at) => [stepKey(was, step, at), step]));
  for (const [at, step] of job.steps.entries()) {
    const before = steps.get(stepKey(job, step, at));
    if (before === undefined || before.condition === step.condition || step.condition === "") continue;
    add(
      "step-conditional",
      `${job.id}: ${step.name || step.uses || step.run.slice(0, 60)}`,
      "the step runs under another condition",
      NEVER.test(step.condition.trim()),
      step.line,
    );
  }
}

async function checkRuns(workflow: Workflow | null): Promise<{ run: CheckRun; job: string; line: number }[]> {
  const found: { run: CheckRun; job: string; line: number }[] = [];
  for (const job of workflow?.jobs ?? []) {
    for (const step of job.steps) {
      for (const run of step.run === "" ? [] : await checksIn(step.run)) {
        found.push({ run, job: job.id, line: step.line });
      }
      if (isCheckAction(step.uses)) {
        const text = step.uses.split("@")[0] ?? "";
        found.push({ run: { text, words: [text], kind: "any" }, job: job.id, line: step.line });
      }
    }
  }
  return found;
}

/** Checks of base that no step of head runs, and what stands in their place. */
async function checksGone(
  base: Workflow | null,
  head: Workflow | null,
  others: readonly CheckRun[],
  add: Add,
): Promise<void> {
  const [before, after] = [await checkRuns(base), await checkRuns(head)];
  const texts = new Set([...after.map(({ run }) => run.text), ...others.map(({ text }) => text)]);
  const kinds = new Set([...after.map(({ run }) => run.kind), ...others.map(({ kind }) => kind)]);
  const known = new Set(
    (base?.jobs ?? []).flatMap((
      job,
    ) => [job.uses, ...job.steps.flatMap((step) => [step.uses.split("@")[0] ?? "", step.run])]),
  );
  // Another workflow or program, of which is not known what it runs, may have taken its place.
  let unclear = false;
  for (const job of head?.jobs ?? []) {
    if (job.uses !== "" && !known.has(job.uses)) unclear = true;
    for (const step of job.steps) {
      if (step.uses.startsWith("./") && !known.has(step.uses)) unclear = true;
      if (step.run !== "" && !known.has(step.run) && await runsOthers(step.run)) unclear = true;
    }
  }
  const gone = new Map<string, { run: CheckRun; job: string }>();
  for (const one of before) if (!texts.has(one.run.text)) gone.set(one.run.text, one);
  for (const { run, job } of gone.values()) {
    const twin = after.find((one) =>
      one.run.words[0] === run.words[0] && !before.some(({ run: { text } }) => text === one.run.text)
    );
    if (twin !== undefined) {
      const more = twin.run.words.filter((word) => !run.words.includes(word));
      const blind = more.find((word) => BLIND.test(word));
      const narrow = more.find((word) => NARROW.test(word));
      const word = blind ?? narrow;
      if (word !== undefined) {
        add(
          "check-weakened",
          `${job}: ${run.words.slice(0, 4).join(" ")}`,
          `it is run with ${word.slice(0, 60)}`,
          blind !== undefined,
          twin.line,
        );
      }
      continue;
    }
    const covered = kinds.has(run.kind) || kinds.has("any") || unclear;
    const jobGone = !(head?.jobs ?? []).some(({ id }) => id === job);
    add(
      jobGone ? "job-removed" : "check-removed",
      `${job}: ${run.words.slice(0, 6).join(" ")}`,
      covered
        ? "it is not run any more as it was; whether another step takes its place is not known"
        : "it is not run any more, and nothing of its kind is",
      !covered && run.kind !== "build",
    );
  }
}
