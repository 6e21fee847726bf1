/** A piece of HCL. */
export interface Token {
  kind: "word" | "string" | "template" | "number" | "mark" | "newline" | "end";
  text: string;
  line: number;
}

/** What could not be read, and where. */
export type HclProblem = { line: number; why: string };

const MAX_TOKENS = 400_000;

/** Cuts HCL into tokens: comments go, strings with `${` in them are templates, heredocs are strings. */
export function tokensOf(text: string, problems: HclProblem[]): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  const pattern =
    /[^\S\n]+|(?:#|\/\/)[^\n]*|\n|[A-Za-z_\u0080-\uffff][\w\u0080-\uffff-]*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|==|!=|<=|>=|&&|\|\||=>|\.\.\.|[^\s]/gy;
  while (at < text.length) {
    if (tokens.length > MAX_TOKENS) {
      problems.push({ line, why: `it has more than ${MAX_TOKENS} tokens` });
      break;
    }
    const two = text.slice(at, at + 2);
    if (two === "/*") {
      const end = text.indexOf("*/", at + 2);
      if (end < 0) {
        problems.push({ line, why: "a comment is not closed" });
        break;
      }
      for (let i = at; i < end; i++) if (text.charCodeAt(i) === 10) line++;
      at = end + 2;
      continue;
    }
    if (text[at] === '"') {
      const string = stringEnd(text, at);
      if (string.end < 0) {
        problems.push({ line, why: "a string is not closed" });
        break;
      }
      tokens.push({
        kind: string.template ? "template" : "string",
        text: unescape(text.slice(at + 1, string.end - 1)),
        line,
      });
      for (let i = at; i < string.end; i++) if (text.charCodeAt(i) === 10) line++;
      at = string.end;
      continue;
    }
    if (two === "<<") {
      const heredoc = /^<<-?([A-Za-z_]\w{0,100})[^\S\n]*\r?\n/.exec(text.slice(at, at + 120));
      if (heredoc) {
        const from = at + heredoc[0].length;
        const close = new RegExp(`^[ \\t]*${heredoc[1] ?? ""}[ \\t]*\\r?$`, "gm");
        close.lastIndex = from;
        const end = close.exec(text);
        if (!end) {
          problems.push({ line, why: "a heredoc is not closed" });
          break;
        }
        const body = text.slice(from, end.index);
        tokens.push({ kind: /[$%]\{/.test(body) ? "template" : "string", text: body, line });
        for (let i = at; i < end.index; i++) if (text.charCodeAt(i) === 10) line++;
        at = end.index + end[0].length;
        continue;
      }
    }
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? text[at] ?? "";
    at += found.length;
    const first = found[0] ?? "";
    if (found === "\n") {
      tokens.push({ kind: "newline", text: found, line });
      line++;
    } else if (/[A-Za-z_\u0080-\uffff]/.test(first)) tokens.push({ kind: "word", text: found, line });
    else if (/\d/.test(first)) tokens.push({ kind: "number", text: found, line });
    else if (!/^[^\S\n]/.test(found) && first !== "#" && !found.startsWith("//")) {
      tokens.push({ kind: "mark", text: found, line });
    }
  }
  return tokens;
}

function stringEnd(text: string, at: number): { end: number; template: boolean } {
  let template = false;
  let depth = 0;
  let inner = false;
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i];
    if (char === "\\") {
      i++;
      continue;
    }
    if ((char === "$" || char === "%") && text[i + 1] === "{" && !inner) {
      if (text[i - 1] === char && depth === 0) continue;
      template = true;
      depth++;
      i++;
    } else if (depth > 0 && char === '"') inner = !inner;
    else if (depth > 0 && !inner && char === "{") depth++;
    else if (depth > 0 && !inner && char === "}") depth--;
    else if (depth === 0 && char === '"') return { end: i + 1, template };
    else if (char === "\n" && depth === 0) return { end: -1, template };
  }
  return { end: -1, template };
}

const unescape = (text: string): string =>
  text.replace(/\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/g, (_all, code: string) => {
    if (/^[uU]/.test(code) && code.length > 1) {
      const point = parseInt(code.slice(1), 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : "";
    }
    return code === "n" ? "\n" : code === "t" ? "\t" : code === "r" ? "\r" : code;
  }).replaceAll("$${", "${").replaceAll("%%{", "%{");
