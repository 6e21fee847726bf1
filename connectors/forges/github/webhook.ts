/** What a webhook of GitHub says, without anybody's words: which pull requests it is about, and what kind of thing happened. */
import { z } from "zod";
import type { ForgeEvent } from "../port.ts";
import { type GitHubAddresses, githubPlace, pageOf } from "./place.ts";

const Numbered = z.array(z.object({ number: z.number().int().positive() })).optional();
const Head = z.object({ ref: z.string(), sha: z.string() });
const Suite = z.object({
  head_branch: z.string().nullable().optional(),
  head_sha: z.string(),
  pull_requests: Numbered,
});

/** Of a payload of any event, what is read. */
const Payload = z.object({
  action: z.string().max(100).optional(),
  repository: z.object({ full_name: z.string().max(300) }),
  pull_request: z.object({ number: z.number().int().positive(), head: Head }).optional(),
  issue: z.object({ number: z.number().int().positive(), pull_request: z.unknown().optional() }).optional(),
  check_run: z.object({
    head_sha: z.string(),
    check_suite: z.object({ head_branch: z.string().nullable().optional() }).nullable().optional(),
    pull_requests: Numbered,
  }).optional(),
  check_suite: Suite.optional(),
  workflow_run: Suite.optional(),
  sha: z.string().optional(),
  state: z.string().max(100).optional(),
  branches: z.array(z.object({ name: z.string() })).optional(),
  ref: z.string().optional(),
  after: z.string().optional(),
});
type Payload = z.infer<typeof Payload>;
type Said = Pick<ForgeEvent, "kind" | "pulls"> & {
  branch?: string | null | undefined;
  commit?: string | undefined;
};

const ofPull = (kind: ForgeEvent["kind"]) => ({ pull_request: pull }: Payload): Said | null =>
  pull === undefined ? null : { kind, pulls: [pull.number], branch: pull.head.ref, commit: pull.head.sha };
const ofSuite = (suite: z.infer<typeof Suite> | undefined): Said | null =>
  suite === undefined ? null : {
    kind: "check",
    pulls: (suite.pull_requests ?? []).map((one) => one.number),
    branch: suite.head_branch,
    commit: suite.head_sha,
  };

/** Name of the event -> what is taken from it; null where it is about no pull request. */
const EVENTS: Readonly<Record<string, (payload: Payload) => Said | null>> = {
  pull_request: ofPull("pull-request"),
  pull_request_review: ofPull("review"),
  pull_request_review_comment: ofPull("comment"),
  pull_request_review_thread: ofPull("comment"),
  issue_comment: ({ issue }) =>
    issue === undefined || (issue.pull_request ?? null) === null
      ? null
      : { kind: "comment", pulls: [issue.number] },
  check_run: ({ check_run: run }) =>
    run === undefined ? null : {
      kind: "check",
      pulls: (run.pull_requests ?? []).map((one) => one.number),
      branch: run.check_suite?.head_branch,
      commit: run.head_sha,
    },
  check_suite: ({ check_suite: suite }) => ofSuite(suite),
  workflow_run: ({ workflow_run: run }) => ofSuite(run),
  status: ({ sha, branches }) =>
    sha === undefined ? null : { kind: "check", pulls: [], branch: branches?.[0]?.name, commit: sha },
  push: ({ ref, after }) =>
    ref?.startsWith("refs/heads/")
      ? { kind: "push", pulls: [], branch: ref.slice("refs/heads/".length), commit: after }
      : null,
};

/** Whether an event of this name is read at all. */
export const isKnownGitHubEvent = (name: string): boolean => Object.hasOwn(EVENTS, name);

/** The event; null for one that is about no pull request or not of this GitHub; undefined for a payload that is not what it says. */
export function githubEvent(
  given: { id: string; name: string; payload: unknown; at: string },
  addresses: GitHubAddresses,
): ForgeEvent | null | undefined {
  const parsed = Payload.safeParse(given.payload);
  if (!parsed.success) return undefined;
  const place = githubPlace(`${addresses.web}/${parsed.data.repository.full_name}`, addresses);
  const said = isKnownGitHubEvent(given.name) ? EVENTS[given.name]?.(parsed.data) ?? null : null;
  if (place === null || said === null) return null;
  return {
    id: given.id,
    forge: "github",
    repository: pageOf(place, addresses),
    pulls: said.pulls.slice(0, 100),
    ...(said.branch ? { branch: said.branch.slice(0, 300) } : {}),
    ...(said.commit && /^[0-9a-f]{40,64}$/.test(said.commit) ? { commit: said.commit } : {}),
    kind: said.kind,
    action: parsed.data.action ?? parsed.data.state ?? given.name,
    at: given.at,
  };
}
