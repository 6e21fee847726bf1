import type { FileFacts } from "../../../specs/mod.ts";
import type { Bypass } from "./shell.ts";

const PRE_COMMIT = /(?:^|\/)\.pre-commit-config\.ya?ml$/;
const HOOK =
  /(?:^|\/)(?:\.husky|\.githooks|\.git-hooks|githooks)\/(?:pre-commit|commit-msg|pre-push|prepare-commit-msg|pre-merge-commit|pre-rebase)$/;
const ID = /^\s*(?:-\s*)?["']?id["']?\s*:\s*["']?([\w./-]{1,100})|\bid\s*:\s*["']?([\w./-]{1,100})/;

/** Hooks that a change takes out of the files that hold them: fewer than before, whatever stays. */
export function hooksDropped(file: FileFacts, base: string | null, head: string | null): Bypass[] {
  if (base === null) return [];
  const path = file.from ?? file.path;
  const told = (detail: string): Bypass[] => [{ line: 1, kind: "hooks-dropped", detail, certain: false }];
  if (PRE_COMMIT.test(path)) {
    const [before, after] = [idsOf(base), idsOf(head ?? "")];
    const gone = before.filter((id) => !after.includes(id));
    return after.length < before.length && gone.length > 0
      ? told(`hooks of pre-commit go: ${gone.slice(0, 5).join(", ")}`)
      : [];
  }
  // One that moves is still there.
  if (!HOOK.test(path) || (head !== null && HOOK.test(file.path) === false)) return [];
  return worksIn(base) && !worksIn(head ?? "") ? told(`${path.slice(0, 100)} checks nothing any more`) : [];
}

const idsOf = (text: string): string[] =>
  text.split("\n").filter((line) => !/^\s*#/.test(line)).flatMap((line) => {
    const match = ID.exec(line.slice(0, 500));
    return match === null ? [] : [match[1] ?? match[2] ?? ""];
  });

/** Whether a hook does more than to say yes. */
const worksIn = (text: string): boolean =>
  text.split("\n").map((line) => line.trim()).some((line) =>
    line !== "" && !line.startsWith("#") &&
    !/^(?:exit 0|true|:|echo\b.*|set -\w+|\.\s.*husky\.sh["']?)$/.test(line)
  );
