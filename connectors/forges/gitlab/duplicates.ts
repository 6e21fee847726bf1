/** Whether an open merge request already leads to the very same tree. */
import { readMarker } from "../marker.ts";
import { MergeRequestAnswer } from "./answers.ts";
import { tolerant } from "./authors.ts";
import type { GitLabClient } from "./client.ts";
import { mergeRequestsPath } from "./merge_requests.ts";
import type { GitLabPlace } from "./place.ts";
import { treeAt } from "./trees.ts";

/** Each head costs a request: so many of the latest are looked at. */
const MOST_LOOKED_AT = 30;

/** The latest 100 open ones onto this base; `branch` is our own. */
export async function duplicateOf(
  client: GitLabClient,
  place: GitLabPlace,
  own: { base: string; tree: string; branch: string },
): Promise<{ number: number; url: string } | null> {
  const { items } = await client.list(MergeRequestAnswer, mergeRequestsPath(place), {
    state: "opened",
    scope: "all",
    target_branch: own.base,
    order_by: "updated_at",
    sort: "desc",
  }, 100);
  const others = items.filter((one) => one.source_branch !== own.branch);
  // Ours first: their tree stands in the description, though only the commit proves it.
  const ours = others.filter((one) => readMarker(one.description)?.tree === own.tree);
  const looked = [...ours, ...others.filter((one) => !ours.includes(one))].slice(0, MOST_LOOKED_AT);
  for (const one of looked) {
    const { sha } = one;
    if (sha === null) continue;
    // The head of a fork's may be gone from here.
    const tree = await tolerant(() => treeAt(client, place, sha), [404]);
    if (tree === own.tree) return { number: one.iid, url: one.web_url };
  }
  return null;
}
