import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Blobs } from "../../kernel/mod.ts";
import type { RunPrivacy } from "../../specs/mod.ts";
import { type DataKeys, seal, unseal } from "./data_keys.ts";

const IV_BYTES = 12;

/**
 * Blobs beside the plain ones that are sealed under a run's data key (AES-256-GCM): `DIGEST/KID`, by the digest of what they hold. One that
 * two runs keep is there twice, so that neither loses it with the other's key.
 */
export function privateBlobs(
  plain: Blobs,
  root: string,
  keys: DataKeys,
  current: () => RunPrivacy | null,
): Blobs & { of(kid: string): Blobs; forget(kid: string): Promise<number> } {
  const folderOf = (digest: string) => {
    const hex = hexOf(digest);
    return join(root, hex.slice(0, 2), hex.slice(2));
  };
  const put = async (kid: string, data: Uint8Array | string): Promise<string> => {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const path = join(folderOf(digest), kid);
    if (await isThere(path)) return digest;
    const key = await keys.open(kid);
    if (key === null) {
      throw new Error(
        `Cannot keep a blob: the data key ${kid} of its run was destroyed. Submit it again as a new run`,
      );
    }
    const { iv, ciphertext } = await seal(key, `blob ${digest}`, bytes);
    await Deno.mkdir(folderOf(digest), { recursive: true, mode: 0o700 });
    const draft = `${path}.${crypto.randomUUID()}.part`;
    const file = await Deno.open(draft, { write: true, createNew: true, mode: 0o600 });
    try {
      for (const part of [iv, ciphertext]) {
        for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
      }
      await file.syncData();
    } finally {
      file.close();
    }
    await Deno.rename(draft, path);
    return digest;
  };
  const sealedBy = async (digest: string): Promise<string[]> => {
    const kids: string[] = [];
    try {
      for await (const { name } of Deno.readDir(folderOf(digest))) {
        if (/^pdk_[0-9a-z]+$/.test(name)) kids.push(name);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return kids.sort();
  };
  const get = async (digest: string): Promise<Uint8Array | null> => {
    const found = await plain.get(digest);
    if (found !== null) return found;
    let missing: unknown = null;
    for (const kid of await sealedBy(digest)) {
      try {
        const key = await keys.open(kid);
        if (key === null) continue;
        const sealed = await Deno.readFile(join(folderOf(digest), kid));
        return await unseal(key, `blob ${digest}`, {
          iv: sealed.slice(0, IV_BYTES),
          ciphertext: sealed.slice(IV_BYTES),
        });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) missing = error;
      }
    }
    // One that was destroyed is gone, as if it had never been kept; one that should be there is not.
    if (missing !== null) throw missing;
    return null;
  };
  const has = async (digest: string): Promise<boolean> => {
    if (await plain.has(digest)) return true;
    for (const kid of await sealedBy(digest)) if (await keys.destroyed(kid) === null) return true;
    return false;
  };
  const of = (kid: string): Blobs => ({ put: (data) => put(kid, data), get, has });
  return {
    async put(data) {
      const privacy = current();
      return privacy === null ? await plain.put(data) : await put(privacy.kid, data);
    },
    get,
    has,
    of,
    forget: (kid) => forgetBlobs(root, kid),
  };
}

/** Takes away what was sealed under a key; how many. */
export async function forgetBlobs(root: string, kid: string): Promise<number> {
  let count = 0;
  for (const folder of await foldersIn(root)) {
    for (const inner of await foldersIn(join(root, folder))) {
      const path = join(root, folder, inner);
      if (!await isThere(join(path, kid))) continue;
      await Deno.remove(join(path, kid));
      count += 1;
      await Deno.remove(path).catch((error) => {
        // Another run keeps it, too.
        if (!(error instanceof Error && /not empty/i.test(error.message))) throw error;
      });
    }
  }
  return count;
}

async function foldersIn(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(path)) if (isDirectory) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}

const isThere = (path: string): Promise<boolean> => Deno.lstat(path).then(() => true, () => false);

function hexOf(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) {
    throw new TypeError(`Cannot read a blob: its name must be sha256: and 64 hex digits, and is ${digest}`);
  }
  return hex;
}
