import { basename, dirname, extname, join } from "node:path";
import type { ComparisonRequest } from "../../connectors/mod.ts";
import type { ScanDocument, Spec } from "../../specs/mod.ts";
import type { Scanned } from "../scan.ts";
import type { FindWaivers } from "../scan_waivers.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { dataDirectory, knownDataDirectory, pathOf } from "./data_dir.ts";
import { paint } from "./paint.ts";
import { readFile, readTextFile } from "./run.ts";
import { scanProgress } from "./scan_progress.ts";
import { scanText } from "./scan_text.ts";

const FORMATS = ["text", "json", "sarif"] as const;
type Format = (typeof FORMATS)[number];
const MAX_SPEC_BYTES = 1024 * 1024;
const MAX_PATCH_BYTES = 100 * 1024 * 1024;
/** Problems of what this machine can do or of a repository's objects are exit 1; all others are about the input. */
const NOT_THE_INPUT = new Set(["git-missing", "repo-unreadable", "repo-incomplete", "diff-too-large"]);

/** What is to be scanned, from the operand and the options that take its place. */
export type Target =
  | { kind: "repository"; location: string }
  | { kind: "change"; location: string; request: ComparisonRequest };

/** `forge scan DIR|RANGE` */
export const scan: Handler = async (invocation) => {
  const output = outputOf(invocation);
  const target = await targetOf(invocation);
  const scanned = target.kind === "repository"
    ? await ofRepository(invocation, target.location)
    : await ofChange(invocation, target);
  const { document } = scanned;
  const written = output.file === null
    ? null
    : await write(invocation, output.file, await rendered(scanned, output.format));
  const exit = exitOf(document.status, invocation.options["fail-on"] === "denied");
  if (invocation.json) return { exit, document, text: "" };
  if (written === null && output.format !== "text") {
    invocation.io.out(await rendered(scanned, output.format));
    return { exit, document: undefined, text: "" };
  }
  const text = scanText(document, paint(invocation.io.outColor === true));
  return {
    exit,
    document,
    text: written === null ? text : `${text}\nwritten to ${written}`,
  } satisfies Answer;
};

/** 0 clean, 1 denied, 3 a human is needed; the last is 0 where only denials are to fail. */
export function exitOf(status: ScanDocument["status"], onlyDenied: boolean): number {
  switch (status) {
    case "completed":
      return 0;
    case "denied":
      return 1;
    case "escalated":
      return onlyDenied ? 0 : 3;
  }
}

export function outputOf({ options, json, io }: Invocation): { format: Format; file: string | null } {
  const file = typeof options.out === "string" ? pathOf(io, options.out) : null;
  const byName: Readonly<Record<string, Format>> = { ".sarif": "sarif", ".json": "json" };
  const format = options.format ?? (file === null ? "text" : byName[extname(file)] ?? "text");
  if (!FORMATS.some((one) => one === format)) {
    throw usage(`--format ${format} is not known`, `One of: ${FORMATS.join(", ")}`, {
      value: String(format),
    });
  }
  if (json && file === null && options.format !== undefined && format !== "json") {
    throw usage(
      `--json and --format ${format} both want stdout`,
      `Give the file for one of them: --format ${format} --out FILE --json`,
    );
  }
  if (options["fail-on"] !== undefined && !["denied", "escalated"].includes(String(options["fail-on"]))) {
    throw usage(`--fail-on ${options["fail-on"]} is not known`, "One of: denied, escalated (the default)");
  }
  return { format: format as Format, file };
}

export async function targetOf({ operands, options, io }: Invocation): Promise<Target> {
  const repo = pathOf(io, typeof options.repo === "string" ? options.repo : ".");
  const [operand] = operands;
  const instead = (["staged", "worktree", "patch"] as const).filter((name) => options[name] !== undefined);
  const given = [...instead.map((name) => `--${name}`), ...(operand === undefined ? [] : [operand])];
  if (given.length > 1) {
    throw usage(`More than one thing to scan: ${given.join(", ")}`, "Give one of them");
  }
  if (options.base !== undefined && instead[0] !== "patch") {
    throw usage("--base is the commit that --patch applies to", "Name both ends of a range: BASE..HEAD");
  }
  switch (instead[0]) {
    case "staged":
      return { kind: "change", location: repo, request: { kind: "staged" } };
    case "worktree":
      return { kind: "change", location: repo, request: { kind: "worktree" } };
    case "patch": {
      const patch = await readFile(pathOf(io, String(options.patch)), "patch", MAX_PATCH_BYTES);
      const base = typeof options.base === "string" ? { base: options.base } : {};
      return { kind: "change", location: repo, request: { kind: "patch", patch, ...base } };
    }
  }
  if (operand === undefined) return wholeRepository(options, repo, repo);
  // A path is one by how it is written: nothing in the repository can turn a range into a directory.
  if (/^(?:\.{1,2}(?:$|\/)|\/|~\/|[A-Za-z]:\\)/.test(operand)) {
    return wholeRepository(options, pathOf(io, operand), repo);
  }
  const range = /^(.*?)(\.{2,3})(.*)$/s.exec(operand);
  if (range !== null) {
    const [, base = "", dots = "", head = ""] = range;
    return {
      kind: "change",
      location: repo,
      request: { kind: "range", base: base || "HEAD", head: head || "HEAD", symmetric: dots === "..." },
    };
  }
  const path = pathOf(io, operand);
  const [directory, commit] = [
    await Deno.stat(path).then((info) => info.isDirectory, () => false),
    await isCommit(repo, operand),
  ];
  if (directory && commit) {
    throw usage(
      `'${operand}' is a directory and a commit`,
      `Write ./${operand} for the directory, ${operand}^..${operand} for the commit`,
      { value: operand },
    );
  }
  if (directory) return wholeRepository(options, path, repo);
  return { kind: "change", location: repo, request: { kind: "commit", commit: operand } };
}

