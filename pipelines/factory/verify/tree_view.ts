import type { FileView, Workspace } from "../../../connectors/mod.ts";
import type { Overlay } from "./overlay.ts";

/** The files of base or head as text; what is no UTF-8, or larger than a test file is, reads as absent. */
export function treeView(workspace: Workspace, at: "base" | "head"): FileView {
  let paths: Promise<string[]> | null = null;
  const texts = new Map<string, Promise<string | null>>();
  return {
    list: () => paths ??= workspace.list(at),
    read: (path) => {
      let text = texts.get(path);
      if (text === undefined) {
        text = workspace.read(path, at).then((bytes) => bytes === null ? null : decode(bytes));
        texts.set(path, text);
      }
      return text;
    },
  };
}

/** A view as it is with an overlay put on it. */
export function overlaidView(files: FileView, overlay: Overlay): FileView {
  const gone = new Set(overlay.remove);
  return {
    list: async () => {
      const kept = (await files.list()).filter((path) => !gone.has(path));
      return [...new Set([...kept, ...overlay.write.keys()])].sort();
    },
    read: async (path) => {
      const bytes = overlay.write.get(path);
      if (bytes !== undefined) return decode(bytes);
      return gone.has(path) ? null : await files.read(path);
    },
  };
}

const maxText = 8 * 1024 * 1024;

function decode(bytes: Uint8Array): string | null {
  if (bytes.length > maxText) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
