import type { PhaseHandler } from "../../kernel/mod.ts";
import { type Change, type Json, type PatchFacts, type Spec, VerifyFacts } from "../../specs/mod.ts";
import { readInput, readJson } from "./input.ts";
import { composePacket } from "./packet.ts";
import { proposalOf } from "./proposal.ts";
import type { FactoryPorts } from "./ports.ts";

/** What a review without a mind can say: criteria against checks, claims against the diff, how risky it looks. */
export interface Review {
  reviewer: "rules";
  criteria: { id: string; text: string; proven: boolean; by: string }[];
  claims: { text: string; ok: boolean }[];
  riskScore: number;
  risks: string[];
  findings: { message: string; path?: string; line?: number; remediation: string }[];
}

/** Deterministic review; the pull request says that no mind read it. Composes what would be published, for the gates to read. */
export function review(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const proposal = await proposalOf(ctx.blobs, ctx.outputs);
    const verified = ctx.outputs.verify as { facts?: string } | undefined;
    if (!proposal?.change || !verified?.facts) throw new Error("Cannot review: there is no verified change");
    const verifyFacts = VerifyFacts.parse(await readJson(ctx.blobs, verified.facts));
    const patchFacts = await readJson(ctx.blobs, proposal.facts) as unknown as PatchFacts;
    const risk = riskOf(proposal.change, patchFacts);
    const draft: Review = {
      reviewer: "rules",
      criteria: criteriaOf(spec, verifyFacts),
      claims: [],
      riskScore: risk.score,
      risks: risk.reasons,
      findings: [],
    };
    const outgoing = composePacket({
      run: ctx.run,
      spec,
      input,
      proposal,
      verify: verifyFacts,
      review: draft,
      version: ports.installation.version,
    });
    const reviewed: Review = { ...draft, claims: claimsOf(outgoing.claims, proposal.change) };
    ctx.progress(
      `${
        reviewed.criteria.filter((criterion) => criterion.proven).length
      } of ${reviewed.criteria.length} criteria proven, risk ${reviewed.riskScore}`,
    );
    const output: Json = {
      review: await ctx.blobs.put(JSON.stringify(reviewed)),
      outgoing: await ctx.blobs.put(JSON.stringify(outgoing)),
      risk: reviewed.riskScore,
      reviewer: "rules",
    };
    return { kind: "done", outcome: "reviewed", output };
  };
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
