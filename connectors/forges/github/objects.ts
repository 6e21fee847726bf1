/**
 * Git objects by API, without a push: blobs, trees from the leaves up, a commit, a branch. Each tree is sent whole, so that its name is
 * the one that was judged by construction, and GitHub's own answer has to say so.
 */
import type { Problem } from "../../../specs/mod.ts";
import type { ChangeObjects, ObjectEntry } from "../../port.ts";
import { ForgeError } from "../failure.ts";
import { CommitAnswer, type PullAnswer, RefAnswer, ShaAnswer } from "./answers.ts";
import type { GitHubClient } from "./client.ts";
import type { GitHubPlace } from "./place.ts";

/** A file's limit, well below GitHub's own of 100 MB for a blob; and what one change may bring in all. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;
export const MAX_CHANGE_BYTES = 100 * 1024 * 1024;
const MAX_OBJECTS = 3000;
/** Small text goes with its tree: GitHub counts requests that make content. */
const INLINE_BYTES = 64 * 1024;
const INLINE_TREE_BYTES = 1024 * 1024;

/** As the API writes it: `path` is the name in its directory. */
type TreeEntry = Omit<ObjectEntry, "name"> & { path: string };
type SentEntry = Omit<TreeEntry, "sha"> & ({ sha: string } | { content: string });

/** Brings what `tree` adds to the base to GitHub, which has the base already. */
export async function uploadTree(
  client: GitHubClient,
  place: GitHubPlace,
  objects: ChangeObjects,
  tree: string,
): Promise<void> {
  const fresh = await newObjects(objects, tree);
  const sent = new Set<string>();
  const sendBlob = async (sha: string): Promise<void> => {
    if (sent.has(sha)) return;
    const answer = await client.call(ShaAnswer, "POST /repos/{owner}/{repo}/git/blobs", {
      ...place,
      content: base64(await objects.blob(sha)),
      encoding: "base64",
    });
    if (answer.sha !== sha) throw mismatch("blob", sha, answer.sha);
    sent.add(sha);
  };
  const sendTree = async (sha: string): Promise<void> => {
    if (sent.has(sha)) return;
    const entries: SentEntry[] = [];
    let inline = 0;
    for (const { name, ...found } of await objects.directory(sha)) {
      const entry: TreeEntry = { ...found, path: name };
      const object = fresh.get(entry.sha);
      if (object === undefined || sent.has(entry.sha)) {
        entries.push(entry);
        continue;
      }
      if (entry.type === "tree") {
        await sendTree(entry.sha);
        entries.push(entry);
        continue;
      }
      const content = object.size <= INLINE_BYTES && inline + object.size <= INLINE_TREE_BYTES
        ? plainText(await objects.blob(entry.sha))
        : null;
      if (content === null) {
        await sendBlob(entry.sha);
        entries.push(entry);
      } else {
        inline += object.size;
        const { mode, type, path } = entry;
        entries.push({ mode, type, path, content });
      }
    }
    const answer = await client.call(ShaAnswer, "POST /repos/{owner}/{repo}/git/trees", {
      ...place,
      tree: entries,
    });
    if (answer.sha !== sha) throw mismatch("tree", sha, answer.sha);
    sent.add(sha);
  };
  // A tree that GitHub has already is not made again: a change back to it, or a run that was cut.
  if (fresh.size > 0) await sendTree(tree);
}

/** Trees and blobs that the base does not have. */
async function newObjects(
  objects: ChangeObjects,
  tree: string,
): Promise<Map<string, { type: string; size: number }>> {
  const found = await objects.fresh(tree);
  if (found.size > MAX_OBJECTS) {
    throw new ForgeError(
      tooLarge(`it has ${found.size} new files and directories, ${MAX_OBJECTS} is the limit`),
    );
  }
  let bytes = 0;
  for (const { type, size } of found.values()) {
    if (type !== "blob") continue;
    bytes += size;
    if (size > MAX_FILE_BYTES) {
      throw new ForgeError(tooLarge(`a file has ${size} bytes, ${MAX_FILE_BYTES} is the limit`));
    }
  }
  if (bytes > MAX_CHANGE_BYTES) {
    throw new ForgeError(tooLarge(`its new files have ${bytes} bytes, ${MAX_CHANGE_BYTES} is the limit`));
  }
  return found;
}

