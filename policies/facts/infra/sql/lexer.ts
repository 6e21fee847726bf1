/** The SQL of one database: how strings, comments and identifiers are written differs. */
export type Dialect = "postgresql" | "mysql" | "sqlite" | "mssql" | "unknown";

/** A piece of SQL. Words keep their spelling in `text` and are lower case in `word`; what is quoted has its content in `text`. */
export interface SqlToken {
  kind: "word" | "quoted" | "string" | "number" | "mark" | "meta";
  text: string;
  /** Lower case for a word, "" for all else: a quoted name is never a keyword. */
  word: string;
  line: number;
  /** Parentheses that are open around it. */
  depth: number;
}

export interface SqlStatement {
  tokens: SqlToken[];
  line: number;
}

/** `migrate:down` and the like: what a comment tells a migration tool. */
export interface SqlComment {
  text: string;
  line: number;
}

export interface LexedSql {
  statements: SqlStatement[];
  comments: SqlComment[];
  /** What could not be read, and where. One is enough to believe none of it. */
  problems: { line: number; why: string }[];
}

/** Tokens beyond this are not kept: the text is told as unread. */
const MAX_TOKENS = 400_000;
/** What a CREATE makes that has a body of statements. */
export const BLOCKS = new Set(["trigger", "procedure", "function", "event", "package", "proc"]);
/** What a CREATE is about when a later word like `event` is only its name. */
const OTHERS = new Set([
  "table",
  "index",
  "view",
  "type",
  "sequence",
  "schema",
  "database",
  "role",
  "policy",
]);

const isSpace = (code: number): boolean => code <= 32 || code === 0xa0 || code === 0xfeff;
const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 ||
  code === 36 || (code > 127 && !isSpace(code));

/** Cuts SQL into statements in one pass, linear in its length. It never fails: what it cannot read is a problem of the answer. */
export function lexSql(text: string, dialect: Dialect): LexedSql {
  const statements: SqlStatement[] = [];
  const comments: SqlComment[] = [];
  const problems: LexedSql["problems"] = [];
  let tokens: SqlToken[] = [];
  let total = 0;
  let at = 0;
  let line = 1;
  let depth = 0;
  let delimiter = ";";
  /** BEGIN and CASE that are open in the body of a trigger or routine. */
  let blocks = 0;
  let routine = false;
  /** Open comments of the form that MySQL runs. */
  let executable = 0;
  const lines = (from: number, to: number) => {
    for (let i = text.indexOf("\n", from); i >= 0 && i < to; i = text.indexOf("\n", i + 1)) line++;
  };
  const push = (kind: SqlToken["kind"], value: string) => {
    tokens.push({ kind, text: value, word: kind === "word" ? value.toLowerCase() : "", line, depth });
    total++;
    if (kind === "word") block(tokens);
  };
  const block = (now: readonly SqlToken[]) => {
    const word = now.at(-1)?.word ?? "";
    if (!routine) {
      routine = BLOCKS.has(word) && now.length <= 14 &&
        (now[0]?.word === "create"
          ? !now.some((token) => OTHERS.has(token.word))
          : now[0]?.word === "alter" && now.length === 2);
      return;
    }
    const before = now.at(-2)?.word ?? "";
    if (word === "begin" || (word === "case" && before !== "end")) blocks++;
    else if (word === "end") blocks = Math.max(0, blocks - 1);
    else if (before === "begin" && (word === "tran" || word === "transaction")) blocks--;
    else if (
      before === "end" && (word === "if" || word === "loop" || word === "while" || word === "repeat")
    ) {
      blocks++;
    }
  };
  const end = () => {
    if (depth > 0) problems.push({ line, why: "a statement ends inside parentheses" });
    const first = tokens[0];
    if (first) statements.push({ tokens, line: first.line });
    const copies = first?.word === "copy" && tokens.some(({ word }) => word === "stdin");
    tokens = [];
    depth = 0;
    blocks = 0;
    routine = false;
    return copies;
  };
  const unclosed = (what: string, from: number) => {
    problems.push({ line: from, why: `${what} is not closed` });
    at = text.length;
  };
  while (at < text.length) {
    if (total > MAX_TOKENS) {
      problems.push({ line, why: `it has more than ${MAX_TOKENS} tokens` });
      break;
    }
    const code = text.charCodeAt(at);
    const char = text[at] ?? "";
    if (code === 10) {
      line++;
      at++;
      continue;
    }
    if (isSpace(code)) {
      at++;
      continue;
    }
    const starts = atLineStart(text, at);
    if (starts && tokens.length === 0 && char === "\\") {
      const to = lineEnd(text, at);
      push("meta", text.slice(at, to).trim());
      at = to;
      end();
      continue;
    }
    if (starts && /^delimiter[ \t]/i.test(text.slice(at, at + 10))) {
      const to = lineEnd(text, at);
      delimiter = text.slice(at + 9, to).trim() || ";";
      at = to;
      continue;
    }
    if (
      starts && depth === 0 &&
      /^(?:go[ \t]*\d*|\/)$/i.test(text.slice(at, Math.min(lineEnd(text, at), at + 20)).trimEnd())
    ) {
      at = lineEnd(text, at);
      end();
      continue;
    }
    if (text.startsWith(delimiter, at)) {
      at += delimiter.length;
      if (delimiter === ";" && blocks > 0) {
        push("mark", ";");
        continue;
      }
      if (end()) {
        const data = /^\\\.[ \t]*\r?$/gm;
        data.lastIndex = at;
        const stop = data.exec(text);
        if (!stop) unclosed("the data of COPY", line);
        else {
          lines(at, stop.index);
          at = stop.index + stop[0].length;
        }
      }
      continue;
    }
    const next = text[at + 1] ?? "";
    if (
      (char === "-" && next === "-" && (dialect !== "mysql" || isSpace(text.charCodeAt(at + 2) || 32))) ||
      (char === "#" && dialect === "mysql")
    ) {
      const to = lineEnd(text, at);
      comments.push({ text: text.slice(at + (char === "#" ? 1 : 2), to).trim(), line });
      at = to;
      continue;
    }
    if (char === "/" && next === "*") {
      // MySQL runs what stands in /*! ... */; elsewhere it is a comment. It is read as code wherever that may be.
      const runs = /^\/\*M?!\d*/.exec(text.slice(at, at + 12));
      if (runs && dialect !== "postgresql" && dialect !== "mssql") {
        executable++;
        at += runs[0].length;
        continue;
      }
      const closed = commentEnd(text, at, dialect);
      if (closed.nested && dialect === "unknown") {
        problems.push({ line, why: "a comment lies in a comment: databases read that differently" });
      }
      if (closed.end < 0) {
        unclosed("a comment", line);
        continue;
      }
      comments.push({ text: text.slice(at + 2, closed.end - 2).trim(), line });
      lines(at, closed.end);
      at = closed.end;
      continue;
    }
    if (executable > 0 && char === "*" && next === "/") {
      executable--;
      at += 2;
      continue;
    }
    if (char === "'" || (char === '"' || char === "`")) {
      const escapes = char !== "`" &&
        (dialect === "mysql" ||
          (char === "'" && /e/i.test(text[at - 1] ?? "") && tokens.at(-1)?.word === "e"));
      const quoted = quotedEnd(text, at, char, escapes);
      if (quoted.end < 0) {
        unclosed(char === "'" ? "a string" : "a quoted name", line);
        continue;
      }
      if (quoted.backslash && !escapes && dialect === "unknown" && char === "'") {
        problems.push({ line, why: "a backslash stands before a quote: databases read that differently" });
      }
      const value = text.slice(at + 1, quoted.end - 1).replaceAll(char + char, char);
      push(char === "'" ? "string" : "quoted", value);
      lines(at, quoted.end);
      at = quoted.end;
      continue;
    }
    if (char === "$" && (dialect === "postgresql" || dialect === "unknown")) {
      const tag = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]{0,62})?\$/.exec(text.slice(at, at + 70))
        ?.[0];
      if (tag !== undefined) {
        const close = text.indexOf(tag, at + tag.length);
        if (close < 0) {
          unclosed("a dollar-quoted string", line);
          continue;
        }
        push("string", text.slice(at + tag.length, close));
        lines(at, close);
        at = close + tag.length;
        continue;
      }
    }
    if (
      char === "[" && dialect !== "postgresql" &&
      (at === 0 || !isWord(text.charCodeAt(at - 1)) && text[at - 1] !== "]")
    ) {
      const name = /^\[([A-Za-z_\u0080-\uffff][\w $.\-\u0080-\uffff]*)\]/.exec(text.slice(at, at + 132))?.[1];
      if (name !== undefined) {
        push("quoted", name);
        at += name.length + 2;
        continue;
      }
    }
    if (isWord(code)) {
      let to = at + 1;
      while (to < text.length && isWord(text.charCodeAt(to))) to++;
      const numeric = code >= 48 && code <= 57;
      push(numeric ? "number" : "word", text.slice(at, to));
      at = to;
      continue;
    }
    if (char === ")") {
      if (depth === 0) problems.push({ line, why: "a parenthesis is closed that was not opened" });
      else depth--;
    }
    push("mark", char);
    if (char === "(") depth++;
    at++;
  }
  if (executable > 0) problems.push({ line, why: "a comment that MySQL runs is not closed" });
  if (blocks > 0) problems.push({ line, why: "the body of a routine is not ended" });
  end();
  return { statements, comments, problems };
}

