import { z } from "zod";

export const IntentType = z.enum(["IMPORT", "CREATE", "UPDATE", "DESTROY", "REFACTOR", "MIGRATE"]);
export type IntentType = z.infer<typeof IntentType>;

export const Tier = z.enum(["best-effort", "standard", "critical"]);
export type Tier = z.infer<typeof Tier>;

export const Autonomy = z.enum(["A0", "A1", "A2", "A3", "A4", "A5"]);
export type Autonomy = z.infer<typeof Autonomy>;

export const ImplementerKind = z.enum(["codemod", "patch", "model", "cli"]);
export type ImplementerKind = z.infer<typeof ImplementerKind>;
