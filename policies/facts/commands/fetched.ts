import { commandsIn, wordsOf } from "../scripts/command.ts";
import { type Node, plain } from "../syntax/tree.ts";
import type { Strike } from "./words.ts";

const FETCHES = /^(?:curl|wget|fetch|aria2c|http|https|xh)$/;
const SHELL = /^(?:ba|z|k|da|fi)?sh$/;
const INTERPRETER = /^(?:python[\d.]*|node|perl|ruby|php|deno|bun)$/;
const base = (word: string | undefined): string => (word ?? "").slice((word ?? "").lastIndexOf("/") + 1);
const STARTERS = /^(?:sudo|doas|env|exec|command|nohup|time)$/;

/** Installers that the makers of well-known tools publish so themselves. */
const KNOWN =
  /^(?:sh\.rustup\.rs|(?:www\.)?rustup\.rs|deno\.land|bun\.sh|get\.docker\.com|install\.python-poetry\.org|astral\.sh|deb\.nodesource\.com|rpm\.nodesource\.com|get\.pnpm\.io|get\.sdkman\.io|get\.k3s\.io|get\.helm\.sh|nixos\.org|install\.determinate\.systems|pyenv\.run|bootstrap\.pypa\.io|cli\.github\.com|dl\.google\.com|sdk\.cloud\.google\.com|packages\.microsoft\.com|aka\.ms|dot\.net|cli\.codecov\.io|codecov\.io|uploader\.codecov\.io|fnm\.vercel\.app|mise\.run|just\.systems|starship\.rs|sh\.brew\.sh|install\.duckdb\.org|ollama\.com|fly\.io|tailscale\.com|claude\.ai|getcomposer\.org|get\.volta\.sh|volta\.sh|taskfile\.dev|semgrep\.dev|packages\.gitlab\.com|repo\.mongodb\.org)$|^(?:raw\.githubusercontent\.com|github\.com)\/(?:nvm-sh|Homebrew|golangci|helm|kubernetes|kubernetes-sigs|rust-lang|docker|aquasecurity|anchore|goreleaser|ohmyzsh|pyenv|asdf-vm|creationix|hashicorp|cargo-bins|nektos|astral-sh|denoland|oven-sh|codecov|istio|argoproj|reviewdog|rhysd|wasmerio|terraform-linters)\//i;
const LOCAL = /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|host\.docker\.internal)(?::\d+)?(?:\/|$)/i;

/** Where a text fetches from, host and path; null for what is known, or of this machine. */
export function sourceOf(text: string): string | null {
  const found = /\b(?:https?|ftp):\/\/([^\s"'`)|;>]{1,180})/i.exec(text)?.[1] ?? null;
  if (found === null) return "what a variable names";
  const host = found.split(/[/?#:]/)[0] ?? "";
  return KNOWN.test(host) || KNOWN.test(found) || LOCAL.test(found) ? null : found;
}

/** A script that is fetched and run at once: nobody can have read it. */
export function* fetchedBy(node: Node): Iterable<Strike> {
  const told = (text: string, how: string): Strike[] => {
    const name = sourceOf(text);
    return name === null ? [] : [{ kind: "fetched-code", name, detail: how }];
  };
  if (node.type === "pipeline") {
    const commands = node.children.flatMap((one) => commandsIn(one).slice(-1)).map(wordsOf).map(started);
    const at = commands.findIndex((words) => FETCHES.test(base(words[0])));
    if (at >= 0 && commands.slice(at + 1).some(runsInput)) {
      yield* told((commands[at] ?? []).join(" "), "what is fetched is given to an interpreter");
    }
    return;
  }
  if (node.type !== "command") return;
  const words = started(wordsOf(node));
  const first = base(words[0]);
  if (!SHELL.test(first) && !INTERPRETER.test(first) && !/^(?:eval|source|\.)$/.test(first)) return;
  for (const one of inputs(node)) {
    if (commandsIn(one).some((command) => FETCHES.test(base(started(wordsOf(command))[0])))) {
      yield* told(
        commandsIn(one).map((command) => wordsOf(command).join(" ")).join(" ") || plain(one),
        `${first} runs what is fetched`,
      );
    }
  }
}

function* inputs(node: Node): Iterable<Node> {
  for (const one of node.children) {
    if (/^(?:command_substitution|process_substitution)$/.test(one.type)) yield one;
    else if (/^(?:string|concatenation)$/.test(one.type)) yield* inputs(one);
  }
}

function runsInput([first, ...rest]: readonly string[]): boolean {
  const command = base(first);
  if (SHELL.test(command)) return !rest.some((word) => /^-[a-z]*c$/.test(word));
  if (!INTERPRETER.test(command)) return false;
  return rest.length === 0 ||
    rest.every((word) => word.startsWith("-") && !/^-[mce]|^--eval|^-p/.test(word)) ||
    (rest[0] === "run" && rest.includes("-"));
}

function started(words: readonly string[]): string[] {
  let at = 0;
  while (
    at < words.length && (STARTERS.test(base(words[at])) || /^\w+=/.test(words[at] ?? "") ||
      (at > 0 && /^-/.test(words[at] ?? "")))
  ) at++;
  return words.slice(at);
}
