import { type HclProblem, type Token, tokensOf } from "./hcl_token.ts";

/** A value of configuration as far as it is written out. What is only known when it is evaluated is `unknown`. */
export type HclValue =
  | { is: "literal"; value: string | number | boolean | null }
  | { is: "list"; items: HclValue[] }
  | { is: "object"; entries: Map<string, HclValue> }
  | { is: "unknown"; text: string };

export interface HclBlock {
  type: string;
  labels: string[];
  line: number;
  attributes: Map<string, HclValue>;
  blocks: HclBlock[];
}

export interface HclFile {
  blocks: HclBlock[];
  problems: HclProblem[];
}

const MAX_DEPTH = 100;
/** Reads Terraform's configuration language as far as blocks, attributes and literals go. One pass, bounded depth. */
export function readHcl(text: string): HclFile {
  const problems: HclFile["problems"] = [];
  const tokens = tokensOf(text, problems);
  let at = 0;
  const last: Token = { kind: "end", text: "", line: tokens.at(-1)?.line ?? 1 };
  const peek = (ahead = 0): Token => tokens[at + ahead] ?? last;
  const isMark = (token: Token, text: string) => token.kind === "mark" && token.text === text;
  const newlines = () => {
    while (peek().kind === "newline") at++;
  };
  class Refused extends Error {}
  const refuse = (why: string): never => {
    problems.push({ line: peek().line, why });
    throw new Refused(why);
  };

  const value = (depth: number): HclValue => {
    if (depth > MAX_DEPTH) return refuse(`values lie in values beyond ${MAX_DEPTH}`);
    newlines();
    const token = peek();
    const start = at;
    const simple = primary(token, depth);
    // What goes on behind a literal makes it an expression.
    const next = peek();
    if (
      simple !== null &&
      (next.kind === "newline" || next.kind === "end" ||
        (next.kind === "mark" && [",", "}", "]", ")"].includes(next.text)))
    ) {
      return simple;
    }
    expression();
    return written(start);
  };
  /** What was passed since there, as one text: two expressions that say the same have the same. */
  const written = (start: number): HclValue => ({
    is: "unknown",
    text: tokens.slice(start, at).filter(({ kind }) => kind !== "newline").map((token) =>
      token.kind === "string" || token.kind === "template" ? JSON.stringify(token.text) : token.text
    ).join(" ").slice(0, 20_000),
  });
  const primary = (token: Token, depth: number): HclValue | null => {
    if (token.kind === "string") {
      at++;
      return { is: "literal", value: token.text };
    }
    if (token.kind === "number") {
      at++;
      return { is: "literal", value: Number(token.text) };
    }
    if (isMark(token, "-") && peek(1).kind === "number") {
      at += 2;
      return { is: "literal", value: -Number(peek(-1).text) };
    }
    if (token.kind === "word" && (token.text === "true" || token.text === "false" || token.text === "null")) {
      at++;
      return { is: "literal", value: token.text === "null" ? null : token.text === "true" };
    }
    if (isMark(token, "[")) {
      at++;
      newlines();
      if (peek().kind === "word" && peek().text === "for") return skipTo("]", token);
      const items: HclValue[] = [];
      while (!isMark(peek(), "]")) {
        if (peek().kind === "end") refuse("a list is not closed");
        items.push(value(depth + 1));
        newlines();
        if (isMark(peek(), ",")) at++;
        else if (!isMark(peek(), "]")) refuse("a list goes on without a comma");
        newlines();
      }
      at++;
      return { is: "list", items };
    }
    if (isMark(token, "{")) {
      at++;
      newlines();
      if (peek().kind === "word" && peek().text === "for") return skipTo("}", token);
      return object(depth);
    }
    if (token.kind === "word" && token.text === "jsonencode" && isMark(peek(1), "(")) {
      at += 2;
      const inside = value(depth + 1);
      newlines();
      if (isMark(peek(), ",")) at++;
      newlines();
      if (!isMark(peek(), ")")) refuse("jsonencode( is not closed");
      at++;
      return inside;
    }
    return null;
  };
  const object = (depth: number): HclValue => {
    const entries = new Map<string, HclValue>();
    while (!isMark(peek(), "}")) {
      const key = peek();
      if (key.kind === "end") refuse("an object is not closed");
      at++;
      let name = key.text;
      if (isMark(key, "(")) {
        skipTo(")", key);
        name = `(${key.line})`;
      }
      while (isMark(peek(), ".")) {
        at += 2;
        name += `.${peek(-1).text}`;
      }
      newlines();
      if (!isMark(peek(), "=") && !isMark(peek(), ":")) {
        refuse(`'${name.slice(0, 40)}' of an object has no value`);
      }
      at++;
      if (entries.has(name)) refuse(`'${name.slice(0, 40)}' stands twice in an object`);
      entries.set(name, value(depth + 1));
      while (peek().kind === "newline" || isMark(peek(), ",")) at++;
    }
    at++;
    return { is: "object", entries };
  };
  /** Passes what is left of brackets that are open; the value is one that has to be evaluated. */
  const skipTo = (close: string, from: Token): HclValue => {
    let open = 1;
    const start = at;
    while (open > 0) {
      const token = peek();
      if (token.kind === "end") refuse(`'${from.text}' is not closed`);
      if (token.kind === "mark" && ["{", "[", "("].includes(token.text)) open++;
      if (token.kind === "mark" && ["}", "]", ")"].includes(token.text)) open--;
      if (open === 0 && token.text !== close) refuse(`'${from.text}' is closed by '${token.text}'`);
      at++;
    }
    return written(start);
  };
  /** Passes an expression to the end of its line, brackets counted. */
  const expression = (): void => {
    let open = 0;
    for (;;) {
      const token = peek();
      if (token.kind === "end") {
        if (open > 0) refuse("an expression is not closed");
        return;
      }
      if (open === 0 && token.kind === "newline") return;
      if (token.kind === "mark") {
        if (["{", "[", "("].includes(token.text)) open++;
        else if (["}", "]", ")"].includes(token.text)) {
          if (open === 0) return;
          open--;
        } else if (open === 0 && token.text === ",") return;
      }
      at++;
    }
  };
  const body = (depth: number, into: HclBlock | null): HclBlock[] => {
    if (depth > MAX_DEPTH) refuse(`blocks lie in blocks beyond ${MAX_DEPTH}`);
    const blocks: HclBlock[] = [];
    for (;;) {
      newlines();
      const token = peek();
      if (token.kind === "end") {
        if (into !== null) refuse(`the block ${into.type} is not closed`);
        return blocks;
      }
      if (isMark(token, "}")) {
        if (into === null) refuse("a block is closed that was not opened");
        at++;
        return blocks;
      }
      if (token.kind !== "word" && token.kind !== "string") {
        refuse(`'${token.text.slice(0, 40)}' is neither a block nor an attribute`);
      }
      at++;
      if (isMark(peek(), "=") || isMark(peek(), ":")) {
        at++;
        if (into?.attributes.has(token.text)) refuse(`'${token.text.slice(0, 40)}' is given twice`);
        const given = value(depth + 1);
        into?.attributes.set(token.text, given);
        if (into !== null && isMark(peek(), ",")) at++;
        continue;
      }
      const labels: string[] = [];
      while (peek().kind === "string" || peek().kind === "word") {
        labels.push(peek().text);
        at++;
      }
      if (!isMark(peek(), "{")) refuse(`the block ${token.text.slice(0, 40)} has no body`);
      at++;
      const block: HclBlock = {
        type: token.text,
        labels,
        line: token.line,
        attributes: new Map(),
        blocks: [],
      };
      block.blocks = body(depth + 1, block);
      blocks.push(block);
    }
  };
  try {
    if (problems.length > 0) return { blocks: [], problems };
    return { blocks: body(0, null), problems };
  } catch (error) {
    if (error instanceof Refused) return { blocks: [], problems };
    throw error;
  }
}

/** A text that two blocks share when they say the same. */
export function hclPrint(block: HclBlock): string {
  const shown = (value: HclValue): unknown =>
    value.is === "literal"
      ? value.value
      : value.is === "list"
      ? value.items.map(shown)
      : value.is === "object"
      ? [...value.entries].sort(([a], [z]) => a < z ? -1 : 1).map(([key, one]) => [key, shown(one)])
      : { unknown: value.text };
  return JSON.stringify([
    block.type,
    block.labels,
    [...block.attributes].sort(([a], [z]) => a < z ? -1 : 1).map(([key, value]) => [key, shown(value)]),
    block.blocks.map(hclPrint),
  ]);
}
