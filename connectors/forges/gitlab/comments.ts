/** What people write on a merge request, and answers to it. */
import { ForgeError } from "../failure.ts";
import { marker, markOf, readMarker } from "../marker.ts";
import type { CommentPage, PullRequestComment } from "../port.ts";
import { DiscussionAnswer, NoteAnswer } from "./answers.ts";
import { type Authors, authorsOf } from "./authors.ts";
import type { GitLabClient } from "./client.ts";
import { mergeRequestPath } from "./merge_requests.ts";
import { type GitLabPlace, pageOf } from "./place.ts";
import { marked } from "./wording.ts";

const MOST = 1000;
const MAX_TEXT = 20_000;

export async function pullComments(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  since: string | null,
): Promise<CommentPage> {
  const { items, cut } = await discussionsOf(client, place, number);
  const authors = authorsOf(client, place);
  const own = (await authors.own())?.username ?? null;
  const comments: PullRequestComment[] = [];
  let last = "";
  for (const discussion of items) {
    for (const note of discussion.notes) {
      if (instant(note.created_at) > last) last = instant(note.created_at);
      const updatedAt = instant(note.updated_at);
      if (note.system || (since !== null && updatedAt < instant(since))) continue;
      comments.push(await read(client, place, number, { note, discussion, authors, own }));
    }
  }
  comments.sort((a, b) => a.updatedAt < b.updatedAt ? -1 : a.updatedAt > b.updatedAt ? 1 : 0);
  // Threads come in the order of their beginning: what was left out began after the last that came.
  return { comments, since: cut ? last : comments.at(-1)?.updatedAt ?? since };
}

const discussionsOf = (client: GitLabClient, place: GitLabPlace, number: number) =>
  client.list(DiscussionAnswer, `${mergeRequestPath(place, number)}/discussions`, {}, MOST);

/** GitLab writes instants with zones; they are compared as texts. */
const instant = (text: string): string => {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
};

async function read(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  { note, discussion, authors, own }: {
    note: NoteAnswer;
    discussion: DiscussionAnswer;
    authors: Authors;
    own: string | null;
  },
): Promise<PullRequestComment> {
  const mark = readMarker(note.body)?.mark;
  const [first] = discussion.notes;
  const { position } = note;
  const path = position?.new_path ?? position?.old_path ?? null;
  const line = position?.new_line ?? position?.old_line ?? null;
  return {
    id: idOf(note),
    kind: kindOf(note),
    author: await authors.author(note.author),
    body: note.body.slice(0, MAX_TEXT),
    cut: note.body.length > MAX_TEXT,
    at: instant(note.created_at),
    updatedAt: instant(note.updated_at),
    url: noteUrl(client, place, number, note.id),
    own: own !== null && note.author?.username === own,
    ...(path === null ? {} : { path }),
    ...(line === null ? {} : { line }),
    ...(position?.head_sha ? { commit: position.head_sha } : {}),
    ...(discussion.individual_note || first === undefined || first.id === note.id
      ? {}
      : { inReplyTo: idOf(first) }),
    ...(mark === undefined ? {} : { mark }),
  };
}

const kindOf = (note: NoteAnswer): PullRequestComment["kind"] =>
  note.type === "DiffNote" ? "review-comment" : "comment";
const idOf = (note: NoteAnswer): string => `${kindOf(note)}:${note.id}`;
const noteUrl = (client: GitLabClient, place: GitLabPlace, number: number, id: number): string =>
  `${pageOf(place, client.settings.addresses)}/-/merge_requests/${number}#note_${id}`;

/** Answers once for each key: in the thread of a comment that has one, else in the conversation. */
export async function replyTo(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  answer: { key: string; to?: string; body: string },
): Promise<{ id: string; url: string }> {
  const { items } = await discussionsOf(client, place, number);
  const there = await ownNote(client, place, items, answer.key);
  if (there !== null) return { id: idOf(there), url: noteUrl(client, place, number, there.id) };
  const body = marked(answer.body, await marker(answer.key));
  const to = Number(/^(?:review-)?comment:(\d+)$/.exec(answer.to ?? "")?.[1] ?? NaN);
  const thread = items.find((one) => !one.individual_note && one.notes.some((note) => note.id === to));
  const made = (thread === undefined ? null : await inThread(client, place, number, thread.id, body)) ??
    await client.call(NoteAnswer, "POST", `${mergeRequestPath(place, number)}/notes`, { body: { body } });
  return { id: idOf(made), url: noteUrl(client, place, number, made.id) };
}

/** The note that this account wrote with this key; null when there is none. */
async function ownNote(
  client: GitLabClient,
  place: GitLabPlace,
  discussions: readonly DiscussionAnswer[],
  key: string,
): Promise<NoteAnswer | null> {
  const mark = await markOf(key);
  const same = discussions.flatMap((one) => one.notes).filter((note) => readMarker(note.body)?.mark === mark);
  if (same.length === 0) return null;
  const own = await authorsOf(client, place).own();
  return same.find((note) => own !== null && note.author?.id === own.id) ?? null;
}

/** Writes the note with this key, or brings the one that is there up to date. */
export async function keepNote(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  given: { key: string; body: string },
): Promise<{ url: string }> {
  const { items } = await discussionsOf(client, place, number);
  const there = await ownNote(client, place, items, given.key);
  const body = marked(given.body, await marker(given.key));
  const notes = `${mergeRequestPath(place, number)}/notes`;
  if (there?.body.trimEnd() === body.trimEnd()) return { url: noteUrl(client, place, number, there.id) };
  const made = there === null
    ? await client.call(NoteAnswer, "POST", notes, { body: { body } })
    : await client.call(NoteAnswer, "PUT", `${notes}/${there.id}`, { body: { body } });
  return { url: noteUrl(client, place, number, made.id) };
}

/** Null when the thread is gone. */
async function inThread(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  thread: string,
  body: string,
): Promise<NoteAnswer | null> {
  const path = `${mergeRequestPath(place, number)}/discussions/${encodeURIComponent(thread)}/notes`;
  try {
    return await client.call(NoteAnswer, "POST", path, { body: { body } });
  } catch (error) {
    if (error instanceof ForgeError && [400, 404].includes(error.status ?? 0)) return null;
    throw error;
  }
}
