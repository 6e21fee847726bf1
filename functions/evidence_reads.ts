/** Who read evidence, when and why: told to `audit.jsonl` of the data directory by every door. */

/** Words of the command line that show what bundles hold. */
const COMMANDS = new Set([
  "evidence list",
  "evidence show",
  "evidence verify",
  "evidence export",
  "evidence compare",
  "artifact list",
  "artifact show",
  "artifact provenance",
  "artifact search",
]);

/** Whether a command reads evidence; its words as they are told. */
export function readingCommand(path: readonly string[]): string | null {
  const words = path.slice(0, 2).join(" ");
  return COMMANDS.has(words) && path.length === 2 ? words : null;
}

/** Whether a request reads evidence that was given out: over the API, or as a page. */
export const isEvidenceRead = (method: string, path: string, status: number): boolean =>
  (method === "GET" || method === "HEAD") && status < 400 &&
  /^\/(?:v1\/)?(?:evidence|artifacts|search)(?:\/|$)/.test(path);

/** A reason as one line of a fixed length; null when none was given. */
export function reasonOf(given: unknown): string | null {
  if (typeof given !== "string") return null;
  const line = given.replace(/[\p{Cc}\s]+/gu, " ").trim().slice(0, 300);
  return line === "" ? null : line;
}
