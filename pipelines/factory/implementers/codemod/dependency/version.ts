import { ok, type Result } from "../../../../../specs/mod.ts";
import { type CodemodProblem, fail } from "../problem.ts";

const OPERATOR = /^(?:\^|~=|~>?|===?|>=|<=|!=|>|<|=)\s*/;

/** A version without its range operator and a leading v. */
export function exactVersion(version: string): string {
  return version.trim().replace(OPERATOR, "").replace(/^v(?=\d)/, "");
}

/** Whether a version names one release, as a lockfile needs it; a range operator before it is the manifest's matter. */
export function isExact(version: string): boolean {
  return /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.test(exactVersion(version));
}

/**
 * What a manifest says after the change: a range operator that is there stays (`^1.2.0` to `^2.0.0`), unless the new
 * version brings its own. A range of several parts has no one place for a version.
 */
export function nextRange(before: string, to: string, path: string): Result<string, CodemodProblem> {
  const text = before.trim();
  if (/^(workspace|file|link|portal|git|https?|github|npm|patch|catalog):|^git\+|\//.test(text)) {
    return fail("unsupported", `${path} takes the package from ${text}, not by a version`, {
      path,
      value: text,
      remedy: "change this entry by a patch",
    });
  }
  if (OPERATOR.test(to) || /[|, *]/.test(to)) return ok(to);
  const operator = OPERATOR.exec(text)?.[0] ?? "";
  const rest = text.slice(operator.length);
  if (text !== "" && text !== "*" && !/^v?\d[\w.+-]*$/.test(rest)) {
    return fail("ambiguous", `${path} asks for ${text}, a range of several parts`, {
      path,
      value: text,
      remedy: "give the whole new range as `to`, with its operators",
    });
  }
  return ok(operator + (/^v\d/.test(rest) && !to.startsWith("v") ? `v${to}` : to));
}
