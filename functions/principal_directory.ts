import { join } from "node:path";
import type { FindPrincipals } from "../pipelines/factory/mod.ts";
import { NO_TRUST, principalsOf } from "../policies/mod.ts";
import { err, ok, type Problem, type Result, type TrustRoot } from "../specs/mod.ts";
import { keyDirectory } from "./key_directory.ts";

/**
 * Who is known to an installation: its own keys (`keys/` of the data directory, private or public alone), and the named keys of
 * `trust/` with the roles that stand there. Read anew each time it is asked.
 */
export function findPrincipals(data: string): FindPrincipals {
  return async () => {
    const root = await trustRoot(data);
    return root.ok ? await ownPrincipals(data, root.value) : root;
  };
}

/** The same with a trust root that an operator names for one command. */
export async function ownPrincipals(data: string, root: TrustRoot): ReturnType<FindPrincipals> {
  const own: { name: string; publicKey: string }[] = [];
  try {
    for (const { name, publicKeyPath } of await keyDirectory(data).list()) {
      own.push({ name, publicKey: await Deno.readTextFile(publicKeyPath) });
    }
  } catch (error) {
    return err({
      code: "principal-key",
      message: `Cannot read the keys of this installation: ${
        error instanceof Error ? error.message : String(error)
      }`,
      remedy: "Repair the directory; until then no approval and no waiver counts",
      value: join(data, "keys"),
    });
  }
  return await principalsOf(own, root);
}

async function trustRoot(data: string): Promise<Result<TrustRoot, Problem>> {
  const folder = join(data, "trust");
  const isThere = await Deno.stat(folder).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
  if (!isThere) return ok(NO_TRUST);
  const { readTrustRoot } = await import("./trust_directory.ts");
  return await readTrustRoot(folder);
}
