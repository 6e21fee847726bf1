import { z } from "zod";

/** A structured edit that needs no model. */
export const Operation = z.looseObject({ op: z.string().min(1).max(100) });
export type Operation = z.infer<typeof Operation>;
