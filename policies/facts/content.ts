import type { FileFacts } from "../../specs/mod.ts";

/** Reads the two sides of a change as text, each file once. */
export interface Contents {
  /** Null: absent, binary, or too large to be read; `tooLarge` tells which. */
  base(file: FileFacts): Promise<string | null>;
  head(file: FileFacts): Promise<string | null>;
  /** Any path, for files beside the change. */
  at(path: string, side: "base" | "head"): Promise<string | null>;
  readonly tooLarge: ReadonlySet<string>;
}

/** Source files beyond this are not scanned, and are told as unread. */
const MAX_BYTES = 2_000_000;

export function contentsOf(
  read: (path: string, at: "base" | "head") => Promise<Uint8Array | null>,
): Contents {
  const decoder = new TextDecoder("utf-8");
  const seen = new Map<string, Promise<string | null>>();
  const tooLarge = new Set<string>();
  const load = async (path: string, side: "base" | "head"): Promise<string | null> => {
    const bytes = await read(path, side);
    if (bytes === null) return null;
    if (bytes.length > MAX_BYTES) {
      tooLarge.add(path);
      return null;
    }
    return decoder.decode(bytes);
  };
  const at = (path: string, side: "base" | "head"): Promise<string | null> => {
    const key = `${side}\n${path}`;
    const known = seen.get(key);
    if (known) return known;
    const loading = load(path, side);
    seen.set(key, loading);
    return loading;
  };
  const isLink = (mode: string) => mode === "120000" || mode === "160000";
  return {
    at,
    tooLarge,
    base: (file) =>
      file.status === "A" || isLink(file.oldMode)
        ? Promise.resolve(null)
        : at(file.from ?? file.path, "base"),
    head: (file) =>
      file.status === "D" || isLink(file.newMode) ? Promise.resolve(null) : at(file.path, "head"),
  };
}
