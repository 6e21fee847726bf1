import { redact } from "../../../../policies/mod.ts";
import { digestOf, hiddenCharacters, type TextTrust } from "../../../../specs/mod.ts";

/** Where a text comes from, and how far it is believed. */
export interface Provenance {
  readonly uri: string;
  readonly trust: Exclude<TextTrust, "unknown">;
}

/** A text that was shown to the model, as evidence lists it. */
export interface ContextItem extends Provenance {
  readonly digest: string;
}

/** Makes data of texts: between marks that nothing in them can close, without what a reader would not see, without secrets. */
export interface DataText {
  /** The text as it is put into a prompt. */
  fenced(from: Provenance, text: string): Promise<string>;
  /** Everything that was shown, each text once, in order. */
  readonly shown: readonly ContextItem[];
  /** What was taken out of texts before they were shown. */
  readonly removed: readonly string[];
}

const MOST_LISTED = 500;
const MARKDOWN = /\.(?:md|mdx|markdown)(?:#|$)/i;
const COMMENT = /<!--[\s\S]*?(?:-->|$)/g;

/**
 * @param key makes the marks of this session: no text that is shown can hold them, as they are taken out of each
 */
export function dataText(key: string): DataText {
  const shown = new Map<string, ContextItem>();
  const removed = new Set<string>();
  return {
    async fenced(from, text) {
      const clean = cleaned(from, text, (what) => removed.size < 100 && removed.add(`${from.uri}: ${what}`));
      const safe = clean.replaceAll(key, "[mark]");
      const digest = await digestOf(safe);
      const id = `${from.uri} ${digest}`;
      if (shown.size < MOST_LISTED) {
        shown.set(id, { uri: from.uri.slice(0, 1000), digest, trust: from.trust });
      }
      const name = JSON.stringify(inline(from.uri).replaceAll(key, "[mark]"));
      return `<<<data ${key} source=${name} trust=${from.trust}>>>\n${safe}${
        safe.endsWith("\n") || safe === "" ? "" : "\n"
      }<<<end ${key}>>>`;
    },
    get shown() {
      return [...shown.values()];
    },
    get removed() {
      return [...removed];
    },
  };
}

/** Text without hidden characters, without comments that a rendered page does not show, and without secrets. */
function cleaned({ uri }: Provenance, text: string, tell: (what: string) => void): string {
  const hidden = hiddenCharacters(text, 100_000);
  let visible = "";
  let at = 0;
  for (const { offset } of hidden) {
    visible += text.slice(at, offset);
    at = offset + ((text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1);
  }
  visible += text.slice(at);
  // A byte order mark hides nothing.
  const told = hidden.filter(({ offset, name }) => !(offset === 0 && name === "U+FEFF"));
  if (told.length > 0) {
    tell(
      `${told.length} hidden characters (${
        [...new Set(told.map(({ name }) => name))].slice(0, 5).join(", ")
      })`,
    );
  }
  if (MARKDOWN.test(uri)) {
    const comments = visible.match(COMMENT) ?? [];
    if (comments.length > 0) {
      tell(`${comments.length} comments of Markdown`);
      visible = visible.replace(
        COMMENT,
        (comment) => `[left out: a comment of ${comment.length} characters]`,
      );
    }
  }
  const clean = redact(visible);
  if (clean !== visible) tell("text that looks like a secret");
  return clean;
}

/** A short text of strangers on one line, for a place where no fence can be. */
export function inline(text: string, most = 300): string {
  const line = redact(cleaned({ uri: "", trust: "untrusted" }, text, () => {})).replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
