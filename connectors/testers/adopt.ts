import { parse as parseJsonc } from "jsonc-parser";
import type { FileView, TestCommand } from "../port.ts";
import { parseScript, programName, type Script, shellQuote, type Word } from "./command_line.ts";

/** Stands in a command for the path of the report, which the engine chooses anew for each run. */
export const reportPlaceholder = "@edgeforge-report@";
/** Stands in a command for the directory where the engine wrote the command's support files. */
export const supportPlaceholder = "@edgeforge-support@";
/** Stands in a tester's environment for the directory of its compiler's cache. */
export const cachePlaceholder = "@edgeforge-cache@";

/** What a runner's command line needs so that it reports: words to take out, and flags to put in at one place. */
export interface Flagging {
  at: number;
  flags: string[];
  drop?: readonly number[];
  env?: Record<string, string>;
  report: TestCommand["report"];
  support?: Record<string, string>;
}

/** Says how to make these words report, or null when they are not this runner's. */
export type Recognize = (
  words: readonly string[],
  files: FileView,
) => Promise<Flagging | null> | Flagging | null;

/** The words of a command, the shell text before it, and where its programs come from. */
interface Line extends Script {
  /** True when it came out of a script that a shell has to run, with `node_modules/.bin` on the path. */
  script: boolean;
  /** Shell text that changes to the directory of the command line itself. */
  enter: string;
  /** The directory where the words run in the end, and the shell that reads them. */
  dir: string;
  shell: string;
}

/** Runners named in the part of a script that would run without a report: such a script is not adopted. */
const anyRunner =
  /\b(jest|vitest|mocha|ava|tap|tape|jasmine|karma|pytest|unittest|bats|deno test|go test|cargo test)\b|--test\b/;

/** Programs that a shell finds without `node_modules/.bin`. */
const systemPrograms = /^(node|deno|bun|python[0-9.]*|pypy3?|go|cargo|bash|sh|make|mvn|gradle|bats)$/;

/**
 * Makes a user's command report: the command itself, or the one inside `npm test`, `deno task x` and their like.
 * Only a script whose last command is a known runner is opened; the script's text is the one of `files`, which is the base.
 */
export async function adoptLine(
  tester: string,
  argv: readonly string[],
  files: FileView,
  recognize: Recognize,
): Promise<TestCommand | null> {
  const entered = enterDirectory(argv);
  if (entered === null) return null;
  const line = await openLine(entered, files, 0);
  if (line === null || anyRunner.test(line.prefix)) return null;
  const values = line.words.map((word) => word.value);
  const start = wrapperLength(values);
  const flagging = await recognize(values.slice(start), below(files, line.dir));
  if (flagging === null) return null;
  const command = assemble(tester, line, start, flagging);
  return { ...command, line: [...argv], ...(line.dir === "" ? {} : { dir: line.dir }) };
}

/**
 * The words of a command line. `bash -c "cd DIR && CMD"` and its like are opened when they are one line of plain commands: their
 * directory is kept apart, since reports are relative to it.
 */
function enterDirectory(argv: readonly string[]): Line | null {
  const words = (values: readonly string[]): Word[] =>
    values.map((value) => ({ raw: shellQuote(value), value, plain: true }));
  const plain: Line = {
    prefix: "",
    assigns: [],
    words: words(argv),
    script: false,
    enter: "",
    dir: "",
    shell: "sh",
  };
  const program = programName(argv[0]);
  const [option = "", second = ""] = argv.slice(1);
  if (/^(?:npm|pnpm|yarn|make)$/.test(program)) {
    const joined = /^(?:--prefix|--cwd|--dir|--directory)=(.+)$/.exec(option)?.[1];
    const place = joined ?? (/^(?:--prefix|--cwd|--dir|--directory|-C)$/.test(option) ? second : undefined);
    if (place === undefined) return plain;
    const dir = joinPath("", place);
    if (dir === null) return null;
    const rest = [argv[0] ?? "", ...argv.slice(joined === undefined ? 3 : 2)];
    return { ...plain, words: words(rest), dir, enter: entering(dir) };
  }
  const isShell = /^(?:ba|da|z|k)?sh$/.test(program) && argv.length === 3 && /^-[a-z]*c$/.test(option);
  if (!isShell) return plain;
  const options = option.slice(1, -1).replace(/[li]/g, "");
  const read = readEntering(second, "");
  if (read === "outside") return null;
  // What a real shell is needed for stays as it is.
  if (read === null) return plain;
  return {
    ...read.script,
    prefix: joinPrefix(options === "" ? "" : `set -${options};`, read.prefix, read.script.prefix),
    script: false,
    dir: read.dir,
    enter: entering(read.dir),
    shell: program,
  };
}

