/** Evidence bundles in the store, for a host without files: each file a blob, each bundle a record that names them. */
import { z } from "zod";
import type { Blobs, Store } from "../kernel/mod.ts";
import type { EvidenceSink } from "../pipelines/factory/mod.ts";
import { Digest, digestOf, EvidenceManifest } from "../specs/mod.ts";
import type { EvidencePageOptions, EvidenceSummary, Service } from "./service.ts";

const ROOT = "evidence-bundle";
const Bundle = z.strictObject({ files: z.array(z.tuple([z.string(), Digest])) });
const ID = /^ev_[0-9a-z]+$/;
const PAGE = 500;
/** `ev_`, the run's id without `run_`, which sorts by time. */
const RUN_PART = 29;

export interface EvidenceRecords extends EvidenceSink {
  list(options?: EvidencePageOptions): Promise<EvidenceSummary[]>;
  read(id: string): Promise<{ manifest: EvidenceManifest; path: string; digest: string } | null>;
  file: Service["evidenceFile"];
  bundle: NonNullable<Service["evidenceBundle"]>;
}

export function evidenceRecords(
  { store, blobs }: { store: Pick<Store, "get" | "list" | "commit">; blobs: Blobs },
): EvidenceRecords {
  async function filesOf(id: string): Promise<Map<string, string> | null> {
    if (!ID.test(id)) return null;
    const entry = await store.get([ROOT, id]);
    if (entry === null) return null;
    const listed = await blobs.get(z.string().parse(entry.value));
    if (listed === null) throw new Error(`Cannot read the evidence ${id}: its list of files is gone`);
    return new Map(Bundle.parse(JSON.parse(new TextDecoder().decode(listed))).files);
  }
  const keep = async (id: string, files: ReadonlyMap<string, string>): Promise<void> => {
    const listed = await blobs.put(JSON.stringify({ files: [...files] }));
    // One record at the end: a bundle is there whole, or not at all.
    for (let tries = 0; !(await store.commit({ sets: [{ key: [ROOT, id], value: listed }] })).ok; tries++) {
      if (tries === 5) throw new Error(`Cannot keep the evidence ${id}: the store refuses it`);
    }
  };
  const read: EvidenceRecords["read"] = async (id) => {
    const digest = (await filesOf(id))?.get("manifest.json");
    const bytes = digest === undefined ? null : await blobs.get(digest);
    if (digest === undefined || bytes === null) return null;
    const manifest = EvidenceManifest.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { manifest, path: `/v1/evidence/${id}/bundle`, digest };
  };
  return {
    async write(id, files) {
      const named = new Map<string, string>();
      for (const { path, bytes } of files) named.set(path, await blobs.put(bytes));
      await keep(id, named);
      return `/v1/evidence/${id}/bundle`;
    },
    async attach(id, path, bytes) {
      const named = await filesOf(id);
      if (named === null || (await read(id))?.manifest.proof !== path) return;
      await keep(id, named.set(path, await blobs.put(bytes)));
    },
    read,
    async file(id, path) {
      const listed = (await read(id))?.manifest.files.some((file) => file.path === path) === true;
      const digest = listed ? (await filesOf(id))?.get(path) : undefined;
      const bytes = digest === undefined ? null : await blobs.get(digest);
      return bytes !== null && digest === await digestOf(bytes) ? new Uint8Array(bytes) : null;
    },
    async bundle(id) {
      const named = await filesOf(id);
      if (named === null) return null;
      const found = new Map<string, Uint8Array>();
      for (const [path, digest] of named) found.set(path, await blobs.get(digest) ?? new Uint8Array());
      return found;
    },
    async list({ limit = Infinity, after, run } = {}) {
      const names: string[] = [];
      for (let start: readonly string[] | null = null;;) {
        const page = await store.list({ prefix: [ROOT], ...(start === null ? {} : { start }) }, PAGE);
        names.push(...page.map((entry) => String(entry.key[1])));
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) break;
        start = [ROOT, `${String(last.key[1])}\0`];
      }
      names.sort(newestFirst);
      const rest = after === undefined ? names : names.filter((name) => newestFirst(after, name) < 0);
      const found: EvidenceSummary[] = [];
      for (const name of rest) {
        if (found.length >= limit) break;
        const one = await read(name);
        if (one === null || (run !== undefined && one.manifest.run !== run)) continue;
        const { id, run: of, status, at } = one.manifest;
        found.push({ id, run: of, status, at, digest: one.digest, path: one.path });
      }
      return found;
    },
  };
}

function newestFirst(a: string, b: string): number {
  const [runA, runB] = [a.slice(0, RUN_PART), b.slice(0, RUN_PART)];
  if (runA !== runB) return runA < runB ? 1 : -1;
  return b.length - a.length || (a < b ? 1 : a > b ? -1 : 0);
}
