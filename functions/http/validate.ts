/** Holds what came in against its zod contract, and words the difference without repeating what was sent. */
import type { z } from "zod";
import { err, ok, type Result } from "../../specs/mod.ts";
import type { Trouble } from "./problem.ts";
import { shown, WITHHELD } from "./shown.ts";

const MAX_ERRORS = 20;

/** The value as its contract has it, or what is wrong with it field by field. */
export function validate<S extends z.ZodType>(
  contract: S,
  value: unknown,
  where: "body" | "query",
): Result<z.output<S>, Trouble> {
  const parsed = contract.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const errors = parsed.error.issues.flatMap(flatten).slice(0, MAX_ERRORS);
  return err({
    code: "invalid-request",
    detail: `The ${where} does not hold to its contract: ${
      errors.map((error) => `${error.path === "" ? where : error.path} ${error.message}`).slice(0, 3).join(
        "; ",
      )
    }.`,
    remedy: "See /docs for the fields.",
    errors,
  });
}

function flatten(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  const path = pathText(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: join(path, fieldName(key)), message: "is not a known field" }));
  }
  if (issue.code === "invalid_union") {
    const best = issue.errors.filter((branch) => branch.length > 0)
      .sort((a, b) => deepest(b) - deepest(a))[0];
    if (best !== undefined && deepest(best) > 0) {
      return best.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
    }
  }
  const missing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
  return [{ path, message: missing ? "is required" : lowerFirst(issue.message).slice(0, 200) }];
}

const deepest = (issues: z.core.$ZodIssue[]) => Math.max(...issues.map((issue) => issue.path.length));
const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1);
const join = (path: string, name: string) => path === "" ? name : `${path}.${name}`;

/** A field's name as the error may say it: a plain word as it is, anything else escaped and short. */
function fieldName(key: PropertyKey): string {
  const name = String(key);
  const safe = shown(name, 40);
  return safe !== WITHHELD && /^[A-Za-z][A-Za-z0-9_-]{0,30}$/.test(name) ? name : safe;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => typeof part === "number" ? `${text}[${part}]` : join(text, fieldName(part)),
    "",
  );
}

/** The query as an object; a parameter given twice is refused, since nobody can say which one counts. */
export function queryObject(url: URL): Result<Record<string, string>, Trouble> {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of url.searchParams) {
    if (name in query) {
      return err({
        code: "invalid-request",
        detail: `The query parameter ${shown(name, 40)} is given twice.`,
        errors: [{ path: fieldName(name), message: "is given twice" }],
      });
    }
    query[name] = value;
  }
  return ok({ ...query });
}
