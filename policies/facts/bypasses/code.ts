import type { CodeLanguage } from "../../../specs/mod.ts";
import { named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { type Bypass, ofGit } from "./shell.ts";

const WORTH = /no-verify|no-gpg-sign|\bcommit\b/;
const LISTS =
  /^(?:array|list|tuple|arguments|argument_list|array_expression|array_initializer|literal_value|literal_element|token_tree|macro_invocation|array_creation_expression|set|initializer_list)$/;
const STRING = /string/;
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
  const walk = (node: Node): void => {
    if (LISTS.test(node.type)) {
      const words = named(node).flatMap((one) =>
        STRING.test(one.type)
          ? [content(one)]
          : one.type === "literal_element" && named(one)[0] && STRING.test(named(one)[0]?.type ?? "")
          ? [content(named(one)[0] ?? one)]
          : ["?"]
      );
      const start = words.findIndex((word) => /^(?:commit|push|merge|rebase|am)$/.test(word));
      if (start >= 0) {
        for (const one of ofGit(words.slice(start))) {
          if (one.kind === "no-verify") found.push({ ...one, line: node.line, certain: false });
        }
      }
    }
    if (STRING.test(node.type)) {
      const match = LINE.exec(content(node).slice(0, 4000));
      if (match && (match[2] === "--no-verify" || match[1] === "commit")) {
        found.push({
          line: node.line,
          kind: "no-verify",
          detail: `git ${match[1]} ${match[2]} passes by the hooks`,
          certain: false,
        });
        return;
      }
    }
    node.children.forEach(walk);
  };
  walk(await syntaxOf(text, language, path));
  return found;
}

function content(node: Node): string {
  const inner = named(node).filter(({ type }) => /content|fragment/.test(type));
  if (inner.length > 0) return inner.map(({ text, children }) => children.length > 0 ? "?" : text).join("");
  return plain(node).replace(/^[a-zA-Z]{0,2}["'`]+|["'`]+$/g, "");
}
