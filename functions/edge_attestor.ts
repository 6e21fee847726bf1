import { type Store, transparencyLog } from "../kernel/mod.ts";
import { formatVerifierKey } from "../kernel/tlog/mod.ts";
import type { Attestor } from "../pipelines/mod.ts";
import { heldKey } from "./signing/file_keys.ts";
import { checkedKey, custodyNote, SigningFailed } from "./signing/held_key.ts";
import { kidOf, logKeyOf, logKeyRecord } from "./signing_directory.ts";

const VARIABLES = { evidence: "FORGE_SIGNING_KEY", log: "FORGE_LOG_KEY" } as const;

/**
 * Who speaks for a host without files: the keys of its variables (PKCS#8), with the log in its store. Null where none is set.
 * @throws SigningFailed when only one is set, or one cannot be used: evidence that nobody can hold against anything is not made by accident.
 */
export async function edgeAttestor(
  store: Store,
  env: (name: string) => string | undefined,
): Promise<Attestor | null> {
  const [evidence, log] = [env(VARIABLES.evidence), env(VARIABLES.log)];
  if (evidence === undefined && log === undefined) return null;
  if (evidence === undefined || log === undefined) {
    const [there, lacking] = evidence === undefined
      ? [VARIABLES.log, VARIABLES.evidence]
      : [VARIABLES.evidence, VARIABLES.log];
    throw new SigningFailed(
      `Cannot sign evidence: ${there} is set and ${lacking} is not`,
      "Set both: one signs statements (ECDSA P-256), the other the transparency log (Ed25519)",
    );
  }
  const own = await checkedKey(await heldKey("evidence", evidence, "environment", VARIABLES.evidence));
  const note = await checkedKey(await heldKey("log", log, "environment", VARIABLES.log));
  const key = await logKeyOf(note.publicKey, []);
  const attestor: Attestor = {
    signer: { keyId: own.open.id, sign: own.sign },
    publicKey: own.publicKey,
    log: transparencyLog({ store, origin: key.name }),
    logSigner: { key, sign: note.sign },
    caveats: [custodyNote("environment")],
  };
  for (
    const [use, kid, publicKey] of [
      ["evidence", own.open.id, own.publicKey],
      ["log", kidOf(key), formatVerifierKey(key)],
    ] as const
  ) {
    await logKeyRecord(attestor, {
      act: "issued",
      kid,
      use,
      publicKey,
      at: new Date().toISOString(),
      by: "installation",
      reason: null,
      follows: null,
    });
  }
  return attestor;
}
