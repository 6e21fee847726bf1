import type { FileFacts, WorkflowChange, WorkflowFacts } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import { yamlScripts } from "../scripts/yaml_scripts.ts";
import { type CheckRun, checksIn } from "./checks.ts";
import { eventChanges } from "./event_changes.ts";
import { githubChanges } from "./github.ts";
import { gitlabChanges } from "./gitlab.ts";
import { workflowOf } from "./workflow.ts";

const GITHUB = /^\.(?:github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/;
/** Pipelines of other systems. Settings of bots that propose and label are none. */
const OTHER =
  /^\.(?:circleci|buildkite|semaphore|woodpecker|azure-pipelines)\/.*\.ya?ml$|(?:^|\/)(?:azure-pipelines[^/]*|bitbucket-pipelines|\.?travis|appveyor|\.cirrus|\.drone|\.woodpecker|buildspec|cloudbuild|codemagic|bitrise)\.ya?ml$|(?:^|\/)jenkinsfile[^/]*$/i;
const ACTION = /(?:^|\/)action\.ya?ml$/;
const GITLAB = /(?:^|\/)\.gitlab-ci[^/]*\.ya?ml$|^\.gitlab\/ci\/.*\.ya?ml$/;
const MAX_CHARACTERS = 500_000;
const MAX_CHANGES = 500;
const MAX_OTHERS = 40;

/** What changed workflows grant, run and check otherwise, and what runs text of an event (S4 and X5 of the gate catalogue); undefined when there is none. */
export async function workflowFacts(
  files: readonly FileFacts[],
  contents: Contents,
  head: readonly string[],
): Promise<WorkflowFacts | undefined> {
  const facts: WorkflowFacts = { files: [], changes: [], unread: [] };
  const isPipeline = (path: string) => GITHUB.test(path) || GITLAB.test(path);
  const changed = files.filter(({ path, from = path }) =>
    isPipeline(path) || isPipeline(from) || ACTION.test(path)
  );
  const elsewhere = changed.length === 0
    ? []
    : await otherChecks(new Set(changed.map(({ path }) => path)), contents, head, isPipeline);
  for (const file of files) {
    const was = file.from ?? file.path;
    if (!changed.includes(file)) {
      if (file.status !== "A" && OTHER.test(file.path)) {
        facts.unread.push({ path: file.path, why: "nobody here compares the settings of this system" });
      }
      continue;
    }
    const [before, after] = [await contents.base(file), await contents.head(file)];
    if (before === after) continue;
    if ((before?.length ?? 0) + (after?.length ?? 0) > MAX_CHARACTERS || contents.tooLarge.has(file.path)) {
      facts.unread.push({ path: file.path, why: "it is too large to be compared" });
      continue;
    }
    facts.files.push(file.path);
    const others = [...elsewhere, ...await checksOfOthers(changed.filter((one) => one !== file), contents)];
    const add = (
      system: WorkflowChange["system"],
      told: readonly Omit<WorkflowChange, "path" | "system">[],
    ) => {
      for (const one of told) facts.changes.push({ ...one, path: file.path, system });
    };
    if (GITLAB.test(file.path) || GITLAB.test(was)) {
      const told = await gitlabChanges(before, after, others);
      if (told === null) facts.unread.push({ path: file.path, why: "it is no YAML that can be read" });
      else add("gitlab", told);
      continue;
    }
    const [old, now] = [
      before === null ? null : await workflowOf(before),
      after === null ? null : await workflowOf(after),
    ];
    if (after !== null && now === null) {
      facts.unread.push({ path: file.path, why: "it is no YAML that can be read" });
      continue;
    }
    add("github", await githubChanges(old, now, others));
  }
  facts.changes.push(...await eventChanges(files, contents));
  facts.changes.splice(MAX_CHANGES);
  return facts.files.length + facts.unread.length + facts.changes.length === 0 ? undefined : facts;
}

/** Checks that unchanged workflows of head run. */
async function otherChecks(
  changed: ReadonlySet<string>,
  contents: Contents,
  head: readonly string[],
  isPipeline: (path: string) => boolean,
): Promise<CheckRun[]> {
  const found: CheckRun[] = [];
  for (const path of head.filter((one) => isPipeline(one) && !changed.has(one)).slice(0, MAX_OTHERS)) {
    found.push(...await checksOfText(path, await contents.at(path, "head")));
  }
  return found;
}

async function checksOfOthers(files: readonly FileFacts[], contents: Contents): Promise<CheckRun[]> {
  const found: CheckRun[] = [];
  for (const file of files.slice(0, MAX_OTHERS)) {
    found.push(...await checksOfText(file.path, await contents.head(file)));
  }
  return found;
}

async function checksOfText(path: string, text: string | null): Promise<CheckRun[]> {
  if (text === null || text.length > MAX_CHARACTERS) return [];
  const found: CheckRun[] = [];
  for (const script of await yamlScripts(path, text)) found.push(...await checksIn(script.text));
  return found;
}
