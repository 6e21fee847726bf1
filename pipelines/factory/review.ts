import type { PhaseContext, PhaseHandler, PhaseResult } from "../../kernel/mod.ts";
import type { Change, FailureRecord, Json, ModelCall, PatchFacts, Spec } from "../../specs/mod.ts";
import { Plan, VerifyFacts } from "../../specs/code/mod.ts";
import { withTexts } from "../../policies/mod.ts";
import { parseRepoPolicy } from "../../policies/code/mod.ts";
import { marksOf } from "../personal_data.ts";
import { taskClassOf } from "../models/mod.ts";
import { isAgent } from "./implement.ts";
import { type FactoryInput, readInput } from "./input.ts";
import { readBytes, readJson } from "../blob_reads.ts";
import { composePacket } from "./packet.ts";
import { type Proposal, proposalOf } from "./proposal.ts";
import type { FactoryPorts } from "./ports.ts";
import { modelCalls, toldOf } from "./recorded_work.ts";
import { calledModel, unfinished } from "./repair/mod.ts";
import { reviewByModel, type ReviewMind } from "./review_by_model.ts";

/** What a review says: criteria against checks, claims against the diff, how risky it looks, and what a mind found beside. */
export interface Review {
  /** `rules`, or `rules+` and the model that read the diff. */
  reviewer: string;
  /** Who read the diff; null when nobody did, and then why. */
  mind: ReviewMind | null;
  unread?: string;
  criteria: { id: string; text: string; proven: boolean; by: string }[];
  claims: { text: string; ok: boolean }[];
  riskScore: number;
  risks: string[];
  findings: {
    severity?: "info" | "warn" | "block";
    message: string;
    path?: string;
    line?: number;
    remediation: string;
  }[];
}

/**
 * Reviews by rules, and by a model where an agent made the change and one can be asked; otherwise the pull request says that no mind
 * read it. Whatever a model says is added to what the rules say. Composes what would be published, for the gates to read.
 */
export function review(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const proposal = await proposalOf(ctx.blobs, ctx.outputs);
    const verified = ctx.outputs.verify as { facts?: string } | undefined;
    if (!proposal?.change || !verified?.facts) throw new Error("Cannot review: there is no verified change");
    const verifyFacts = VerifyFacts.parse(await readJson(ctx.blobs, verified.facts));
    const patchFacts = await readJson(ctx.blobs, proposal.facts) as unknown as PatchFacts;
    const risk = riskOf(proposal.change, patchFacts);
    const read = await readDiff(ports, ctx, { input, spec, proposal, change: proposal.change, verifyFacts });
    if ("unfinished" in read) return read.unfinished;
    const marks = await marksOf(ports.personal, ctx.input);
    const marked = <T>(value: T): T => marks === null ? value : withTexts(value, marks.mark);
    const draft: Review = marked({
      reviewer: read.mind === null ? "rules" : `rules+${read.mind.model}`,
      mind: read.mind,
      ...(read.unread === undefined ? {} : { unread: read.unread }),
      criteria: criteriaOf(spec, verifyFacts),
      claims: [],
      riskScore: risk.score,
      risks: risk.reasons,
      findings: read.findings,
    });
    const told = ports.history === undefined
      ? { finished: [], progress: [], decisions: [] }
      : await toldOf((run, page) => ports.history?.events(run, page) ?? Promise.resolve([]), {
        run: ctx.run,
      });
    const calls = new Map(
      [...await modelCalls(ctx.blobs, told), ...read.calls].map((call) => [call.id, call]),
    );
    const composed = composePacket({
      decisions: told.decisions,
      calls: [...calls.values()],
      run: ctx.run,
      // Before its characters are escaped: afterwards an address does not look like one.
      spec: marked(spec),
      input,
      proposal,
      verify: verifyFacts,
      review: draft,
      version: ports.installation.version,
      plan: marked(await plannedIn(ctx)),
    });
    const { title, body, message } = composed;
    const outgoing = { ...composed, ...marked({ title, body, message }) };
    const reviewed: Review = { ...draft, claims: claimsOf(outgoing.claims, proposal.change) };
    ctx.progress(
      `${
        reviewed.criteria.filter((criterion) => criterion.proven).length
      } of ${reviewed.criteria.length} criteria proven, risk ${reviewed.riskScore}${
        reviewed.mind === null ? "" : `, ${reviewed.findings.length} findings of ${reviewed.mind.model}`
      }`,
    );
    const output: Json = {
      review: await ctx.blobs.put(JSON.stringify(reviewed)),
      outgoing: await ctx.blobs.put(JSON.stringify(outgoing)),
      risk: reviewed.riskScore,
      reviewer: reviewed.reviewer,
      ...(read.calls.length === 0 ? {} : { calls: await ctx.blobs.put(JSON.stringify(read.calls)) }),
    };
    return { kind: "done", outcome: "reviewed", output };
  };
}

