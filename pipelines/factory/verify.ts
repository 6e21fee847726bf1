import type { PhaseHandler } from "../../kernel/mod.ts";
import { redact } from "../../policies/mod.ts";
import type { Json, Problem, VerifyFacts } from "../../specs/mod.ts";
import { namesDependencies, prepareDependencies } from "../../connectors/mod.ts";
import { readBytes, readInput } from "./input.ts";
import { failed } from "./outcome.ts";
import type { FactoryPorts } from "./ports.ts";
import { proposalOf, rebuild } from "./proposal.ts";
import { gatherVerifyFacts } from "./verify/mod.ts";

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

function summary(facts: VerifyFacts): { passed: number; failed: number; skipped: number; checks: number } {
  const total = { passed: 0, failed: 0, skipped: 0, checks: facts.checks.length };
  for (const command of facts.commands) {
    total.passed += command.head.report?.passed ?? 0;
    total.failed += command.head.report?.failed ?? 0;
    total.skipped += command.head.report?.skipped ?? 0;
  }
  return total;
}
