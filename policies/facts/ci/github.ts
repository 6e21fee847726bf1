import { type CheckRun } from "./checks.ts";
import type { Add, Told } from "./told.ts";
import { checksGone } from "./github_checks.ts";
import { injections, jobChanges } from "./github_jobs.ts";
import { levelOf, type Workflow } from "./workflow.ts";

/** Triggers under which a workflow has the repository's rights while somebody else chose what it sees. */
const PRIVILEGED = ["pull_request_target", "workflow_run", "issue_comment", "issues", "discussion_comment"];
const FOREIGN_HEAD =
  /github\s*\.\s*(?:event\s*\.\s*(?:pull_request\s*\.\s*head\s*\.\s*(?:sha|ref)|pull_request\s*\.\s*merge_commit_sha|workflow_run\s*\.\s*head_(?:sha|branch|commit)|issue\s*\.\s*number|number)|head_ref)|refs\/pull\//;
const SECRET = /\bsecrets\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*["']([A-Za-z_]\w*)["']\s*\])/g;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const OWN = /^(?:actions|github)\//;

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
