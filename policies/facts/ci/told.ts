import type { WorkflowChange } from "../../../specs/mod.ts";

/** What is told of a workflow that a change edits; where it stands is added by whoever reads the file. */
export type Told = Omit<WorkflowChange, "path" | "system">;

export type Add = (kind: string, name: string, detail: string, certain: boolean, line?: number) => void;
