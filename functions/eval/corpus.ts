/** What the evaluation is run on: the sample repositories and the small tasks, as they lie on disk. */
import { parse } from "yaml";
import { Spec } from "../../specs/code/mod.ts";

export const LANGUAGES = ["deno", "node", "python", "go", "shell"] as const;
export type Language = (typeof LANGUAGES)[number];

/** One repository with a spec, an honest patch, held-out checks and hand-written cheats. */
export interface Task {
  id: string;
  language: Language;
  /** Plain folder of the repository. */
  repo: string;
  /** Folder of the spec, where `check.files` resolve. */
  specDir: string;
  specText: string;
  spec: Spec;
  honest: string;
  /** Hand-written cheats: name (without `cheat-` and `.patch`) -> file. */
  cheats: ReadonlyMap<string, string>;
  /** An impossible task: its spec contradicts its tests, nothing may complete it. */
  impossible: boolean;
}

const EXAMPLES = new URL("../../specs/examples/", import.meta.url);
const TASKS = new URL("../../specs/eval/", import.meta.url);

/** The program whose presence decides whether a language can be run here. */
export const TOOL: Record<Language, string> = {
  deno: "deno",
  node: "node",
  python: "python3",
  go: "go",
  shell: "bash",
};

/** Whether a program is on the PATH. */
export function installed(program: string): boolean {
  for (const dir of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (dir !== "" && Deno.statSync(`${dir}/${program}`).isFile) return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    }
  }
  return false;
}

/** Languages whose toolchain is here. */
export function runnable(): Language[] {
  return LANGUAGES.filter((language) => installed(TOOL[language]));
}

/** The sample repositories: `specs/examples/<name>` with `<name>.spec` beside. */
export function examples(): Task[] {
  const names = folders(EXAMPLES);
  // Beside them lie examples of other kinds, such as pipelines.
  return names.filter((name) => names.includes(`${name}.spec`))
    .map((name) => read(name, new URL(`${name}/`, EXAMPLES), new URL(`${name}.spec/`, EXAMPLES)));
}

/** The small tasks: `specs/eval/<name>` with `repo/` inside. */
export function tasks(): Task[] {
  // Beside them lies `changes`, the samples with many changes each.
  return folders(TASKS).filter((name) => name !== "changes").map((name) =>
    read(name, new URL(`${name}/repo/`, TASKS), new URL(`${name}/`, TASKS))
  );
}

function folders(parent: URL): string[] {
  return [...Deno.readDirSync(parent)].filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
}

function read(id: string, repo: URL, specDir: URL): Task {
  const language = LANGUAGES.find((name) => id.startsWith(`${name}-`));
  if (language === undefined) {
    throw new Error(
      `Cannot read task ${id}: its name must start with one of ${LANGUAGES.join(", ")} and a hyphen`,
    );
  }
  const dir = pathOf(specDir);
  const specText = Deno.readTextFileSync(`${dir}/spec.md`);
  const cheats = new Map<string, string>();
  for (const entry of [...Deno.readDirSync(dir)].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = /^cheat-(.+)\.patch$/.exec(entry.name)?.[1];
    if (name !== undefined) cheats.set(name, `${dir}/${entry.name}`);
  }
  return {
    id,
    language,
    repo: pathOf(repo),
    specDir: dir,
    specText,
    spec: parseSpec(id, specText),
    honest: `${dir}/honest.patch`,
    cheats,
    impossible: id.includes("-impossible-"),
  };
}

function parseSpec(id: string, text: string): Spec {
  const front = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text);
  if (front === null) {
    throw new Error(`Cannot read the spec of ${id}: it has no YAML front matter between --- lines`);
  }
  return Spec.parse({ ...parse(front[1] ?? ""), description: front[2] ?? "" });
}

function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname).replace(/\/$/, "");
}
