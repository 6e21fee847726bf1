import { z } from "zod";
import type { Blobs } from "../kernel/mod.ts";
import {
  MAX_WAIVER_BYTES,
  type Principals,
  readWaiver,
  type UseWaiver,
  waiverFact,
} from "../policies/mod.ts";
import type { WaiverFact } from "../specs/mod.ts";

/** Where the waivers of a repository lie, at the base ref. */
export const WAIVER_FOLDER = ".forge/waivers/";

/** The text of a waiver's file, and where it lies. */
export interface WaiverFile {
  source: string;
  text: string;
}

/** The waivers of an installation, and how often each was used by runs. */
export interface WaiverLibrary {
  installed(): Promise<WaiverFile[]>;
  /** The runs that have gone through by it. */
  uses(digest: string): Promise<readonly string[]>;
  /** Takes a use for a run: its number, the same one however often it is asked; null when all are taken. */
  use(digest: string, run: string, maxUses: number): Promise<number | null>;
}

const Pinned = z.array(z.strictObject({ source: z.string(), text: z.string() }));
const MAX_FILES = 200;

type Base = { list(): Promise<readonly string[]>; read(path: string): Promise<Uint8Array | null> };

/** The files of waivers that a tree holds, at most 200 of them in the order of their names. */
export async function waiverFiles(base: Base): Promise<WaiverFile[]> {
  const paths = (await base.list()).filter((path) =>
    path.startsWith(WAIVER_FOLDER) && path.endsWith(".json")
  );
  const files: WaiverFile[] = [];
  for (const path of [...paths].sort().slice(0, MAX_FILES)) {
    const bytes = await base.read(path);
    if (bytes === null) continue;
    // One that is too long is kept as such: it is refused, not left out in silence.
    files.push({ source: path, text: new TextDecoder().decode(bytes.subarray(0, MAX_WAIVER_BYTES + 1)) });
  }
  return files;
}

/** Keeps the waivers of the base for the whole run; null when it has none. */
export async function pinWaivers(blobs: Blobs, base: Base): Promise<string | null> {
  const files = await waiverFiles(base);
  return files.length === 0 ? null : await blobs.put(JSON.stringify(files));
}

/** The waivers that a run is judged with: those of its base and of the installation, with their signatures looked at now. */
export async function waiversOf(
  ports: { blobs: Blobs; waivers?: WaiverLibrary },
  given: {
    pinned: string | null;
    run: string;
    known: Principals;
    at: string;
    approvers: readonly string[];
  },
): Promise<{ facts: WaiverFact[]; useWaiver: UseWaiver }> {
  const { pinned, run, known, at, approvers } = given;
  const library = ports.waivers;
  const files = [
    ...(pinned === null ? [] : await pinnedFiles(ports.blobs, pinned)),
    ...await library?.installed() ?? [],
  ];
  const facts = await Promise.all(files.map(async (file): Promise<WaiverFact> => {
    const fact = waiverFact(await readWaiver(file, known, at, approvers));
    const uses = await library?.uses(fact.digest) ?? [];
    const own = uses.indexOf(run);
    return { ...fact, use: own >= 0 ? own + 1 : uses.length + 1 };
  }));
  return {
    facts,
    // Without a ledger of uses nothing may be used: none could be counted.
    useWaiver: (digest, maxUses) => library?.use(digest, run, maxUses) ?? Promise.resolve(null),
  };
}

async function pinnedFiles(blobs: Blobs, digest: string): Promise<WaiverFile[]> {
  const bytes = await blobs.get(digest);
  if (bytes === null) throw new Error(`Cannot read the waivers ${digest}, though the ledger names them`);
  return Pinned.parse(JSON.parse(new TextDecoder().decode(bytes)));
}
