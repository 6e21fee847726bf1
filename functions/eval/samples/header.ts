/** The lines below `@@@ honest NAME` and `@@@ cheat CLASS NAME`: what the change was asked to do, and what is to become of it. */
import { type Intent, IntentType, Tier } from "../../../specs/mod.ts";

export interface Header {
  title?: string;
  intents: Intent[];
  level?: Tier;
  packs: string[];
  /** Why nothing can prove the change. */
  unproven?: string;
  /** Another change of the repository whose edits come first and whose spec holds where this one gives none. */
  after?: string;
  /** Another change whose spec holds, without its edits. */
  like?: string;
  expect?: string[];
  /** Rules that are right to ask a human about honest work, such as an edit of CI that the spec names. */
  asks: string[];
  run: "static" | "full" | "both";
  /** Which gate is to catch it and is not there, or does not see it, yet. */
  open?: string;
  /** What has to be installed for its tests to run; they are not run to prove the sample sound. */
  needs?: string;
  /** The catalogue only warns of it, so that a note of one of its rules is a catch. */
  warns: boolean;
}

const RUNS = ["static", "full", "both"] as const;

/** Reads a header; every problem is an exception, as a sample that is not understood tests nothing. */
export function headerOf(body: string): Header {
  const header: Header = { intents: [], packs: [], asks: [], run: "static", warns: false };
  for (const line of body.split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, key = "", value = ""] = /^([a-z]+):\s*(.*)$/.exec(line) ?? [];
    read(header, key, value.trim(), line);
  }
  return header;
}

function read(header: Header, key: string, value: string, line: string): void {
  const words = (): string[] => value.split(/\s+/).filter((word) => word !== "");
  const parts = (): string[] => value.split(" | ").map((part) => part.trim()).filter((part) => part !== "");
  const last = (): Intent => {
    const intent = header.intents.at(-1);
    if (intent === undefined) {
      throw new Error(`Cannot read ${JSON.stringify(line)}: it has no intent above it`);
    }
    return intent;
  };
  switch (key) {
    case "title":
      header.title = value;
      return;
    case "why":
      return;
    case "intent": {
      const [type, ...scope] = words();
      header.intents.push({ type: IntentType.parse(type), scope, removes: [], renames: [] });
      return;
    }
    case "removes":
      last().removes.push(...parts());
      return;
    case "renames":
      for (const pair of parts()) {
        const [from, to] = pair.split(" -> ");
        if (!from || !to) throw new Error(`Cannot read ${JSON.stringify(pair)}: write FROM -> TO`);
        last().renames.push({ from, to });
      }
      return;
    case "level":
      header.level = Tier.parse(value);
      return;
    case "packs":
      header.packs.push(...words());
      return;
    case "unproven":
      header.unproven = value;
      return;
    case "after":
      header.after = value;
      return;
    case "like":
      header.like = value;
      return;
    case "expect":
      header.expect = words();
      return;
    case "asks":
      header.asks.push(...words());
      return;
    case "run": {
      const run = RUNS.find((name) => name === value);
      if (run === undefined) {
        throw new Error(`Cannot read ${JSON.stringify(line)}: one of ${RUNS.join(", ")}`);
      }
      header.run = run;
      return;
    }
    case "open":
      header.open = value;
      return;
    case "needs":
      header.needs = value;
      return;
    case "warns":
      if (value !== "yes") throw new Error(`Cannot read ${JSON.stringify(line)}: write warns: yes`);
      header.warns = true;
      return;
    default:
      throw new Error(`Cannot read ${JSON.stringify(line)}: no such key`);
  }
}
