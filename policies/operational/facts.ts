import type { FreezeWindow, InstalledFreeze, OperationRecord } from "../../specs/mod.ts";
import { type OpenFreeze, openFreezes } from "./freeze.ts";

/** The freeze windows that are declared, and those of them that are open. */
export interface FreezeFacts {
  declared: number;
  open: readonly OpenFreeze[];
}

/** What a phase that publishes looks at before it does, and what the judge looks at after it. Throws for a window with a fault. */
export async function freezeFacts(
  repository: readonly FreezeWindow[],
  installation: readonly InstalledFreeze[],
  at: string,
): Promise<FreezeFacts> {
  const windows = [
    ...repository.map((window) => ({ window, source: "repository" })),
    ...installation.map(({ id, window }) => ({ window, source: id })),
  ];
  return { declared: windows.length, open: await openFreezes(windows, Date.parse(at)) };
}

type Put = {
  (name: "operation", value: { recorded: OperationRecord | null }, why: string): void;
  (name: "freeze", value: FreezeFacts | null, why: string): void;
};

/** Puts what is known of the fleet among the facts of a transition. */
export async function putOperation(
  put: Put,
  repository: readonly FreezeWindow[],
  input: { operation?: OperationRecord | undefined; at: string },
): Promise<void> {
  put("operation", { recorded: input.operation ?? null }, "");
  try {
    put("freeze", await freezeFacts(repository, input.operation?.freezes ?? [], input.at), "");
  } catch (error) {
    put("freeze", null, error instanceof Error ? error.message : String(error));
  }
}
