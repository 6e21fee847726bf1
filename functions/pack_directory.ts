import { join } from "node:path";
import { z } from "zod";
import type { Release } from "../policies/code/mod.ts";
import {
  builtInVersion,
  type CompileRule,
  type FindPack,
  findPack,
  judgingPacks,
  type PackFiles,
  type StoredInput,
  type VerifiedPack,
} from "../policies/mod.ts";
import {
  claimedManifest,
  digestedManifest,
  readArchive,
  rollbackProblem,
  verifyPack,
  writeArchive,
} from "../policies/packs/mod.ts";
import {
  Digest,
  digestOf,
  err,
  Instant,
  ok,
  PackName,
  PackVersion,
  type Problem,
  type Result,
  TrustedKey,
  type TrustRoot,
} from "../specs/mod.ts";
import { privateDirectory } from "./key_directory.ts";
import { packFolders, packNames, packsFolder } from "./pack_library.ts";
import { writeWhole } from "./whole_file.ts";
import { installedTrust } from "./trust_directory.ts";

/** Which release of a pack is active, and the highest one that ever was. */
const Active = z.strictObject({
  v: z.literal(1),
  name: PackName,
  version: PackVersion,
  revision: z.number().int().min(1),
  digest: Digest,
  archive: Digest.describe("of the archive's bytes, by which its file is named"),
  installedAt: Instant,
  by: z.string(),
  /** Keys that the operator gave with --trust-root when installing; the installation's own root speaks first. */
  trust: z.array(TrustedKey),
});
export type ActivePack = z.infer<typeof Active>;

export interface PackDirectory {
  list(): Promise<{ packs: ActivePack[]; damaged: Problem[] }>;
  /** Names of the installed packs, damaged ones among them. */
  names(): Promise<string[]>;
  /** The active release, read and verified again at this instant. */
  find(
    name: string,
    at: string,
  ): Promise<Result<{ pack: VerifiedPack; archive: Uint8Array }, Problem> | null>;
  active(name: string): Promise<Result<ActivePack, Problem> | null>;
  /** The keys that a pack is believed from: those of the installation, and those that its install named. */
  trust(name: string): Promise<Result<TrustRoot, Problem>>;
  /**
   * Puts a release in the place of the one before, whole or not at all. Whatever is refused leaves the old one active. One that is
   * looser, by its rules, by its own examples or by the decisions that are given, needs two signers of the trust root.
   */
  install(
    files: PackFiles,
    how: {
      at: string;
      by: string;
      compile: CompileRule;
      root?: TrustRoot;
      decisions?: AsyncIterable<StoredInput> | Iterable<StoredInput>;
    },
  ): Promise<Result<{ active: ActivePack; before: ActivePack | null; changed: boolean }, Problem>>;
}

