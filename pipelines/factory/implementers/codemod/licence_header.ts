import { ok } from "../../../../specs/mod.ts";
import { globs } from "./glob.ts";
import { type CommentStyle, commentStyleOf, isForeign } from "./language.ts";
import { enumerate, fail } from "./problem.ts";
import { encodeText, lineEnd } from "./text_file.ts";
import type { Runner } from "./workbench.ts";

/** The header as comment lines; null when the language has no comments of that style. */
export function headerLines(
  text: string,
  comments: CommentStyle,
  style: "line" | "block" | undefined,
): string[] | null {
  const lines = text.trim().split(/\r?\n/).map((line) => line.trimEnd());
  const wanted = style ?? comments.header;
  if (wanted === "line") {
    if (comments.line === undefined) return null;
    return lines.map((line) => line === "" ? comments.line ?? "" : `${comments.line} ${line}`);
  }
  if (comments.block === undefined) return null;
  const [open, close] = comments.block;
  // What ends the comment cannot stand in it.
  if (lines.some((line) => line.includes(close) || (open === "<!--" && line.includes("--")))) return null;
  if (open === "/*") {
    if (lines.length === 1) return [`/* ${lines[0]} */`];
    return ["/*", ...lines.map((line) => line === "" ? " *" : ` * ${line}`), " */"];
  }
  return lines.length === 1 ? [`${open} ${lines[0]} ${close}`] : [open, ...lines, close];
}

/** Lines that have to stay first: a shebang, an encoding line, an XML declaration, a PHP tag, a doctype. */
export function prologueEnd(text: string): number {
  let at = 0;
  const line = () => {
    const end = text.indexOf("\n", at);
    return { text: text.slice(at, end < 0 ? text.length : end), end: end < 0 ? text.length : end + 1 };
  };
  if (text.startsWith("#!")) at = line().end;
  // PEP 263: in the first two lines. Ruby has the same.
  if (/^#.*coding[:=]\s*[-\w.]+/.test(line().text)) at = line().end;
  if (/^(<\?xml\b|<\?php\b|<!doctype\b|@charset\b)/i.test(line().text)) at = line().end;
  return at;
}

/** Puts a comment at the head of files. */
export const licenceHeader: Runner<"licence-header"> = async (operation, bench) => {
  const within = globs(operation.in);
  if (!within.ok) return within;
  const writes = new Map<string, Uint8Array>();
  const present: string[] = [], left: string[] = [];
  const named = new Set(typeof operation.in === "string" ? [operation.in] : operation.in);
  let meant = 0;
  for (const path of await bench.stage.list()) {
    if (!within.value(path) || (isForeign(path) && !named.has(path))) continue;
    bench.check();
    meant++;
    const comments = commentStyleOf(path);
    if (comments === null) {
      left.push(`${path} (its comments are not known)`);
      continue;
    }
    const lines = headerLines(operation.text, comments, operation.style);
    if (lines === null) {
      return fail(
        "invalid",
        `The header cannot be a ${operation.style ?? comments.header} comment in ${path}`,
        {
          path,
          value: operation.style ?? comments.header,
          remedy: "choose the other style, or take out what would end the comment",
        },
      );
    }
    const file = await bench.stage.text(path);
    if (!file.ok) return file;
    const { text } = file.value;
    const eol = lineEnd(text);
    const at = prologueEnd(text);
    const header = lines.join(eol);
    const body = text.slice(at);
    if (`${body.replaceAll("\r\n", "\n").trimStart()}\n`.startsWith(`${lines.join("\n")}\n`)) {
      present.push(path);
      continue;
    }
    const lead = at > 0 && !text.slice(0, at).endsWith("\n") ? eol : "";
    const gap = body === "" ? eol : /^\r?\n/.test(body) ? eol : eol + eol;
    writes.set(path, encodeText({ ...file.value, text: text.slice(0, at) + lead + header + gap + body }));
  }
  if (writes.size === 0) {
    const why = meant === 0
      ? "no file is meant"
      : present.length > 0
      ? `all ${present.length} files have it already`
      : `these cannot have it: ${enumerate(left)}`;
    return fail("no-match", `No file needs the header: ${why}`, {
      value: JSON.stringify(operation.in),
      remedy: meant === 0 ? "correct `in`" : "take the operation out, or correct `in` and `text`",
    });
  }
  const notes = left.length === 0 ? [] : [`left as they are: ${enumerate(left)}`];
  return ok({ writes, matches: writes.size, renames: [], notes });
};
