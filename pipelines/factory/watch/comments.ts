import type { Forge, PullRequestComment } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import type { EffectIntent, Json } from "../../../specs/mod.ts";
import { isAgent } from "../implement.ts";
import type { FactoryPorts } from "../ports.ts";
import { askClass } from "./ask_class.ts";
import { classify } from "./classify.ts";
import type { Delivered } from "./delivered.ts";
import type { Reply } from "./effects.ts";
import {
  type CommentClass,
  MOST_FIXES,
  MOST_FIXES_EACH,
  type Seen,
  tell,
  type WatchInput,
  type WatchState,
} from "./record.ts";
import { answerText, cannotText, limitText } from "./words.ts";

const MOST_COMMENTS = 2000;
/** A record of the ledger stays small; what is beyond waits for the next look. */
const MOST_ANSWERS = 10;

export interface Reading {
  /** Answers to be written. */
  readonly replies: EffectIntent[];
  /** By id: the words of open requests, as they are now. */
  readonly bodies: ReadonlyMap<string, PullRequestComment>;
}

/**
 * Reads what was written since the last look, sorts it, and answers questions from the records, each once. Changes the state: requests
 * that may be worked on are open.
 */
export async function readComments(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: { watch: WatchInput; state: WatchState; delivered: Delivered; forge: Forge; pushes: boolean },
): Promise<Reading> {
  const { watch, state, delivered, forge, pushes } = given;
  const open = Object.values(state.comments).some((one) => one.open);
  // The words of open requests are not kept: they are read again.
  const page = await forge.comments?.(watch.pull, open ? null : state.since);
  const replies: EffectIntent[] = [];
  const bodies = new Map<string, PullRequestComment>();
  if (page === undefined) return { replies, bodies };
  const now = ctx.clock.now();
  for (const comment of page.comments) {
    bodies.set(comment.id, comment);
    if (comment.own) state.account = comment.author.name;
    const before = state.comments[comment.id];
    if (before?.at === comment.updatedAt) continue;
    if (before === undefined && Object.keys(state.comments).length >= MOST_COMMENTS) {
      tell(state, now, `more than ${MOST_COMMENTS} comments: what comes after them is not read`);
      break;
    }
    const sorted = await classOf(ports, ctx, comment);
    const seen: Seen = {
      at: comment.updatedAt,
      class: sorted.class,
      by: sorted.by,
      author: comment.author.name.slice(0, 100),
      fixes: before?.fixes ?? 0,
      answered: before?.answered ?? false,
      open: false,
    };
    state.comments[comment.id] = seen;
    if (sorted.class === "own" || sorted.class === "bot") continue;
    tell(state, now, `${comment.id} by ${seen.author}: ${sorted.class}${sorted.note}`);
    if (sorted.class !== "change-request" || !pushes) continue;
    const refusal = !isAgent(delivered.origin.implementer)
      ? cannotText(delivered.origin.implementer)
      : seen.fixes >= MOST_FIXES_EACH
      ? limitText(`${MOST_FIXES_EACH} runs have worked on this comment`)
      : state.fixes >= MOST_FIXES
      ? limitText(`${MOST_FIXES} runs have worked on this pull request`)
      : null;
    if (refusal === null) seen.open = true;
    else replies.push(reply(ctx, watch, `refusal/${comment.id}/${seen.fixes}`, refusal, comment.id));
  }
  state.since = page.since;
  for (const [id, seen] of Object.entries(state.comments)) {
    if (seen.class !== "question" || seen.answered || replies.length >= MOST_ANSWERS) continue;
    seen.answered = true;
    replies.push(reply(ctx, watch, `question/${id}`, answerText(delivered), id));
  }
  return { replies, bodies };
}

async function classOf(
  ports: FactoryPorts,
  ctx: PhaseContext,
  comment: PullRequestComment,
): Promise<{ class: CommentClass; by: "rules" | "model"; note: string }> {
  const ruled = classify(comment);
  if (ruled === "stranger") {
    return {
      class: ruled,
      by: "rules",
      note: ` (${comment.author.permission ?? "no known"} permission: nothing is done about it)`,
    };
  }
  if (ruled !== "unclear") return { class: ruled, by: "rules", note: "" };
  const asked = await askClass(ports, ctx, comment);
  return asked === null
    ? { class: "noise", by: "rules", note: " (no rule knows what it asks: nothing is done about it)" }
    : { class: asked, by: "model", note: " (by a model)" };
}

/** An answer as an effect: its key is the watch and what it is about, so that it is written once. */
export function reply(
  ctx: PhaseContext,
  watch: WatchInput,
  about: string,
  body: string,
  to?: string,
): EffectIntent {
  const args: Reply = {
    forge: watch.forge,
    repository: watch.pull.repository,
    number: watch.pull.number,
    body,
    ...(to === undefined ? {} : { to }),
  };
  return { key: `${ctx.run}/reply/${about}`, kind: "watch-reply", args: args as unknown as Json };
}
