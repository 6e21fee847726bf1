import { type CheckAnnotation, type Forge, ForgeError, type PullRequest } from "../../connectors/mod.ts";
import type { EffectHandler } from "../../kernel/mod.ts";
import { redact } from "../../policies/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { forgeNamed } from "./forge_choice.ts";
import { readJson } from "../blob_reads.ts";
import type { Packet } from "./packet.ts";
import type { FactoryPorts } from "./ports.ts";
import { pullRequestRequest } from "./pull_request.ts";
import type { OpenPullRequest } from "./release.ts";
import type { Review } from "./review.ts";

const LABEL = "edgeforge";
const CHECK = "edgeforge";

/**
 * What stands beside an open pull request on a forge with a server: labels, who is asked for a review, and a check that says that the
 * gates passed and what they warn of. Each is done once however often it is asked for. The pull request is there already: what cannot be noted is recorded, and fails nothing.
 */
export function pullRequestNotes(ports: FactoryPorts): EffectHandler {
  return {
    look: () => Promise.resolve({ found: false }),
    async act(key, raw, run) {
      const args = raw as unknown as OpenPullRequest;
      const forge = forgeNamed(ports, args.forge);
      if (forge === null) {
        throw new Error(`Cannot note anything: the forge '${args.forge}' is not wired here`);
      }
      const pull = await forge.find(await pullRequestRequest(ports, `${run}/pull-request`, args, run));
      if (pull?.repository === undefined) throw new Error("Cannot note anything: there is no pull request");
      const at = { repository: pull.repository, number: pull.number };
      return {
        label: await noted(async () => {
          await forge.labels?.(at, { add: [LABEL, ...args.labels ?? []] });
          return [LABEL, ...args.labels ?? []].join(", ");
        }),
        reviewers: await noted(async () => {
          // Whoever asked for the change is not who looks at it.
          const asked = args.reviewers ?? [];
          if (asked.length === 0) return { asked, refused: [] };
          const { refused = [] } = await forge.requestReviews?.(at, asked) ?? {};
          return { asked: asked.filter((name) => !refused.includes(name)), refused: [...refused] };
        }),
        check: await noted(async () =>
          await publish(ports, forge, { key, run, args, pull, repository: at.repository })
        ),
      };
    },
  };
}

async function publish(
  ports: FactoryPorts,
  forge: Forge,
  given: { key: string; run: string; args: OpenPullRequest; pull: PullRequest; repository: string },
): Promise<Json> {
  const packet = await readJson(ports.blobs, given.args.outgoing) as unknown as Packet;
  const made = await forge.publishChecks?.({
    key: given.key,
    repository: given.repository,
    commit: given.pull.commit,
    name: CHECK,
    conclusion: "success",
    title: `Gates passed in ${given.run}`,
    summary: packet.body,
    annotations: [...await warningsOf(ports, given.run), ...await annotationsOf(ports, given.args)],
  });
  return made === undefined ? null : { kind: made.kind, id: made.id, annotations: made.annotations };
}

/** What rules found that warn, or that a waiver covers: it let the change through, and whoever looks at it has to know. */
async function warningsOf(ports: FactoryPorts, run: string): Promise<CheckAnnotation[]> {
  const found = new Map<string, CheckAnnotation>();
  for (let after = 0;;) {
    const events = await ports.history?.events(run, { after, limit: PAGE }) ?? [];
    for (const event of events) {
      if (event.type !== "transition.decided") continue;
      for (const { rule, gate, mode, verdict, waived, findings } of event.payload.decision.rules) {
        if (verdict !== "fail" || (mode !== "warn" && (waived ?? []).length === 0)) continue;
        for (const { path, line = 1, message, remediation } of findings) {
          if (path === undefined) continue;
          found.set(`${rule} ${gate} ${path} ${line} ${message}`, {
            path,
            line,
            level: "warning",
            title: `${rule} ${gate}${mode === "warn" ? "" : " (waived)"}`,
            message: redact(remediation ? `${message}\n\n${remediation}` : message),
          });
        }
      }
    }
    const last = events.at(-1);
    if (last === undefined || events.length < PAGE) return [...found.values()];
    after = last.seq;
  }
}

const PAGE = 500;

/** Findings of the review that name a line; they block nothing, or there would be no pull request. */
async function annotationsOf(ports: FactoryPorts, args: OpenPullRequest): Promise<CheckAnnotation[]> {
  if (args.review === undefined) return [];
  const review = await readJson(ports.blobs, args.review) as unknown as Pick<Review, "findings">;
  return review.findings.flatMap(({ path, line, message, remediation }) =>
    path === undefined ? [] : [{
      path,
      line: Math.max(1, line ?? 1),
      level: "warning" as const,
      title: "Finding of the review",
      message: remediation ? `${message}\n\n${remediation}` : message,
    }]
  );
}

/** What came of it, or why it could not be done. */
async function noted(does: () => Promise<Json>): Promise<Json> {
  try {
    return await does();
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    return { notDone: error.problem.message.slice(0, 1000) };
  }
}
