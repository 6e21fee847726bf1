import { z } from "zod";
import type { Blobs } from "../kernel/mod.ts";
import { type BundleFile, jcs, type PersonalMarker, withTexts } from "../policies/mod.ts";
import { err, ok, type PersonalHandling, type Problem, type Result, RunPrivacy } from "../specs/mod.ts";
import { bundleFile } from "./ledger_files.ts";

/** What an installation does with personal data that runs would keep. */
export interface PersonalData {
  /** A new run's: the stricter of what it asks for and what the installation says. Null: nothing is done. */
  begin(
    asked: PersonalHandling | undefined,
  ): Promise<{ privacy: RunPrivacy; blobs: Blobs } & RunMarks | null>;
  /** That of a run there is. */
  of(privacy: RunPrivacy): Promise<RunMarks>;
  /** Of the run that is at work; null outside of runs, and in one that does nothing. */
  current(): RunPrivacy | null;
  /** Why the key of a run is gone for ever; null when it is not. */
  gone(privacy: RunPrivacy): Promise<string | null>;
  /** What marks stand for, as far as it was kept under this key and can be read. */
  opened(kid: string): Promise<ReadonlyMap<string, string>>;
}

type Begun = NonNullable<Awaited<ReturnType<PersonalData["begin"]>>>;

/** What a new run does with personal data; where there are no keys for it, a run that wants something done is refused. */
export async function beginPersonal(
  personal: PersonalData | undefined,
  asked: PersonalHandling | undefined,
): Promise<Result<Begun | null, Problem>> {
  if (personal !== undefined) return ok(await personal.begin(asked));
  if (asked === undefined || asked === "none") return ok(null);
  return err({
    code: "personal-data",
    value: asked,
    message: `Cannot keep personal data ${asked} here: this installation has no keys for it`,
    remedy: "Run it where there is a data directory, or take personalData out",
  });
}

const MAX_TITLE = 300;

/** A title with marks: not longer than one may be, and no mark in it is cut. */
export const markedTitle = (title: string, mark: PersonalMarker): string =>
  mark(title).slice(0, MAX_TITLE).replace(/\s*\[personal:[^\]]*$/, "") || "a change";

/** Puts marks in the place of personal data of one run. */
export interface RunMarks {
  readonly mark: PersonalMarker;
  /** `private/values.json`: what the marks so far stand for, sealed; null where nothing is kept of it. */
  values(): Promise<BundleFile | null>;
  /** Resolves once what the marks so far stand for is kept. */
  settled(): Promise<void>;
}

/** The place of what marks stand for in a bundle. */
export const VALUES_FILE = "private/values.json";

const Kept = z.object({ personal: RunPrivacy });

/** What a run does with personal data, by its input; null when nothing. */
export function privacyOf(input: unknown): RunPrivacy | null {
  // Asked for each event: most runs have none.
  if (input === null || typeof input !== "object" || !Object.hasOwn(input, "personal")) return null;
  const kept = Kept.safeParse(input);
  return kept.success ? kept.data.personal : null;
}

/** The marks of a run, by its input; null when it has none. */
export async function marksOf(personal: PersonalData | undefined, input: unknown): Promise<RunMarks | null> {
  const privacy = privacyOf(input);
  if (privacy === null) return null;
  if (personal === undefined) {
    throw new Error("Cannot keep a run's personal data apart: no keys are bound here");
  }
  return await personal.of(privacy);
}

/** Changing a byte of these would make them something else than what was decided on: they are left out, and it is said. */
const WHOLE = /^(?:inputs|packs)\//;
/** Events are marked as they are written; proofs, statements and keys hold none. */
const DONE = /^(?:log|decisions)\//;

/**
 * The files of a bundle as they may leave: marks in the place of personal data; what has to stay whole is withheld; a patch or spec with
 * marks says so by its name or in `withheld`.
 */
export async function markedFiles(
  files: readonly BundleFile[],
  marks: RunMarks | null,
): Promise<{ files: BundleFile[]; withheld: string[] }> {
  if (marks === null) return { files: [...files], withheld: [] };
  const kept: BundleFile[] = [];
  const withheld: string[] = [];
  for (const file of files) {
    const clean = DONE.test(file.path) ? file : marked(file, marks.mark);
    if (clean === file) kept.push(file);
    else if (WHOLE.test(file.path)) withheld.push(`${file.path}: personal data`);
    else if (file.path === "artifacts/change.patch") {
      withheld.push("change.patch: personal data");
      kept.push({ ...clean, path: "artifacts/change.redacted.patch" });
    } else {
      if (file.path === "artifacts/spec.json") withheld.push("spec.json: personal data");
      kept.push(clean);
    }
  }
  const values = await marks.values();
  if (values !== null) kept.push(values);
  return { files: kept, withheld };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** A file with marks; the same one when it holds no personal data. What is no text is searched byte by byte. */
function marked(file: BundleFile, mark: PersonalMarker): BundleFile {
  let text: string;
  try {
    text = decoder.decode(file.bytes);
  } catch {
    const latin1 = new TextDecoder("latin1").decode(file.bytes);
    const clean = mark(latin1);
    return clean === latin1
      ? file
      : { ...file, bytes: Uint8Array.from(clean, (char) => char.charCodeAt(0) & 0xff) };
  }
  const clean = /json/.test(file.mediaType) ? markedJson(text, file.mediaType, mark) : mark(text);
  return clean === text ? file : bundleFile(file.path, file.mediaType, clean);
}

/** In JSON by its texts: between quotes there are escapes, and a number is no text. */
function markedJson(text: string, mediaType: string, mark: PersonalMarker): string {
  const one = (line: string): string => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return mark(line);
    }
    const clean = withTexts(value, mark);
    return clean === value ? line : jcs(clean);
  };
  return /jsonl/.test(mediaType)
    ? text.split("\n").map((line) => line === "" ? line : one(line)).join("\n")
    : one(text);
}
