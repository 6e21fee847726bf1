import { digestOf } from "../../../specs/mod.ts";
import type { RoundFinding, RoundTests } from "./round.ts";

/** Parts of a message that differ between two runs of the same failure, in the order in which they are taken out. */
const PASSING: readonly [RegExp, string][] = [
  // deno-lint-ignore no-control-regex
  [/\u001b\[[0-9;]*[A-Za-z]/g, ""],
  [/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?/g, "<time>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\b(sha256:)?[0-9a-f]{12,64}\b/gi, "<digest>"],
  [/\b0x[0-9a-f]+\b/gi, "<n>"],
  [/\b\d+(\.\d+)?\s?(ns|µs|us|ms|s|sec|seconds?|m|min|minutes?)\b/g, "<duration>"],
  // Absolute paths: the directory is of this machine and this try, the file's name is not.
  [/(?:file:\/\/)?(?:[A-Za-z]:)?(?:[\\/][^\s\\/:*?"'<>|()[\]]+)*[\\/]([^\s\\/:*?"'<>|()[\]]+)/g, "<path>/$1"],
  [/\d+(\.\d+)?/g, "<n>"],
  [/\s+/g, " "],
];

/** A message without what differs between two runs of the same failure: directories, numbers, durations, digests, instants. */
export function normalised(message: string): string {
  return PASSING.reduce((text, [pattern, by]) => text.replace(pattern, by), message.slice(0, 8000)).trim();
}

/** Names one kind of failure: the same gates, messages, tests and criteria, whatever their order. */
export async function failureFingerprint(
  findings: readonly Pick<RoundFinding, "rule" | "message">[],
  tests: Pick<RoundTests, "failed" | "broken" | "checksFailed"> | null,
): Promise<string> {
  const lines = new Set([
    ...findings.map(({ rule, message }) => `gate ${rule}: ${normalised(message)}`),
    ...(tests?.failed ?? []).map((name) => `test ${normalised(name)}`),
    ...(tests?.broken ?? []).map((name) => `test ${normalised(name)}`),
    ...(tests?.checksFailed ?? []).map((id) => `criterion ${id}`),
  ]);
  return await digestOf([...lines].sort().join("\n"));
}
