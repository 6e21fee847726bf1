import { z } from "zod";
import { err, ok, type Problem, type Result } from "../base.ts";
import { digestOf } from "../digest.ts";
import { Environment, SecretRef } from "../foundry/environment.ts";
import { Pipeline } from "../foundry/pipeline.ts";
import { faultProblems, type SpecFault } from "./check.ts";
import { rootedProblems } from "./contract.ts";
import { MAX_PROBLEMS, MAX_SPEC_BYTES } from "./limits.ts";
import { inspectTree, lineOf, type Tree } from "./tree.ts";
import { checkPipeline } from "./pipeline_rules.ts";
import { kindOf, looksSecret, type Path } from "./wording.ts";

/** A pipeline that was read and holds. */
export interface ReadPipeline {
  pipeline: Pipeline;
  /** SHA-256 over JCS of its normal form: the same for YAML and JSON. */
  digest: string;
}

export interface ReadEnvironment {
  environment: Environment;
  digest: string;
}

interface Reading<Schema extends z.ZodObject> {
  schema: Schema;
  called: "pipeline" | "environment";
  see: string;
  /** What the schema cannot say. */
  check(fields: Partial<z.output<Schema>>): Promise<SpecFault[]>;
}

/** What an installation knows that a text cannot: connectors, packs. */
export type Further = (fields: Partial<Pipeline>) => readonly SpecFault[] | Promise<readonly SpecFault[]>;

/**
 * Reads a pipeline in YAML or JSON. Answers with every problem found, each with its path, line, value and remedy.
 *
 * @example
 * const read = await readPipeline("id: orders\nstreams: [...]\n");
 * if (read.ok) console.log(read.value.pipeline.id, read.value.digest);
 */
export async function readPipeline(
  source: string | Uint8Array | Record<string, unknown>,
  options: { name?: string; further?: Further } = {},
): Promise<Result<ReadPipeline, Problem[]>> {
  const further = options.further ?? (() => []);
  const read = await readDocument(source, options.name, {
    schema: Pipeline,
    called: "pipeline",
    see: "specs/schema/pipeline.schema.json",
    check: async (fields) => [...checkPipeline(fields), ...await further(fields)],
  });
  return read.ok ? ok({ pipeline: read.value.value, digest: read.value.digest }) : read;
}

/** Reads an environment in YAML or JSON. A credential that is given as a value is refused. */
export async function readEnvironment(
  source: string | Uint8Array | Record<string, unknown>,
  options: { name?: string; further?: (fields: Partial<Environment>) => readonly SpecFault[] } = {},
): Promise<Result<ReadEnvironment, Problem[]>> {
  const read = await readDocument(source, options.name, {
    schema: Environment,
    called: "environment",
    see: "specs/schema/environment.schema.json",
    check: (fields) => Promise.resolve([...options.further?.(fields) ?? []]),
  });
  return read.ok ? ok({ environment: read.value.value, digest: read.value.digest }) : read;
}

async function readDocument<Schema extends z.ZodObject>(
  source: string | Uint8Array | Record<string, unknown>,
  name: string | undefined,
  reading: Reading<Schema>,
): Promise<Result<{ value: z.output<Schema>; digest: string }, Problem[]>> {
  const parsed = typeof source === "string" || source instanceof Uint8Array
    ? await parse(source, name, reading.called)
    : ok<Tree>({ value: source, lines: new Map(), problems: [] });
  if (!parsed.ok) return err(named(parsed.error, reading.called));
  const { value, lines } = parsed.value;
  const found = inspectTree(value, lines);
  if (found.some(({ code }) => code === "spec.depth" || code === "spec.size")) {
    return err(named(found, reading.called));
  }
  const whole = reading.schema.safeParse(value);
  const root = { value, schema: reading.schema, called: reading.called, see: reading.see };
  const secrets = secretFaults(value);
  const hidden = new Set(secrets.map(({ path }) => path.join("\u0000")));
  const own = whole.success
    ? []
    : rootedProblems(whole.error.issues.filter(({ path }) => !hidden.has(path.join("\u0000"))), root, lines);
  const fields = whole.success
    ? whole.data
    : soundFields(reading.schema, value, reading.called === "environment");
  const said = new Set(own.map(({ path }) => path));
  const more = faultProblems([...secrets, ...await reading.check(fields as Partial<z.output<Schema>>)], lines)
    .filter(({ path }) => !said.has(path));
  const problems = [...found, ...own, ...more];
  if (problems.length > 0 || !whole.success) return err(named(problems, reading.called));
  const { default: canonicalize } = await import("canonicalize");
  return ok({ value: whole.data, digest: await digestOf(canonicalize(whole.data) ?? "") });
}

