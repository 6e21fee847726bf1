import type { PackTrial } from "./packs/testing/mod.ts";

/** Tries every rule of a built-in pack on its examples; null when none has this name. The examples are loaded only here. */
export async function tryBuiltIn(name: string): Promise<PackTrial | null> {
  return await (await import("./examples/trial.ts")).tryBuiltIn(name);
}
