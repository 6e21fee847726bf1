import type { CodeLanguage } from "../../../specs/mod.ts";
import { child, named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { type Flow, flowOf, type Taint, taintOf } from "./event_flow.ts";

/** A place where text of an event is run, or given to a model as an order. */
export interface EventText {
  line: number;
  kind: "script-injection" | "prompt-injection";
  name: string;
  detail: string;
  certain: boolean;
}

/** Without one of each a program runs nothing of an event. */
const SOURCES =
  /GITHUB_EVENT_PATH|payload|issue|pull_?request|comment|CI_COMMIT|CI_MERGE|HEAD_REF|merge_?request|head_?commit|webhook|\bevent\b|_(?:TITLE|BODY|MESSAGE)\b/i;
const SINKS = /exec|system|popen|shell|\beval\b|["'`]-\w?c["'`]|\bFunction\b|prompt|instructions/i;
const CALL =
  /^(?:call|call_expression|method_invocation|new_expression|object_creation_expression|array_creation_expression)$/;
/** Functions that hand their first argument to a shell, or to an interpreter. */
const RUNS_TEXT =
  /^(?:(?:node_)?(?:child_?process|cp|proc)\.(?:exec|execSync)|execSync|exec(?:Async|Promise|P)|execaCommand(?:Sync)?|execa\.command(?:Sync)?|(?:shell|sh|shelljs)\.exec|(?:globalThis\.|window\.)?eval|Function|vm\.run\w+|os\.(?:system|popen)|subprocess\.get(?:status)?output|asyncio\.create_subprocess_shell|builtins\.(?:eval|exec))$/i;
/** `exec` alone is the shell's in Node, and the interpreter's in Python; `pattern.exec(text)` is neither. */
const ALONE = /^exec$/;
const WITH_SHELL =
  /(?:^|\.)(?:spawn|spawnSync|execFile|execFileSync|execa|execaSync|run|call|check_call|check_output|Popen)$/;
const SHELL =
  /^(?:\/(?:usr\/)?bin\/)?(?:(?:ba|z|da|k|a)?sh|cmd(?:\.exe)?|pwsh|powershell(?:\.exe)?|python\d?|node|env)$/i;
const TAKES_TEXT = /^(?:-\w?c|\/c|-command|-e)$/i;
/** A prompt that tells a model to do what comes with it. */
const AUTHORITY =
  /\b(?:follow|obey|execute|carry out|comply with|do (?:exactly )?(?:what|as|whatever))\b.{0,60}\b(?:instructions?|requests?|orders?|commands?|says?|asks?|told|below|steps|it)\b|\byou (?:are|have|may|must)\b.{0,80}\b(?:maintainer|admin\w*|root|full access|permissions?|authority|owner)\b/i;
const MODEL = /prompt|chat|completion|claude|gpt|llm|openai|anthropic|gemini|\bmodel\b|assistant|agent/i;
const MAX_TEXT = 250_000;
const MAX_FOUND = 100;

/** Text of an event that a program gives to a shell, an interpreter, or a model as an order. */
export async function eventTextIn(text: string, language: CodeLanguage, path: string): Promise<EventText[]> {
  if (text.length > MAX_TEXT || !SOURCES.test(text) || !SINKS.test(text)) return [];
  const root = await syntaxOf(text, language, path);
  const flow = flowOf(root, language);
  const found: EventText[] = [];
  const models = MODEL.test(text);
  const walk = (node: Node): void => {
    if (found.length >= MAX_FOUND) return;
    const run = CALL.test(node.type) ? runsOf(node, flow, language) : null;
    if (run !== null) {
      found.push({
        line: node.line,
        kind: "script-injection",
        name: calleeOf(node).slice(-80) || "a shell",
        detail:
          "text of an event is run: who writes a title, a comment or a branch name chooses what it does",
        certain: run.sure,
      });
    } else if (models && isPrompt(node, flow)) {
      found.push({
        line: node.line,
        kind: "prompt-injection",
        name: "prompt",
        detail: "text of an event stands in a prompt as an order, not as data",
        certain: false,
      });
      return;
    }
    node.children.forEach(walk);
  };
  walk(root);
  return found;
}

function calleeOf(node: Node): string {
  const object = child(node, "object");
  const own = plain(
    child(node, "function") ?? child(node, "name") ?? child(node, "constructor") ?? child(node, "type"),
  );
  return object === null ? own : `${plain(object)}.${own}`;
}

/** The arguments of a call, with what lists and objects among them hold. */
function flat(node: Node, depth = 0): Node[] {
  if (depth > 4) return [];
  return named(node).flatMap((one) => {
    if (/^(?:pair|keyword_argument)$/.test(one.type)) {
      return flat({ ...one, children: [child(one, "value") ?? one] }, depth + 1);
    }
    if (
      /^(?:array|list|tuple|object|dictionary|array_expression|array_initializer|array_creation_expression|reference_expression|composite_literal|literal_value|literal_element)$/
        .test(one.type)
    ) return flat(one, depth + 1);
    return [one];
  });
}

/** The arguments of a builder, one call behind the other. */
function chained(node: Node): Node[] {
  const callee = child(node, "function");
  const before = callee?.type === "field_expression" ? child(callee, "value") : null;
  const given = child(node, "arguments");
  const own = given === null ? node.type === "array_creation_expression" ? flat(node) : [] : flat(given);
  return before?.type === "call_expression" && /^args?$/.test(plain(child(callee, "field")))
    ? [...chained(before), ...own]
    : own;
}

const worse = (taints: readonly Taint[]): Taint => {
  const texts = taints.filter((one) => one?.level === "text");
  return texts.find((one) => one?.sure) ?? texts[0] ?? null;
};

/** Whether a call runs text of an event. */
function runsOf(node: Node, flow: Flow, language: CodeLanguage): Taint {
  const callee = calleeOf(node);
  const given = named(child(node, "arguments"));
  const [first] = given;
  const isShell = RUNS_TEXT.test(callee) || (language === "python" && /^(?:eval|exec)$/.test(callee)) ||
    (language === "ecmascript" && ALONE.test(callee));
  if (isShell && first !== undefined) {
    const taint = taintOf(node.type === "new_expression" ? given.at(-1) ?? first : first, flow);
    if (taint?.level === "text") return taint;
  }
  if (
    WITH_SHELL.test(callee) &&
    /\bshell["']?[:=](?:true\b|True\b|["'`/])/.test(plain(child(node, "arguments")))
  ) {
    const taint = worse(flat(child(node, "arguments") ?? node).map((one) => taintOf(one, flow)));
    if (taint !== null) return taint;
  }
  const words = chained(node);
  const texts = words.map((one) => plain(one).replace(/^[a-zA-Z]{0,2}["'`]+|["'`]+$/g, ""));
  const shell = texts.findIndex((word) => SHELL.test(word));
  const option = texts.findIndex((word, at) => at > shell && TAKES_TEXT.test(word));
  if (shell < 0 || option < 0) return null;
  // What stands behind the program of the shell is its arguments, which are data.
  const program = words[option + 1];
  const taint = program === undefined ? null : taintOf(program, flow);
  return taint?.level === "text" ? taint : null;
}

/** A string with text of an event in it that tells a model to do what it says. */
function isPrompt(node: Node, flow: Flow): boolean {
  if (!/^(?:template_string|string|binary_expression|binary_operator|concatenated_string)$/.test(node.type)) {
    return false;
  }
  return AUTHORITY.test(words(node)) && taintOf(node, flow)?.level === "text";
}

function words(node: Node): string {
  if (/content|fragment/.test(node.type) && node.children.length === 0) return ` ${node.text} `;
  return node.children.map(words).join("").replace(/\s+/g, " ").slice(0, 20_000);
}
