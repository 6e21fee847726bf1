import { dirname, join } from "node:path";
import type { EvidenceSink } from "../pipelines/factory/mod.ts";
import { digestOf, EvidenceManifest } from "../specs/mod.ts";
import type { EvidencePageOptions, EvidenceSummary } from "./service.ts";

/** Files that are written at the same time. */
const AT_ONCE = 32;

/** Evidence bundles as directories. A bundle appears whole, by rename, or not at all. */
export function evidenceDirectory(root: string): EvidenceSink & {
  list(options?: EvidencePageOptions): Promise<EvidenceSummary[]>;
  read(id: string): Promise<{ manifest: EvidenceManifest; path: string; digest: string } | null>;
  file(id: string, path: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Takes a bundle away, whole: it is not there any more before its files are. */
  remove(id: string): Promise<void>;
  /** Of these bundles, in this order; one that is gone is left out. */
  summaries(ids: readonly string[]): Promise<EvidenceSummary[]>;
  /** Every bundle, with what tells that it was written anew. */
  stamps(): Promise<ReadonlyMap<string, string>>;
  /** A file of a bundle by a name that we know, as it lies there. @throws {BundleUnreadable} for what is no plain file */
  part(id: string, path: string): Promise<Uint8Array | null>;
  /** Of the manifest's bytes, whatever they are; null when there is no such bundle. */
  digest(id: string): Promise<string | null>;
  /** Every file that lies in a bundle; null when there is none. */
  bundle(id: string): Promise<ReadonlyMap<string, Uint8Array> | null>;
} {
  const place = (id: string) => {
    if (!/^ev_[0-9a-z]+$/.test(id)) {
      throw new Error(`Cannot name evidence '${id}': ids are ev_ and lower-case letters or digits`);
    }
    return join(root, id);
  };
  const read = async (id: string) => {
    if (!/^ev_[0-9a-z]+$/.test(id)) return null;
    try {
      const bytes = await Deno.readFile(join(place(id), "manifest.json"));
      const manifest = EvidenceManifest.parse(JSON.parse(new TextDecoder().decode(bytes)));
      return { manifest, path: place(id), digest: await digestOf(bytes) };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  };
  let hasSwept = false;
  return {
    async write(id, files) {
      const target = place(id);
      await Deno.mkdir(root, { recursive: true, mode: 0o700 });
      if (!hasSwept) await sweep(root);
      hasSwept = true;
      const room = await Deno.makeTempDir({ dir: root, prefix: ".writing-" });
      try {
        const folders = new Set(files.map((file) => dirname(join(room, file.path))));
        await Promise.all([...folders].map((folder) => Deno.mkdir(folder, { recursive: true })));
        for (let at = 0; at < files.length; at += AT_ONCE) {
          const written = await Promise.allSettled(
            files.slice(at, at + AT_ONCE).map((file) =>
              Deno.writeFile(join(room, file.path), file.bytes, { createNew: true })
            ),
          );
          for (const one of written) if (one.status === "rejected") throw one.reason;
        }
        await Deno.remove(target, { recursive: true }).catch(ignoreAbsent);
        await Deno.rename(room, target);
      } catch (error) {
        await Deno.remove(room, { recursive: true }).catch(ignoreAbsent);
        throw error;
      }
      return target;
    },
    async sealed(id, head) {
      const found = await read(id);
      // A bundle without its signature was written before there was one: it is made anew.
      if (found === null || !await isThere(join(found.path, "manifest.dsse.json"))) return null;
      const { head: of } = found.manifest;
      return of.seq === head.seq && of.hash === head.hash ? { digest: found.digest, path: found.path } : null;
    },
    read,
    async remove(id) {
      const away = join(root, `.removing-${crypto.randomUUID()}`);
      await Deno.rename(place(id), away);
      await Deno.remove(away, { recursive: true });
    },
    async attach(id, path, bytes) {
      // A bundle that does not say that it is there has no place for it.
      if ((await read(id))?.manifest.proof !== path) return;
      const target = join(place(id), path);
      const draft = join(root, `.writing-${crypto.randomUUID()}`);
      await Deno.writeFile(draft, bytes, { createNew: true });
      await Deno.rename(draft, target);
    },
    async summaries(ids) {
      const found: EvidenceSummary[] = [];
      for (const id of ids) {
        const one = await read(id);
        if (one) found.push(summaryOf(one));
      }
      return found;
    },
    async stamps() {
      const found = new Map<string, string>();
      for (const id of await bundleNames(root, "ev_")) {
        const info = await Deno.stat(join(place(id), "manifest.json")).catch(ignoreAbsent);
        // By its inode, too: a bundle is replaced by another directory, perhaps within the same millisecond.
        if (info) found.set(id, `${info.mtime?.getTime() ?? 0}.${info.size}.${info.ino ?? 0}`);
      }
      return found;
    },
    async digest(id) {
      const bytes = await Deno.readFile(join(place(id), "manifest.json")).catch(ignoreAbsent);
      return bytes ? await digestOf(bytes) : null;
    },
    async part(id, path) {
      return await (await (await import("./bundle_files.ts")).bundleAt(place(id))).read(path);
    },
    async bundle(id) {
      if (await read(id) === null) return null;
      const reader = await (await import("./bundle_files.ts")).bundleAt(place(id));
      const files = new Map<string, Uint8Array>();
      for (const path of await reader.list()) files.set(path, await reader.read(path) ?? new Uint8Array());
      return files;
    },
    async file(id, path) {
      // By the manifest's own list: a name from outside never becomes a path.
      const named = (await read(id))?.manifest.files.find((file) => file.path === path);
      if (!named) return null;
      try {
        const bytes = await Deno.readFile(join(place(id), named.path));
        return await digestOf(bytes) === `sha256:${named.sha256}` ? bytes : null;
      } catch (error) {
        ignoreAbsent(error);
        return null;
      }
    },
    async list({ limit = Infinity, after, run } = {}) {
      const names = await bundleNames(root, run === undefined ? "ev_" : `ev_${run.replace(/^run_/, "")}`);
      names.sort((a, b) => newestFirst(a, b));
      // Names tell the order: only the manifests of this page are read.
      const rest = after === undefined ? names : names.filter((name) => newestFirst(after, name) < 0);
      const found: EvidenceSummary[] = [];
      for (const name of rest) {
        if (found.length >= limit) break;
        const one = await read(name);
        if (!one || (run !== undefined && one.manifest.run !== run)) continue;
        found.push(summaryOf(one));
      }
      return found;
    },
  };
}

/** What a process that died while it wrote or removed a bundle has left behind. Others may be at work on what is younger. */
const LEFT_BEHIND_MS = 60 * 60_000;

async function sweep(root: string): Promise<void> {
  for await (const { name } of Deno.readDir(root)) {
    if (!/^\.(writing|removing)-/.test(name)) continue;
    const info = await Deno.lstat(join(root, name)).catch(ignoreAbsent);
    if (info && Date.now() - (info.mtime?.getTime() ?? 0) > LEFT_BEHIND_MS) {
      await Deno.remove(join(root, name), { recursive: true }).catch(ignoreAbsent);
    }
  }
}

/** `ev_`, the run's id without `run_`, which sorts by time, and the sequence number of its head in base 36. */
const RUN_PART = 29;

function newestFirst(a: string, b: string): number {
  const [runA, runB] = [a.slice(0, RUN_PART), b.slice(0, RUN_PART)];
  if (runA !== runB) return runA < runB ? 1 : -1;
  return b.length - a.length || (a < b ? 1 : a > b ? -1 : 0);
}

const summaryOf = (
  { manifest: { id, run, status, at }, path, digest }: {
    manifest: EvidenceManifest;
    path: string;
    digest: string;
  },
): EvidenceSummary => ({ id, run, status, at, digest, path });

/** Directories of bundles, in no order. */
async function bundleNames(root: string, start: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(root)) {
      if (isDirectory && name.startsWith(start) && /^ev_[0-9a-z]+$/.test(name)) names.push(name);
    }
  } catch (error) {
    ignoreAbsent(error);
  }
  return names;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => {
    ignoreAbsent(error);
    return false;
  });
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