const entering = (dir: string): string => dir === "" ? "" : `cd ${shellQuote(dir)} || exit 1; `;

/** A script whose first commands change the directory or the shell's options: the directory where the rest runs, and the rest. */
function readEntering(
  text: string,
  from: string,
): { script: Script; prefix: string; dir: string } | "outside" | null {
  let rest = text.trim().replace(/^\(([^()]*)\)$/, "$1").trim();
  let dir = from;
  let prefix = "";
  for (;;) {
    const found =
      /^(?:set\s+-(?:[a-z]+)(?:\s+pipefail)?|cd\s+(?:--\s+)?("[^"$`\\]+"|'[^']+'|[\w./@+-]+))\s*(?:&&|;|\n)\s*/
        .exec(rest);
    if (found === null) break;
    rest = rest.slice(found[0].length);
    if (found[1] === undefined) {
      prefix = joinPrefix(prefix, `${found[0].trim().replace(/&&$|;$/, "").trim()};`);
      continue;
    }
    const next = joinPath(dir, found[1].replace(/^["']|["']$/g, ""));
    if (next === null) return "outside";
    dir = next;
  }
  const script = parseScript(rest);
  return script === null ? null : { script, prefix, dir };
}

/** A directory below the root, or null when it leads out of it. */
function joinPath(from: string, to: string): string | null {
  if (to.startsWith("/")) return null;
  const parts = from === "" ? [] : from.split("/");
  for (const part of to.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return null;
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

/** The files below a directory, as a command that runs there sees them. */
function below(files: FileView, dir: string): FileView {
  if (dir === "") return files;
  return {
    list: async () =>
      (await files.list()).filter((path) => path.startsWith(`${dir}/`)).map((path) =>
        path.slice(dir.length + 1)
      ),
    read: (path) => files.read(`${dir}/${path}`),
  };
}

function assemble(tester: string, line: Line, start: number, flagging: Flagging): TestCommand {
  const dropped = new Set((flagging.drop ?? []).map((at) => at + start));
  const insertAt = flagging.at + start;
  const direct = line.prefix === "" && line.dir === "" && line.words.every((word) => word.plain) &&
    line.assigns.every(({ word }) => word.plain) &&
    (!line.script || systemPrograms.test(programName(line.words[0]?.value)));
  const env: Record<string, string> = { ...flagging.env };
  const rest = { report: flagging.report, ...(flagging.support ? { support: flagging.support } : {}) };
  const place = <T>(kept: (word: Word) => T, flags: T[]): T[] => {
    const out: T[] = [];
    line.words.forEach((word, at) => {
      if (at === insertAt) out.push(...flags);
      if (!dropped.has(at)) out.push(kept(word));
    });
    if (insertAt >= line.words.length) out.push(...flags);
    return out;
  };
  if (direct) {
    for (const { name, word } of line.assigns) env[name] = word.value;
    return { tester, argv: place((word) => word.value, flagging.flags), env, ...rest };
  }
  // Our flags are positional parameters of the shell: no quoting of paths can go wrong.
  const text = [
    ...line.assigns.map(({ word }) => word.raw),
    ...place((word) => word.raw, flagging.flags.map((_, at) => `"\${${at + 1}}"`)),
  ].join(" ");
  const path = line.script ? 'PATH="$PWD/node_modules/.bin:$PATH"; export PATH; ' : "";
  return {
    tester,
    argv: [
      line.shell,
      "-c",
      `${line.enter}${path}${line.prefix}${line.prefix === "" ? "" : " "}${text}`,
      line.shell,
      ...flagging.flags,
    ],
    env,
    ...rest,
  };
}

/** Opens `npm test`, `yarn x`, `deno task x` into the script that they run, as deep as scripts call scripts. */
async function openLine(line: Line, files: FileView, depth: number): Promise<Line | null> {
  const values = line.words.map((word) => word.value);
  const called = scriptCall(values);
  if (called === null) return line;
  if (depth >= 5) return null;
  const here = below(files, line.dir);
  const found = called.from === "make"
    ? await makeRecipe(called.name, here)
    : called.from === "deno"
    ? await denoTask(called.name, here) ?? await packageScript(called.name, here)
    : await packageScript(called.name, here);
  if (found === null) return null;
  const read = readEntering(found.text, line.dir);
  if (read === null || read === "outside") return null;
  const { script, dir } = read;
  // The script's own change of directory comes after the programs of its package were put on the path.
  const inner = dir === line.dir ? "" : `cd ${shellQuote(relativeTo(line.dir, dir))} || exit 1;`;
  const extra = line.words.slice(line.words.length - called.extra);
  return openLine(
    {
      ...line,
      dir,
      prefix: joinPrefix(line.prefix, found.before, read.prefix, inner, script.prefix),
      assigns: [...line.assigns, ...script.assigns],
      words: [...script.words, ...extra],
      script: true,
    },
    files,
    depth + 1,
  );
}

/** The way from one directory of the repository to another. */
function relativeTo(from: string, to: string): string {
  const [start, end] = [from, to].map((path) => path === "" ? [] : path.split("/"));
  if (start === undefined || end === undefined) return to;
  let shared = 0;
  while (shared < start.length && start[shared] === end[shared]) shared++;
  return [...start.slice(shared).map(() => ".."), ...end.slice(shared)].join("/") || ".";
}

/** The recipe of a target of plain commands; null for one with prerequisites, variables or more than shell lines. */
async function makeRecipe(name: string, files: FileView): Promise<{ text: string; before: string } | null> {
  for (const path of ["GNUmakefile", "makefile", "Makefile"]) {
    const text = await files.read(path);
    if (text === null) continue;
    const lines = text.split("\n");
    const at = lines.findIndex((line) => line.startsWith(`${name}:`));
    if (at < 0 || lines.filter((line) => line.startsWith(`${name}:`)).length > 1) return null;
    if ((lines[at] ?? "").slice(name.length + 1).replace(/#.*$/, "").trim() !== "") return null;
    const recipe: string[] = [];
    for (const line of lines.slice(at + 1)) {
      if (!line.startsWith("\t")) {
        if (line.trim() === "" || line.startsWith("#")) continue;
        break;
      }
      recipe.push(line.trim().replace(/^[@+]+/, ""));
    }
    // A dash swallows failures; a dollar is make's own.
    if (recipe.length === 0 || recipe.some((line) => /^-|\$|\\$/.test(line))) return null;
    const last = recipe.pop() ?? "";
    return { text: last, before: recipe.map((line) => `( ${line} ) &&`).join(" ") };
  }
  return null;
}

function joinPrefix(...parts: string[]): string {
  return parts.map((part) => part.trim()).filter((part) => part !== "").join(" ");
}

/** Flags of npm that change what it says, not what it runs. */
const NPM_QUIET =
  /^(?:-s|--silent|-q|--quiet|--if-present|--foreground-scripts|--loglevel=\w+|--no-(?:audit|fund|update-notifier|progress|color))$/;

/** The script that a package manager's command line names, and how many words at its end go to the script. */
export function scriptCall(
  values: readonly string[],
): { from: "npm" | "deno" | "make"; name: string; extra: number } | null {
  const program = programName(values[0]);
  if (program === "make") {
    return values.length === 2 && /^[\w.-]+$/.test(values[1] ?? "") && !values[1]?.startsWith("-")
      ? { from: "make", name: values[1] ?? "", extra: 0 }
      : null;
  }
  let at = 1;
  const skipFlags = (): boolean => {
    while (values[at]?.startsWith("-")) {
      const flag = values[at] ?? "";
      if (
        !/^(-s|--silent|-q|--quiet|--if-present)$/.test(flag) && !(program === "npm" && NPM_QUIET.test(flag))
      ) {
        return false;
      }
      at++;
    }
    return true;
  };
  if (program === "deno") {
    if (values[1] !== "task") return null;
    at = 2;
    if (!skipFlags() || values[at] === undefined) return null;
    return { from: "deno", name: values[at] ?? "", extra: values.length - at - 1 };
  }
  if (program !== "npm" && program !== "pnpm" && program !== "yarn") return null;
  if (!skipFlags()) return null;
  let name = values[at] ?? "";
  if (name === "run" || name === "run-script") {
    at++;
    if (!skipFlags()) return null;
    name = values[at] ?? "";
  } else if (/^(t|tst|test)$/.test(name)) name = "test";
  else return null;
  if (name === "") return null;
  // npm takes its own flags also behind the name: `npm test --silent`.
  if (program === "npm") { while (NPM_QUIET.test(values[at + 1] ?? "")) at++; }
  const after = values.slice(at + 1);
  if (program !== "npm") return { from: "npm", name, extra: after.length };
  const dashes = after.indexOf("--");
  if (dashes > 0) return null;
  if (dashes < 0 && after.some((word) => word.startsWith("-"))) return null;
  return { from: "npm", name, extra: dashes === 0 ? after.length - 1 : after.length };
}

async function packageScript(
  name: string,
  files: FileView,
): Promise<{ text: string; before: string } | null> {
  const scripts = objectAt(await readJson(files, "package.json"), "scripts");
  const text = scripts[name];
  if (typeof text !== "string" || /no test specified/.test(text)) return null;
  // npm runs `posttest` after it: what the shell line would leave out.
  if (typeof scripts[`post${name}`] === "string") return null;
  const before = typeof scripts[`pre${name}`] === "string"
    ? `npm run --silent ${shellQuote(`pre${name}`)} &&`
    : "";
  return { text, before };
}

async function denoTask(name: string, files: FileView): Promise<{ text: string; before: string } | null> {
  const config = await readJson(files, "deno.json") ?? await readJson(files, "deno.jsonc");
  const task = objectAt(config, "tasks")[name];
  if (typeof task === "string") return { text: task, before: "" };
  const command = objectAt({ task }, "task")["command"];
  if (typeof command !== "string") return null;
  const needs = objectAt({ task }, "task")["dependencies"];
  const before = Array.isArray(needs)
    ? needs.filter((one) => typeof one === "string").map((one) => `deno task ${shellQuote(one)} &&`).join(" ")
    : "";
  return { text: command, before };
}

/** A JSON or JSONC file of the repository as an object; null when it is absent or something else. */
export async function readJson(files: FileView, path: string): Promise<Record<string, unknown> | null> {
  const text = await files.read(path);
  if (text === null || text.length > 1_000_000) return null;
  const value: unknown = parseJsonc(text, [], { allowTrailingComma: true });
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : null;
}

/** An object's member as an object, or an empty one. */
export function objectAt(value: Record<string, unknown> | null, key: string): Record<string, unknown> {
  const inner = value?.[key];
  return typeof inner === "object" && inner !== null && !Array.isArray(inner)
    ? inner as Record<string, unknown>
    : {};
}

/** How many words stand before the runner itself: `npx`, `poetry run`, `env A=b`, `cross-env A=b`, coverage wrappers. */
export function wrapperLength(values: readonly string[]): number {
  let at = 0;
  for (let turns = 0; turns < 4; turns++) {
    const program = programName(values[at]);
    const next = values[at + 1] ?? "";
    if (program === "npx" || program === "bunx") {
      at++;
      while (/^(-y|--yes|--no|--no-install|-q|--quiet)$/.test(values[at] ?? "")) at++;
    } else if ((program === "pnpm" || program === "yarn") && next === "exec") at += 2;
    else if ((program === "pnpm" || program === "yarn") && /^(jest|vitest|mocha|node)$/.test(next)) at++;
    else if (/^(poetry|pipenv|pdm|uv|rye|hatch)$/.test(program) && next === "run") {
      at += 2;
      while (/^--(frozen|locked|offline|no-sync|quiet)$/.test(values[at] ?? "")) at++;
    } else if (program === "env" || program === "cross-env") {
      at++;
      while (/^[A-Za-z_][A-Za-z0-9_]*=/.test(values[at] ?? "")) at++;
    } else if (program === "c8" || program === "nyc") {
      at++;
      while (/^--[a-z-]+(=.*)?$/.test(values[at] ?? "")) at++;
    } else break;
  }
  return at;
}
