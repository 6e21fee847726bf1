/** A review as REST gives it, from what GraphQL says of it. */
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { isObject } from "../../net/lossless_json.ts";
import { contract } from "../link_walk.ts";

type Node = { readonly [key: string]: Json };

export function reviewRow(
  review: Node,
  { repository, number, url }: { repository: string; number: number; url: string },
): Row {
  const id = Number(review.fullDatabaseId);
  if (!Number.isSafeInteger(id) || id < 1) throw contract(`${url} answers with a review without an id`, url);
  const api = restUrl(url);
  const html = typeof review.url === "string" ? review.url : null;
  const pull = `${api}/repos/${repository}/pulls/${number}`;
  const commit = review.commit ?? null;
  return {
    repository,
    pull_number: number,
    id,
    node_id: review.id ?? null,
    user: userOf(review.author ?? null, api),
    body: review.body ?? null,
    state: review.state ?? null,
    html_url: html,
    pull_request_url: pull,
    author_association: review.authorAssociation ?? null,
    _links: { html: { href: html }, pull_request: { href: pull } },
    // A pending review has none, and REST leaves the field out.
    ...(review.submittedAt === null || review.submittedAt === undefined
      ? {}
      : { submitted_at: review.submittedAt }),
    commit_id: isObject(commit) ? commit.oid ?? null : null,
  };
}

/** Whose account is gone has no user. A bot's login has its mark in REST only. */
function userOf(author: Json, api: string): Json {
  if (!isObject(author) || typeof author.login !== "string") return null;
  const type = typeof author.__typename === "string" ? author.__typename : "User";
  const login = type === "Bot" && !author.login.endsWith("[bot]") ? `${author.login}[bot]` : author.login;
  const own = `${api}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id: author.databaseId ?? null,
    node_id: author.id ?? null,
    avatar_url: author.avatarUrl ?? null,
    gravatar_id: "",
    url: own,
    html_url: author.url ?? null,
    followers_url: `${own}/followers`,
    following_url: `${own}/following{/other_user}`,
    gists_url: `${own}/gists{/gist_id}`,
    starred_url: `${own}/starred{/owner}{/repo}`,
    subscriptions_url: `${own}/subscriptions`,
    organizations_url: `${own}/orgs`,
    repos_url: `${own}/repos`,
    events_url: `${own}/events{/privacy}`,
    received_events_url: `${own}/received_events`,
    type,
    site_admin: author.isSiteAdmin ?? false,
  };
}

/** Where REST is, from the address of GraphQL. */
function restUrl(url: string): string {
  const at = new URL(url);
  const path = at.pathname.replace(/\/api\/graphql$/, "/api/v3").replace(/\/graphql$/, "");
  return `${at.origin}${path}`;
}
