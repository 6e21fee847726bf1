import type { KeyUse } from "../../specs/attestation/mod.ts";
import type { HeldKey } from "./held_key.ts";
import { programAnswer } from "./program.ts";

/**
 * A key that a program of the operator holds: it gets the bytes on its standard input and gives the signature on its standard output,
 * as bytes or in base64. `EDGEFORGE_KEY_USE` tells it which key is asked for; of the environment it gets PATH, HOME and what is named.
 */
export function commandKey(given: {
  use: KeyUse;
  argv: readonly string[];
  publicKey: string;
  env: Readonly<Record<string, string>>;
  deadlineMs?: number;
}): HeldKey {
  const { use, publicKey, env, ...program } = given;
  return {
    use,
    publicKey,
    custody: "command",
    sign: (bytes) =>
      programAnswer({ ...program, env: { ...env, EDGEFORGE_KEY_USE: use } }, bytes, `sign ${use}`),
  };
}
