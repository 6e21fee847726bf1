import type { CommandHazard } from "../../../specs/mod.ts";
import { commandsIn, unquoted, wordsOf } from "../scripts/command.ts";
import type { Script } from "../scripts/script.ts";
import { named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { fetchedBy } from "./fetched.ts";
import { lossesOfSql } from "./place.ts";
import { type Strike, strikesOf } from "./words.ts";

export type Hazard = Pick<CommandHazard, "line" | "kind" | "name" | "detail">;

/** Without any of these a script neither destroys nor fetches anything. */
export const WORTH =
  /\brm\b|-delete\b|\bdd\b|mkfs|mke2fs|wipefs|blkdiscard|shred|sgdisk|badblocks|erase|\bdestroy\b|\bdrop\b|dropdb|truncate\b|delete|flush(?:all|db)|dropDatabase|remove\b|\brb\b|prune|\bvolume\b|\/dev\/|\bcurl\b|\bwget\b/i;
const SHELL = /^(?:ba|z|k|da)?sh$/;
const CLIENT = /^(?:psql|mysql|mariadb|sqlite3|cockroach|clickhouse-client|sqlcmd|duckdb)$/;
const MAX_DEPTH = 3;
const base = (word: string | undefined): string => (word ?? "").slice((word ?? "").lastIndexOf("/") + 1);

/** What a script destroys beyond its own files, and code that it fetches and runs at once. `inImage` is a file system that is made here. */
export async function scriptHazards(
  script: Pick<Script, "text" | "line" | "env">,
  inImage: boolean,
  depth = 0,
): Promise<Hazard[]> {
  if (!WORTH.test(script.text) || script.text.length > 250_000) return [];
  // Makefiles write variables so; a program of the name of a variable is not run.
  const text = script.text.replace(/\$\(([A-Z_][A-Z0-9_]*)\)/g, "${$1}");
  const tree = await syntaxOf(text, "shell", "script.sh");
  const found: Hazard[] = [];
  const inner: { text: string; line: number }[] = [];
  const set = assigned(tree, script.env);
  const add = (node: Node, { kind, name, detail }: Strike) =>
    found.push({
      line: script.line + node.line - 1,
      kind,
      name: name.slice(0, 200),
      detail: detail.slice(0, 200),
    });
  const sql = (node: Node, text: string) => {
    for (const { verb, name } of lossesOfSql(text, text)) {
      add(node, { kind: "sql", name, detail: `${verb} ${name}` });
    }
  };
  const walk = (node: Node): void => {
    if (node.type === "command") {
      const words = named(node).filter(({ type }) => type !== "variable_assignment" && !/redirect/.test(type))
        .map((word) => expanded(word, set));
      for (const strike of strikesOf(words, inImage)) add(node, strike);
      const run = commandText(wordsOf(node));
      if (run !== null) inner.push({ text: run, line: script.line + node.line - 1 });
    }
    for (const strike of fetchedBy(node)) add(node, strike);
    if (
      node.type === "file_redirect" &&
      /^\d?>{1,2}\|?\/dev\/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk)/.test(plain(node))
    ) {
      add(node, { kind: "disk", name: plain(node).replace(/^[^/]*/, ""), detail: "writes over a disk" });
    }
    if (node.type === "redirected_statement" || node.type === "pipeline") {
      const clients = commandsIn(node).filter((one) => CLIENT.test(base(wordsOf(one)[0])));
      if (clients.length > 0) {
        for (const body of bodiesOf(node)) sql(node, body);
        if (node.type === "pipeline") {
          for (const one of commandsIn(node)) {
            const [first, ...rest] = wordsOf(one);
            if (/^(?:echo|printf)$/.test(first ?? "")) sql(node, rest.join(" "));
          }
        }
      }
    }
    node.children.forEach(walk);
  };
  walk(tree);
  if (depth < MAX_DEPTH) {
    for (const one of inner) {
      found.push(...await scriptHazards({ ...one, env: script.env }, inImage, depth + 1));
    }
  }
  return found;
}

/** The script that `sh -c`, `eval` and `ssh host` are given. */
export function commandText(words: readonly string[]): string | null {
  const at = words.findIndex((word) => SHELL.test(base(word)) || /^(?:eval|ssh|su)$/.test(base(word)));
  if (at < 0 || at > 4) return null;
  const first = base(words[at]);
  if (first === "eval") return words.slice(at + 1).join(" ");
  if (first === "ssh") return words.slice(at + 1).filter((word) => /\s/.test(word)).at(-1) ?? null;
  const option = words.findIndex((word, index) => index > at && /^-[a-z]*c$/.test(word));
  return option < 0 ? null : words[option + 1] ?? null;
}

function* bodiesOf(node: Node): Iterable<string> {
  if (node.type === "heredoc_body") yield textOf(node);
  for (const one of node.children) yield* bodiesOf(one);
}
const textOf = (node: Node): string =>
  node.children.length === 0 ? node.text : node.children.map(textOf).join(" ");

/** Variables that the script gives one value. */
function assigned(tree: Node, env: Readonly<Record<string, string>>): Map<string, string> {
  const set = new Map(Object.entries(env));
  const twice = new Set<string>();
  const walk = (node: Node): void => {
    if (node.type === "variable_assignment") {
      const name = plain(named(node)[0]);
      const value = named(node)[1];
      if (set.has(name)) twice.add(name);
      set.set(name, value === undefined ? "" : unquoted(value));
    }
    node.children.forEach(walk);
  };
  walk(tree);
  for (const name of twice) set.set(name, "$?");
  return set;
}

function expanded(node: Node, set: ReadonlyMap<string, string>): string {
  if (node.type === "raw_string") return unquoted(node);
  const text = unquoted(node);
  return /^\$\((?:docker|podman)volumels/.test(text.replace(/\s/g, "")) ? text : expand(text, set, 0);
}

/** `~` for a home directory, `?` for what is not known. */
function expand(text: string, set: ReadonlyMap<string, string>, depth: number): string {
  const whole = text.replace(/\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`/g, "?");
  return whole.replace(
    /\$\{(\w+)(?:(:?[-=?+])([^}]*))?[^}]*\}|\$(\w+|[@*#?!$])/g,
    (
      _match,
      braced: string | undefined,
      how: string | undefined,
      other: string | undefined,
      bare: string,
    ) => {
      const name = braced ?? bare;
      const value = set.get(name);
      if (value !== undefined && depth < 3) return expand(value, set, depth + 1);
      if (name === "HOME") return "~";
      return how !== undefined && /[-=]/.test(how) && depth < 3 ? expand(other ?? "", set, depth + 1) : "?";
    },
  );
}