function atLineStart(text: string, at: number): boolean {
  // Only blanks before it: looked at backwards, a run of blanks is crossed once for each token of its line.
  for (let i = at - 1; i >= 0 && at - i < 200; i--) {
    const code = text.charCodeAt(i);
    if (code === 10) return true;
    if (!isSpace(code)) return false;
  }
  return at < 200;
}

function lineEnd(text: string, at: number): number {
  const to = text.indexOf("\n", at);
  return to < 0 ? text.length : to;
}

function commentEnd(text: string, at: number, dialect: Dialect): { end: number; nested: boolean } {
  const nests = dialect === "postgresql" || dialect === "mssql";
  let depth = 1;
  let nested = false;
  let i = at + 2;
  let close = -1;
  let open = -1;
  while (i < text.length) {
    // Each is looked for again only once it is passed, so that the search stays linear.
    if (close < i) close = text.indexOf("*/", i);
    if (close < 0) return { end: -1, nested };
    if (open < i) open = text.indexOf("/*", i);
    if (open < 0) open = text.length;
    if (open < close) {
      nested = true;
      if (!nests) return { end: close + 2, nested };
      depth++;
      i = open + 2;
      continue;
    }
    depth--;
    i = close + 2;
    if (depth === 0) return { end: i, nested };
  }
  return { end: -1, nested };
}

function quotedEnd(
  text: string,
  at: number,
  quote: string,
  escapes: boolean,
): { end: number; backslash: boolean } {
  let backslash = false;
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i];
    if (char === "\\") {
      if (escapes) i++;
      else if (text[i + 1] === quote) backslash = true;
    } else if (char === quote) {
      if (text[i + 1] === quote) i++;
      else return { end: i + 1, backslash };
    }
  }
  return { end: -1, backslash };
}
