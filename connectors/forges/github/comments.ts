/** What people write on a pull request, and answers to it. */
import { z } from "zod";
import { ForgeError } from "../failure.ts";
import { marker, markOf, readMarker, withMarker } from "../marker.ts";
import type { CommentPage, PullRequestComment } from "../port.ts";
import { type CommentAnswer, CommentAnswer as Comment, ReviewAnswer } from "./answers.ts";
import { type Authors, authorsOf } from "./authors.ts";
import type { GitHubClient } from "./client.ts";
import type { GitHubPlace } from "./place.ts";
import { reviewState } from "./state.ts";

const MOST = 1000;
const MAX_TEXT = 20_000;
/** GitHub takes 65,536 characters. */
const MAX_COMMENT = 60_000;

export async function pullComments(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
  since: string | null,
): Promise<CommentPage> {
  const authors = authorsOf(client, place);
  const own = await authors.own();
  const from = since === null ? {} : { since };
  const conversation = await client.list(
    Comment,
    "GET /repos/{owner}/{repo}/issues/{number}/comments",
    { ...place, number, ...from },
    { most: MOST },
  );
  const lines = await client.list(
    Comment,
    "GET /repos/{owner}/{repo}/pulls/{number}/comments",
    { ...place, number, ...from },
    { most: MOST },
  );
  const reviews = await client.list(
    ReviewAnswer,
    "GET /repos/{owner}/{repo}/pulls/{number}/reviews",
    { ...place, number },
    { most: MOST },
  );
  const comments: PullRequestComment[] = [];
  for (const one of conversation.items) comments.push(await read(one, "comment", authors, own));
  for (const one of lines.items) {
    comments.push({
      ...await read(one, "review-comment", authors, own),
      ...((one.path ?? null) === null ? {} : { path: one.path ?? "" }),
      ...((one.line ?? one.original_line ?? null) === null
        ? {}
        : { line: one.line ?? one.original_line ?? 0 }),
      ...((one.commit_id ?? null) === null ? {} : { commit: one.commit_id ?? "" }),
      ...((one.in_reply_to_id ?? null) === null ? {} : { inReplyTo: `review-comment:${one.in_reply_to_id}` }),
    });
  }
  for (const one of reviews.items) {
    const [state, at] = [reviewState(one.state), one.submitted_at ?? ""];
    if (state === null || (one.body ?? "") === "" || at === "") continue;
    const written = await read({ ...one, created_at: at, updated_at: at }, "review", authors, own);
    comments.push({ ...written, review: state, ...(one.commit_id ? { commit: one.commit_id } : {}) });
  }
  const wanted = comments.filter((one) => since === null || one.updatedAt >= since)
    .sort((a, b) => a.updatedAt < b.updatedAt ? -1 : a.updatedAt > b.updatedAt ? 1 : 0);
  // Lists come in the order of writing: what was left out was written after the last that came.
  const ends = [conversation, lines].filter((list) => list.cut)
    .map((list) => list.items.at(-1)?.created_at ?? "").sort();
  return { comments: wanted, since: ends[0] ?? wanted.at(-1)?.updatedAt ?? since };
}

async function read(
  one: Pick<
    CommentAnswer,
    "id" | "user" | "body" | "created_at" | "updated_at" | "html_url" | "author_association"
  >,
  kind: PullRequestComment["kind"],
  authors: Authors,
  own: string | null,
): Promise<PullRequestComment> {
  const body = one.body ?? "";
  const mark = readMarker(body)?.mark;
  return {
    id: `${kind}:${one.id}`,
    kind,
    author: await authors.author(one.user, one.author_association),
    body: body.slice(0, MAX_TEXT),
    cut: body.length > MAX_TEXT,
    at: one.created_at,
    updatedAt: one.updated_at,
    url: one.html_url,
    own: own !== null && one.user?.login === own,
    ...(mark === undefined ? {} : { mark }),
  };
}

const Written = z.object({ id: z.number().int(), html_url: z.string() });

/** Answers once for each key: in the thread of a comment on a line, else in the conversation. */
export async function replyTo(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
  answer: { key: string; to?: string; body: string },
): Promise<{ id: string; url: string }> {
  const mark = await markOf(answer.key);
  const { comments } = await pullComments(client, place, number, null);
  const there = comments.find((one) => one.own && one.mark === mark);
  if (there !== undefined) return { id: there.id, url: there.url };
  const body = withMarker(answer.body, await marker(answer.key), MAX_COMMENT);
  const thread = /^review-comment:(\d+)$/.exec(answer.to ?? "")?.[1];
  if (thread !== undefined) {
    const first = comments.find((one) => one.id === answer.to)?.inReplyTo ?? answer.to;
    const made = await inThread(client, place, number, Number(first?.split(":")[1]), body);
    if (made !== null) return { id: `review-comment:${made.id}`, url: made.html_url };
  }
  const made = await client.call(Written, "POST /repos/{owner}/{repo}/issues/{number}/comments", {
    ...place,
    number,
    body,
  });
  return { id: `comment:${made.id}`, url: made.html_url };
}

/** The comment of this key: written, or brought up to date where it says something else by now. */
export async function keepComment(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
  written: { key: string; body: string },
): Promise<{ id: string; url: string }> {
  const mark = await markOf(written.key);
  const { comments } = await pullComments(client, place, number, null);
  const there = comments.find((one) => one.own && one.mark === mark && one.kind === "comment");
  const body = withMarker(written.body, await marker(written.key), MAX_COMMENT);
  if (there !== undefined && there.body.trim() === body.trim()) return { id: there.id, url: there.url };
  const made = there === undefined
    ? await client.call(Written, "POST /repos/{owner}/{repo}/issues/{number}/comments", {
      ...place,
      number,
      body,
    })
    : await client.call(Written, "PATCH /repos/{owner}/{repo}/issues/comments/{comment}", {
      ...place,
      comment: Number(there.id.split(":")[1]),
      body,
    });
  return { id: `comment:${made.id}`, url: made.html_url };
}

/** Null when the thread is gone, or was of a commit that is not shown any more. */
async function inThread(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
  comment: number,
  body: string,
): Promise<z.infer<typeof Written> | null> {
  try {
    return await client.maybe(
      Written,
      "POST /repos/{owner}/{repo}/pulls/{number}/comments/{comment}/replies",
      { ...place, number, comment, body },
    );
  } catch (error) {
    if (error instanceof ForgeError && error.status === 422) return null;
    throw error;
  }
}
