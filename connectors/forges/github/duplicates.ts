/** Whether an open pull request already leads to the very same tree. */
import { z } from "zod";
import { GitSha } from "../../../specs/mod.ts";
import { readMarker } from "../marker.ts";
import { PullAnswer } from "./answers.ts";
import type { GitHubClient } from "./client.ts";
import { commitAt } from "./objects.ts";
import type { GitHubPlace } from "./place.ts";

interface Twin {
  number: number;
  url: string;
}

/** Trees of the heads of open pull requests in one request. */
const QUERY =
  `query($owner: String!, $repo: String!, $base: String!) { repository(owner: $owner, name: $repo) { pullRequests(` +
  `states: OPEN, baseRefName: $base, first: 100, orderBy: { field: UPDATED_AT, direction: DESC }) { nodes { number url headRefName ` +
  `commits(last: 1) { nodes { commit { tree { oid } } } } } } } }`;

const Answer = z.object({
  repository: z.object({
    pullRequests: z.object({
      nodes: z.array(z.object({
        number: z.number(),
        url: z.string(),
        headRefName: z.string(),
        commits: z.object({
          nodes: z.array(z.object({ commit: z.object({ tree: z.object({ oid: GitSha }) }) })),
        }),
      })),
    }),
  }),
});

/** Without GraphQL each head costs a request: so many of the latest are looked at. */
const MOST_LOOKED_AT = 30;

/** The latest 100 open pull requests onto this base; `branch` is our own. */
export async function duplicateOf(
  client: GitHubClient,
  place: GitHubPlace,
  own: { base: string; tree: string; branch: string },
): Promise<Twin | null> {
  const asked = await client.graphql(QUERY, { ...place, base: own.base });
  const answer = asked === null || asked.errors.length > 0 ? null : Answer.safeParse(asked.data);
  if (answer?.success) {
    const twin = answer.data.repository.pullRequests.nodes.find((pull) =>
      pull.headRefName !== own.branch && pull.commits.nodes.some(({ commit }) => commit.tree.oid === own.tree)
    );
    return twin === undefined ? null : { number: twin.number, url: twin.url };
  }
  const { items } = await client.list(PullAnswer, "GET /repos/{owner}/{repo}/pulls", {
    ...place,
    state: "open",
    base: own.base,
    sort: "updated",
    direction: "desc",
  }, { most: 100 });
  const others = items.filter((pull) => pull.head.ref !== own.branch);
  // Ours first: their tree stands in the body, though only the commit proves it.
  const ours = others.filter((pull) => readMarker(pull.body)?.tree === own.tree);
  const looked = [...ours, ...others.filter((pull) => !ours.includes(pull))].slice(0, MOST_LOOKED_AT);
  for (const pull of looked) {
    const { tree } = await commitAt(client, place, pull.head.sha);
    if (tree === own.tree) return { number: pull.number, url: pull.html_url };
  }
  return null;
}
