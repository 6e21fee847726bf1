import { z } from "zod";
import { patchSecrets } from "../../../policies/code/mod.ts";
import { redact } from "../../../policies/mod.ts";
import { maskPatch, restorePatch } from "../../../policies/code/mod.ts";
import type { BaseObjects, Workspace } from "../../../connectors/mod.ts";
import type { Blobs } from "../../../kernel/mod.ts";
import { Digest, FailureRecord, type Json } from "../../../specs/mod.ts";
import { AgentSession, ModelCall } from "../../../specs/code/mod.ts";
import type { Handover } from "../implementers/port.ts";
import { readBytes, readJson } from "../../blob_reads.ts";
import type { TaskTrees } from "./execute.ts";

/** A finished task as it is kept: enough to have its work again without doing it again. Everything of size is a blob. */
export const TaskRecord = z.strictObject({
  v: z.literal(1),
  task: z.string().min(1).max(64),
  /** The visit of the phase that it was done in. */
  visit: z.number().int().min(1),
  base: z.string().describe("the tree that it began with"),
  tree: z.string().describe("the tree that it left"),
  ground: Digest.nullable().describe("patch from the run's base to `base`; null when they are the same"),
  patch: Digest.describe("patch from `base` to `tree`"),
  handover: Digest.describe("what the implementer handed over, as JSON"),
  on: z.array(z.string()).describe("tasks whose merged work it was done on because of a conflict"),
});
export type TaskRecord = z.infer<typeof TaskRecord>;

/** How the last try of a task failed, for the next one. */
export const TaskFailure = z.strictObject({
  v: z.literal(1),
  task: z.string().min(1).max(64),
  visit: z.number().int().min(1),
  failure: FailureRecord,
  models: z.array(z.string().max(200)).max(50).describe("models that were asked in it"),
});
export type TaskFailure = z.infer<typeof TaskFailure>;

/**
 * Where finished and failed tasks of a run are kept, by the plan that they belong to. A later record of a task replaces the one before;
 * finished work is kept beside a failure that came after it.
 */
export interface TaskRecords {
  list(run: string, plan: string): Promise<TaskRecord[]>;
  put(run: string, plan: string, record: TaskRecord): Promise<void>;
  failures(run: string, plan: string): Promise<TaskFailure[]>;
  putFailure(run: string, plan: string, failure: TaskFailure): Promise<void>;
}

/** One task's work in this process: its trees, which are in the run's objects, and what was handed over. */
export interface TaskWork extends TaskTrees {
  readonly handover: Handover;
  readonly found: boolean;
  /** Paths that it changed. */
  readonly paths: readonly string[];
}

const KeptHandover = z.object({
  renames: z.array(z.object({ from: z.string(), to: z.string() })),
  steps: z.array(z.string()),
  rederives: z.boolean().nullable(),
  agent: z.object({ name: z.string(), version: z.string().nullable(), model: z.string().nullable() })
    .optional(),
  calls: z.array(ModelCall).optional(),
  session: AgentSession.optional(),
  context: z.array(
    z.object({ uri: z.string(), digest: z.string(), trust: z.enum(["trusted", "untrusted"]) }),
  ).optional(),
  claims: z.array(z.string()).optional(),
  paths: z.array(z.string()),
});

/**
 * Keeps a finished task. One whose patch brings a secret in is not kept: it is done again after a crash, and the gates then see the
 * secret. Lines that only show a secret of the ground that it stands on are left out, and come back from there.
 *
 * @returns whether it was kept
 */
export async function keepTask(
  keeping: Keeping,
  done: { task: string; visit: number; on: readonly string[]; work: TaskWork },
): Promise<boolean> {
  const { records, blobs, objects, run, plan } = keeping;
  const { task, visit, on, work } = done;
  const between = async (from: string, to: string): Promise<string | null> => {
    const patch = await objects.patch(from, to);
    if ((await patchSecrets(patch)).length > 0) return null;
    const reader = lateReader(keeping, from);
    try {
      const masked = await maskPatch(patch, reader.read);
      return masked.found.length > 0 ? null : await blobs.put(masked.bytes);
    } finally {
      await reader.dispose();
    }
  };
  const ground = work.base === objects.baseTree ? null : await between(objects.baseTree, work.base);
  const patch = await between(work.base, work.tree);
  if (patch === null || (ground === null && work.base !== objects.baseTree)) return false;
  const { renames, steps, rederives, agent, calls, session, context, claims } = work.handover;
  const kept = { renames, steps, rederives, agent, calls, session, context, claims, paths: work.paths };
  const text = JSON.stringify(kept, (_key, one: unknown) => typeof one === "string" ? redact(one) : one);
  const handover = await blobs.put(text);
  await records.put(run, plan, {
    v: 1,
    task,
    visit,
    base: work.base,
    tree: work.tree,
    ground,
    patch,
    handover,
    on: [...on],
  });
  return true;
}

export interface Keeping {
  readonly records: TaskRecords;
  readonly blobs: Blobs;
  readonly objects: BaseObjects;
  readonly run: string;
  readonly plan: string;
  /** A directory that does not exist, for a moment. */
  place(): string;
}

/** The work of a record, its trees made again in the run's objects; null when it does not come out as it was. */
export async function workOf(
  { blobs, objects, place }: Keeping,
  record: TaskRecord,
): Promise<TaskWork | null> {
  const base = record.ground === null
    ? objects.baseTree
    : await applied(objects, objects.baseTree, await readBytes(blobs, record.ground), place());
  if (base !== record.base) return null;
  const tree = await applied(objects, base, await readBytes(blobs, record.patch), place());
  if (tree !== record.tree) return null;
  const { paths, ...handover } = KeptHandover.parse(await readJson(blobs, record.handover) as Json);
  return { base, tree, handover: handover as Handover, found: true, paths };
}

/** Files of a tree, by a workspace that is made when the first is asked for. */
function lateReader({ objects, place }: Keeping, tree: string) {
  let made: Promise<Workspace> | null = null;
  return {
    read: async (path: string) =>
      await (await (made ??= objects.workspace(place(), tree))).read(path, "base"),
    dispose: async () => await (await made)?.dispose(),
  };
}

/** The tree after a kept patch; null when it does not apply. */
async function applied(
  objects: BaseObjects,
  from: string,
  patch: Uint8Array,
  place: string,
): Promise<string | null> {
  const workspace = await objects.workspace(place, from);
  try {
    const whole = await restorePatch(patch, (path) => workspace.read(path, "base"));
    return (await workspace.apply(whole)).ok ? await workspace.curateTree() : null;
  } finally {
    await workspace.dispose();
  }
}
