/** What may be done to a bundle by somebody who has no key: each change, and the files that may be named for it. */
import canonicalize from "canonicalize";
import type { BundleReader } from "../../policies/evidence/mod.ts";
import { memoryBundle } from "../../policies/evidence/reading/mod.ts";
import { digestOf, type EvidenceManifest } from "../../specs/mod.ts";

/** A bundle that was changed, and what a verifier has to name. */
export interface Tampered {
  readonly what: string;
  /** Any one of these. */
  readonly named: readonly string[];
  readonly bundle: BundleReader;
}

type Files = ReadonlyMap<string, Uint8Array>;

/** The manifest and what no digest covers: every bit of them is tried, and every length. */
export const UNLISTED: readonly string[] = ["manifest.json", "manifest.dsse.json", "log/bundle.tlog-proof"];

/** The bundle with some files otherwise; null takes one away. */
function changed(files: Files, over: Record<string, Uint8Array | null>): BundleReader {
  const copy = new Map(files);
  for (const [path, bytes] of Object.entries(over)) {
    if (bytes === null) copy.delete(path);
    else copy.set(path, bytes);
  }
  return memoryBundle(copy);
}

/** One bit of a file turned round. */
export function flip(files: Files, path: string, at: number, bit: number): Tampered {
  const bytes = (files.get(path) ?? new Uint8Array()).slice();
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  return {
    what: `bit ${bit} of byte ${at} of ${path}`,
    named: [path],
    bundle: changed(files, { [path]: bytes }),
  };
}

/** Whole files: taken away, doubled, cut, longer, exchanged, others beside them. */
export function* wholeFiles(files: Files): Generator<Tampered> {
  // An empty file that is cut is as it was, and so are two of the same bytes that are exchanged.
  for (const { over, ...one } of changesOf(files)) {
    const isOther = Object.entries(over).some(([path, bytes]) => {
      const old = files.get(path) ?? null;
      return old === null || bytes === null ? old !== bytes : !sameBytes(old, bytes);
    });
    if (isOther) yield { ...one, bundle: changed(files, over) };
  }
}

type Change = Omit<Tampered, "bundle"> & { readonly over: Record<string, Uint8Array | null> };

function* changesOf(files: Files): Generator<Change> {
  const paths = [...files.keys()].sort();
  for (const [n, path] of paths.entries()) {
    const bytes = files.get(path) ?? new Uint8Array();
    const put = (what: string, over: Record<string, Uint8Array | null>, named = [path]): Change => ({
      what: `${path}: ${what}`,
      named,
      over,
    });
    yield put("taken away", { [path]: null });
    const cuts = UNLISTED.includes(path)
      ? Array.from({ length: bytes.length }, (_, at) => at)
      : [0, 1, bytes.length >> 1, bytes.length - 1];
    for (const cut of cuts) yield put(`cut at ${cut}`, { [path]: bytes.subarray(0, cut) });
    for (const more of [[0], [10], [32], [0xef, 0xbb, 0xbf], [...bytes]]) {
      yield put(`${more.length} bytes longer`, { [path]: new Uint8Array([...bytes, ...more]) });
      if (more.length < bytes.length) {
        yield put(`${more.length} bytes in front`, { [path]: new Uint8Array([...more, ...bytes]) });
      }
    }
    for (const name of [`${path}.copy`, `copies/${path}`, `${path} `, path.toUpperCase()]) {
      if (!files.has(name)) yield put(`also as ${name}`, { [name]: bytes }, [name]);
    }
    const moved = `${path}.moved`;
    yield put(`moved to ${moved}`, { [path]: null, [moved]: bytes }, [path, moved]);
    for (const other of paths.slice(n + 1)) {
      const theirs = files.get(other) ?? new Uint8Array();
      yield put(`exchanged with ${other}`, { [path]: theirs, [other]: bytes }, [path, other]);
      yield put(`has the bytes of ${other}`, { [path]: theirs });
    }
  }
  for (
    const name of ["extra", ".hidden", "artifacts/extra", "log/extra.tlog-proof", "statements/50-x.dsse.json"]
  ) {
    yield {
      what: `${name}: added`,
      named: [name],
      over: { [name]: new TextEncoder().encode("x") },
    };
  }
}

