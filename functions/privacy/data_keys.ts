import { join } from "node:path";
import { WrappedDataKey } from "../../specs/mod.ts";
import { privateDirectory } from "../key_directory.ts";
import { privateText } from "../signing/file_keys.ts";
import { SigningFailed } from "../signing/held_key.ts";
import { derOf } from "../signing/pem.ts";
import {
  dropFormerWrappingKey,
  type Environment,
  formerWrappingKey,
  replaceWrappingKey,
  type WrappingKey,
  wrappingKey,
} from "./wrapping_key.ts";

/** A data key that should be there and is not, or cannot be unwrapped. Nothing is said of it but its name. */
export class DataKeyMissing extends SigningFailed {}

/** That a data key was destroyed, and why. */
export interface Destroyed {
  readonly kid: string;
  readonly at: string;
  readonly by: string;
  readonly reason: string;
}

/** Data keys of an installation (AES-256), each wrapped, in `privacy/keys/` of the data directory (0600). */
export interface DataKeys {
  make(): Promise<string>;
  /** Null when it was destroyed. @throws {DataKeyMissing} when it is gone otherwise */
  open(kid: string): Promise<CryptoKey | null>;
  destroyed(kid: string): Promise<Destroyed | null>;
  /** For ever: what was sealed under it cannot be read any more. False when there is none. */
  destroy(record: Destroyed): Promise<boolean>;
  list(): Promise<string[]>;
  /** From when on nobody needs it any more; null takes that back. */
  expire(kid: string, at: Date | null): Promise<void>;
  /** Those that nobody needs any more. */
  expired(now: Date): Promise<string[]>;
  /** Wraps every key anew: by a new file key, or by the one that the operator names now. */
  rewrap(): Promise<{ wrappedBy: string; keys: number }>;
}

export const privacyFolder = (data: string): string => join(data, "privacy");

