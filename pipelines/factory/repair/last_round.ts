import type { PhaseContext } from "../../../kernel/mod.ts";
import type { Spec } from "../../../specs/mod.ts";
import { VerifyFacts } from "../../../specs/code/mod.ts";
import { readBytes, readJson } from "../../blob_reads.ts";
import type { Proposal } from "../proposal.ts";
import { withoutHeldOut } from "./held_out.ts";
import { failingOutput } from "./output.ts";
import type { Round } from "./round.ts";

/** The round that is to be repaired, with what an implementer needs of it. */
export interface LastRound {
  readonly round: Round;
  readonly findings: {
    gate: string;
    message: string;
    path?: string;
    line?: number;
    remediation: string;
  }[];
  readonly output: string;
  /** Blob of its patch; null when there is none that could be kept. */
  readonly stored: string | null;
  readonly diff: string;
  /** What failed, in a few words. */
  readonly told: string;
}

export async function lastRound(ctx: PhaseContext, round: Round, spec: Spec): Promise<LastRound> {
  const proposal = round.proposal === null
    ? null
    : await readJson(ctx.blobs, round.proposal) as unknown as Proposal;
  const stored = proposal?.stored ?? null;
  const verified = (ctx.outputs.verify as { facts?: string } | undefined)?.facts;
  // The output of verify belongs to this round only when the denial came behind it.
  const seen = round.transition !== null && round.transition.from !== "implement" && verified !== undefined;
  const rules = [...new Set(round.findings.map(({ rule }) => rule))];
  return {
    round,
    findings: round.findings.map((finding) => withoutHeldOut(finding, spec)).map((
      { rule, gate, message, path, line, remediation },
    ) => ({
      gate: `${rule} ${gate}`,
      message,
      ...(path === undefined ? {} : { path }),
      ...(line === undefined ? {} : { line }),
      remediation,
    })),
    output: seen ? failingOutput(VerifyFacts.parse(await readJson(ctx.blobs, verified)), spec) : "",
    stored,
    diff: stored === null ? "" : new TextDecoder().decode(await readBytes(ctx.blobs, stored)),
    told: rules.length > 0 ? rules.slice(0, 5).join(", ") : `${round.verdict} without a finding`,
  };
}