/** Makes the commit; what GitHub made has to be what was asked for. */
export async function makeCommit(
  client: GitHubClient,
  place: GitHubPlace,
  what: { message: string; tree: string; parents: readonly string[]; at: string },
): Promise<string> {
  // Without an author of our own GitHub signs what an App makes, and it shows as verified.
  const identity = client.isApp ? {} : { author: { ...IDENTITY, date: seconds(what.at) } };
  const made = await client.call(CommitAnswer, "POST /repos/{owner}/{repo}/git/commits", {
    ...place,
    message: what.message,
    tree: what.tree,
    parents: what.parents,
    ...identity,
    ...("author" in identity ? { committer: identity.author } : {}),
  });
  if (made.tree.sha !== what.tree) throw mismatch("commit's tree", what.tree, made.tree.sha);
  const parents = made.parents.map((one) => one.sha).join(" ");
  if (parents !== what.parents.join(" ")) throw mismatch("commit's parent", what.parents.join(" "), parents);
  return made.sha;
}

const IDENTITY = { name: "Edgeforge", email: "edgeforge@localhost" };

/** The head of a branch; null when there is none. */
export async function branchAt(
  client: GitHubClient,
  place: GitHubPlace,
  branch: string,
): Promise<string | null> {
  const ref = await client.maybe(RefAnswer, "GET /repos/{owner}/{repo}/git/ref/{ref}", {
    ...place,
    ref: `heads/${branch}`,
  });
  // Older servers answer with what begins so.
  return ref === null || ref.ref !== `refs/heads/${branch}` ? null : ref.object.sha;
}

/**
 * The commit that a pull request offers. While it is open that is its branch's, where the branch is here: GitHub brings the pull request
 * itself up to date only a while later.
 */
export async function headOf(client: GitHubClient, place: GitHubPlace, pull: PullAnswer): Promise<string> {
  const home = `${place.owner}/${place.repo}`.toLowerCase();
  const isHere = pull.head.repo === undefined || pull.head.repo?.full_name.toLowerCase() === home;
  if (pull.state !== "open" || !isHere) return pull.head.sha;
  return await branchAt(client, place, pull.head.ref) ?? pull.head.sha;
}

/** Tree and parents of a commit that GitHub has. */
export async function commitAt(client: GitHubClient, place: GitHubPlace, sha: string) {
  const { tree, parents } = await client.call(CommitAnswer, "GET /repos/{owner}/{repo}/git/commits/{sha}", {
    ...place,
    sha,
  });
  return { tree: tree.sha, parents: parents.map((one) => one.sha) };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The API takes whole seconds. */
const seconds = (instant: string): string =>
  new Date(Math.floor(Date.parse(instant) / 1000) * 1000).toISOString();

/** Text that JSON carries as it is; null for anything else. */
function plainText(bytes: Uint8Array): string | null {
  try {
    const text = utf8.decode(bytes);
    // deno-lint-ignore no-control-regex -- what some JSON parsers and databases do not keep is sent as base64
    return /[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(from, from + 0x8000));
  }
  return btoa(text);
}

function mismatch(what: string, wanted: string, made: string): ForgeError {
  return new ForgeError({
    code: "tree-mismatch",
    message:
      `Cannot open the pull request: GitHub made the ${what} ${made} and not ${wanted}, which was judged`,
    value: made,
    remedy: "Nothing was opened. Run again; if it stays, the server changes what it is given.",
  }, { failure: { class: "data-integrity", source: "provider", retryable: false } });
}

const tooLarge = (why: string): Problem => ({
  code: "change-too-large",
  message: `Cannot send the change to GitHub: ${why}`,
  remedy: "Split the change, or keep large files out of the repository.",
});
