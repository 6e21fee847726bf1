import type { CodeLanguage } from "../../../specs/mod.ts";
import { named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { type Bypass, ofGit } from "./shell.ts";

const WORTH = /no-verify|no-gpg-sign|\bcommit\b/;
const LISTS =
  /^(?:array|list|tuple|arguments|argument_list|array_expression|array_initializer|literal_value|literal_element|token_tree|macro_invocation|array_creation_expression|set|initializer_list)$/;
const STRING = /string/;
const CALL =
  /^(?:call|call_expression|method_invocation|new_expression|object_creation_expression|macro_invocation)$/;
const RUNS =
  /(?:exec\w*|spawn\w*|system|popen|run|shell|sh|bash|command|call|check_call|check_output|process|processbuilder|output|\$)$/i;
/** A whole command in one string. */
const LINE =
  /\bgit\s[^\n|;&]{0,200}?\b(commit|push|merge|rebase)\b[^\n|;&]{0,300}?\s(--no-verify|-[a-ln-z]{0,3}n[a-zA-Z]{0,3})(?=[\s"'`]|$)/;

/** Calls of git in a program that pass by its hooks: as words of a list, or as a command in a string. */
export async function codeBypasses(text: string, language: CodeLanguage, path: string): Promise<Bypass[]> {
  if (
    !/\bgit\b/.test(text) || !WORTH.test(text) ||
    !/no-verify|no-gpg-sign|["'`]-\w*n|commit[^\n]{0,200}\s-\w*n/.test(text) || text.length > 250_000
  ) return [];
  const found: Bypass[] = [];
  // A command in one string is one where something runs it: elsewhere it is spoken of.
  const walk = (node: Node, runs: boolean): void => {
    const started = CALL.test(node.type)
      ? RUNS.test(plain(node.children[0]).slice(-80)) ||
        RUNS.test(plain(node.children.find(({ field }) => field === "name")).slice(-80))
      : runs;
    if (LISTS.test(node.type)) {
      const words = named(node).map((one) => {
        const only = one.type === "literal_element" ? named(one)[0] ?? one : one;
        return STRING.test(only.type) ? content(only) : "?";
      });
      const start = words.findIndex((word) => /^(?:commit|push|merge|rebase|am)$/.test(word));
      if (start >= 0) {
        for (const one of ofGit(words.slice(start))) {
          if (one.kind === "no-verify") found.push({ ...one, line: node.line, certain: false });
        }
      }
    }
    if (STRING.test(node.type)) {
      const match = started ? LINE.exec(content(node).slice(0, 4000)) : null;
      if (match && (match[2] === "--no-verify" || match[1] === "commit")) {
        const detail = `git ${match[1]} ${match[2]} passes by the hooks`;
        found.push({ line: node.line, kind: "no-verify", detail, certain: false });
        return;
      }
    }
    node.children.forEach((one) => walk(one, started));
  };
  walk(await syntaxOf(text, language, path), false);
  return found;
}

function content(node: Node): string {
  const inner = named(node).filter(({ type }) => /content|fragment/.test(type));
  if (inner.length > 0) return inner.map(({ text, children }) => children.length > 0 ? "?" : text).join("");
  return plain(node).replace(/^[a-zA-Z]{0,2}["'`]+|["'`]+$/g, "");
}
