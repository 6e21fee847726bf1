import type { PhaseHandler } from "../../kernel/mod.ts";
import { extractPatchFacts, maskPatch, patchSecrets, redact, withMatches } from "../../policies/mod.ts";
import { digestOf, intentsOf, type Json } from "../../specs/mod.ts";
import { pinWaivers } from "../waivers.ts";
import { freshWorkspace } from "./base_objects.ts";
import type { Implementer } from "./implementers/port.ts";
import { readBytes, readInput } from "./input.ts";
import { failed } from "./outcome.ts";
import { pinnedPacks, pinPacks } from "./packs.ts";
import type { FactoryPorts } from "./ports.ts";
import type { Proposal } from "./proposal.ts";
import { askRegistries } from "./registry_snapshot.ts";

/**
 * Lets the implementer work in a workspace of its own, then reads git's diff: that diff is the change, whatever the implementer
 * says. A patch in which a secret is found is not kept; its digest and where the secrets are remain. Of one that takes a secret
 * out, or only shows it, everything but those lines is kept.
 */
export function implement(
  ports: FactoryPorts,
  implementers: Readonly<Record<string, Implementer>>,
): PhaseHandler {
  const judging = pinnedPacks(ports);
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const implementer = implementers[input.implementer];
    if (!implementer) throw new Error(`Cannot implement: no implementer is bound as '${input.implementer}'`);
    const clone = await freshWorkspace(ports, ctx.run, input.repository, `implement-${ctx.visit}`);
    if (!clone.ok) return failed(clone.error, { class: "external", source: "user-environment" });
    const workspace = clone.value;
    try {
      // Before anybody works in it.
      const history = await workspace.history();
      const handover = await implementer.implement(ctx, { input, spec, workspace });
      if (!handover.ok) return failed(handover.error, { class: "task-code", source: "user-environment" });
      const { problem, renames, steps, rederives } = handover.value;

      const curated = problem ? null : await workspace.curate();
      const diff = curated ? curated.patch : null;
      // The digest of the subject is over the bytes that were proposed, also when they must not be kept.
      const given = input.patch;
      const found = given?.withheld ?? [];
      const subject = given && (!diff || found.length > 0) ? given.digest : diff ? await digestOf(diff) : "";
      const change = curated ? { ...curated.change, patch: subject } : null;

      // What the patch only shows or takes out stands in the base: it is not kept a second time, and judged as nothing new.
      const kept = diff && found.length === 0 && (await patchSecrets(diff)).length === 0
        ? await maskPatch(diff, (path) => workspace.read(path, "base"))
        : null;
      const policy = await workspace.read(".forge/policy.yaml", "base");
      const explored = ctx.outputs.explore as
        | { packs?: string | null; waivers?: string | null }
        | undefined;
      const at = new Date(ctx.clock.now()).toISOString();
      const read = (path: string, side: "base" | "head") => workspace.read(path, side);
      const base = { list: () => workspace.list("base"), read: (path: string) => read(path, "base") };
      // A workflow that starts here chooses its packs here, and keeps its waivers.
      const pinned = explored ? explored.packs ?? null : await pinPacks(ports, { spec, policy, base, at });
      const waivers = explored ? explored.waivers ?? null : await pinWaivers(ctx.blobs, base);
      const extracted = await extractPatchFacts({
        spec,
        change,
        patch: diff ?? (given ? await readBytes(ctx.blobs, given.stored) : null),
        applies: problem ? { ok: false, problem: problem.message } : { ok: true },
        withheld: [...found, ...kept?.found ?? []],
        read,
        list: (at) => workspace.list(at),
      });
      const facts = await withMatches(extracted, await judging(pinned, at), read);
      const registry = await askRegistries({
        blobs: ctx.blobs,
        ...(ports.registries === undefined ? {} : { registries: ports.registries }),
        facts,
        policy,
        at,
        signal: ctx.abort,
      });
      const stored = kept && facts.secrets.length === 0 ? await ctx.blobs.put(kept.bytes) : null;
      const proposal: Proposal = {
        implementer: implementer.kind,
        patch: subject,
        stored,
        facts: await ctx.blobs.put(JSON.stringify(facts)),
        change,
        rederives,
        renames: unique([...renames, ...intentsOf(spec).flatMap((intent) => intent.renames)]),
        withheld: facts.secrets.map(({ rule, path, line }) => ({
          rule,
          ...(path === undefined ? {} : { path }),
          ...(line === undefined ? {} : { line }),
        })),
        steps,
      };
      ctx.progress(
        change
          ? `${change.files.length} files, +${change.added} -${change.removed}`
          : `the proposal does not apply: ${problem?.message ?? "no diff"}`.slice(0, 500),
      );
      const output: Json = {
        proposal: await ctx.blobs.put(
          facts.secrets.length > 0 ? redactedJson(proposal) : JSON.stringify(proposal),
        ),
        patch: subject,
        tree: change?.tree ?? null,
        policy: policy ? await ctx.blobs.put(policy) : null,
        packs: pinned,
        waivers,
        registry,
        clone: await ctx.blobs.put(JSON.stringify(history)),
        files: change?.files.length ?? 0,
        added: change?.added ?? 0,
        removed: change?.removed ?? 0,
      };
      return { kind: "done", outcome: "implemented", output };
    } finally {
      await workspace.dispose();
    }
  };
}

/** A secret can stand in a file's name, too. */
function redactedJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => typeof one === "string" ? redact(one) : one);
}

function unique(renames: { from: string; to: string }[]): { from: string; to: string }[] {
  return [...new Map(renames.map((rename) => [`${rename.from}\0${rename.to}`, rename])).values()];
}