/** The manifest's list rewritten with a root that fits, as far as that goes without the key. */
export async function* lists(files: Files): AsyncGenerator<Tampered> {
  const manifest = JSON.parse(new TextDecoder().decode(files.get("manifest.json"))) as EvidenceManifest;
  const entries = manifest.files;
  const rewritten = async (
    what: string,
    list: EvidenceManifest["files"],
    over: Partial<EvidenceManifest> = {},
  ) => {
    const root = await digestOf(canonicalize(list) ?? "");
    const text = canonicalize({ ...manifest, ...over, files: list, root }) ?? "";
    const bundle = changed(files, { "manifest.json": new TextEncoder().encode(text) });
    return { what: `manifest.json: ${what}`, named: ["manifest.json"], bundle };
  };
  yield await rewritten("turned round", entries.toReversed());
  for (const [at, entry] of entries.entries()) {
    yield await rewritten(`without entry ${at}`, entries.toSpliced(at, 1));
    yield await rewritten(`entry ${at} twice`, entries.toSpliced(at, 0, entry));
    const next = entries[at + 1];
    if (next) {
      yield await rewritten(
        `entries ${at} and ${at + 1} the other way round`,
        entries.toSpliced(at, 2, next, entry),
      );
    }
    const after = entries[(at + 1) % entries.length] ?? entry;
    yield await rewritten(
      `entry ${at} with another's digest`,
      entries.with(at, { ...entry, sha256: after.sha256, size: after.size }),
    );
    for (
      const path of [
        `../${entry.path}`,
        `/${entry.path}`,
        `./${entry.path}`,
        `${entry.path}/../x`,
        `${entry.path}\\x`,
      ]
    ) {
      yield await rewritten(`entry ${at} as ${path}`, entries.with(at, { ...entry, path }));
    }
  }
  yield await rewritten("nothing but one file more", [...entries, {
    ...entries[0] as EvidenceManifest["files"][number],
    path: "zz",
  }]);
  // A file is taken away, and its entry with it.
  for (const [at, { path }] of entries.entries()) {
    const { bundle } = await rewritten("", entries.toSpliced(at, 1));
    const without = new Map(files);
    without.set("manifest.json", await bundle.read("manifest.json") ?? new Uint8Array());
    without.delete(path);
    yield {
      what: `${path}: taken away with its entry`,
      named: ["manifest.json"],
      bundle: memoryBundle(without),
    };
  }
  for (
    const over of [
      { status: manifest.status === "completed" ? "denied" : "completed" },
      { run: "run_01m8abcdefgh" },
      { id: "ev_01m8abcdefgh2" },
      { at: "2020-01-01T00:00:00.000Z" },
      { sandbox: "another" },
      { withheld: [...manifest.withheld, "change.patch: secret"] },
      { notes: ["nothing"] },
      { head: { ...manifest.head, seq: manifest.head.seq + 1 } },
      { v: 2 },
      { more: true },
    ]
  ) yield await rewritten(JSON.stringify(over), entries, over as Partial<EvidenceManifest>);
  const { proof: _, ...unproven } = manifest;
  yield {
    what: "manifest.json: says that there is no proof",
    named: ["manifest.json"],
    bundle: changed(files, { "manifest.json": new TextEncoder().encode(canonicalize(unproven)) }),
  };
}

/** Two bundles of one installation, whose files are exchanged one by one: all are signed by the same key. */
export function* exchanged(files: Files, others: Files): Generator<Tampered> {
  for (const [path, bytes] of files) {
    const theirs = others.get(path);
    if (theirs === undefined || sameBytes(theirs, bytes)) continue;
    yield { what: `${path}: of another run`, named: [path], bundle: changed(files, { [path]: theirs }) };
  }
  // All that no digest covers, at once.
  const over = Object.fromEntries(UNLISTED.map((path) => [path, others.get(path) ?? null]));
  yield { what: "the manifest of another run", named: [...files.keys()], bundle: changed(files, over) };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
