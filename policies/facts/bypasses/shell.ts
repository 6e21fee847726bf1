import type { HookBypass } from "../../../specs/mod.ts";
import { named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { unquoted, wordsOf } from "../scripts/command.ts";
import type { Script } from "../scripts/script.ts";

export type Bypass = Pick<HookBypass, "line" | "kind" | "detail" | "certain">;

/** Without any of these a script goes around nothing. */
export const WORTH =
  /no-veri|\bcommit\b|\bhooks\b|hookspath|gpg-?sign|HUSKY|LEFTHOOK|OVERCOMMIT|PRE_COMMIT|SIMPLE_GIT_HOOKS|\bSKIP=|lefthook|pre-commit|GIT_CONFIG/i;

/** Variables by which hook managers are told to do nothing. */
export const VARIABLES: Readonly<Record<string, RegExp>> = Object.assign(Object.create(null), {
  HUSKY: /^0$/,
  HUSKY_SKIP_HOOKS: /^(?:1|true)$/,
  LEFTHOOK: /^(?:0|false)$/,
  OVERCOMMIT_DISABLE: /^1$/,
  PRE_COMMIT_ALLOW_NO_CONFIG: /^1$/,
  SKIP_SIMPLE_GIT_HOOKS: /^(?:1|true)$/,
});
/** Subcommands of git that run hooks, and take `--no-verify`. */
const HOOKED = /^(?:commit|push|merge|am|rebase|cherry-pick|pull|revert)$/;
/** Short options of `git commit` that take what stands behind them. */
const TAKES = /^[mFCctSu]$/;

/** What a script does to pass by hooks and signatures. */
export async function shellBypasses(script: Script, path: string): Promise<Bypass[]> {
  if (!WORTH.test(script.text)) return [];
  const found: Bypass[] = [];
  const tree = await syntaxOf(script.text, "shell", `${path}.sh`);
  const add = (node: Node, kind: string, detail: string, certain: boolean) =>
    found.push({ line: script.line + node.line - 1, kind, detail, certain });
  const text = script.text;
  const walk = (node: Node): void => {
    if (node.type === "variable_assignment") {
      const [name, value] = [plain(named(node)[0]), named(node)[1]];
      const set = value === undefined ? "" : unquoted(value);
      if (VARIABLES[name]?.test(set)) {
        add(node, "hook-variable", `${name}=${set} tells the hooks to do nothing`, true);
      }
    }
    if (node.type === "command") {
      for (const one of ofCommand(node)) add(node, one.kind, one.detail, one.certain);
    }
    // What is written into the place of a hook, or of git's settings.
    if (
      node.type === "file_redirect" && /\.git\/hooks\/[\w-]+["']?$/.test(plain(node)) &&
      /exit0|true$/.test(plain(node))
    ) {
      add(node, "hooks-removed", "a hook is written over", false);
    }
    node.children.forEach(walk);
  };
  if (text.length < 250_000) walk(tree);
  return found;
}

function* ofCommand(node: Node): Iterable<Omit<Bypass, "line">> {
  const assigned = named(node).filter(({ type }) => type === "variable_assignment").map(plain);
  let words = wordsOf(node);
  while (words.length > 0 && /^(?:env|sudo|command|exec|time|cross-env|npx|nice)$/.test(words[0] ?? "")) {
    words = words.slice(1);
    while (/^\w+=/.test(words[0] ?? "")) assigned.push(words.shift() ?? "");
    for (const one of assigned) {
      const [name = "", value = ""] = one.split("=");
      if (VARIABLES[name]?.test(value)) {
        yield {
          kind: "hook-variable",
          detail: `${name}=${value} tells the hooks to do nothing`,
          certain: true,
        };
      }
    }
  }
  const [first = "", ...rest] = words;
  const name = first.slice(first.lastIndexOf("/") + 1);
  const all = rest.join(" ");
  if (assigned.some((one) => /^SKIP=./.test(one)) && (name === "git" && HOOKED.test(subcommand(rest).name))) {
    yield { kind: "hook-variable", detail: "SKIP leaves hooks of pre-commit out", certain: true };
  }
  if (
    /^(?:rm|mv|chmod|truncate)$/.test(name) && /\.git\/hooks|\.husky(?:\/|$| )/.test(all) &&
    !(name === "chmod" && /\+x|\b0?[57]\d\d\b/.test(all))
  ) {
    yield { kind: "hooks-removed", detail: `${name} takes the hooks away`, certain: true };
  }
  if (
    /^(?:lefthook|pre-commit|husky|overcommit)$/.test(name) &&
    /(?:^|\s)(?:uninstall|--uninstall)(?:\s|$)/.test(all)
  ) {
    yield { kind: "hooks-removed", detail: `${name} uninstall`, certain: true };
  }
  if (name === "git") yield* ofGit(rest);
}

function subcommand(args: readonly string[]): { name: string; settings: string[]; rest: string[] } {
  const settings: string[] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const word = args[at] ?? "";
    if (word === "-c" || word === "--config-env") settings.push(args[++at] ?? "");
    else if (/^(?:-C|--git-dir|--work-tree|--namespace|--exec-path)$/.test(word)) at++;
    else if (!word.startsWith("-")) break;
  }
  return { name: args[at] ?? "", settings, rest: args.slice(at + 1) };
}

/** What one call of git says, by its words. */
export function* ofGit(args: readonly string[]): Iterable<Omit<Bypass, "line">> {
  const { name, settings, rest } = subcommand(args);
  for (const setting of settings) {
    const [key = "", value = ""] = setting.split("=");
    yield* ofSetting(key, value);
  }
  if (name === "config") {
    const plainArgs = rest.filter((word) => !word.startsWith("-") && !/^(?:set|unset|add)$/.test(word));
    const unset = rest.some((word) => /^(?:--unset(?:-all)?|unset)$/.test(word));
    const [key = "", value = ""] = plainArgs;
    if (unset && /^core\.hookspath$/i.test(key)) {
      yield { kind: "hooks-path", detail: "the folder of the hooks is forgotten", certain: false };
    } else if (plainArgs.length > 1) yield* ofSetting(key, value);
    // An alias passes by whoever uses it.
    if (/^alias\./i.test(key)) {
      yield* ofGit(rest.slice(rest.indexOf(key) + 1).join(" ").replace(/^!\s*git\s+/, "").split(/\s+/));
    }
    return;
  }
  if (!HOOKED.test(name)) return;
  for (const [at, word] of rest.entries()) {
    if (word === "--") break;
    // git takes any beginning of an option that is clear.
    if (/^--no-veri(?:f|fy)?$/.test(word)) {
      yield { kind: "no-verify", detail: `git ${name} ${word} passes by the hooks`, certain: true };
    }
    if (/^--no-gpg-sign$/.test(word)) {
      yield { kind: "unsigned", detail: `git ${name} ${word} leaves the signature out`, certain: false };
    }
    if (name === "commit" && /^-[a-zA-Z]+$/.test(word) && !takesThis(rest[at - 1]) && shortNoVerify(word)) {
      yield { kind: "no-verify", detail: "git commit -n passes by the hooks", certain: true };
    }
  }
}

const takesThis = (word: string | undefined): boolean =>
  word !== undefined &&
  (/^--(?:message|file|author|date|template|reuse-message|fixup|squash|trailer)$/.test(word) ||
    /^-[a-zA-Z]*[mFCct]$/.test(word));

function shortNoVerify(word: string): boolean {
  for (const letter of word.slice(1)) {
    if (letter === "n") return true;
    if (TAKES.test(letter)) return false;
  }
  return false;
}

/** A folder that holds no hooks of the repository: nothing, or a place outside. */
const NOWHERE = /^(?:$|\/dev\/null|nul|\/(?:tmp|var|nonexistent|no\w*)(?:\/|$)|\/dev\/)/i;

/** What a setting of git says. Switching hooks on by their folder is what projects do. */
export function* ofSetting(key: string, value: string): Iterable<Omit<Bypass, "line">> {
  if (/^core\.hookspath$/i.test(key) && NOWHERE.test(value.trim().replace(/^["']|["']$/g, ""))) {
    yield { kind: "hooks-path", detail: "the hooks are looked for where none are", certain: true };
  }
  if (/^(?:commit|tag|push)\.gpgsign$/i.test(key) && /^(?:false|0|no|off)$/i.test(value.trim())) {
    yield { kind: "unsigned", detail: `${key} is switched off`, certain: false };
  }
}
