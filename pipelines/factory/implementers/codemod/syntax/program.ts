import { ok, type OperationLanguage, type Result } from "../../../../../specs/mod.ts";
import { grammar } from "../grammar.ts";
import { type Family, isForeign, languageOf } from "../language.ts";
import type { CodemodProblem } from "../problem.ts";
import type { Workbench } from "../workbench.ts";
import { bashNames } from "./bash.ts";
import { goNames } from "./go.ts";
import { javaNames } from "./java.ts";
import type { Extractor, FileNames, Visibility } from "./names.ts";
import { pythonNames } from "./python.ts";
import { rustNames } from "./rust.ts";

/** Families whose names are read from syntax, scopes and imports. */
export type SyntaxFamily = Exclude<Family, "typescript" | "yaml" | "json">;

export interface FamilyRules {
  language: OperationLanguage;
  extract: Extractor;
  visibility: Visibility;
  /** Names that no declaration can have. */
  keywords: ReadonlySet<string>;
  identifier: RegExp;
  /** A file that hands on names which it does not spell out, such as `import *`. */
  relays: RegExp;
}

const words = (text: string) => new Set(text.split(" "));
const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;

export const FAMILIES: Record<SyntaxFamily, FamilyRules> = {
  python: {
    language: "python",
    extract: pythonNames,
    visibility: "members-qualified",
    keywords: words(
      "False None True and as assert async await break class continue def del elif else except finally for from global " +
        "if import in is lambda nonlocal not or pass raise return try while with yield",
    ),
    identifier: IDENTIFIER,
    relays: /import\s*\(?\s*\*/,
  },
  go: {
    language: "go",
    extract: goNames,
    visibility: "members-qualified",
    keywords: words(
      "break case chan const continue default defer else fallthrough for func go goto if import interface map package " +
        "range return select struct switch type var",
    ),
    identifier: IDENTIFIER,
    relays: /^\s*import\s+\.|^\s*\.\s+"/m,
  },
  java: {
    language: "java",
    extract: javaNames,
    visibility: "members-bare",
    keywords: words(
      "abstract assert boolean break byte case catch char class const continue default do double else enum extends false " +
        "final finally float for goto if implements import instanceof int interface long native new null package private " +
        "protected public return short static strictfp super switch synchronized this throw throws transient true try void " +
        "volatile while _",
    ),
    identifier: /^[\p{L}_$][\p{L}\p{N}_$]*$/u,
    relays: /import\s[^;]*\*/,
  },
  rust: {
    language: "rust",
    extract: rustNames,
    visibility: "members-qualified",
    keywords: words(
      "as async await break const continue crate dyn else enum extern false fn for gen if impl in let loop match mod move " +
        "mut pub ref return self Self static struct super trait true type unsafe use where while abstract become box do " +
        "final macro override priv try typeof unsized virtual yield _",
    ),
    identifier: IDENTIFIER,
    relays: /::\s*\*/,
  },
  bash: {
    language: "bash",
    extract: bashNames,
    visibility: "members-qualified",
    keywords: words(
      "if then elif else fi time for in until while do done case esac coproc select function",
    ),
    identifier: /^[A-Za-z_][A-Za-z0-9_-]*$/,
    relays: /(^|[\s;&|])(source|\.)\s/m,
  },
};

export function isSyntaxFamily(family: Family): family is SyntaxFamily {
  return Object.hasOwn(FAMILIES, family);
}

/** The files of one family that an operation has to know, and the names in them. */
export interface Program {
  family: SyntaxFamily;
  rules: FamilyRules;
  files: FileNames[];
  byPath: Map<string, FileNames>;
  /** Every file of the tree, for finding modules. */
  paths: ReadonlySet<string>;
  /** Files of the family that could not be searched, with why. */
  skipped: string[];
}

/** Reads the files that hold one of the words, or that may hand a name on; all files when no word is given. */
export async function readProgram(
  family: SyntaxFamily,
  needles: readonly string[] | null,
  bench: Workbench,
): Promise<Result<Program, CodemodProblem>> {
  const rules = FAMILIES[family];
  const all = await bench.stage.list();
  const program: Program = { family, rules, files: [], byPath: new Map(), paths: new Set(all), skipped: [] };
  for (const path of all) {
    if (languageOf(path) !== rules.language || isForeign(path)) continue;
    bench.check();
    const file = await bench.stage.searched(path);
    if (file === null) {
      program.skipped.push(`${path} (${await bench.stage.skipped(path)})`);
      continue;
    }
    const wanted = needles === null || needles.some((it) => file.text.includes(it)) ||
      rules.relays.test(file.text);
    if (!wanted) continue;
    const parser = await grammar(rules.language);
    if (!parser.ok) return parser;
    const syntax = parser.value.parse(file.text);
    try {
      const names = rules.extract(path, syntax.root);
      program.files.push(names);
      program.byPath.set(path, names);
    } finally {
      syntax.free();
    }
  }
  return ok(program);
}
