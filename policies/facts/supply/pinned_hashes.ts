import type { SupplyProblem } from "../../../specs/mod.ts";
import { hashChange } from "./hashes.ts";
import { requirementsLock } from "./lock_requirements.ts";
import { lineOf } from "./lock_problems.ts";
import type { Locked } from "./model.ts";

const HASHED = /--hash[=\s]+[A-Za-z0-9]+:/;

/**
 * Hashes in a requirements file that is compiled from nothing here: it declares and pins in one. What was published under a version
 * does not change, and a file that had hashes keeps them, as pip asks for all of them as soon as there is one.
 */
export function pinnedHashes(path: string, before: string | null, after: string): SupplyProblem[] {
  if (before === null || !HASHED.test(before)) return [];
  const [base, head] = [requirementsLock(before, path).entries, requirementsLock(after, path).entries];
  const problems: SupplyProblem[] = [];
  const moves = [...head].some(([key, one]) => base.get(key)?.version !== one.version);
  for (const [key, one] of head) {
    const old = base.get(key);
    const [kind, detail, certain] = judged(old, one, moves);
    if (kind === null) continue;
    const line = lineOf(after, [`${one.name}==`, one.name]);
    problems.push({
      kind,
      path,
      name: one.name.slice(0, 500),
      detail: `${one.name} ${one.version} ${detail}`.slice(0, 500),
      certain,
      ...(line === undefined ? {} : { line }),
    });
  }
  return problems;
}

function judged(
  old: Locked | undefined,
  one: Locked,
  /** Whether versions change beside it: then hashes of more files may have come with the tool's new run. */
  moves: boolean,
): [kind: "integrity-changed" | "integrity-removed" | null, detail: string, certain: boolean] {
  if (old?.version !== one.version) {
    // A new pin, or another version: its hash is new, and has to be there.
    return one.integrity.length === 0 && (old === undefined || old.integrity.length > 0)
      ? ["integrity-removed", "comes without a hash, unlike the others", false]
      : [null, "", false];
  }
  if (old.integrity.length === 0) return [null, "", false];
  switch (hashChange(old.integrity, one.integrity)) {
    case "gone":
    case "weaker":
      return ["integrity-removed", "loses its hash", true];
    case "other":
      return [
        "integrity-changed",
        "gets another hash than it had; what was published under a version does not change",
        true,
      ];
    case "part":
      return ["integrity-changed", "gets other hashes beside one that it had", false];
    case "more":
      return moves
        ? [null, "", false]
        : ["integrity-changed", "gets more hashes than it had, and nothing else changes", false];
    default:
      return [null, "", false];
  }
}