interface Read {
  readonly mind: ReviewMind | null;
  readonly unread?: string;
  readonly findings: Review["findings"];
  readonly calls: readonly ModelCall[];
}

/** What a model says of the diff, where one is to be asked. A review that was to be made and is not is a failure, never skipped. */
async function readDiff(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: { input: FactoryInput; spec: Spec; proposal: Proposal; change: Change; verifyFacts: VerifyFacts },
): Promise<Read | { unfinished: PhaseResult }> {
  const { input, spec, proposal, change, verifyFacts } = given;
  const unread = (why: string): Read => ({ mind: null, unread: why, findings: [], calls: [] });
  const always = await everyChange(ctx);
  if (!always && !isAgent(input.implementer)) {
    return unread(`the implementer ${input.implementer} makes what it is told`);
  }
  const usable = await ports.models?.available();
  if (ports.models === undefined || usable?.ok !== true) {
    const why = `no model can be asked here${usable?.ok === false ? `: ${usable.why}` : ""}`;
    if (always) {
      return {
        unfinished: lacking(`the repository's policy wants a model to read every change, and ${why}`),
      };
    }
    // It was accepted with models to ask: that they are gone is no reason to leave the review out.
    if (input.implementer === "model") {
      return { unfinished: lacking(`a model made the change, another is to read it, and ${why}`) };
    }
    return unread(why);
  }
  if (proposal.stored === null) throw new Error("Cannot review: the patch was not kept");
  const feedback = ctx.feedback as { kind?: string; strategy?: string } | null;
  const author = proposal.work?.agent?.model ?? null;
  // Whatever a reviewer says, the work has passed the gates up to here.
  if (author !== null && ctx.attempt === 1 && (ctx.parks ?? 0) === 0) {
    await ports.models.outcome({
      model: author,
      task: taskClassOf({ phase: "implement", spec }),
      passed: true,
      at: new Date(ctx.clock.now()).toISOString(),
    });
  }
  const reviewed = await reviewByModel(ports.models, ctx, {
    spec,
    change,
    diff: new TextDecoder().decode(await readBytes(ctx.blobs, proposal.stored)),
    verify: verifyFacts,
    author,
    except: feedback?.kind === "failure" && feedback.strategy === "switch-model"
      ? await reviewersTried(ports, ctx)
      : [],
  });
  if (!reviewed.ok) return { unfinished: unfinished(ctx, reviewed.error.failure) };
  const { mind, findings, calls } = reviewed.value;
  if (mind.otherFamily === false) {
    ctx.progress(
      `the reviewer ${mind.model} is of the same family as the author: none of another is fit here`,
    );
  }
  return { mind, findings, calls };
}

