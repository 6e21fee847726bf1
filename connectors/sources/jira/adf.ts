/**
 * Atlassian Document Format as Markdown: the same document gives the same text. The document itself stays beside it in the row, as
 * Markdown cannot say all that it says. Source of the node names: Atlassian's page on the document structure.
 */
import type { Json } from "../../../specs/mod.ts";
import { isObject } from "../../net/lossless_json.ts";

type Node = { readonly [key: string]: Json };

/** Text of a document; null for what is none (a plain text is its own text). */
export function adfToMarkdown(document: Json | undefined): string | null {
  if (typeof document === "string") return document;
  if (!isObject(document) || document.type !== "doc") return null;
  return blocks(children(document)).trim();
}

function children(node: Node): Node[] {
  return Array.isArray(node.content) ? node.content.filter(isObject) : [];
}

function attribute(node: Node, name: string): Json | undefined {
  return isObject(node.attrs) ? node.attrs[name] : undefined;
}

function blocks(nodes: readonly Node[]): string {
  return nodes.map(block).filter((text) => text !== "").join("\n\n");
}

function block(node: Node): string {
  switch (node.type) {
    case "paragraph":
      return inline(children(node));
    case "heading": {
      const level = Number(attribute(node, "level"));
      return `${"#".repeat(level >= 1 && level <= 6 ? level : 1)} ${inline(children(node))}`;
    }
    case "bulletList":
      return children(node).map((item) => listItem("- ", item)).join("\n");
    case "orderedList": {
      const first = Number(attribute(node, "order") ?? 1);
      return children(node).map((item, at) =>
        listItem(`${(Number.isInteger(first) ? first : 1) + at}. `, item)
      ).join("\n");
    }
    case "taskList":
      return children(node).map((item) =>
        item.type === "taskList"
          ? indent(block(item), "  ")
          : `- [${attribute(item, "state") === "DONE" ? "x" : " "}] ${inline(children(item))}`
      ).join("\n");
    case "decisionList":
      return children(node).map((item) => `- ${inline(children(item))}`).join("\n");
    case "codeBlock": {
      const code = children(node).map((child) => String(child.text ?? "")).join("");
      // A fence that the code itself does not have.
      const fence = "`".repeat(Math.max(3, ...[...code.matchAll(/`+/g)].map(([run]) => run.length + 1)));
      const language = attribute(node, "language");
      return `${fence}${
        typeof language === "string" ? language.replace(/[^\w+#.-]/g, "") : ""
      }\n${code}\n${fence}`;
    }
    case "blockquote":
    case "panel":
      return indent(blocks(children(node)), "> ");
    case "expand":
    case "nestedExpand": {
      const title = attribute(node, "title");
      const body = blocks(children(node));
      return typeof title === "string" && title !== "" ? `**${escaped(title)}**\n\n${body}` : body;
    }
    case "rule":
      return "---";
    case "table":
      return table(node);
    case "mediaSingle":
    case "mediaGroup":
      return children(node).map(media).join("\n");
    case "blockCard":
    case "embedCard":
      return url(attribute(node, "url"));
    default:
      // A node that is not known here keeps its text.
      return node.text !== undefined || INLINE.has(String(node.type))
        ? inline([node])
        : blocks(children(node));
  }
}

function listItem(mark: string, item: Node): string {
  const body = children(item).map(block).filter((text) => text !== "").join("\n");
  const [first = "", ...rest] = body.split("\n");
  return [mark + first, ...rest.map((line) => (line === "" ? "" : " ".repeat(mark.length) + line))].join(
    "\n",
  );
}

function indent(text: string, mark: string): string {
  return text.split("\n").map((line) => (mark + line).trimEnd()).join("\n");
}

function table(node: Node): string {
  const rows = children(node).map((row) =>
    children(row).map((cell) => blocks(children(cell)).replaceAll("|", "\\|").replace(/\s*\n\s*/g, " <br> "))
  );
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (width === 0) return "";
  const line = (cells: readonly string[]) =>
    `| ${Array.from({ length: width }, (_, at) => cells[at] ?? "").join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), `|${" --- |".repeat(width)}`, ...body.map(line)].join("\n");
}

function media(node: Node): string {
  const alt = attribute(node, "alt");
  const id = attribute(node, "id") ?? attribute(node, "url");
  return `![${escaped(typeof alt === "string" ? alt : "")}](${url(id) || "media"})`;
}

const INLINE = new Set([
  "text",
  "hardBreak",
  "mention",
  "emoji",
  "date",
  "status",
  "inlineCard",
  "placeholder",
  "mediaInline",
]);

function inline(nodes: readonly Node[]): string {
  return nodes.map((node) => {
    switch (node.type) {
      case "text":
        return marked(String(node.text ?? ""), Array.isArray(node.marks) ? node.marks.filter(isObject) : []);
      case "hardBreak":
        return "  \n";
      case "mention":
        return escaped(String(attribute(node, "text") ?? attribute(node, "id") ?? ""));
      case "emoji":
        return String(attribute(node, "text") ?? attribute(node, "shortName") ?? "");
      case "date": {
        const ms = Number(attribute(node, "timestamp"));
        return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString().slice(0, 10) : "";
      }
      case "status":
        return `[${escaped(String(attribute(node, "text") ?? ""))}]`;
      case "inlineCard":
        return url(attribute(node, "url"));
      case "mediaInline":
        return media(node);
      default:
        return typeof node.text === "string" ? escaped(node.text) : inline(children(node));
    }
  }).join("");
}

function marked(text: string, marks: readonly Node[]): string {
  const has = (type: string) => marks.some((mark) => mark.type === type);
  const [, before = "", core = "", after = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? [];
  if (core === "") return text;
  let out: string;
  if (has("code")) {
    const ticks = "`".repeat(Math.max(1, ...[...core.matchAll(/`+/g)].map(([run]) => run.length + 1)));
    out = ticks.length > 1 ? `${ticks} ${core} ${ticks}` : `${ticks}${core}${ticks}`;
  } else out = escaped(core);
  if (has("strong")) out = `**${out}**`;
  if (has("em")) out = `_${out}_`;
  if (has("strike")) out = `~~${out}~~`;
  const link = marks.find((mark) => mark.type === "link");
  const href = link === undefined ? "" : url(attribute(link, "href"));
  if (href !== "") out = `[${out}](${href})`;
  return before + out + after;
}

/** What Markdown would read as more than text. */
function escaped(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|~]/g, "\\$&")
    .replace(/^(\s*)([-+#]|\d+[.)])(?=\s|$)/gm, "$1\\$2");
}

/** Only addresses that a reader can follow safely. */
function url(value: Json | undefined): string {
  if (typeof value !== "string" || !/^(https?:\/\/|mailto:|[\w-]+$)/i.test(value)) return "";
  return value.replace(
    /[\s<>()]/g,
    (character) => encodeURIComponent(character).replace("(", "%28").replace(")", "%29"),
  );
}
