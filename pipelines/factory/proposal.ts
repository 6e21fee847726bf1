import type { Workspace } from "../../connectors/mod.ts";
import type { PhaseContext } from "../../kernel/mod.ts";
import { restorePatch } from "../../policies/code/mod.ts";
import { type Change, err, type Problem, type Result } from "../../specs/mod.ts";
import { dropObjects, freshWorkspace } from "./base_objects.ts";
import type { FactoryInput } from "./input.ts";
import { readBytes, readJson } from "../blob_reads.ts";
import type { FactoryPorts } from "./ports.ts";
import type { Work } from "./recorded_work.ts";

/** What implement hands on: a change and its facts, by digest. Claims are only ever compared with the diff. */
export interface Proposal {
  implementer: string;
  /** Digest of the patch as a subject: of the original bytes, also when those are withheld. */
  patch: string;
  /**
   * Blob of the patch that verification applies, or null when there is none or it does not apply. It is another than `patch` when
   * lines that show a secret of the base were left out of it.
   */
  stored: string | null;
  facts: string;
  change: Change | null;
  /** True when the diff came out byte-equal from the operations a second time; null when there are no operations. */
  rederives: boolean | null;
  renames: { from: string; to: string }[];
  withheld: { rule: string; path?: string; line?: number }[];
  steps: string[];
  /** What was recorded of an agent's work; absent where none made it. */
  work?: Work;
}

/** The proposal that implement committed; null before it did. */
export async function proposalOf(
  blobs: PhaseContext["blobs"],
  outputs: PhaseContext["outputs"],
): Promise<Proposal | null> {
  const output = outputs.implement as { proposal?: string } | undefined;
  return output?.proposal ? await readJson(blobs, output.proposal) as unknown as Proposal : null;
}

/**
 * Applies the recorded patch to the base and requires the tree that was judged: whoever uses the proposal later never sees what the
 * implementer left behind. When that fails with objects that an earlier phase had copied, it is tried once more with new ones.
 */
export async function rebuild(
  ports: FactoryPorts,
  run: string,
  given: { repository: FactoryInput["repository"]; stored: string; tree: string },
  name: string,
): Promise<Result<Workspace, Problem>> {
  const patch = await readBytes(ports.blobs, given.stored);
  const once = async (): Promise<Result<Workspace, Problem>> => {
    const made = await freshWorkspace(ports, run, given.repository, name);
    if (!made.ok) return made;
    const workspace = made.value;
    const problem = await rebuildIn(workspace, patch, given.tree).catch(async (error) => {
      await workspace.dispose();
      throw error;
    });
    if (problem === null) return made;
    await workspace.dispose();
    return err(problem);
  };
  const first = await once().catch(() => null);
  if (first?.ok) return first;
  await dropObjects(ports, run);
  return await once();
}

async function rebuildIn(workspace: Workspace, patch: Uint8Array, tree: string): Promise<Problem | null> {
  const applied = await workspace.apply(await restorePatch(patch, (path) => workspace.read(path, "base")));
  if (!applied.ok) return applied.error;
  const given = await workspace.curateTree();
  if (given === tree) return null;
  return {
    code: "tree-differs",
    message: `Cannot rebuild the change: the patch gives tree ${given} and not the judged ${tree}`,
    remedy: "Start a new run; the recorded patch and the recorded change do not belong together",
  };
}