/** Installed packs: `packs/` of the data directory (0700), a folder for each with `active.json` and the archive that it names. */
export function packDirectory(data: string): PackDirectory {
  const root = packsFolder(data);
  const folderOf = (name: string) => join(root, PackName.parse(name).replace("/", "__"));

  const active = async (name: string): Promise<Result<ActivePack, Problem> | null> => {
    if (!PackName.safeParse(name).success) return null;
    const path = join(folderOf(name), "active.json");
    let text: string;
    try {
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    const parsed = Active.safeParse(parseJson(text));
    if (parsed.success && parsed.data.name === name) return ok(parsed.data);
    return damaged(name, "active.json has not its form", path);
  };

  const list = async () => {
    const found: { packs: ActivePack[]; damaged: Problem[] } = { packs: [], damaged: [] };
    for (const name of await packFolders(data)) {
      const one = await active(name.replace("__", "/"));
      if (one?.ok) found.packs.push(one.value);
      else if (one) found.damaged.push(one.error);
    }
    return found;
  };

  const trust = async (name: string): Promise<Result<TrustRoot, Problem>> => {
    const own = await installedTrust(data);
    if (!own.ok) return own;
    const one = await active(name);
    const named = one?.ok ? one.value.trust : [];
    // What the installation says of a key goes before what an install said: it may have been revoked since.
    const more = named.filter((key) => !own.value.keys.some(({ id }) => id === key.id));
    return ok({ ...own.value, keys: [...own.value.keys, ...more] });
  };

  const archiveOf = async (name: string, { archive }: ActivePack) => {
    const path = join(folderOf(name), archiveName(archive));
    const bytes = await Deno.readFile(path).catch(() => null);
    if (bytes === null || await digestOf(bytes) !== archive) {
      return damaged(name, "its archive is gone or was changed", path);
    }
    const files = readArchive(bytes);
    return files.ok ? ok({ path, bytes, files: files.value }) : files;
  };

  /** The release that is installed, to be compared: its keys may have ended since, and what it held still counts. */
  const releaseOf = async (name: string, one: ActivePack): Promise<Result<Release, Problem>> => {
    const archive = await archiveOf(name, one);
    if (!archive.ok) return archive;
    const { path, files } = archive.value;
    const manifest = claimedManifest(files);
    return manifest.ok && await digestedManifest(manifest.value) === one.digest
      ? ok({ manifest: manifest.value, members: files })
      : damaged(name, "its archive holds another release", path);
  };

  const find: PackDirectory["find"] = async (name, at) => {
    const one = await active(name);
    if (one === null || !one.ok) return one;
    const archive = await archiveOf(name, one.value);
    if (!archive.ok) return archive;
    const { path, bytes, files } = archive.value;
    const believed = await trust(name);
    if (!believed.ok) return believed;
    const pack = await verifyPack(files, { root: believed.value, at });
    if (!pack.ok) return pack;
    return pack.value.digest === one.value.digest
      ? ok({ pack: pack.value, archive: bytes })
      : damaged(name, "its archive holds another release", path);
  };

  const install: PackDirectory["install"] = async (
    files,
    { at, by, compile, root: given, decisions = [] },
  ) => {
    const own = given === undefined ? await installedTrust(data) : ok(given);
    if (!own.ok) return own;
    const verified = await verifyPack(files, { root: own.value, at });
    if (!verified.ok) return verified;
    const pack = verified.value;
    const { name, version, revision } = pack.manifest;
    if (builtInVersion(name) !== null) {
      return err({
        code: "pack-name-taken",
        message: `The name ${name} is that of a built-in pack`,
        remedy: "Give the pack another name, such as org/name",
        value: name,
      });
    }
    await privateDirectory(data);
    await privateDirectory(root);
    return await underLock(join(root, ".lock"), async () => {
      const seen = await active(name);
      if (seen && !seen.ok) return seen;
      const before = seen?.value ?? null;
      const rollback = rollbackProblem(pack, before);
      if (rollback) return rollback;
      const usable = await judgingPacks({
        names: [name],
        find: async (other) => other === name ? ok({ kind: "signed", pack }) : await findAny(other, at, find),
        compile,
      });
      if (!usable.ok) return usable;
      if (before !== null && before.digest !== pack.digest) {
        const old = await releaseOf(name, before);
        const { looseningProblem, packDifference, signersOf } = await import("../policies/code/mod.ts");
        const difference = old.ok ? await packDifference(old.value, pack, decisions) : old;
        // What cannot be compared may be looser.
        const version = difference.ok
          ? difference.value.version
          : { approvers: 2 as const, because: difference.error.message };
        const looser = looseningProblem(name, version, signersOf(own.value, pack.signers));
        if (looser) return looser;
      }

      const archive = writeArchive(packed(pack, files));
      const digest = await digestOf(archive);
      const next: ActivePack = {
        v: 1,
        name,
        version,
        revision,
        digest: pack.digest,
        archive: digest,
        installedAt: at,
        by,
        trust: given === undefined ? [] : given.keys.filter(({ id }) => pack.signers.includes(id)),
      };
      const folder = folderOf(name);
      await privateDirectory(folder);
      await writeWhole(join(folder, archiveName(digest)), archive, 0o600);
      // The swap: until this rename the release before is the active one.
      await writeWhole(
        join(folder, "active.json"),
        new TextEncoder().encode(`${JSON.stringify(next)}\n`),
        0o600,
      );
      for await (const entry of Deno.readDir(folder)) {
        if (entry.name !== "active.json" && entry.name !== archiveName(digest)) {
          await Deno.remove(join(folder, entry.name), { recursive: true });
        }
      }
      return ok({ active: next, before, changed: before?.digest !== next.digest });
    });
  };
  return {
    list,
    names: () => packNames(data),
    find,
    active,
    trust,
    install,
  };
}

/** A built-in or installed pack by name. */
export const findAny = (name: string, at: string, find: PackDirectory["find"]): ReturnType<FindPack> =>
  findPack(name, async () => {
    const installed = await find(name, at);
    return installed === null || !installed.ok ? installed : ok(installed.value.pack);
  });

/** What the archive holds: the signed manifest and its members, not the author's own manifest. */
function packed(pack: VerifiedPack, files: PackFiles): PackFiles {
  const kept = new Set(["pack.dsse.json", ...pack.manifest.members.map(({ path }) => path)]);
  return new Map([...files].filter(([path]) => kept.has(path)));
}

const archiveName = (digest: string) => `${digest.slice("sha256:".length)}.tar`;

function damaged(name: string, why: string, path: string): Result<never, Problem> {
  return err({
    code: "pack-damaged",
    message: `The installed pack ${name} is damaged: ${why}`,
    remedy: "Install the same or a later release of it again",
    path,
    value: name,
  });
}

/** One install at a time, over all processes: two must not both think that they come after the same release. */
async function underLock<T>(path: string, use: () => Promise<T>): Promise<T> {
  const file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
  try {
    await file.lock(true);
    return await use();
  } finally {
    file.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
