import { hmacSha256Hex } from "../../kernel/mod.ts";
import { join } from "node:path";
import { privateDirectory } from "../key_directory.ts";
import { SigningFailed } from "../signing/held_key.ts";

/**
 * The installation's key for keyed digests of personal data and secrets: 32 bytes, made once, 0600, never shown. Columns of `pii: hash` use
 * it as it is; marks use keys that are made of it, so that a mark and a hash of one value tell nothing of each other.
 */
export async function personalKey(data: string): Promise<Uint8Array> {
  await privateDirectory(join(data, "foundry"));
  const path = join(data, "foundry", "personal.key");
  if (!await Deno.lstat(path).then(() => true, () => false)) {
    const draft = `${path}.${crypto.randomUUID()}`;
    await Deno.writeFile(draft, crypto.getRandomValues(new Uint8Array(32)), { createNew: true, mode: 0o600 });
    try {
      // Of two processes that make one at once, the first one's is everybody's.
      await Deno.link(draft, path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    } finally {
      await Deno.remove(draft);
    }
  }
  const { isFile, mode } = await Deno.lstat(path);
  if (!isFile || (Deno.build.os !== "windows" && mode !== null && (mode & 0o077) !== 0)) {
    throw new SigningFailed(
      `Cannot use the key ${path}: it is a link, or others may read it`,
      "chmod 600, if nobody has read it: with it values can be tried against digests",
    );
  }
  const key = await Deno.readFile(path);
  if (key.length >= 32) return key;
  throw new SigningFailed(
    `Cannot use the key ${path}: it has ${key.length} bytes of 32`,
    "Restore it from a copy",
  );
}

export type DigestUse = "marks" | "secrets";

/** The key of one use. */
export async function digestKey(data: string, use: DigestUse): Promise<Uint8Array> {
  return Uint8Array.fromHex(hmacSha256Hex(await personalKey(data), `edgeforge/${use}/v1`));
}