/** Whether the repository wants a model to read every change. A policy that cannot be read was refused by the gates before. */
async function everyChange(ctx: PhaseContext): Promise<boolean> {
  const named = (ctx.outputs.explore ?? ctx.outputs.implement) as { policy?: string | null } | undefined;
  if (!named?.policy) return false;
  const policy = await parseRepoPolicy(new TextDecoder().decode(await readBytes(ctx.blobs, named.policy)));
  return policy.ok && policy.value.review.model === "always";
}

function lacking(why: string): PhaseResult {
  const failure: FailureRecord = {
    class: "policy",
    source: "user-environment",
    retryable: false,
    message: `Cannot review: ${why}`,
    remedy: "Give the key of a provider and retry, or end the run",
  };
  return { kind: "failed", failure };
}

/** Models that were asked for this review before. */
async function reviewersTried(ports: FactoryPorts, ctx: PhaseContext): Promise<string[]> {
  const models = new Set<string>();
  if (ports.history === undefined) return [];
  for (let after = 0;;) {
    const page = await ports.history.events(ctx.run, { after, limit: 500 });
    for (const event of page) {
      if (event.type !== "phase.progress" || event.payload.phase !== "review") continue;
      const model = calledModel(event.payload);
      if (model !== null) models.add(model);
    }
    const end = page.at(-1);
    if (end === undefined || page.length < 500) return [...models];
    after = end.seq;
  }
}

function criteriaOf(spec: Spec, facts: VerifyFacts): Review["criteria"] {
  return spec.acceptance.map((criterion) => {
    const check = facts.checks.find((candidate) => candidate.id === criterion.id);
    const held = check !== undefined && check.head.ended === "by-itself" && check.head.exitCode === 0;
    return {
      id: criterion.id,
      text: criterion.text,
      proven: held,
      by: check ? `held-out check ${check.argv.join(" ")}` : "nothing: the criterion has no check",
    };
  });
}

/** Every claim that the pull request makes about files is held against git's diff. */
function claimsOf(claims: { text: string; path?: string }[], change: Change): Review["claims"] {
  const touched = new Set(change.files.flatMap((file) => file.from ? [file.path, file.from] : [file.path]));
  return claims.map(({ text, path }) => ({ text, ok: path === undefined || touched.has(path) }));
}

/** 0 (dull) to 100: size, breadth, deletions, what kind of files. Only routes attention; no gate passes because of it. */
function riskOf(change: Change, facts: PatchFacts): { score: number; reasons: string[] } {
  const reasons: string[] = [];
  let score = 0;
  const add = (points: number, reason: string) => {
    score += points;
    reasons.push(reason);
  };
  const lines = change.added + change.removed;
  if (lines > 300) add(30, `${lines} changed lines`);
  else if (lines > 100) add(15, `${lines} changed lines`);
  if (change.files.length > 10) add(20, `${change.files.length} files`);
  const deleted = change.files.filter((file) => file.status === "D").length;
  if (deleted > 0) add(15, `${deleted} deleted files`);
  if (change.files.some((file) => file.binary)) add(20, "binary files");
  const paths = change.files.map((file) => file.path);
  if (
    paths.some((path) =>
      /(^|\/)(package(-lock)?\.json|deno\.(jsonc?|lock)|go\.(mod|sum)|Cargo\.(toml|lock)|requirements[^/]*\.txt|pyproject\.toml)$/
        .test(path)
    )
  ) {
    add(20, "dependencies");
  }
  if (paths.some((path) => /(^|\/)(auth|security|crypto|payment|migrations?)(\/|\.)/.test(path))) {
    add(15, "sensitive area by its name");
  }
  if (facts.change === null) add(100, "no change");
  return { score: Math.min(100, score), reasons };
}

/** What the run was planned as; null where rules made one task of it. */
async function plannedIn(ctx: PhaseContext): Promise<Plan | null> {
  const planned = ctx.outputs.plan as { plan?: string } | undefined;
  return planned?.plan === undefined ? null : Plan.parse(await readJson(ctx.blobs, planned.plan));
}
