/** The segments of a path, without empty ones. */
export function segments(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/** Joins segments to a path. */
export function joinPath(...parts: string[]): string {
  return "/" + parts.flatMap(segments).join("/");
}
