import type { Workspace } from "../../connectors/mod.ts";
import type { PhaseContext } from "../../kernel/mod.ts";
import type { Change, Problem, Result } from "../../specs/mod.ts";
import { err, ok } from "../../specs/mod.ts";
import { type FactoryInput, readBytes, readJson } from "./input.ts";
import type { FactoryPorts } from "./ports.ts";

/** What implement hands on: a change and its facts, by digest. Claims are only ever compared with the diff. */
export interface Proposal {
  implementer: string;
  /** Digest of the patch as a subject: of the original bytes, also when those are withheld. */
  patch: string;
  /** Blob of the patch that verification applies, or null when there is none or it does not apply. */
  stored: string | null;
  facts: string;
  change: Change | null;
  /** True when the diff came out byte-equal from the operations a second time; null when there are no operations. */
  rederives: boolean | null;
  renames: { from: string; to: string }[];
  withheld: { rule: string; path?: string; line?: number }[];
  steps: string[];
}

/** The proposal that implement committed; null before it did. */
export async function proposalOf(
  blobs: PhaseContext["blobs"],
  outputs: PhaseContext["outputs"],
): Promise<Proposal | null> {
  const output = outputs.implement as { proposal?: string } | undefined;
  return output?.proposal ? await readJson(blobs, output.proposal) as unknown as Proposal : null;
}

/** A fresh clone of the base commit, or why there is none. */
export async function freshClone(
  ports: FactoryPorts,
  run: string,
  input: FactoryInput,
  name: string,
): Promise<Result<Workspace, Problem>> {
  const opened = await ports.workspaces.open(input.repository.location, input.repository.baseCommit);
  if (!opened.ok) return opened;
  if (opened.value.baseTree !== input.repository.baseTree) {
    return err({
      code: "base-changed",
      message: `Cannot work on ${input.repository.baseCommit}: its tree is not the one that the run accepted`,
      remedy: "Start a new run; the repository's objects were changed under the same name",
    });
  }
  const dir = ports.scratch(run, name);
  await ports.discard(dir);
  return await ports.workspaces.create(opened.value, dir);
}

/**
 * Applies the recorded patch to a fresh clone and requires the tree that was judged: whoever uses the proposal later never
 * sees what the implementer left behind.
 */
export async function rebuild(
  ports: FactoryPorts,
  ctx: PhaseContext,
  input: FactoryInput,
  proposal: Proposal,
  name: string,
): Promise<Result<Workspace, Problem>> {
  if (!proposal.stored || !proposal.change) {
    return err({
      code: "no-patch",
      message: "Cannot rebuild the change: the proposal holds no patch that applies",
    });
  }
  const clone = await freshClone(ports, ctx.run, input, name);
  if (!clone.ok) return clone;
  const patch = await readBytes(ctx.blobs, proposal.stored);
  const applied = await clone.value.apply(patch);
  if (!applied.ok) {
    await clone.value.dispose();
    return err(applied.error);
  }
  const curated = await clone.value.curate();
  if (curated.change.tree !== proposal.change.tree) {
    await clone.value.dispose();
    return err({
      code: "tree-differs",
      message:
        `Cannot rebuild the change: the patch gives tree ${curated.change.tree} and not ${proposal.change.tree}`,
      remedy: "Start a new run; the recorded patch and the recorded change do not belong together",
    });
  }
  return ok(clone.value);
}
