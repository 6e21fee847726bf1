import canonicalize from "canonicalize";
import { z } from "zod";
import { digestOf, type Json, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { compileGlob } from "../../facts/glob.ts";
import { type PatternLanguage, patternLanguage } from "./astgrep_language.ts";
import { cannotCompile, messageOf } from "./problem.ts";

/** A rule of ast-grep, as a pack or a team's own rule file holds it. */
export interface PatternRule {
  /** Digest of what decides about its matches: facts name them by it. */
  key: string;
  id: string;
  language: PatternLanguage;
  /** What the library is asked: `rule`, and `constraints` and `utils` where there are some. */
  matcher: { rule: Json; constraints?: Json; utils?: Json };
  message: string;
  note: string;
  severity: "hint" | "info" | "warning" | "error";
  files: string[];
  ignores: string[];
}

const Globs = z.array(z.string().min(1).max(500)).max(100);
/** The fields of a rule file that decide about matches, and those that only say something. What rewrites code is not used. */
const RuleFile = z.strictObject({
  id: z.string().min(1).max(200),
  language: z.string().min(1).max(40),
  rule: z.record(z.string(), z.unknown()),
  constraints: z.record(z.string(), z.unknown()).optional(),
  utils: z.record(z.string(), z.unknown()).optional(),
  message: z.string().max(2000).default(""),
  note: z.string().max(8000).nullable().default(""),
  severity: z.enum(["hint", "info", "warning", "error", "off"]).default("hint"),
  files: Globs.default([]),
  ignores: Globs.default([]),
  url: z.string().optional(),
  metadata: z.unknown().optional(),
  labels: z.unknown().optional(),
  fix: z.unknown().optional(),
  transform: z.unknown().optional(),
  rewriters: z.unknown().optional(),
  valid: z.unknown().optional(),
  invalid: z.unknown().optional(),
});

const MAX_BYTES = 256_000;
const MAX_RULES = 200;
const MAX_DEPTH = 40;

/**
 * Reads rules in ast-grep's own YAML, one document each, so that teams can bring theirs. A field that nobody knows, a language without a
 * grammar, a file without a rule is a problem. A rule whose severity is `off` is left out.
 */
export async function importAstGrep(text: string): Promise<Result<PatternRule[], Problem>> {
  if (text.length > MAX_BYTES) {
    return cannotCompile(`The rule file has ${text.length} characters, more than ${MAX_BYTES}`, "Split it");
  }
  const { parseAllDocuments } = await import("yaml");
  const rules: PatternRule[] = [];
  let documents: unknown[];
  try {
    const read = parseAllDocuments(text, { uniqueKeys: true });
    documents = "empty" in read ? [] : read.map((document) => {
      const [problem] = document.errors;
      if (problem) throw problem;
      return document.toJS({ maxAliasCount: 20 });
    });
  } catch (cause) {
    return cannotCompile(`The rule file is no YAML: ${messageOf(cause)}`, "Write one rule for each document");
  }
  for (const document of documents.filter((one) => one !== null)) {
    const read = RuleFile.safeParse(document);
    if (!read.success) {
      const [issue] = read.error.issues;
      return cannotCompile(
        `The rule is not one of ast-grep: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
        "Give id, language and rule, as ast-grep's documentation says",
      );
    }
    if (read.data.severity === "off") continue;
    const made = await patternRule(read.data);
    if (!made.ok) return made;
    rules.push(made.value);
  }
  if (rules.length === 0) return cannotCompile("The rule file holds no rule", "Give at least one rule");
  if (rules.length > MAX_RULES) {
    return cannotCompile(`The file holds ${rules.length} rules, more than ${MAX_RULES}`, "Split it");
  }
  return ok(rules);
}

async function patternRule(file: z.infer<typeof RuleFile>): Promise<Result<PatternRule, Problem>> {
  const { id, rule, constraints, utils, files, ignores } = file;
  const language = patternLanguage(file.language);
  if (language === null) {
    return cannotCompile(
      `The rule ${id} is for ${file.language}, which has no grammar here`,
      "Use TypeScript, Tsx, JavaScript, Python, Go, Java, Rust, Bash, Yaml or Json",
      file.language,
    );
  }
  if (Object.keys(rule).length === 0) {
    return cannotCompile(`The rule ${id} has an empty body`, "Give a pattern, a kind or a regex");
  }
  for (const glob of [...files, ...ignores]) {
    const compiled = compileGlob(glob.replace(/^\.\//, ""));
    if (!compiled.ok) return cannotCompile(`The rule ${id} has a glob that does not compile`, "Fix it", glob);
  }
  if (depthOf(rule) > MAX_DEPTH) {
    return cannotCompile(`The rule ${id} is nested more than ${MAX_DEPTH} deep`, "Write it flatter");
  }
  const matcher = {
    rule: rule as Json,
    ...(constraints === undefined ? {} : { constraints: constraints as Json }),
    ...(utils === undefined ? {} : { utils: utils as Json }),
  };
  return ok({
    key: await keyOf({ language, matcher, files, ignores }),
    id,
    language,
    matcher,
    message: file.message === "" ? `${id} matches` : file.message,
    note: file.note ?? "",
    severity: file.severity === "off" ? "hint" : file.severity,
    files: files.map((glob) => glob.replace(/^\.\//, "")),
    ignores: ignores.map((glob) => glob.replace(/^\.\//, "")),
  });
}

/** What decides about a rule's matches, by digest. */
export async function keyOf(
  { language, matcher, files, ignores }: Pick<PatternRule, "language" | "matcher" | "files" | "ignores">,
): Promise<string> {
  return await digestOf(canonicalize({ language, matcher, files, ignores }) ?? "");
}

function depthOf(value: unknown): number {
  if (value === null || typeof value !== "object") return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
