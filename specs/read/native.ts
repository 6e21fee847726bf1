import { err, ok, type Problem, type Result } from "../base.ts";
import { digestOf } from "../digest.ts";
import { Spec } from "../spec.ts";
import { checkSpec, faultProblems, type SpecFault } from "./check.ts";
import { rootedProblems } from "./contract.ts";
import { splitFrontMatter } from "./front_matter.ts";
import { hiddenCharacters } from "./hidden.ts";
import { MAX_PROBLEMS, MAX_SPEC_BYTES } from "./limits.ts";
import { inspectTree, lineOf, type Tree } from "./tree.ts";
import { kindOf } from "./wording.ts";

/** A spec that was read and holds. */
export interface ReadSpec {
  spec: Spec;
  format: "forge";
  /** SHA-256 over JCS of the spec: the same for its Markdown, YAML and JSON forms. */
  digest: string;
}

export interface ReadOptions {
  /** The file's name; its ending tells the syntax. Without it the text itself tells. */
  name?: string;
  /**
   * What else must hold, such as names that only an installation knows. Gets the fields that fit their schema, so that all
   * problems are found at once.
   */
  further?: (fields: Partial<Spec>) => readonly SpecFault[] | Promise<readonly SpecFault[]>;
}

type Syntax = "markdown" | "yaml" | "json";

/**
 * Reads a native spec: Markdown with YAML front matter, YAML, or JSON. Bytes must be UTF-8.
 * Answers with every problem found, each with its path, line, value and remedy.
 *
 * @example
 * const read = await readSpec("---\ntitle: Fix login\nintent: { type: UPDATE, scope: [src/**] }\n---\nWhy.\n");
 * if (read.ok) console.log(read.value.spec.title);
 */
export async function readSpec(
  source: string | Uint8Array,
  options: ReadOptions = {},
): Promise<Result<ReadSpec, Problem[]>> {
  const decoded = decode(source);
  if (!decoded.ok) return decoded;
  const text = decoded.value;
  if (text.trim() === "") {
    return err([{
      code: "spec.empty",
      message: "The spec is empty.",
      remedy: "write at least a title and an intent; `forge spec check` explains each field",
    }]);
  }
  const hidden = hiddenProblems(text);
  const parsed = await parse(text, syntaxOf(text, options.name));
  if (!parsed.ok) return err(capped([...hidden, ...parsed.error]));
  return await readTree(parsed.value, hidden, options.further);
}

/** Reads a spec that is parsed already, such as the `spec` of an HTTP body. */
export async function readSpecObject(
  value: unknown,
  options: Pick<ReadOptions, "further"> = {},
): Promise<Result<ReadSpec, Problem[]>> {
  return await readTree({ value, lines: new Map(), problems: [] }, [], options.further);
}

/** Text of the source, with LF line ends and without a byte order mark. */
function decode(source: string | Uint8Array): Result<string, Problem[]> {
  const size = typeof source === "string" ? source.length : source.byteLength;
  if (size > MAX_SPEC_BYTES) return err([tooLarge(size)]);
  let text: string;
  if (typeof source === "string") {
    const bytes = new TextEncoder().encode(source).byteLength;
    if (bytes > MAX_SPEC_BYTES) return err([tooLarge(bytes)]);
    text = source;
  } else {
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(source);
    } catch {
      return err([{
        code: "spec.encoding",
        message: "The spec is not valid UTF-8.",
        remedy: "save the file as UTF-8",
      }]);
    }
  }
  if (text.startsWith("\uFEFF")) text = text.slice(1);
  return ok(text.replaceAll(/\r\n?/g, "\n"));
}

function tooLarge(bytes: number): Problem {
  return {
    code: "spec.size",
    message: `The spec is ${bytes} bytes; the cap is ${MAX_SPEC_BYTES} bytes.`,
    value: `${bytes} bytes`,
    remedy: "keep long material in the repository and name its path in the spec",
  };
}

function hiddenProblems(text: string): Problem[] {
  return hiddenCharacters(text).map(({ name, kind, offset }) => {
    const before = text.slice(0, offset);
    const line = before.split("\n").length;
    const column = offset - before.lastIndexOf("\n");
    return {
      code: "spec.hidden-text",
      message:
        `Line ${line}, column ${column} holds the ${kind} character ${name}, which a reader does not see.`,
      line,
      value: name,
      remedy: "remove the character; write what is meant in visible text",
    };
  });
}

