import { dirname, join } from "node:path";
import { NO_TRUST, parseTrustRoot, publisherKey } from "../policies/mod.ts";
import { err, ok, type Problem, type Result, type TrustRoot } from "../specs/mod.ts";

/** The file that says what each key may do; without it every public key beside it may publish any pack. */
const TRUST_FILES = ["trust.yaml", "trust.yml", "trust.json"];

/**
 * A trust root of an operator: a directory with `trust.yaml`, or with bare public keys (`NAME.pub.pem`), or a trust file by itself.
 * In the file a key is given by `publicKey` (PEM), or by `file`, beside it; its `id` is made when it is left out.
 */
export async function readTrustRoot(path: string): Promise<Result<TrustRoot, Problem>> {
  try {
    const info = await Deno.stat(path);
    if (info.isFile) return await readTrustFile(path);
    for (const name of TRUST_FILES) {
      if (await isThere(join(path, name))) return await readTrustFile(join(path, name));
    }
    const keys: TrustRoot["keys"] = [];
    const names: string[] = [];
    for await (const { name, isFile } of Deno.readDir(path)) {
      if (isFile && /\.(pub\.pem|pub)$/.test(name)) names.push(name);
    }
    for (const name of names.sort()) {
      const key = await publisherKey(
        name.replace(/\.(pub\.pem|pub)$/, ""),
        await Deno.readTextFile(join(path, name)),
      );
      if (key === null) return unreadable(path, `${name} is no public key (PEM, SPKI)`);
      if (!keys.some(({ id }) => id === key.id)) keys.push(key);
    }
    return ok({ ...NO_TRUST, keys });
  } catch (error) {
    return unreadable(
      path,
      error instanceof Error ? error.message.replace(/\s*\(os error.*$/, "") : String(error),
    );
  }
}

/** The root of an installation: `trust/` of the data directory; without it the public keys of its own principals. */
export async function installedTrust(data: string): Promise<Result<TrustRoot, Problem>> {
  for (const folder of [join(data, "trust"), join(data, "keys")]) {
    if (await isThere(folder)) return await readTrustRoot(folder);
  }
  return ok(NO_TRUST);
}

async function readTrustFile(path: string): Promise<Result<TrustRoot, Problem>> {
  const { parse } = await import("yaml");
  const value: unknown = parse(await Deno.readTextFile(path), {
    maxAliasCount: 0,
    schema: "core",
    uniqueKeys: true,
    strict: true,
    prettyErrors: false,
  });
  const keys = (value as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) return unreadable(path, "it has no list of keys");
  const whole: unknown[] = [];
  for (const given of keys) {
    const { file, ...key } = given as { file?: unknown; id?: unknown; publicKey?: unknown };
    const publicKey = typeof file === "string" && /^[A-Za-z0-9._@-]+$/.test(file)
      ? await Deno.readTextFile(join(dirname(path), file))
      : key.publicKey;
    const made = typeof publicKey === "string" ? await publisherKey("key", publicKey) : null;
    whole.push({ ...(made ? { id: made.id } : {}), ...key, publicKey });
  }
  const root = await parseTrustRoot({ version: 1, ...value as object, keys: whole });
  return root.ok ? root : err({ ...root.error, message: `${root.error.message} (${path})` });
}

function unreadable(path: string, why: string): Result<never, Problem> {
  return err({
    code: "pack-trust-root",
    message: `Cannot read the trust root: ${why}`,
    remedy: "Give a directory with public keys (NAME.pub.pem), or one with a trust.yaml",
    path,
    value: path,
  });
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
