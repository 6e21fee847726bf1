import type { CodeLanguage } from "../../../specs/mod.ts";
import { child, named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { hooksTouched } from "./hook_files.ts";
import { type Bypass, ofGit, ofSetting, shellBypasses, VARIABLES } from "./shell.ts";

/** Without any of these a program goes around nothing. */
const WORTH =
  /no[-_]?veri|skip_?hooks|hooks ?path|\bhooks\b|HUSKY|husky|LEFTHOOK|lefthook|OVERCOMMIT|overcommit|PRE_COMMIT|pre-commit|SIMPLE_GIT|\bSKIP\b|\bcommit\b[\s\S]{0,200}-\w*n/i;
const LISTS =
  /^(?:array|list|tuple|arguments|argument_list|array_expression|array_initializer|literal_value|literal_element|token_tree|macro_invocation|array_creation_expression|set|initializer_list)$/;
const STRING = /string/;
const CALL =
  /^(?:call|call_expression|method_invocation|new_expression|object_creation_expression|macro_invocation)$/;
const RUNS =
  /(?:exec\w*|spawn\w*|system|popen|run|shell|sh|bash|command|call|check_call|check_output|process|processbuilder|output|\$)$/i;
const SUBCOMMAND = /^(?:commit|push|merge|rebase|am|config|cherry-pick|pull|revert)$/;
/** Subcommands for which another folder of hooks is a way around them: `git -c core.hooksPath=/dev/null clone` is a precaution. */
const HOOKED = /\b(?:commit|push|merge|rebase|am|config|cherry-pick|pull|revert)\b/;
const MANAGER = /^(?:lefthook|pre-commit|pre_commit|husky|overcommit)$/;
/** What a library of git is told, and the words by which its calls say that the hooks are left out. */
const LIBRARY = /(?:git|repo(?:sitory)?)\w*(?:\(\))?(?:\.\w+)?\.(commit|push|merge|rebase|pull)$/i;
const LEFT_OUT = /^(?:no_?verify|skip_?hooks)$/i;
const MAX_COMMANDS = 200;

/** Calls of git and of files in a program that pass by its hooks: as words of a list, as a command in a string, by a library. */
export async function codeBypasses(text: string, language: CodeLanguage, path: string): Promise<Bypass[]> {
  if (!WORTH.test(text) || text.length > 250_000) return [];
  const found = new Map<string, Bypass>();
  const add = (line: number, { kind, detail }: Pick<Bypass, "kind" | "detail">) => {
    // What a program does may be what it is for: a human looks.
    const key = `${line}\n${kind}\n${detail}`;
    if (!found.has(key)) found.set(key, { line, kind, detail, certain: false });
  };
  const commands: { line: number; text: string }[] = [];
  const commits = /\bgit\b/.test(text) && /\b(?:commit|push)\b/.test(text);
  // A command in one string is one where something runs it: elsewhere it is spoken of.
  const walk = (node: Node, runs: boolean, chained: boolean): void => {
    const started = CALL.test(node.type)
      ? RUNS.test(plain(node.children[0]).slice(-80)) ||
        RUNS.test(plain(node.children.find(({ field }) => field === "name")).slice(-80))
      : runs;
    const chain = chained ? [] : chainOf(node);
    if (chain.length > 0) ofWords(chain, node.line);
    if (LISTS.test(node.type)) ofWords(named(node).map(wordOf), node.line);
    if (CALL.test(node.type)) {
      for (const detail of ofLibrary(node)) add(node.line, { kind: "no-verify", detail });
    }
    for (const [name, value] of settingsOf(node)) {
      if (VARIABLES[name]?.test(value)) {
        add(node.line, { kind: "hook-variable", detail: `${name}=${value} tells the hooks to do nothing` });
      } else if (name === "SKIP" && commits && value !== "" && value !== "?") {
        add(node.line, { kind: "hook-variable", detail: "SKIP leaves hooks of pre-commit out" });
      }
    }
    if (STRING.test(node.type) && started && commands.length < MAX_COMMANDS) {
      const content = contentOf(node).slice(0, 4000);
      if (/\s/.test(content) && WORTH.test(content)) commands.push({ line: node.line, text: content });
    }
    const inChain = node.type === "call_expression" ? chain.length > 0 || chained : chained;
    node.children.forEach((one) =>
      walk(one, started, inChain && /^(?:call_expression|field_expression)$/.test(one.type))
    );
  };
  const ofWords = (words: readonly string[], line: number) => {
    const at = words.findIndex((word) => SUBCOMMAND.test(word));
    if (at >= 0) {
      const option = words.indexOf("-c");
      for (const one of ofGit(words.slice(option >= 0 && option < at ? option : at))) {
        if (one.kind !== "unsigned") add(line, one);
      }
    }
    for (const [index, word] of words.entries()) {
      const [next = "?", after = "?"] = words.slice(index + 1, index + 3);
      if (MANAGER.test(word) && next === "uninstall") {
        add(line, { kind: "hooks-removed", detail: `${word} uninstall` });
      }
      const [key, value] = word === "core" ? [`core.${next}`, after] : [word, next];
      if (/^core\.hookspath$/i.test(key)) { for (const one of ofSetting(key, value)) add(line, one); }
      const [, name = "", set = ""] = /^(\w{4,40})=(\w{1,60})$/.exec(word) ?? [];
      if (VARIABLES[name]?.test(set) || VARIABLES[word]?.test(next)) {
        const told = name === "" ? `${word}=${next}` : word;
        add(line, { kind: "hook-variable", detail: `${told} tells the hooks to do nothing` });
      }
    }
  };
  const root = await syntaxOf(text, language, path);
  walk(root, false, false);
  for (const command of commands) {
    const script = { text: command.text, line: command.line, name: path, errexit: false, env: {} };
    for (const one of await shellBypasses(script, path)) {
      if (one.kind === "unsigned" || (one.kind === "hooks-path" && !HOOKED.test(command.text))) continue;
      add(command.line, one);
    }
  }
  for (const one of hooksTouched(root)) add(one.line, one);
  return [...found.values()];
}

function wordOf(node: Node): string {
  const only = node.type === "literal_element" ? named(node)[0] ?? node : node;
  return STRING.test(only.type) ? contentOf(only) : "?";
}

/** The words of `Command::new("git").arg("commit").args(["-n"])`, and of other builders. */
export function chainOf(node: Node): string[] {
  const words: string[] = [];
  let at: Node | null = node;
  let builds = false;
  while (at?.type === "call_expression") {
    const callee: Node | null = child(at, "function");
    const given = named(child(at, "arguments")).flatMap((one) => {
      const list = one.type === "reference_expression" ? named(one).at(-1) ?? one : one;
      return LISTS.test(list.type) ? named(list).map(wordOf) : [wordOf(one)];
    });
    const step: string = callee?.type === "field_expression" ? plain(child(callee, "field")) : "";
    if (/^args?$/.test(step)) builds = true;
    if (/^args?$/.test(step) || callee?.type !== "field_expression") words.unshift(...given);
    at = callee?.type === "field_expression" ? child(callee, "value") : null;
  }
  return builds ? words : [];
}

/** `git.commit(m, ["--no-verify"])` of simple-git, `repo.git.commit(no_verify=True)` and `repo.index.commit(m, skip_hooks=True)`. */
function* ofLibrary(node: Node): Iterable<string> {
  const callee = child(node, "function") ?? child(node, "name");
  const object = child(node, "object");
  const name = `${object === null ? "" : `${plain(object)}.`}${plain(callee)}`;
  const verb = LIBRARY.exec(name.slice(-120))?.[1];
  if (verb === undefined) return;
  const walk = function* (one: Node): Iterable<string> {
    if (STRING.test(one.type)) {
      const word = contentOf(one);
      if (/^--no-veri(?:f|fy)?$/.test(word) || (verb === "commit" && word === "-n")) yield word;
      return;
    }
    if (one.type === "keyword_argument" || one.type === "pair") {
      const [key, value] = named(one);
      if (LEFT_OUT.test(plain(key).replace(/["']/g, "")) && /^true$/i.test(plain(value))) yield plain(key);
    }
    for (const inner of one.children) yield* walk(inner);
  };
  for (const word of walk(child(node, "arguments") ?? node)) {
    yield `${verb} of a library of git with ${word.slice(0, 40)} passes by the hooks`;
  }
}

/** `HUSKY: "0"` and `process.env.HUSKY = "0"`, `os.environ["HUSKY"] = "0"`. */
function* settingsOf(node: Node): Iterable<[name: string, value: string]> {
  const [left, right] = node.type === "pair"
    ? [child(node, "key"), child(node, "value")]
    : /^assignment/.test(node.type)
    ? [child(node, "left"), child(node, "right")]
    : [null, null];
  if (left === null || right === null) return;
  const name = /(\w+)["'`]?\]?$/.exec(plain(left).slice(-80))?.[1] ?? "";
  const value = STRING.test(right.type) ? contentOf(right) : plain(right).slice(0, 20);
  if (node.type !== "pair" && !/env/i.test(plain(left))) return;
  yield [name, value];
}

export function contentOf(node: Node): string {
  const inner = named(node).filter(({ type }) => /content|fragment|interpolation|substitution/.test(type));
  if (inner.length > 0) return inner.map(({ text, children }) => children.length > 0 ? "?" : text).join("");
  return plain(node).replace(/^[a-zA-Z]{0,2}["'`]+|["'`]+$/g, "");
}
