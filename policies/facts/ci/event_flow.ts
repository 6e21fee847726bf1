import type { CodeLanguage } from "../../../specs/mod.ts";
import { child, named, type Node, plain } from "../syntax/tree.ts";

/** `object`: an event, of which some parts are text of strangers. `sure`: it is known to come from one, not only called so. */
export type Taint = { level: "text" | "object"; sure: boolean } | null;

/** What the names of a file hold. */
export type Flow = ReadonlyMap<string, NonNullable<Taint>>;

/** Where an event is read from. */
const EVENT = /GITHUB_EVENT_PATH/;
const PAYLOAD = /^(?:github\.)?(?:context|ctx)\.payload$/;
/** Variables of CI that hold text of whoever writes a commit or a request. */
const VARIABLE =
  /(?:^|[^\w])(?:CI_COMMIT_(?:MESSAGE|TITLE|DESCRIPTION|TAG_MESSAGE)|CI_MERGE_REQUEST_(?:TITLE|DESCRIPTION|SOURCE_BRANCH_NAME)|GITHUB_HEAD_REF|CHANGE_TITLE|BUILD_SOURCEVERSIONMESSAGE)(?:[^\w]|$)/;
const CALLED =
  /(?:env|getenv|environ)\b.{0,10}\b(?:GITHUB_)?(?:ISSUE|PR|PULL_REQUEST|COMMENT|MR|REVIEW|DISCUSSION)_(?:TITLE|BODY|MESSAGE|DESCRIPTION|TEXT)["'`\])]*$/i;
const TEXT =
  /(?:^|[._>\["'`])(?:title|body|message|description|head_?ref|ref|label|text|default_branch|branch|page_name|display_title)["'`\])]*(?:\(\))?$|get(?:Title|Body|Message|Description|Ref)\(\)$/i;
/** What is called so in events of forges, whoever read it. */
const NAMED =
  /(?:issue|pull_?request|comment|review|discussion|head_?commit|merge_?request|object_?attributes)\w{0,20}(?:\(\))?[?!]?(?:\.|\[|->)[\w.[\]"'`?!()]{0,80}$/i;
const NAMED_TEXT =
  /(?:^|[.["'`])(?:title|body|message|description|head_?ref|head\.ref)["'`\])]*(?:\(\))?$|get(?:Title|Body|Message|Description)\(\)$/i;
const READS =
  /(?:parse|load|loads|read\w*|json|open|decode|unmarshal|from_\w+|import|require|get|text|unwrap|expect|await|\?|toString|context|of|Path|File|String)$/i;
/** What gives something that a shell cannot be led astray by. */
const HARMLESS =
  /(?:^|[.:_])(?:quote|shellescape|shell_?quote|escape\w*|encodeURIComponent|Number|parseInt|parseFloat|int|len|hash\w*|digest|sha\d+|md5|Atoi|base64\w*|btoa|b64encode|slugify|sanitiz\w*|isValid\w*|test|includes|startsWith|endsWith|indexOf|startswith|endswith|contains|HasPrefix|equals)$/i;
const MEMBER =
  /^(?:member_expression|subscript_expression|attribute|subscript|selector_expression|index_expression|field_expression|field_access|array_access)$/;
const CALL = /^(?:call|call_expression|method_invocation|new_expression|object_creation_expression)$/;
const MAX_ROUNDS = 4;

const stronger = (taints: readonly Taint[]): Taint =>
  taints.reduce<Taint>((best, one) => {
    if (one === null || best === null) return one ?? best;
    if (one.level !== best.level) return one.level === "text" ? one : best;
    return one.sure ? one : best;
  }, null);

/** What the names of a file come to hold, whichever way it runs. */
export function flowOf(root: Node, _language: CodeLanguage): Flow {
  const flow = new Map<string, NonNullable<Taint>>();
  const set = (name: string, taint: Taint): void => {
    const known = flow.get(name) ?? null;
    const next = stronger([known, taint]);
    if (next !== null) flow.set(name, next);
  };
  const bind = (pattern: Node, taint: NonNullable<Taint>): void => {
    if (MEMBER.test(pattern.type) || /^(?:type|predefined)/.test(pattern.type)) return;
    if (pattern.children.length === 0) {
      if (/^[A-Za-z_$][\w$]*$/.test(pattern.text)) {
        const part = /shorthand/.test(pattern.type);
        set(
          pattern.text,
          part && taint.level === "object" && TEXT.test(pattern.text) ? { ...taint, level: "text" } : taint,
        );
      }
      return;
    }
    for (const one of named(pattern)) bind(one, taint);
  };
  const walk = (node: Node): void => {
    const target = child(node, "left") ?? child(node, "pattern") ?? child(node, "name") ??
      child(node, "alias");
    const value = child(node, "right") ?? child(node, "value") ??
      (node.type === "as_pattern" ? named(node)[0] ?? null : null);
    if (
      target !== null && value !== null && target !== value &&
      !/binary|pair|keyword|boolean|comparison/.test(node.type)
    ) {
      const taint = taintOf(value, flow);
      if (taint !== null) bind(target, taint);
    }
    // `json.Unmarshal(data, &event)`, `decoder.Decode(&event)`.
    if (CALL.test(node.type) && /(?:unmarshal|decode)$/i.test(plain(child(node, "function")).slice(-40))) {
      const given = named(child(node, "arguments"));
      const from = stronger([...given, child(node, "function") ?? node].map((one) => taintOf(one, flow)));
      const last = given.at(-1);
      if (from !== null && last?.type === "unary_expression") bind(named(last)[0] ?? last, from);
    }
    node.children.forEach(walk);
  };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const size = JSON.stringify([...flow]);
    walk(root);
    if (JSON.stringify([...flow]) === size) break;
  }
  return flow;
}

/** What an expression holds of an event. */
export function taintOf(node: Node, flow: Flow): Taint {
  if (node.children.length === 0) return flow.get(node.text) ?? null;
  if (/^(?:comment|function|arrow_function|lambda|func_literal|closure_expression)/.test(node.type)) {
    return null;
  }
  const text = plain(node).slice(0, 400);
  if (MEMBER.test(node.type)) return ofMember(node, text, flow);
  if (CALL.test(node.type)) return ofCall(node, text, flow);
  // A macro of Rust is a list of tokens.
  if (node.type === "macro_invocation") {
    const inside = [...text.matchAll(/\{([a-z_]\w{0,60})[:}]/g)].map(([, name = ""]) =>
      flow.get(name) ?? null
    );
    const parts = text.slice(text.indexOf("(") + 1, -1).split(",").map((part): Taint => {
      const root = flow.get(/^&?(\w+)/.exec(part)?.[1] ?? "") ?? null;
      if (root !== null) {
        return root.level === "object" && TEXT.test(part) ? { ...root, level: "text" } : root;
      }
      return isNamed(part) ? { level: "text", sure: false } : null;
    });
    return stronger([...inside, ...parts]);
  }
  return stronger(node.children.filter((one) => one.named).map((one) => taintOf(one, flow)));
}

function ofMember(node: Node, text: string, flow: Flow): Taint {
  if (
    PAYLOAD.test(text) || /(?:^|\.)GITHUB_EVENT_PATH$/.test(text) || (EVENT.test(text) && text.length < 60)
  ) {
    return { level: "object", sure: true };
  }
  if (VARIABLE.test(text)) return { level: "text", sure: true };
  if (CALLED.test(text)) return { level: "text", sure: false };
  const object = child(node, "object") ?? child(node, "operand") ?? child(node, "value") ??
    child(node, "array") ??
    named(node)[0] ?? null;
  const root = object === null || object === node ? null : taintOf(object, flow);
  if (root?.level === "text") return /\.(?:length|size)$/.test(text) ? null : root;
  if (root?.level === "object") return TEXT.test(text) ? { ...root, level: "text" } : root;
  return isNamed(text) ? { level: "text", sure: false } : null;
}

const isNamed = (text: string): boolean => NAMED.test(text) && NAMED_TEXT.test(text);

function ofCall(node: Node, text: string, flow: Flow): Taint {
  const callee = child(node, "function") ?? child(node, "name") ?? child(node, "constructor") ??
    child(node, "type");
  const name = plain(callee).replace(/\?$/, "");
  const given = named(child(node, "arguments"));
  if (HARMLESS.test(name)) return null;
  // What is left when all but harmless signs is taken out.
  if (/(?:replace\w*|sub|ReplaceAllString)$/.test(name) && /\[\^/.test(plain(child(node, "arguments")))) {
    return null;
  }
  if (VARIABLE.test(text) && text.length < 100) return { level: "text", sure: true };
  if (CALLED.test(text)) return { level: "text", sure: false };
  if (EVENT.test(text) && text.length < 60) return { level: "object", sure: true };
  const object = child(node, "object") ?? child(callee, "object") ?? child(callee, "operand") ??
    child(callee, "value");
  const root = object === null ? null : taintOf(object, flow);
  // `event.get("issue")` and `event.getIssue().getTitle()` are members.
  if (root?.level === "object" && (/(?:^|\.)(?:get\w*|path|at)$/.test(name) || TEXT.test(text))) {
    return TEXT.test(text) ? { ...root, level: "text" } : root;
  }
  const taint = stronger([root, ...given.map((one) => taintOf(one, flow))]);
  if (taint?.level === "text") return taint;
  if (taint?.level === "object" && READS.test(name)) return taint;
  return isNamed(text) ? { level: "text", sure: false } : null;
}
