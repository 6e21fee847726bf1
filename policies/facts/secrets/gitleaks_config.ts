import { z } from "zod";
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";

/**
 * The configuration of gitleaks, as its readme describes it: what a rule is, and what is let go. What this product cannot follow is
 * refused by name; what it does not need (titles, tags) is read and left alone.
 */
const MAX_TOML = 2_000_000;
const pattern = z.string().min(1).max(20_000);
const words = (most: number) => z.array(z.string().min(1).max(300)).max(most);

const allowlistHead = {
  id: z.string().max(300).optional(),
  description: z.string().max(4000).optional(),
  condition: z.string().transform((text) => text.trim().toUpperCase()).pipe(
    z.enum(["OR", "||", "", "AND", "&&"]),
  ).default("OR").transform((text) => text === "AND" || text === "&&" ? "AND" as const : "OR" as const),
  commits: words(2000).default([]),
  paths: z.array(pattern).max(1000).default([]),
  regexTarget: z.enum(["", "secret", "match", "line"]).default("secret"),
  regexes: z.array(pattern).max(1000).default([]),
  stopwords: words(10_000).default([]),
};
const ONE_FORM = "it has both `allowlist`, which is the older form, and `allowlists`";
const RuleAllowlist = z.strictObject(allowlistHead);
const GlobalAllowlist = z.strictObject({ ...allowlistHead, targetRules: words(2000).default([]) });
export type AllowlistText = z.infer<typeof GlobalAllowlist>;

const Rule = z.strictObject({
  id: z.string().min(1).max(200).regex(/^[0-9A-Za-z][\w.:/-]*$/, "an id is of letters, digits and ._:/-"),
  description: z.string().max(4000).optional(),
  regex: pattern.optional(),
  path: pattern.optional(),
  secretGroup: z.int().min(0).max(100).default(0),
  entropy: z.number().min(0).max(8).default(0),
  keywords: words(1000).default([]),
  tags: z.array(z.string()).optional(),
  skipReport: z.boolean().default(false),
  allowlist: RuleAllowlist.optional(),
  allowlists: z.array(RuleAllowlist).max(200).default([]),
  required: z.array(z.strictObject({
    id: z.string().min(1).max(200),
    withinLines: z.int().min(0).optional(),
    withinColumns: z.int().min(0).optional(),
  })).max(20).default([]),
}).refine(({ regex, path }) => regex !== undefined || path !== undefined, "a rule has a regex or a path")
  .refine(({ allowlist, allowlists }) => allowlist === undefined || allowlists.length === 0, ONE_FORM);
export type RuleText = z.infer<typeof Rule>;

const Config = z.strictObject({
  title: z.string().optional(),
  description: z.string().optional(),
  minVersion: z.string().optional(),
  extend: z.strictObject({
    useDefault: z.boolean().default(false),
    disabledRules: z.array(z.string()).optional(),
  }).optional(),
  allowlist: GlobalAllowlist.optional(),
  allowlists: z.array(GlobalAllowlist).max(200).default([]),
  rules: z.array(Rule).min(1, "it has no rule").max(2000),
}).refine(({ allowlist, allowlists }) => allowlist === undefined || allowlists.length === 0, ONE_FORM);
export type GitleaksConfig = z.infer<typeof Config>;

/** A reason why a configuration of gitleaks cannot be used, with the place in it. */
export function cannotImport(path: string, message: string, remedy: string, value?: string): Problem {
  return {
    code: "gitleaks-import",
    message: `The gitleaks configuration cannot be used: ${path === "" ? "" : `${path}: `}${message}`,
    path,
    ...(value === undefined ? {} : { value: value.slice(0, 300) }),
    remedy,
  };
}

export async function readGitleaks(toml: string): Promise<Result<GitleaksConfig, Problem>> {
  if (toml.length > MAX_TOML) {
    return err(cannotImport("", `it has ${toml.length} characters`, `Keep it below ${MAX_TOML}`));
  }
  const { parse, TomlError } = await import("smol-toml");
  let document: unknown;
  try {
    document = parse(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, message } = error;
    return err({ ...cannotImport("", `it is no TOML: ${message.split("\n")[0]}`, "Mend the line"), line });
  }
  const read = Config.safeParse(document);
  if (!read.success) {
    const [issue] = read.error.issues;
    const path = (issue?.path ?? []).map((part) =>
      typeof part === "number" ? `[${part}]` : `.${String(part)}`
    )
      .join("").replace(/^\./, "");
    const value = (issue?.path ?? []).reduce<unknown>(
      (at, part) =>
        typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined,
      document,
    );
    return err(cannotImport(
      path,
      issue?.message ?? "it is not of the form of gitleaks",
      "Correct it, or take it out; what another file holds must be written into this one",
      value === undefined ? undefined : JSON.stringify(value) ?? String(value),
    ));
  }
  const ids = new Set<string>();
  for (const [index, { id, required }] of read.data.rules.entries()) {
    if (ids.has(id)) {
      return err(
        cannotImport(`rules[${index}].id`, "another rule has the same id", "Give it another id", id),
      );
    }
    ids.add(id);
    const missing = required.find((one) =>
      !read.data.rules.some((rule) => rule.id === one.id && rule.id !== id)
    );
    if (missing) {
      return err(
        cannotImport(
          `rules[${index}].required`,
          "no other rule has this id",
          "Name a rule of the file",
          missing.id,
        ),
      );
    }
  }
  const lists = read.data.allowlist ? [read.data.allowlist] : read.data.allowlists;
  for (const [index, { targetRules }] of lists.entries()) {
    const missing = targetRules.find((id) => !ids.has(id));
    if (missing !== undefined) {
      const at = `allowlists[${index}].targetRules`;
      return err(cannotImport(at, "no rule of the file has this id", "Name a rule of the file", missing));
    }
  }
  return ok(read.data);
}
