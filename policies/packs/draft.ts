import { digestOf, ok, type PackManifest, type Problem, type Result } from "../../specs/mod.ts";
import { memberPathProblem, type PackFiles } from "./archive.ts";
import { contentProblem } from "./content.ts";
import { refuse } from "./refusal.ts";
import { checkManifest, DRAFT_FILES, ENVELOPE_FILE } from "./signature.ts";

/**
 * The manifest of a directory as its author wrote it, with every other file as a member by its digest: what is signed. What an
 * author lists as members is not believed but made anew.
 */
export async function draftManifest(
  files: PackFiles,
): Promise<Result<{ manifest: PackManifest; members: PackFiles }, Problem>> {
  const drafts = DRAFT_FILES.filter((name) => files.has(name));
  const [draft] = drafts;
  if (draft === undefined || drafts.length > 1) {
    return refuse(
      "pack-manifest",
      drafts.length === 0
        ? `There is no manifest: ${DRAFT_FILES.join(", ")}`
        : `There are several manifests: ${drafts.join(", ")}`,
      "Write one pack.yaml; see specs/schema/pack.schema.json",
    );
  }
  const members = new Map(
    [...files].filter(([path]) => path !== draft && path !== ENVELOPE_FILE).sort(([a], [z]) =>
      a < z ? -1 : 1
    ),
  );
  for (const path of members.keys()) {
    const problem = memberPathProblem(path);
    if (problem) return { ok: false, error: problem };
  }
  const value = await parseDraft(files.get(draft) ?? new Uint8Array());
  if (!value.ok) return value;
  const listed = [];
  for (const [path, bytes] of members) {
    listed.push({ path, sha256: (await digestOf(bytes)).slice("sha256:".length) });
  }
  const manifest = checkManifest({ ...value.value, members: listed });
  if (!manifest.ok) return manifest;
  const problem = contentProblem(manifest.value);
  return problem ?? ok({ manifest: manifest.value, members });
}

async function parseDraft(bytes: Uint8Array): Promise<Result<Record<string, unknown>, Problem>> {
  const { parse } = await import("yaml");
  try {
    // JSON is YAML: one reader, and one that refuses a key that is given twice.
    const value: unknown = parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes), {
      maxAliasCount: 0,
      schema: "core",
      uniqueKeys: true,
      strict: true,
      prettyErrors: false,
    });
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return ok({ ...value });
    return refuse("pack-manifest", "The manifest is no mapping", "See specs/schema/pack.schema.json");
  } catch (error) {
    return refuse(
      "pack-manifest",
      `The manifest cannot be read: ${
        error instanceof Error ? error.message.slice(0, 300) : "it is no YAML"
      }`,
      "Fix its syntax",
    );
  }
}
