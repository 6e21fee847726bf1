import { named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { wordsOf } from "../scripts/command.ts";
import type { Script } from "../scripts/script.ts";
import type { EventText } from "./event_text.ts";
import { injectionsIn } from "./injection.ts";

const WORTH = /\beval\b|\bsh\b|\bsource\b|^\s*\.\s/m;
const SHELL = /^(?:\/(?:usr\/)?bin\/)?(?:ba|z|da|k|a)?sh$/;
/** Text that somebody without rights can choose, in variables of CI. */
const VARIABLE =
  /^(?:CI_COMMIT_(?:MESSAGE|TITLE|DESCRIPTION|TAG_MESSAGE)|CI_MERGE_REQUEST_(?:TITLE|DESCRIPTION|SOURCE_BRANCH_NAME)|CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME|GITHUB_HEAD_REF|CHANGE_TITLE|BUILD_SOURCEVERSIONMESSAGE)$/;
/** Commands that write such text. */
const EVENT = /GITHUB_EVENT_PATH/;
const PART = /\.(?:title|body|message|description|ref|head_ref|label|name)\b/;
const ASKED =
  /(?:^|\()(?:gh|glab)(?:issue|pr|mr)view.*(?:title|body|description)|(?:^|\()ghapi.*\.(?:title|body)\b/;

interface Known {
  sure: boolean;
}

/** Text of an event that a script runs: `eval "$body"`, `sh -c "$title"`, `echo "$body" | sh`. */
export async function eventTextInScript(script: Script, path: string): Promise<EventText[]> {
  if (!WORTH.test(script.text) || script.text.length > 250_000) return [];
  const root = await syntaxOf(script.text, "shell", `${path}.sh`);
  const held = new Map<string, Known>(
    Object.entries(script.env).filter(([, value]) => injectionsIn(value).length > 0).map((
      [name],
    ) => [name, { sure: true }]),
  );
  const holds = (node: Node): Known | null => {
    if (node.type === "variable_name") {
      return VARIABLE.test(node.text) ? { sure: true } : held.get(node.text) ?? null;
    }
    if (node.type === "command") {
      const text = plain(node);
      if ((EVENT.test(text) && PART.test(text)) || ASKED.test(text)) return { sure: true };
      if (
        /^["']?(?:printf?|shellescape|sha\w+sum|md5sum|wc|base64)\b/.test(text) &&
        /%q|sum\b|^wc|base64/.test(text)
      ) {
        return null;
      }
    }
    // `${title@Q}` is quoted, `${#title}` is a number.
    if (node.type === "expansion" && /@Q\}$|^\$\{#/.test(plain(node))) return null;
    const known = node.children.map(holds).filter((one) => one !== null);
    return known.find(({ sure }) => sure) ?? known[0] ?? null;
  };
  const assign = (node: Node): void => {
    if (node.type === "variable_assignment") {
      const [name, value] = named(node);
      const known = value === undefined ? null : holds(value);
      if (name !== undefined && known !== null) held.set(plain(name), known);
    }
    node.children.forEach(assign);
  };
  assign(root);
  assign(root);
  const found: EventText[] = [];
  const add = (node: Node, name: string, { sure }: Known) =>
    found.push({
      line: script.line + node.line - 1,
      kind: "script-injection",
      name,
      detail: "text of an event is run: who writes a title, a comment or a branch name chooses what it does",
      certain: sure,
    });
  const walk = (node: Node): void => {
    if (node.type === "command") {
      const words = wordsOf(node);
      const [name = ""] = words;
      const given = named(node).filter(({ type }) => type !== "variable_assignment");
      const program = name === "eval"
        ? given.slice(1)
        : SHELL.test(name)
        ? given.slice(1).filter((_, at) => /^-\w*c$/.test(words[at] ?? ""))
        : /^(?:source|\.)$/.test(name)
        ? given.slice(1).filter(({ type }) => type === "process_substitution")
        : [];
      const known = program.map(holds).find((one) => one !== null) ?? null;
      if (known !== null) add(node, name, known);
      else if (/^\$/.test(plain(given[0]))) {
        const whole = given[0] === undefined ? null : holds(given[0]);
        if (whole !== null && given.length === 1) add(node, "a command", whole);
      } else if (SHELL.test(name)) {
        const given = node.children.find(({ type }) => type === "herestring_redirect");
        const text = given === undefined ? null : holds(given);
        if (text !== null) add(node, name, text);
      }
    }
    if (node.type === "redirected_statement") {
      const [body] = named(node);
      const given = node.children.find(({ type }) => type === "herestring_redirect");
      const text = given === undefined ? null : holds(given);
      if (body?.type === "command" && text !== null && SHELL.test(wordsOf(body)[0] ?? "")) {
        add(node, wordsOf(body)[0] ?? "sh", text);
      }
    }
    if (node.type === "pipeline") {
      const steps = named(node);
      const last = steps.at(-1);
      const words = last?.type === "command" ? wordsOf(last) : [];
      if (SHELL.test(words[0] ?? "") && words.slice(1).every((word) => /^-/.test(word) && !/c$/.test(word))) {
        const known = steps.slice(0, -1).map(holds).find((one) => one !== null) ?? null;
        if (known !== null) add(node, words[0] ?? "sh", known);
      }
    }
    node.children.forEach(walk);
  };
  walk(root);
  return found;
}