async function parse(
  source: string | Uint8Array,
  name: string | undefined,
  called: string,
): Promise<Result<Tree, Problem[]>> {
  const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
  if (bytes.length > MAX_SPEC_BYTES) {
    return err([{
      code: "spec.size",
      message: `The ${called} is ${bytes.length} bytes; the cap is ${MAX_SPEC_BYTES} bytes.`,
      value: `${bytes.length} bytes`,
      remedy: "split it into several",
    }]);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll(/\r\n?/g, "\n");
  } catch {
    return err([{
      code: "spec.encoding",
      message: `The ${called} is not valid UTF-8.`,
      remedy: "save the file as UTF-8",
    }]);
  }
  const isJson = name === undefined ? text.trimStart().startsWith("{") : name.toLowerCase().endsWith(".json");
  const tree = isJson
    ? await (await import("./json_tree.ts")).readJsonTree(text)
    : await (await import("./yaml_tree.ts")).readYamlTree(text);
  if (tree.problems.length > 0) return err(tree.problems);
  if (tree.value === null || tree.value === undefined) {
    return err([{
      code: "spec.empty",
      message: `The ${called} is empty.`,
      remedy: called === "pipeline"
        ? "write at least an id and one stream"
        : "leave the file out, or write connectors or sinks",
    }]);
  }
  if (typeof tree.value !== "object" || Array.isArray(tree.value)) {
    return err([{
      code: "spec.type",
      message: `A ${called} is a set of fields, and this is ${kindOf(tree.value)}.`,
      line: lineOf(tree.lines, []),
      remedy: called === "pipeline"
        ? "write fields: id, streams and so on"
        : "write fields: connectors, sinks and so on",
    }]);
  }
  return ok(tree);
}

const SECRET_FIELD =
  /^(token|password|passwd|secret|value|api[_-]?key|accesstoken|refreshtoken|clientsecret|secretaccesskey|accesskeyid|authorization|private[_-]?key)$/i;
/** Without dashes and underscores. */
const SENSITIVE_FIELD =
  /^(token|password|passwd|pwd|passphrase|secret|apikey|apitoken|accesstoken|accesskey|refreshtoken|sessiontoken|authtoken|clientsecret|secretkey|secretaccesskey|accountkey|sharedkey|authorization|proxyauthorization|canary|canaries|privatekey|xapikey|xauthtoken|privatetoken)$/i;
const SENSITIVE_HEADER = /^(set-)?cookie$/i;

/** Credentials that stand in the text as values, wherever they stand. The message never repeats them. */
function secretFaults(root: unknown): SpecFault[] {
  const faults: SpecFault[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (Array.isArray(value)) return value.forEach((one, at) => visit(one, [...path, at]));
    if (value !== null && typeof value === "object") {
      return Object.entries(value).forEach(([name, inner]) => visit(inner, [...path, name]));
    }
    if (typeof value !== "string" || SecretRef.safeParse(value).success) return;
    const field = String(path.findLast((part) => typeof part === "string") ?? "");
    const inAuth = path.includes("auth") && SECRET_FIELD.test(field);
    const named = path.length === 3 && path[0] === "params" && field === "default" ? String(path[1]) : field;
    const isNamed = !value.includes("${params.") && !isOfColumns(path) &&
      (SENSITIVE_FIELD.test(named.replaceAll(/[-_]/g, "")) ||
        (path.includes("headers") && SENSITIVE_HEADER.test(field)));
    if (!inAuth && !isNamed && !looksSecret(value)) return;
    faults.push({
      code: "spec.secret",
      message: "A credential is given as a value.",
      path,
      remedy:
        "write a reference such as env:JIRA_TOKEN and set the variable where the pipeline runs; if the value was real, revoke it",
    });
  };
  visit(root, []);
  return faults;
}

/** Fields whose names are those of columns, and whose values say what becomes of them. */
const isOfColumns = (path: Path): boolean =>
  path[0] === "streams" &&
  (path[2] === "pii" || (path[2] === "transforms" && path[4] === "columns") || path[4] === "bind");

function soundFields(schema: z.ZodObject, value: unknown, byEntry: boolean): Record<string, unknown> {
  if (value === null || typeof value !== "object") return {};
  const sound: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    if (!Object.hasOwn(value, name)) continue;
    const parsed = (field as z.ZodType).safeParse((value as Record<string, unknown>)[name]);
    if (parsed.success) sound[name] = parsed.data;
    else if (byEntry && field instanceof z.ZodDefault) {
      const entries = soundEntries(field.unwrap(), (value as Record<string, unknown>)[name]);
      if (entries !== null) sound[name] = entries;
    }
  }
  return sound;
}

/** Of a record the entries that hold: one that does not hides no fault of the others. */
function soundEntries(schema: unknown, value: unknown): Record<string, unknown> | null {
  if (!(schema instanceof z.ZodRecord) || value === null || typeof value !== "object") return null;
  const inner = schema.valueType as z.ZodType;
  return Object.fromEntries(Object.entries(value).filter(([, one]) => inner.safeParse(one).success));
}

/** Codes and words of the document at hand; in the order of the text, at most so many. */
function named(problems: readonly Problem[], called: string): Problem[] {
  const sorted = problems.toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0);
  const renamed = sorted.slice(0, MAX_PROBLEMS).map((problem) => ({
    ...problem,
    code: problem.code.replace(/^spec\./, `${called}.`),
    message: problem.message.replaceAll(/\b([Tt]he|[Aa]) spec\b/g, `$1 ${called}`),
    ...(problem.remedy === undefined
      ? {}
      : { remedy: problem.remedy.replaceAll(/\bthe spec\b/g, `the ${called}`) }),
  }));
  if (sorted.length <= MAX_PROBLEMS) return renamed;
  return [...renamed, {
    code: `${called}.more`,
    message: `There are ${sorted.length - MAX_PROBLEMS} more problems.`,
    remedy: "mend the ones above and check again",
  }];
}
