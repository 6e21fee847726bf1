import type { Workspace } from "../../connectors/mod.ts";
import type { PhaseContext } from "../../kernel/mod.ts";
import { extractPatchFacts, patchSecrets } from "../../policies/code/mod.ts";
import { type JudgingPacks, redact } from "../../policies/mod.ts";
import { maskPatch } from "../../policies/code/mod.ts";
import { withMatches } from "../../policies/packs/mod.ts";
import { type CloneFacts, digestOf, type Json, type Spec } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { pinWaivers } from "../waivers.ts";
import type { FactoryInput } from "./input.ts";
import { readBytes } from "../blob_reads.ts";
import { pinPacks } from "./packs.ts";
import type { FactoryPorts } from "./ports.ts";
import type { Proposal } from "./proposal.ts";
import { keptWork } from "./recorded_work.ts";
import { askRegistries } from "./registry_snapshot.ts";
import type { Worked } from "./one_task.ts";

export interface ToPropose {
  readonly input: FactoryInput;
  readonly spec: Spec;
  /** The workspace whose head is the whole change: of the one task, or of all tasks together. */
  readonly workspace: Workspace;
  readonly worked: Worked;
  /** What the clone held before anybody worked in it. */
  readonly history: CloneFacts;
  /** Packs by the digest that they were pinned under. */
  readonly judging: (pinned: string | null, at: string) => Promise<JudgingPacks>;
}

/**
 * Makes a change into what the gates judge: facts, secrets, packs, what is kept of it. Once per round of a run, however many tasks
 * the change is made of. A patch in which a secret is found is not kept; its digest and where the secrets are remain. Of one that
 * takes a secret out, or only shows it, everything but those lines is kept.
 *
 * @returns the output of the phase
 */
export async function propose(
  ports: FactoryPorts,
  ctx: PhaseContext,
  { input, spec, workspace, worked, history, judging }: ToPropose,
): Promise<{ [key: string]: Json }> {
  const { handover, curated } = worked;
  const { problem, renames, steps, rederives } = handover;
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
  const work = await keptWork(ctx.blobs, handover);
  const proposal: Proposal = {
    implementer: input.implementer,
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
    ...(work === null ? {} : { work }),
  };
  ctx.progress(
    change
      ? `${change.files.length} files, +${change.added} -${change.removed}`
      : `the proposal does not apply: ${problem?.message ?? "no diff"}`.slice(0, 500),
  );
  return {
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
}

/** A secret can stand in a file's name, too. */
function redactedJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => typeof one === "string" ? redact(one) : one);
}

function unique(renames: { from: string; to: string }[]): { from: string; to: string }[] {
  return [...new Map(renames.map((rename) => [`${rename.from}\0${rename.to}`, rename])).values()];
}
