/** What was seen of a session from outside of it, beside what the program tells of itself. */
import { join } from "node:path";
import { type Execution, walkInside } from "../../../../connectors/mod.ts";
import { redact } from "../../../../policies/mod.ts";
import type { AgentSession } from "../../../../specs/mod.ts";

type Observed = NonNullable<AgentSession["observed"]>;

const MOST = 200;

type Files = ReadonlyMap<string, string>;

/**
 * Files of a directory as they are known again: by size and the time of their last change. Null where it cannot be looked at, such as
 * for a directory that was left without permission to enter: git then says so.
 */
export async function filesOf(dir: string): Promise<Files | null> {
  const files = new Map<string, string>();
  const paths = await walkInside(dir, "", (name) => name === "node_modules").catch(() => null);
  if (paths === null) return null;
  for (const path of paths) {
    const info = await Deno.lstat(join(dir, path)).catch(() => null);
    if (info !== null) {
      files.set(path, `${info.size} ${info.mtime?.getTime()} ${info.ctime?.getTime()} ${info.mode}`);
    }
  }
  return files;
}

/** Paths that are new, gone or other, whether or not git looks at them; null where that is not known. */
export function changedFiles(before: Files | null, after: Files | null): readonly string[] | null {
  if (before === null || after === null) return null;
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) =>
    before.get(path) !== after.get(path)
  )
    .sort();
}

export function observedOf(
  { done, written, requests, refused }: {
    done: Pick<Execution, "observed">;
    written: readonly string[] | null;
    requests: number;
    refused: readonly string[];
  },
): Observed {
  return {
    programs: [...done.observed?.programs ?? []].map((name) => redact(name).slice(0, 100)).slice(0, MOST),
    written: (written ?? []).slice(0, MOST).map((path) => redact(path).slice(0, 1000)),
    writtenInAll: written?.length ?? null,
    unrouted: done.observed?.unrouted ?? null,
    requests,
    refused: refused.slice(0, MOST).map((note) => redact(note).slice(0, 500)),
  };
}

/** The same for the statement of the implementer. */
export function observedSteps(observed: Observed | undefined): string[] {
  if (observed === undefined) return [];
  const { programs, writtenInAll, unrouted } = observed;
  return [
    `seen from outside: ${writtenInAll ?? "an unknown number of"} files changed${
      programs.length === 0 ? "" : `; programs ${programs.slice(0, 20).join(", ")}`
    }${unrouted === null ? "" : `; ${unrouted} attempts to send where no way leads`}`,
  ];
}
