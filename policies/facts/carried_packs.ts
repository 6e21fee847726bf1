import {
  type CarriedPack,
  type CarriedRelease,
  digestOf,
  type FileFacts,
  type PackRule,
} from "../../specs/mod.ts";
import { type PackFiles, readArchive } from "../packs/archive.ts";
import { claimedManifest, digestedManifest, DRAFT_FILES, ENVELOPE_FILE } from "../packs/signature.ts";

const PLACE = ".forge/packs/";
const MAX_PLACES = 32;
const MODES = ["off", "shadow", "warn", "enforce"];
const DRAFTS: readonly string[] = DRAFT_FILES;

interface Side {
  paths: readonly string[];
  read(path: string): Promise<Uint8Array | null>;
}

/**
 * The packs below `.forge/packs/` that a change touches: what they say of themselves before and after, and where a pack at head is
 * not whole. Whom they are to be believed from is the operator's to say, and is asked where they judge.
 */
export async function carriedPacks(
  files: readonly FileFacts[],
  base: Side,
  head: Side,
): Promise<CarriedPack[]> {
  const touched = files.flatMap(({ path, from }) => from === undefined ? [path] : [path, from])
    .filter((path) => path.startsWith(PLACE));
  const places = [...new Set(touched.map((path) => placeOf(path, [...base.paths, ...head.paths])))].sort();
  const found: CarriedPack[] = [];
  for (const place of places.slice(0, MAX_PLACES)) {
    const [before, after] = [await releaseAt(place, base), await releaseAt(place, head)];
    if (before === null && after === null) continue;
    found.push({
      place,
      before: before?.release ?? null,
      after: after?.release ?? null,
      problems: after?.problems ?? [],
      looser: before === null || after === null ? [] : looser(before, after),
    });
  }
  if (places.length > MAX_PLACES) {
    const problems = [`${places.length} packs change at once; ${MAX_PLACES} can be looked at`];
    found.push({ place: PLACE, before: null, after: null, problems, looser: [] });
  }
  return found;
}

/** An archive, or the topmost folder with a manifest or a signature; else the first folder below the place of packs. */
function placeOf(path: string, paths: readonly string[]): string {
  if (path.endsWith(".tar") && path.slice(PLACE.length).split("/").length <= 2) return path;
  const parts = path.slice(PLACE.length).split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = `${PLACE}${parts.slice(0, depth).join("/")}/`;
    if ([ENVELOPE_FILE, ...DRAFTS].some((name) => paths.includes(`${folder}${name}`))) return folder;
  }
  return parts.length > 1 ? `${PLACE}${parts[0]}/` : path;
}

interface Release {
  release: CarriedRelease | null;
  rules: readonly PackRule[];
  overlays: number;
  problems: string[];
}

async function releaseAt(place: string, { paths, read }: Side): Promise<Release | null> {
  const own = place.endsWith("/")
    ? paths.filter((path) => path.startsWith(place))
    : paths.filter((path) => path === place);
  if (own.length === 0) return null;
  const nothing = (problem: string): Release => ({
    release: null,
    rules: [],
    overlays: 0,
    problems: [problem],
  });
  let files: PackFiles;
  if (place.endsWith("/")) {
    const members = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const path of own.slice(0, 400)) {
      const name = path.slice(place.length);
      if (name.split("/").some((part) => part.startsWith("."))) continue;
      const bytes = await read(path);
      if (bytes === null) return nothing(`'${name}' is no plain file`);
      members.set(name, new Uint8Array(bytes));
    }
    files = members;
  } else {
    const bytes = await read(place);
    const archive = bytes === null ? null : readArchive(new Uint8Array(bytes));
    if (archive === null || !archive.ok) return nothing(archive?.error.message ?? "it is no plain file");
    files = archive.value;
  }
  if (!files.has(ENVELOPE_FILE)) return nothing("it is not signed");
  const manifest = claimedManifest(files);
  if (!manifest.ok) return nothing(manifest.error.message);
  const { name, version, revision, notBefore, expiresAt, members, rules, overlays } = manifest.value;
  const problems: string[] = [];
  for (const { path, sha256 } of members) {
    const bytes = files.get(path);
    if (bytes === undefined) problems.push(`its member '${path}' is missing`);
    else if (await digestOf(bytes) !== `sha256:${sha256}`) {
      problems.push(`its member '${path}' is not the one that was signed`);
    }
  }
  const known = new Set([ENVELOPE_FILE, ...DRAFTS, ...members.map(({ path }) => path)]);
  for (const path of files.keys()) {
    if (!known.has(path)) problems.push(`it holds '${path}', which its manifest does not name`);
  }
  const signers = signersIn(files.get(ENVELOPE_FILE) ?? new Uint8Array());
  return {
    release: {
      name,
      version,
      revision,
      digest: await digestedManifest(manifest.value),
      signers,
      notBefore,
      expiresAt,
    },
    rules,
    overlays: overlays.length,
    problems: problems.map((problem) => problem.slice(0, 300)).slice(0, 20),
  };
}

function signersIn(envelope: Uint8Array): string[] {
  try {
    const { signatures } = JSON.parse(new TextDecoder().decode(envelope)) as {
      signatures: { keyid: string }[];
    };
    return [...new Set(signatures.map(({ keyid }) => String(keyid).slice(0, 200)))].slice(0, 20);
  } catch {
    return [];
  }
}

/** What a release no longer asks for, by the rules' own fields alone. */
function looser(before: Release, after: Release): string[] {
  const found: string[] = [];
  for (const rule of before.rules) {
    const now = after.rules.find(({ id }) => id === rule.id);
    if (now === undefined) found.push(`${rule.id} is gone`);
    else if (modes(now).some((mode, at) => mode < (modes(rule)[at] ?? 0))) {
      found.push(`the mode of ${rule.id} is lower`);
    }
  }
  if (after.overlays < before.overlays) found.push("an overlay is gone");
  return found.map((text) => text.slice(0, 300)).slice(0, 50);
}

const modes = ({ mode, tiers }: PackRule): number[] =>
  [mode, tiers.standard ?? mode, tiers.critical ?? tiers.standard ?? mode].map((one) => MODES.indexOf(one));
