import type { Workspace } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import { err, ok, type Problem, type Result, type Spec } from "../../../specs/mod.ts";
import {
  applyOperations,
  directoryTree,
  memoryTree,
  type ParsedFiles,
  parsedFiles,
  type SourceTree,
} from "./codemod/mod.ts";
import type { Handover, Implementer } from "./port.ts";

/** Structured edits from the spec's operations: no model, no key. The same operations must give the same bytes twice. */
export const codemod: Implementer = {
  kind: "codemod",
  async implement(ctx, { spec, workspace }) {
    if (spec.operations.length === 0) {
      return ok({ renames: [], steps: ["no operations"], rederives: true });
    }
    const parsed = parsedFiles();
    try {
      return await derive(ctx, workspace, spec.operations, parsed);
    } finally {
      parsed.dispose();
    }
  },
};

async function derive(
  ctx: PhaseContext,
  workspace: Workspace,
  operations: Spec["operations"],
  parsed: ParsedFiles,
): Promise<Result<Handover, Problem>> {
  const head = await treeOf(workspace);
  const applied = await applyOperations(head, operations, { parsed });
  if (!applied.ok) return err(applied.error);
  const { changed, steps, renames } = applied.value;
  for (const step of steps) {
    ctx.progress(`${step.op}: ${step.matches} matches in ${step.files.length} files`);
  }

  // Derived again from base in memory, and compared byte by byte with what lies in the workspace, whose types were checked.
  const again = memoryTree({
    list: () => workspace.list("base"),
    read: (path) => workspace.read(path, "base"),
  });
  const second = await applyOperations(again, operations, { parsed, checksTypes: false });
  let rederives = second.ok && sameList(second.value.changed, changed);
  for (const path of rederives ? changed : []) {
    if (!sameBytes(await again.read(path), await head.read(path))) rederives = false;
  }
  return ok({
    renames,
    steps: steps.map((step) => `${step.op}: ${step.matches} matches in ${step.files.length} files`),
    rederives,
  });
}

/** The workspace's files: those of its directory, or in memory where it has none. */
async function treeOf(workspace: Workspace): Promise<SourceTree> {
  const { inMemory } = workspace;
  if (inMemory === undefined) return directoryTree(await workspace.files());
  const isFile = (path: string) => inMemory.mode(path)?.startsWith("100") === true;
  const plain = (path: string): string => {
    if (inMemory.mode(path) === null || isFile(path)) return path;
    throw new Error(`Cannot open ${path} in the workspace: it is not a plain file`);
  };
  return {
    // Installed packages are not the repository's.
    list: async () =>
      (await workspace.list("head")).filter((path) => isFile(path) && !/(?:^|\/)node_modules\//.test(path)),
    read: async (path) => isFile(path) ? await workspace.read(path, "head") : null,
    write: (path, bytes) => inMemory.write(plain(path), bytes),
    remove: (path) => inMemory.remove(plain(path)),
  };
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
