import { parsePatch } from "../facts/patch.ts";
import { type AddedLine, placeOf } from "./fingerprint.ts";

/** Lines that a patch adds, by path and number at head. `secret` are places of which nothing is told. */
export function addedLineOf(
  patch: Uint8Array | null,
  secrets: readonly { path?: string | undefined; line?: number | undefined }[],
): AddedLine {
  let added: Map<string, Uint8Array> | null = null;
  const secret = new Set(secrets.map(({ path, line }) => placeOf(path ?? "", line ?? 0)));
  return (path, line) => {
    if (patch === null) return null;
    added ??= linesOf(patch);
    const place = placeOf(path, line);
    const bytes = secret.has(place) ? undefined : added.get(place);
    return bytes === undefined ? null : new TextDecoder().decode(bytes);
  };
}

function linesOf(patch: Uint8Array): Map<string, Uint8Array> {
  const added = new Map<string, Uint8Array>();
  const parsed = parsePatch(patch);
  if (!parsed.ok) return added;
  for (const { newPath, hunks } of parsed.files) {
    if (newPath === null) continue;
    for (const { newStart, lines } of hunks) {
      let at = newStart;
      for (const { kind, bytes } of lines) {
        if (kind === "added") added.set(placeOf(newPath.text, at), bytes);
        if (kind !== "removed") at++;
      }
    }
  }
  return added;
}