function wholeRepository(options: Invocation["options"], location: string, repo: string): Target {
  if (options.repo !== undefined && location !== repo) {
    throw usage("A directory and --repo were given", "Give the directory alone, or a range with --repo");
  }
  if (options.spec !== undefined || options.pack !== undefined) {
    throw usage(
      "--spec and --pack judge a change",
      "Name one: a range BASE..HEAD, --staged, --worktree or --patch FILE",
    );
  }
  return { kind: "repository", location };
}

async function isCommit(repo: string, name: string): Promise<boolean> {
  const { gitWorkspaces } = await import("../../connectors/mod.ts");
  return (await gitWorkspaces().open(repo, name)).ok;
}

export async function ofChange(
  invocation: Invocation,
  { location, request }: Target & { kind: "change" },
): Promise<Scanned> {
  const [{ scanChange }, { scanPacks }, spec] = await Promise.all([
    import("../scan.ts"),
    import("../scan_packs.ts"),
    specOf(invocation),
  ]);
  const named = typeof invocation.options.pack === "string" ? invocation.options.pack.split(",") : [];
  const scanned = await scanChange({
    location,
    request,
    spec,
    packs: named.map((name) => name.trim()).filter((name) => name !== ""),
    // Only a pack that is named is looked for in an installation.
    findPacks: (names, at, base) => scanPacks(dataDirectory(invocation))(names, at, base),
    findWaivers: await waiversFor(invocation),
    at: new Date().toISOString(),
  });
  if (!scanned.ok) throw new CommandError(scanned.error, NOT_THE_INPUT.has(scanned.error.code) ? 1 : 2);
  return scanned.value;
}

async function specOf({ options, io }: Invocation): Promise<Spec | null> {
  if (typeof options.spec !== "string") return null;
  const path = pathOf(io, options.spec);
  const text = await readTextFile(path, "spec", MAX_SPEC_BYTES);
  const { readSpec } = await import("../../specs/code/mod.ts");
  const read = await readSpec(text, { name: path });
  if (read.ok) return read.value.spec;
  const [first] = read.error;
  throw new CommandError({
    code: "invalid-spec",
    message: `Cannot judge by the spec ${basename(path)}: ${first?.message ?? "it is no spec"}`,
    ...(first?.path ? { path: first.path } : {}),
    remedy: `See all of it: forge spec check ${path}`,
    causes: read.error,
  }, 2);
}

/** Who may have approved a waiver: the operator's trust root, or the installation's principals where there is one. */
async function waiversFor(invocation: Invocation): Promise<FindWaivers> {
  const { scanWaivers } = await import("../scan_waivers.ts");
  const root = invocation.options["trust-root"];
  return scanWaivers({
    data: knownDataDirectory(invocation),
    ...(typeof root === "string" ? { trustRoot: pathOf(invocation.io, root) } : {}),
  });
}

async function ofRepository(invocation: Invocation, location: string): Promise<Scanned> {
  const { io } = invocation;
  const { scanRepository } = await import("../scan_repository.ts");
  const progress = scanProgress(io);
  try {
    const scanned = await scanRepository({
      location,
      findWaivers: await waiversFor(invocation),
      at: new Date().toISOString(),
      progress: progress.show,
      signal: io.interrupted,
    });
    if (!scanned.ok) throw new CommandError(scanned.error, NOT_THE_INPUT.has(scanned.error.code) ? 1 : 2);
    return scanned.value;
  } finally {
    progress.end();
  }
}

export async function rendered({ document, rules }: Scanned, format: Format): Promise<string> {
  switch (format) {
    case "json":
      return `${JSON.stringify(document, null, 2)}\n`;
    case "text":
      return `${scanText(document, paint(false))}\n`;
    case "sarif": {
      const [{ sarifLog }, { VERSION }] = await Promise.all([
        import("../../policies/code/mod.ts"),
        import("../version.ts"),
      ]);
      return `${JSON.stringify(sarifLog(document, rules, VERSION), null, 2)}\n`;
    }
  }
}

/** Replaces what is at the path, and never writes through a link that a repository may have put there. */
export async function write({ io }: Invocation, file: string, text: string): Promise<string> {
  const beside = join(dirname(file), `.forge-scan-${crypto.randomUUID()}`);
  try {
    await Deno.writeTextFile(beside, text, { createNew: true });
    await Deno.rename(beside, file);
    return file.startsWith(`${io.cwd}/`) ? file.slice(io.cwd.length + 1) : file;
  } catch (error) {
    await Deno.remove(beside).catch(() => undefined);
    throw usage(
      `Cannot write the result: ${error instanceof Error ? error.message : String(error)}`,
      "Give a file in a directory that is there: --out FILE",
      { value: file },
    );
  }
}
