import { denoManifest, packageManifest, pnpmWorkspace } from "./manifest_javascript.ts";
import {
  pipfileManifest,
  pyprojectManifest,
  requirementsManifest,
  setupCfgManifest,
} from "./manifest_python.ts";
import { cargoManifest, goManifest, gradleManifest, pomManifest } from "./manifest_systems.ts";
import { type Manifest, nameOf } from "./model.ts";

type Reader = (content: string, path: string) => Manifest | Promise<Manifest>;

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^package\.json$/i, packageManifest],
  [/^deno\.jsonc?$/i, denoManifest],
  [/^(?:import_map|importmap|import-map)\.json$/i, denoManifest],
  [/^pnpm-workspace\.yaml$/i, pnpmWorkspace],
  [/^pyproject\.toml$/i, pyprojectManifest],
  [/^pipfile$/i, pipfileManifest],
  [/^setup\.cfg$/i, setupCfgManifest],
  [/^(?:requirements|constraints)[^/]*\.(?:txt|in)$/i, requirementsManifest],
  [/^cargo\.toml$/i, cargoManifest],
  [/^go\.mod$/i, goManifest],
  [/^pom\.xml$/i, pomManifest],
  [/^build\.gradle(?:\.kts)?$/i, gradleManifest],
];

/** A file in a directory of requirements, such as `requirements/dev.txt`, is one by its place. */
function readerOf(path: string): Reader | null {
  const name = nameOf(path);
  const reader = READERS.find(([pattern]) => pattern.test(name))?.[1];
  if (reader) return reader;
  return /(?:^|\/)requirements\/[^/]+\.(?:txt|in)$/i.test(path) ? requirementsManifest : null;
}

export const isManifest = (path: string): boolean => readerOf(path) !== null;

/** A manifest beyond this is none that anybody wrote. */
const MAX_CHARACTERS = 1_000_000;
const MAX_DECLARED = 5000;

export type ReadManifest = { ok: true; value: Manifest } | { ok: false; why: string };

/** Reads a manifest; what cannot be read is told and never half read. */
export async function readManifest(path: string, content: string): Promise<ReadManifest> {
  const read = readerOf(path);
  if (read === null) return { ok: false, why: "no manifest that is known here" };
  if (content.length > MAX_CHARACTERS) {
    return { ok: false, why: `it has more than ${MAX_CHARACTERS} characters` };
  }
  try {
    const value = await read(content.replace(/^\uFEFF/, ""), path);
    if (value.declared.length > MAX_DECLARED) {
      return { ok: false, why: `it declares more than ${MAX_DECLARED} dependencies` };
    }
    return { ok: true, value };
  } catch (error) {
    return {
      ok: false,
      why: error instanceof Error ? error.message.split("\n", 1)[0]?.slice(0, 200) ?? "" : "",
    };
  }
}
