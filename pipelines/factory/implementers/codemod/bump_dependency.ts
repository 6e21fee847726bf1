import { ok } from "../../../../specs/mod.ts";
import { cargoToml } from "./dependency/cargo.ts";
import { denoJson } from "./dependency/deno.ts";
import type { ManifestKind } from "./dependency/edit.ts";
import { goMod } from "./dependency/go.ts";
import { packageJson } from "./dependency/npm.ts";
import { pyprojectToml, requirementsTxt } from "./dependency/python.ts";
import { isForeign } from "./language.ts";
import { nearestRemedy } from "./nearest.ts";
import { enumerate, fail } from "./problem.ts";
import { encodeText, type TextFile } from "./text_file.ts";
import type { Runner } from "./workbench.ts";

const KINDS: readonly ManifestKind[] = [
  packageJson,
  denoJson,
  requirementsTxt,
  pyprojectToml,
  goMod,
  cargoToml,
];

/** Sets a dependency to another version in its manifest and lockfile. Nothing is fetched. */
export const bumpDependency: Runner<"bump-dependency"> = async (operation, bench) => {
  const named: { kind: ManifestKind; file: TextFile }[] = [];
  const known: { name: string; at: string }[] = [];
  if (operation.manifest !== undefined) {
    const kind = KINDS.find((it) => it.is(operation.manifest ?? ""));
    if (kind === undefined) {
      return fail("unsupported", `${operation.manifest} is no manifest that is known`, {
        path: operation.manifest,
        remedy:
          "name a package.json, deno.json, import_map.json, requirements.txt, pyproject.toml, go.mod or Cargo.toml",
      });
    }
    const file = await bench.stage.text(operation.manifest);
    if (!file.ok) return file;
  }
  for (const path of await bench.stage.list()) {
    if (operation.manifest !== undefined ? path !== operation.manifest : isForeign(path)) continue;
    const kind = KINDS.find((it) => it.is(path));
    const file = kind === undefined ? null : await bench.stage.searched(path);
    if (kind === undefined || file === null) continue;
    bench.check();
    const packages = kind.packages(file);
    for (const it of packages) known.push({ name: it.name, at: `${path}:${it.line}` });
    if (packages.some((it) => kind.same(it.name, operation.name))) named.push({ kind, file });
  }
  const [only, more] = named;
  if (only === undefined) {
    return fail(
      "no-match",
      `No manifest ${operation.manifest ?? ""} names ${operation.name} with a version`.replace("  ", " "),
      {
        value: operation.name,
        remedy: nearestRemedy(operation.name, known, "correct the name or `manifest`"),
      },
    );
  }
  if (more !== undefined) {
    return fail(
      "ambiguous",
      `Several manifests name ${operation.name}: ${enumerate(named.map((it) => it.file.path))}`,
      {
        value: operation.name,
        remedy: "say which one with `manifest`, in an operation for each",
      },
    );
  }
  const bumped = await only.kind.bump(only.file, operation, bench);
  if (!bumped.ok) return bumped;
  const writes = new Map<string, Uint8Array>();
  for (const { path, text } of bumped.value.edits) {
    const file = await bench.stage.text(path);
    if (!file.ok) return file;
    writes.set(path, encodeText({ ...file.value, text }));
  }
  return ok({ writes, matches: writes.size, renames: [], notes: bumped.value.notes });
};
