import type { Handler } from "./command.ts";
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
          `#${pull.number}  ${pull.branch}  ${pull.commit.slice(0, 12)}  ${oneLine(pull.title, 80)}`
        ).join("\n"),
    };
  });

/** `forge pr show N [--repo DIR]` */
export const show: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const [text = ""] = invocation.operands;
    const number = /^#?\d{1,9}$/.test(text) ? Number(text.replace("#", "")) : 0;
    const pull = number > 0
      ? await service.pullRequest(number, await repositoryOf(invocation.io, invocation.options.repo))
      : null;
    if (!pull) throw notFound("pull request", text, "See: forge pr list");
    const run = await service.document(pull.run);
    const decisions = await service.decisions(pull.run);
    const document = { ...pull, evidence: run?.evidence ?? null, decisions };
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

async function repositoryOf(
  io: { cwd: string },
  given: string | boolean | undefined,
): Promise<string | undefined> {
  if (typeof given !== "string") return undefined;
  const path = pathOf(io, given);
  return await Deno.realPath(path).catch(() => path);
}
