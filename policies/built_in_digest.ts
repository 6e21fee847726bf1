import canonicalize from "canonicalize";
import { digestOf } from "../specs/mod.ts";
import type { Rule } from "./rule.ts";
import { ENGINE_VERSION } from "./versions.ts";

/** What names a built-in pack: its rules' descriptors, its version and the engine's, which holds their bodies. */
export async function builtInDigest(version: string, rules: readonly Rule[]): Promise<string> {
  return await digestOf(
    canonicalize({
      engine: ENGINE_VERSION,
      version,
      rules: rules.map((
        { id, gate, layer, mode, severity, description, remediation, bindings, reads },
      ) => ({ id, gate, layer, mode, severity, description, remediation, bindings, reads })),
    }) ?? "",
  );
}