export function dataKeys(data: string, env: Environment): DataKeys {
  const root = privacyFolder(data);
  const folder = join(root, "keys");
  const pathOf = (kid: string) => join(folder, `${kid}.json`);
  const endOf = (kid: string) => join(folder, `${kid}.until`);
  const graveOf = (kid: string) => join(folder, `${kid}.destroyed.json`);
  const opened = new Map<string, Promise<CryptoKey>>();

  const isThere = (path: string) => Deno.lstat(path).then(() => true, () => false);
  const write = async (path: string, value: unknown) => {
    const draft = `${path}.${crypto.randomUUID()}`;
    await Deno.writeTextFile(draft, `${JSON.stringify(value)}\n`, { createNew: true, mode: 0o600 });
    await Deno.rename(draft, path);
  };
  const record = async (kid: string): Promise<WrappedDataKey | null> => {
    const text = await privateText(pathOf(kid));
    if (text === null) return null;
    const read = WrappedDataKey.safeParse(JSON.parse(text));
    if (read.success && read.data.kid === kid) return read.data;
    throw new DataKeyMissing(
      `Cannot read the data key ${kid}: its file has not its form`,
      "Restore it from a copy",
    );
  };
  const unwrapped = async (kept: WrappedDataKey): Promise<Uint8Array<ArrayBuffer>> => {
    const { kid, wrappedBy } = kept;
    const now = await wrappingKey(root, env, false);
    const key: WrappingKey | null = now?.id === wrappedBy ? now : await formerWrappingKey(root, env) ?? now;
    if (key?.id !== wrappedBy) {
      throw new DataKeyMissing(
        `Cannot open the data key ${kid}: it is wrapped by ${wrappedBy}, and ${
          key === null ? "there is no wrapping key here" : `the one here is ${key.id}`
        }`,
        "Give that one: privacy/wrapping.key of the data directory, FORGE_DATA_KEY or FORGE_DATA_KEY_COMMAND",
      );
    }
    try {
      const raw = new Uint8Array(await key.unwrap(kid, derOf(kept.wrapped) ?? new Uint8Array()));
      if (raw.length === 32) return raw;
    } catch (error) {
      if (error instanceof SigningFailed) throw error;
      // Says nothing more: it is not the key, or it was changed.
    }
    throw new DataKeyMissing(
      `Cannot open the data key ${kid}: what is kept of it was changed, or wrapped by another key than it says`,
      "Restore it from a copy",
    );
  };
  const load = async (kid: string): Promise<CryptoKey> => {
    const kept = await record(kid);
    if (kept === null) {
      throw new DataKeyMissing(
        `The data key ${kid} is missing: nobody has destroyed it, and it is not in privacy/keys of the data directory`,
        "Restore its file; without it the personal data of its run cannot be read",
      );
    }
    const raw = await unwrapped(kept);
    return await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  };
  const keys: DataKeys = {
    async make() {
      await privateDirectory(root);
      await privateDirectory(folder);
      const key = await wrappingKey(root, env, true);
      if (key === null) throw new Error("Cannot make a data key: there is no wrapping key");
      const kid = `pdk_${crypto.getRandomValues(new Uint8Array(12)).toHex()}`;
      const raw = crypto.getRandomValues(new Uint8Array(32));
      const wrapped = btoa(String.fromCharCode(...await key.wrap(kid, raw)));
      await write(
        pathOf(kid),
        WrappedDataKey.parse({ v: 1, kid, at: new Date().toISOString(), wrappedBy: key.id, wrapped }),
      );
      return kid;
    },
    async open(kid) {
      // Another process may have destroyed it since.
      if (!await isThere(pathOf(kid))) {
        opened.delete(kid);
        if (await isThere(graveOf(kid))) return null;
      }
      const found = opened.get(kid) ?? load(kid);
      opened.set(kid, found);
      found.catch(() => opened.delete(kid));
      return await found;
    },
    async destroyed(kid) {
      try {
        return JSON.parse(await Deno.readTextFile(graveOf(kid))) as Destroyed;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      }
    },
    async destroy(grave) {
      const { kid } = grave;
      if (!await isThere(pathOf(kid))) return false;
      await write(graveOf(kid), grave);
      opened.delete(kid);
      // Over what it held first: a removed file's bytes may stay on the disk.
      const { size } = await Deno.stat(pathOf(kid));
      const file = await Deno.open(pathOf(kid), { write: true });
      try {
        await file.write(new Uint8Array(size));
        await file.syncData();
      } finally {
        file.close();
      }
      await Deno.remove(pathOf(kid));
      await Deno.remove(endOf(kid)).catch(ignoreAbsent);
      return true;
    },
    async list() {
      const found: string[] = [];
      try {
        for await (const { name } of Deno.readDir(folder)) {
          const kid = /^(pdk_[0-9a-z]+)\.json$/.exec(name)?.[1];
          if (kid !== undefined) found.push(kid);
        }
      } catch (error) {
        const isAbsent = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
        if (!isAbsent) throw error;
      }
      return found.sort();
    },
    async expire(kid, at) {
      if (at === null) return await Deno.remove(endOf(kid)).catch(ignoreAbsent);
      if (await isThere(pathOf(kid))) await write(endOf(kid), { at: at.toISOString() });
    },
    async expired(now) {
      const found: string[] = [];
      for (const kid of await keys.list()) {
        const text = await Deno.readTextFile(endOf(kid)).catch(ignoreAbsent);
        if (text && Date.parse((JSON.parse(text) as { at: string }).at) <= now.getTime()) found.push(kid);
      }
      return found;
    },
    async rewrap() {
      await privateDirectory(root);
      const before = await wrappingKey(root, env, true);
      if (before === null) throw new Error("Cannot wrap data keys: there is no wrapping key");
      // All of them before the first is written: one that nobody can open ends it here.
      const all: { kept: WrappedDataKey; raw: Uint8Array<ArrayBuffer> }[] = [];
      for (const kid of await keys.list()) {
        const kept = await record(kid);
        if (kept !== null) all.push({ kept, raw: await unwrapped(kept) });
      }
      const wrapBy = async (key: WrappingKey) => {
        for (const { kept, raw } of all) {
          const wrapped = btoa(String.fromCharCode(...await key.wrap(kept.kid, raw)));
          await write(pathOf(kept.kid), { ...kept, wrappedBy: key.id, wrapped });
        }
        await dropFormerWrappingKey(root);
        return { wrappedBy: key.id, keys: all.length };
      };
      // What broke off before is brought to its end first: of file keys one may be the former one at a time.
      const done = await wrapBy(before);
      return before.custody === "file" ? await wrapBy(await replaceWrappingKey(root)) : done;
    },
  };
  return keys;
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

const encoder = new TextEncoder();

/** Seals bytes under a data key; `about` has to be told again to open them. */
export async function seal(
  key: CryptoKey,
  about: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ iv: Uint8Array<ArrayBuffer>; ciphertext: Uint8Array<ArrayBuffer> }> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: encoder.encode(about) },
    key,
    bytes,
  );
  return { iv, ciphertext: new Uint8Array(sealed) };
}

/** @throws {DataKeyMissing} when it was sealed by another key, or changed */
export async function unseal(
  key: CryptoKey,
  about: string,
  { iv, ciphertext }: { iv: Uint8Array<ArrayBuffer>; ciphertext: Uint8Array<ArrayBuffer> },
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt(
        { name: "AES-GCM", iv, additionalData: encoder.encode(about) },
        key,
        ciphertext,
      ),
    );
  } catch {
    throw new DataKeyMissing(
      `Cannot open ${about}: it was changed, or sealed under another key`,
      "Restore it from a copy",
    );
  }
}
