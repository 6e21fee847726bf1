/** What a comment on a pull request is, by rules first. What a person may do comes from the forge, never from what they write. */
import type { PullRequestComment } from "../../../connectors/mod.ts";
import type { CommentClass } from "./record.ts";

/** What rules can tell; `unclear`: a person who may write wrote it, and no rule knows what it is. */
export type RuledClass = CommentClass | "unclear";

const MAY_WRITE: ReadonlySet<string> = new Set(["admin", "maintain", "write"]);

/** Whether the forge says that this person may write to the repository. What it does not tell is a no. */
export const mayWrite = ({ author }: Pick<PullRequestComment, "author">): boolean =>
  author.permission !== null && MAY_WRITE.has(author.permission);

const QUESTION = /\?\s*$|^(?:why|what|how|who|where|when|which|does|do|is|are|was|were|did)\b[^.!]*\?/im;
const REQUEST = new RegExp(
  "\\b(?:please|should|must|shall|needs? to|has to|have to|instead|rename|add|remove|delete|drop|fix|change|replace|use|move|" +
    "extract|revert|update|handle|avoid|missing|typo|nit|bug|wrong|incorrect|broken|fails?|can you|could you|would you)\\b",
  "i",
);
const ASKS_TO_ACT = /\b(?:can|could|would|will)\s+you\b|\bplease\b/i;
const APPROVAL =
  /^(?:lgtm|looks? good(?: to me)?|ship it|approved?|\+1|👍|:\+1:|:shipit:|nice|great)(?:[\s.!]|👍|🎉)*$/iu;
const NOISE =
  /^(?:thanks?(?: you)?|thx|ok(?:ay)?|done|ack|bump|cc\b.*|fyi\b.*|wip|ping|same here|me too)[\s.!,:]*$/i;

/** The words of a comment alone: quotes of others, code and HTML comments are not what its author asks. */
export function ownWords(body: string): string {
  return body
    .replace(/<!--[\s\S]*?(?:-->|$)/g, " ")
    .replace(/^(```|~~~)[\s\S]*?^\1[^\n]*$/gm, " ")
    .replace(/^\s*>.*$/gm, " ")
    .replace(/[ \t]+/g, " ")
    .trim();
}

export function classify(comment: PullRequestComment): RuledClass {
  // The account may be a person's own: only what bears our mark was written here.
  if (comment.own && comment.mark !== undefined) return "own";
  if (comment.author.bot) return "bot";
  if (!mayWrite(comment)) return "stranger";
  const said = ownWords(comment.body);
  if (comment.review === "changes_requested") return "change-request";
  if (comment.review === "dismissed") return "noise";
  if (said === "") return comment.review === "approved" ? "approval" : "noise";
  if (APPROVAL.test(said)) return "approval";
  if (!/[\p{L}\p{N}]/u.test(said)) return comment.review === "approved" ? "approval" : "noise";
  if (NOISE.test(said)) return "noise";
  if (QUESTION.test(said) && !ASKS_TO_ACT.test(said)) return "question";
  if (REQUEST.test(said)) return "change-request";
  return comment.review === "approved" ? "approval" : "unclear";
}
