import { ForgeError, type PullRequest, type PullRequestState } from "../../connectors/mod.ts";
import type { Service } from "../service.ts";
import { CommandError, type Handler } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { oneLine } from "./paint.ts";
import { notFound, withService } from "./session.ts";

/** `forge pr list [--repo DIR]` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const pulls = await service.pullRequests(await repositoryOf(invocation.io, invocation.options.repo));
    return {
      exit: 0,
      document: { pullRequests: pulls },
      text: pulls.length === 0
        ? "no pull requests yet"
        : pulls.map((pull) =>
          `#${pull.number}  ${pull.branch}  ${pull.commit.slice(0, 12)}  ${oneLine(pull.title, 80)}${
            pull.url.startsWith("file:") ? "" : `  ${pull.url}`
          }`
        ).join("\n"),
    };
  });

/** `forge pr show N [--repo DIR]` */
export const show: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const [text = ""] = invocation.operands;
    const named = pullNamed(text);
    const pull = named === null ? null : await service.pullRequest(
      named.number,
      named.page ?? await repositoryOf(invocation.io, invocation.options.repo),
    );
    if (!pull) throw notFound("pull request", text, "See: forge pr list");
    const state = invocation.options.refresh ? await stateOf(service, pull) : null;
    const run = await service.document(pull.run);
    const decisions = await service.decisions(pull.run);
    const document = {
      ...pull,
      evidence: run?.evidence ?? null,
      decisions,
      ...(state === null ? {} : { state }),
    };
    const gates = decisions.map((decision) =>
      `  ${decision.transition.from} → ${decision.transition.to}: ${decision.verdict} (${
        decision.layers.map((layer) => `${layer.layer} ${layer.verdict}`).join(", ")
      })${
        decision.approvals.map((approval) =>
          `, approved by ${oneLine(approval.by)}${approval.selfApproved ? " (self-approved)" : ""}`
        ).join("")
      }`
    );
    return {
      exit: 0,
      document,
      text: [
        `#${pull.number} ${oneLine(pull.title)}${pull.draft ? " (draft)" : ""}`,
        `branch ${pull.branch} (${pull.commit}) onto ${pull.base}`,
        `run ${pull.run}`,
        ...(pull.url.startsWith("file:") ? [] : [pull.url]),
        ...(state === null ? [] : stateText(state)),
        "",
        pull.body.trimEnd(),
        "",
        "Gates",
        ...gates,
        "",
        `Evidence ${run?.evidence?.path ?? "none"}`,
      ].join("\n"),
    };
  });

/** `7`, `#7`, or the page of a pull request: `https://github.com/acme/tools/pull/7`. */
export function pullNamed(text: string): { number: number; page?: string } | null {
  const page = /^(https?:\/\/\S+?)(?:\/-)?\/(?:pull|merge_requests)\/(\d{1,9})\/?$/.exec(text);
  if (page) return { number: Number(page[2]), page: page[1] ?? "" };
  return /^#?[1-9]\d{0,8}$/.test(text) ? { number: Number(text.replace("#", "")) } : null;
}

/** Asked of the forge; what keeps it from answering is an error of this command. */
async function stateOf(service: Service, pull: PullRequest): Promise<PullRequestState | null> {
  try {
    return await service.pullRequestState?.(pull) ?? null;
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    throw new CommandError(error.problem, 1);
  }
}

function stateText(state: PullRequestState): string[] {
  const checks = state.checks.map((one) => `  ${oneLine(one.name)}: ${one.conclusion ?? one.status}`);
  const reviews = state.reviews.map((one) => `  ${oneLine(one.author.name)}: ${one.state}`);
  return [
    "",
    `Now ${state.state}${state.draft ? " (draft)" : ""}, ${state.mergeable}, head ${state.head}`,
    ...(checks.length === 0 ? [] : ["Checks", ...checks]),
    ...(reviews.length === 0 ? [] : ["Reviews", ...reviews]),
  ];
}

export async function repositoryOf(
  io: { cwd: string },
  given: string | boolean | undefined,
): Promise<string | undefined> {
  if (typeof given !== "string") return undefined;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(given)) return given;
  const path = pathOf(io, given);
  return await Deno.realPath(path).catch(() => path);
}
