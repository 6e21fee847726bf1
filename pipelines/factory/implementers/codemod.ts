import { err, ok } from "../../../specs/mod.ts";
import { applyOperations, directoryTree, memoryTree } from "./codemod/mod.ts";
import type { Implementer } from "./port.ts";

/** Structured edits from the spec's operations: no model, no key. The same operations must give the same bytes twice. */
export const codemod: Implementer = {
  kind: "codemod",
  async implement(ctx, { spec, workspace }) {
    if (spec.operations.length === 0) {
      return ok({ renames: [], steps: ["no operations"], rederives: true });
    }
    const head = directoryTree(await workspace.files());
    const applied = await applyOperations(head, spec.operations);
    if (!applied.ok) return err(applied.error);
    const { changed, steps, renames } = applied.value;
    for (const step of steps) {
      ctx.progress(`${step.op}: ${step.matches} matches in ${step.files.length} files`);
    }

    // Derived again from base in memory, and compared byte by byte with what lies in the workspace.
    const again = memoryTree({
      list: () => workspace.list("base"),
      read: (path) => workspace.read(path, "base"),
    });
    const second = await applyOperations(again, spec.operations);
    let rederives = second.ok && sameList(second.value.changed, changed);
    for (const path of rederives ? changed : []) {
      if (!sameBytes(await again.read(path), await head.read(path))) rederives = false;
    }
    return ok({
      renames,
      steps: steps.map((step) => `${step.op}: ${step.matches} matches in ${step.files.length} files`),
      rederives,
    });
  },
};

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
