import type { ModelMessage } from "../../../../connectors/mod.ts";
import { promptSize } from "../../../models/tokens.ts";

/** A turn with what can be left out of it when the context is full. */
interface Turn {
  message: ModelMessage;
  /** What the message is about, for the note that stands in its place. */
  readonly name: string;
  readonly path: string | null;
  /** False for what is always kept: the task. */
  readonly droppable: boolean;
  stale: boolean;
  dropped: boolean;
}

/**
 * The turns of a session. They are only appended to, so that a provider's cache of the beginning stays good; when they grow beyond
 * the budget, texts that are out of date go first, then the oldest results, and the task is said again at the end.
 */
export interface Conversation {
  add(message: ModelMessage, about?: { name: string; path?: string; keep?: boolean }): void;
  /** The file has changed: what was read of it before is out of date. Tells how many texts that are. */
  outdate(path: string): number;
  /** The turns for the next request, in about so many tokens; `again` stands at the end once anything was left out. */
  messages(maxTokens: number, again: string): { messages: ModelMessage[]; compacted: boolean };
}

/** Once it has to be cut, it is cut to this share, so that it is not cut anew at every turn. */
const CUT_TO = 0.6;
const KEPT_TURNS = 4;

export function conversation(): Conversation {
  const turns: Turn[] = [];
  let compacted = false;
  const size = () => promptSize({ system: "", messages: turns.map(({ message }) => message) }).likely;
  const drop = (turn: Turn, why: string): void => {
    const { message } = turn;
    turn.dropped = true;
    const text = `[left out: ${turn.name}, ${why}]`;
    if (message.role === "assistant") {
      turn.message = {
        role: "assistant",
        text,
        ...(message.calls === undefined ? {} : { calls: message.calls }),
      };
    } else turn.message = { ...message, text };
  };
  return {
    add(message, about) {
      turns.push({
        message,
        name: about?.name ?? "a turn",
        path: about?.path ?? null,
        droppable: about?.keep !== true,
        stale: false,
        dropped: false,
      });
    },
    outdate(path) {
      let count = 0;
      for (const turn of turns) {
        if (turn.path !== path || turn.stale || turn.dropped) continue;
        turn.stale = true;
        count++;
      }
      return count;
    },
    messages(maxTokens, again) {
      if (size() > maxTokens) {
        const least = maxTokens * CUT_TO;
        const old = turns.slice(0, -KEPT_TURNS).filter((turn) => turn.droppable && !turn.dropped);
        const order = [
          ...old.filter(({ stale }) => stale),
          ...old.filter(({ stale, message }) => !stale && message.role !== "assistant"),
          ...old.filter(({ stale, message }) =>
            !stale && message.role === "assistant" && message.text.length > 500
          ),
        ];
        for (const turn of order) {
          if (size() <= least) break;
          drop(
            turn,
            turn.stale
              ? "out of date: the file has changed since; read it again if you need it"
              : "read it again if you need it",
          );
          compacted = true;
        }
      }
      const messages = turns.map(({ message }) => message);
      if (!compacted) return { messages, compacted };
      const last = messages.at(-1);
      return {
        messages: last?.role === "user"
          ? [...messages.slice(0, -1), { ...last, text: `${last.text}\n\n${again}` }]
          : [...messages, { role: "user", text: again }],
        compacted,
      };
    },
  };
}
