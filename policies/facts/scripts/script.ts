import type { CodeLanguage } from "../../../specs/mod.ts";
import { yamlScripts } from "./yaml_scripts.ts";

/** A piece of shell that a file holds. */
export interface Script {
  text: string;
  /** The line of the file that the first line of the text stands on. */
  line: number;
  /** Who runs it: a target, a script's name, a job. */
  name: string;
  /** Its runner goes on when it fails: the `-` of make, `continue-on-error`, `allow_failure`. */
  ignored?: "make-prefix" | "continue-on-error" | "allow-failure" | "ignore-errors";
  /** The runner stops at the first command that fails. */
  errexit: boolean;
  /** Variables that its runner sets for it. */
  env: Readonly<Record<string, string>>;
}

const MAX_TEXT = 250_000;
const MAX_SCRIPTS = 400;

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const SHEBANG = /^#![^\n]{0,200}\b(?:ba|z|k|da)?sh\b/;

/** Everything of a file that a shell runs: shell files, recipes, package scripts, steps of CI, RUN of images. */
export async function scriptsOf(
  path: string,
  text: string,
  language: CodeLanguage | null,
): Promise<Script[]> {
  if (text.length > MAX_TEXT) return [];
  const name = nameOf(path).toLowerCase();
  const scripts = language === "shell" || SHEBANG.test(text) ||
      (/(?:^|\/)\.(?:husky|githooks)\//.test(path) && !/\.\w+$/.test(name))
    ? [{ text, line: 1, name: path, errexit: false, env: {} }]
    : language !== null
    ? []
    : /^(?:gnu)?makefile(?:\.[^/]*)?$|\.mk$/.test(name)
    ? recipes(text, "\t")
    : /^\.?justfile$|\.just$/.test(name)
    ? recipes(text, "")
    : /^(?:dockerfile|containerfile)(?:\..*)?$|\.dockerfile$/.test(name)
    ? dockerRuns(text)
    : /^(?:package|composer|deno)\.jsonc?$/.test(name)
    ? await packageScripts(text)
    : /^jenkinsfile/.test(name)
    ? jenkinsSteps(text)
    : name === "pyproject.toml"
    ? pythonTasks(text)
    : /\.ya?ml$/.test(name)
    ? await yamlScripts(path, text)
    : [];
  return scripts.slice(0, MAX_SCRIPTS);
}

function recipes(text: string, indent: string): Script[] {
  const found: Script[] = [];
  const lines = text.split("\n");
  let target = "";
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (/^[^\s#:=]+[^:=#]*:(?![=])/.test(line)) target = line.slice(0, line.indexOf(":")).trim();
    const inside = indent === "" ? /^[ \t]+\S/.test(line) : line.startsWith(indent);
    if (!inside || target === "") continue;
    const start = at;
    let whole = line.trim();
    while (whole.endsWith("\\") && at + 1 < lines.length) {
      whole = `${whole.slice(0, -1)} ${(lines[++at] ?? "").trim()}`;
    }
    const prefix = /^[@+-]*/.exec(whole)?.[0] ?? "";
    const body = whole.slice(prefix.length).replaceAll("$$", "$");
    if (body.trim() === "" || body.startsWith("#")) continue;
    found.push({
      text: body,
      line: start + 1,
      name: target,
      errexit: false,
      env: {},
      ...(prefix.includes("-") ? { ignored: "make-prefix" as const } : {}),
    });
  }
  return found;
}

function dockerRuns(text: string): Script[] {
  const found: Script[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const match = /^\s*(RUN|ENV|ARG)\s+(.*)$/i.exec((lines[at] ?? "").slice(0, 5000));
    if (match === null) continue;
    const start = at;
    let whole = match[2] ?? "";
    while (whole.trimEnd().endsWith("\\") && at + 1 < lines.length) {
      whole = `${whole.trimEnd().slice(0, -1)} ${(lines[++at] ?? "").trim().replace(/^#.*/, "")}`;
    }
    const run = (match[1] ?? "").toUpperCase() === "RUN";
    // `ENV NAME value`, in the old form.
    const body = run ? whole.replace(/^(?:--\w+=\S+\s+)+/, "") : whole.replace(/^(\w+)\s+(?=\S)/, "$1=");
    found.push({
      text: run ? body : `export ${body}`,
      line: start + 1,
      name: run ? "RUN" : "ENV",
      errexit: false,
      env: {},
    });
  }
  return found;
}

async function packageScripts(text: string): Promise<Script[]> {
  const { parseTree } = await import("jsonc-parser");
  const root = parseTree(text, [], { allowTrailingComma: true });
  const found: Script[] = [];
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  for (const section of root?.children ?? []) {
    const [key, value] = section.children ?? [];
    if (!/^(?:scripts|tasks)$/.test(String(key?.value)) || value?.type !== "object") continue;
    for (const member of value.children ?? []) {
      const [name, body] = member.children ?? [];
      const commands = body?.type === "array"
        ? body.children ?? []
        : body?.type === "object"
        ? (body.children ?? []).filter(({ children }) => children?.[0]?.value === "command").flatMap((
          { children },
        ) => children?.[1] ?? [])
        : body === undefined
        ? []
        : [body];
      for (const command of commands) {
        if (typeof command.value !== "string") continue;
        found.push({
          text: command.value,
          line: lineAt(command.offset),
          name: String(name?.value),
          errexit: false,
          env: {},
        });
      }
    }
  }
  return found;
}

/** `sh 'make test'` of a pipeline. */
function jenkinsSteps(text: string): Script[] {
  const found: Script[] = [];
  for (
    const match of text.matchAll(
      /\b(?:sh|bash)\s*\(?\s*(?:script\s*:\s*)?(?:'''((?:(?!''')[\s\S]){0,5000})'''|"""((?:(?!""")[\s\S]){0,5000})"""|'([^'\n]{0,2000})'|"([^"\n]{0,2000})")/g,
    )
  ) {
    found.push({
      text: match[1] ?? match[2] ?? match[3] ?? match[4] ?? "",
      line: text.slice(0, match.index).split("\n").length,
      name: "sh",
      errexit: false,
      env: {},
    });
  }
  return found;
}

/** Tasks of poe, taskipy, pdm and hatch: `name = "command"` in their sections. */
function pythonTasks(text: string): Script[] {
  const found: Script[] = [];
  let inside = false;
  for (const [at, line] of text.split("\n").entries()) {
    const head = /^\[([^\]]{1,200})\]/.exec(line);
    if (head) {
      inside = /^tool\.(?:poe\.tasks|taskipy\.tasks|pdm\.scripts|hatch\.envs\.[^.]+\.scripts|pixi\.tasks)/
        .test(head[1] ?? "");
    }
    const task = inside
      ? /^\s*["']?([\w:.-]+)["']?\s*=\s*(?:\{[^}]*?\bcmd\s*=\s*)?(?:"([^"]{0,2000})"|'([^']{0,2000})')/.exec(
        line.slice(0, 4000),
      )
      : null;
    if (task) {
      found.push({
        text: task[2] ?? task[3] ?? "",
        line: at + 1,
        name: task[1] ?? "",
        errexit: false,
        env: {},
      });
    }
  }
  return found;
}
