import type { PhaseContext, PhaseHandler } from "../../kernel/mod.ts";
import { isMutable, linesAdded, type MutableFile } from "../../policies/code/mod.ts";
import { redact } from "../../policies/mod.ts";
import { MUTATION_BUDGET, restorePatch } from "../../policies/code/mod.ts";
import type { Json, Problem, Tier, VerifyFacts } from "../../specs/mod.ts";
import { PatchFacts } from "../../specs/code/mod.ts";
import { namesDependencies, prepareDependencies, type Workspace } from "../../connectors/mod.ts";
import { readInput } from "./input.ts";
import { readBytes, readJson } from "../blob_reads.ts";
import { failed } from "./outcome.ts";
import type { FactoryPorts } from "./ports.ts";
import { type Proposal, proposalOf, rebuild } from "./proposal.ts";
import { gatherVerifyFacts, type MutationInput } from "./verify/mod.ts";

/**
 * Runs the repository's tests and the held-out checks, at base and at head, in clean checkouts. Gathers only; the gates of the
 * next transition judge what was gathered.
 */
export function verify(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const proposal = await proposalOf(ctx.blobs, ctx.outputs);
    if (!proposal?.change || !proposal.stored) {
      throw new Error("Cannot verify: implement committed no change that applies");
    }
    const usable = await ports.sandbox.check();
    if (!usable.ok) return failed(usable.error, { class: "resource", source: "platform" });
    const workspace = await rebuild(ports, ctx.run, {
      repository: input.repository,
      stored: proposal.stored,
      tree: proposal.change.tree,
    }, `verify-${ctx.visit}`);
    if (!workspace.ok) return failed(workspace.error, { class: "data-integrity", source: "factory" });
    try {
      const history = await workspace.value.history();
      const checkFiles = new Map<string, Uint8Array>();
      for (const [path, digest] of Object.entries(input.checks)) {
        checkFiles.set(path, await readBytes(ctx.blobs, digest));
      }
      let unprepared: Problem | null = null as Problem | null;
      const facts = await gatherVerifyFacts({
        spec,
        change: proposal.change,
        workspace: workspace.value,
        checkFiles,
        renames: proposal.renames,
        sandbox: ports.sandbox,
        testers: ports.testers,
        prepares: namesDependencies,
        prepare: async ({ dir, sandbox, timeoutMs, signal }) => {
          const prepared = await prepareDependencies({
            cacheDir: ports.dependencies,
            dir,
            sandbox,
            timeoutMs,
            ...(signal ? { signal } : {}),
          });
          unprepared ??= prepared.problem;
          return prepared;
        },
        scratch: ports.scratch(ctx.run, `verify-${ctx.visit}-runs`),
        cache: ports.baseRuns,
        mutation: await mutationOf(ctx, proposal, spec.tier, workspace.value),
        compiled: ports.compiled,
        clock: ctx.clock,
        signal: ctx.abort,
        progress: (message) => ctx.progress(message),
      });
      if (unprepared) {
        return failed(unprepared, { class: "external", source: "user-environment", retryable: false });
      }
      const clean = JSON.parse(
        JSON.stringify(facts),
        (_key, value) => typeof value === "string" ? redact(value) : value,
      );
      const output: Json = {
        facts: await ctx.blobs.put(JSON.stringify(clean)),
        clone: await ctx.blobs.put(JSON.stringify(history)),
        patch: proposal.patch,
        tree: proposal.change.tree,
        ...summary(facts),
      };
      return { kind: "done", outcome: "verified", output };
    } finally {
      await workspace.value.dispose();
      await ports.discard(ports.scratch(ctx.run, `verify-${ctx.visit}-runs`));
    }
  };
}

/** What is to be mutated: code that the patch changed, by the lines that it added. */
async function mutationOf(
  ctx: PhaseContext,
  proposal: Proposal,
  tier: Tier,
  workspace: Workspace,
): Promise<MutationInput> {
  const budget = MUTATION_BUDGET[tier];
  const nothing = (skipped: string): MutationInput => ({ budget, files: [], seed: proposal.patch, skipped });
  if (budget.mutants === 0) return nothing(`the tier ${tier} asks for none`);
  if (proposal.rederives === true) {
    return nothing("the diff re-derives byte-equal from the spec's operations");
  }
  if (proposal.stored === null) return nothing("there is no patch");
  const facts = PatchFacts.parse(await readJson(ctx.blobs, proposal.facts));
  const stored = await readBytes(ctx.blobs, proposal.stored);
  const lines = linesAdded(await restorePatch(stored, (path) => workspace.read(path, "base")));
  const files: MutableFile[] = [];
  for (const { path, kind, language, status, binary } of facts.files) {
    const added = lines.get(path);
    if (kind !== "code" || language === null || status === "D" || binary || !added || !isMutable(path)) {
      continue;
    }
    const bytes = await workspace.read(path, "head");
    if (bytes === null) continue;
    const text = decoded(bytes);
    if (text !== null) files.push({ path, language, text, lines: added });
  }
  return { budget, files, seed: proposal.patch };
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function summary(facts: VerifyFacts): { passed: number; failed: number; skipped: number; checks: number } {
  const total = { passed: 0, failed: 0, skipped: 0, checks: facts.checks.length };
  for (const command of facts.commands) {
    total.passed += command.head.report?.passed ?? 0;
    total.failed += command.head.report?.failed ?? 0;
    total.skipped += command.head.report?.skipped ?? 0;
  }
  return total;
}