function syntaxOf(text: string, name: string | undefined): Syntax {
  const ending = name === undefined ? "" : name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (ending === "md" || ending === "markdown") return "markdown";
  if (ending === "yaml" || ending === "yml") return "yaml";
  if (ending === "json") return "json";
  const start = text.trimStart();
  if (start.startsWith("{")) return "json";
  if (/^#{1,6} /.test(start)) return "markdown";
  // A closing delimiter makes it front matter; an opening one alone also starts a YAML document.
  return /^---[ \t]*\n(?:[^]*\n)?(?:---|\.\.\.)[ \t]*(?:\n|$)/.test(start) ? "markdown" : "yaml";
}

async function parse(text: string, syntax: Syntax): Promise<Result<Tree, Problem[]>> {
  const tree = await parseSyntax(text, syntax);
  if (!tree.ok || tree.value.problems.length > 0) {
    return err(tree.ok ? tree.value.problems : tree.error);
  }
  const { value, lines } = tree.value;
  if (value === null || value === undefined) {
    return err([{
      code: "spec.empty",
      message: syntax === "markdown" ? "The front matter is empty." : "The spec is empty.",
      remedy: "write at least a title and an intent",
    }]);
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    return err([{
      code: "spec.type",
      message: `A spec is a set of fields, and this is ${kindOf(value)}.`,
      line: lineOf(lines, []),
      remedy: syntax === "yaml"
        ? "write fields (title: ..., intent: ...); prose goes below Markdown front matter, between two lines ---"
        : "write fields: title, intent and so on",
    }]);
  }
  return tree;
}

async function parseSyntax(text: string, syntax: Syntax): Promise<Result<Tree, Problem[]>> {
  switch (syntax) {
    case "json":
      return ok(await (await import("./json_tree.ts")).readJsonTree(text));
    case "yaml":
      return ok(await (await import("./yaml_tree.ts")).readYamlTree(text));
    case "markdown": {
      const parts = splitFrontMatter(text);
      if (!parts.ok) return parts;
      const tree = await (await import("./yaml_tree.ts")).readYamlTree(parts.value.yaml);
      return ok(withBody(tree, parts.value.body));
    }
  }
}

/** The free text below the front matter is the description. */
function withBody(tree: Tree, body: string): Tree {
  const { value } = tree;
  if (value === null || typeof value !== "object" || Array.isArray(value) || body.trim() === "") return tree;
  if (Object.hasOwn(value, "description")) {
    const problem: Problem = {
      code: "spec.description",
      message: "The description is given twice: as a field and as the text below the front matter.",
      path: "description",
      line: lineOf(tree.lines, ["description"]),
      remedy: "keep one of the two",
    };
    return { ...tree, problems: [...tree.problems, problem] };
  }
  return { ...tree, value: { ...value, description: body } };
}

async function readTree(
  tree: Tree,
  before: Problem[],
  further: ReadOptions["further"] = () => [],
): Promise<Result<ReadSpec, Problem[]>> {
  const inspected = inspectTree(tree.value, tree.lines);
  // The text was looked at already; only what an escape hid in it is news.
  const found = before.length > 0
    ? inspected.filter((problem) => problem.code !== "spec.hidden-text")
    : inspected;
  if (inspected.some((problem) => problem.code === "spec.depth" || problem.code === "spec.size")) {
    return err(capped([...before, ...found]));
  }
  const whole = Spec.safeParse(tree.value);
  const fields = whole.success ? whole.data : soundFields(tree.value);
  const own = [
    ...before,
    ...found,
    ...(whole.success ? [] : rootedProblems(
      whole.error.issues,
      { value: tree.value, schema: Spec, called: "spec", see: "specs/SPEC.md" },
      tree.lines,
    ))
      .filter((problem) => !found.some((other) => other.code === "spec.key" && problem.path === "__proto__")),
    ...checkSpec(fields, tree.lines),
  ];
  const said = new Set(own.map((problem) => problem.path));
  const more = faultProblems(await further(fields), tree.lines).filter((problem) => !said.has(problem.path));
  const problems = [...own, ...more];
  if (problems.length > 0 || !whole.success) return err(capped(problems));
  const { default: canonicalize } = await import("canonicalize");
  const spec = { ...whole.data, description: tidy(whole.data.description) };
  return ok({ spec, format: "forge", digest: await digestOf(canonicalize(spec) ?? "") });
}

/** The same text whichever form it came in: LF, no blank lines around it. */
function tidy(description: string): string {
  return description.replaceAll(/\r\n?/g, "\n").replace(/^(?:[ \t]*\n)+/, "").trimEnd();
}

/** The fields that fit their own schema, when the spec as a whole does not. */
function soundFields(value: unknown): Partial<Spec> {
  if (value === null || typeof value !== "object") return {};
  const sound: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(Spec.shape)) {
    if (!Object.hasOwn(value, name)) continue;
    const field = schema.safeParse((value as Record<string, unknown>)[name]);
    if (field.success) sound[name] = field.data;
  }
  return sound;
}

/** In the order of the text, as far as lines are known; at most so many. */
function capped(problems: Problem[]): Problem[] {
  const sorted = problems.toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0);
  if (sorted.length <= MAX_PROBLEMS) return sorted;
  const more = sorted.length - MAX_PROBLEMS;
  return [...sorted.slice(0, MAX_PROBLEMS), {
    code: "spec.more",
    message: `There are ${more} more problems.`,
    remedy: "mend the ones above and check again",
  }];
}
