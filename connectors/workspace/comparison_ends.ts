/** The two ends of a range of commits, by the names that a user gives. Nothing is guessed: what is not there is an error. */
import { join } from "node:path";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import type { Found } from "./discover.ts";
import { git, GitError, runGit } from "./git.ts";
import { baseNotFound, refuseRef, resolveNames } from "./repository.ts";
import type { Shim } from "./shim.ts";

/** One state: what the user called it, its commit when it is one, its tree. */
export interface At {
  name: string;
  commit: string | null;
  tree: string;
}

export type Range =
  /** `BASE..HEAD`; symmetric: `BASE...HEAD`, from where the two parted. */
  | { kind: "range"; base: string; head: string; symmetric: boolean }
  /** A commit against its first parent. */
  | { kind: "commit"; commit: string };

export interface Ends {
  base: At;
  head?: At;
}

/** The tree without files, by the hash of the repository. */
export function emptyTree(sha256: boolean): string {
  return sha256
    ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
}

const FETCH_MORE =
  "This is a shallow clone: fetch the history too. GitHub Actions: `fetch-depth: 0` at actions/checkout. GitLab CI: `GIT_DEPTH: 0`. Else: git fetch --unshallow";

/** Both ends of a range or of a commit. */
export async function endsOf(
  location: string,
  found: Found,
  shim: Shim,
  range: Range,
): Promise<Result<Ends & { head: At }, Problem>> {
  const shallow = await Deno.stat(join(found.commonDir, "shallow")).then(
    (info) => info.size > 0,
    () => false,
  );
  if (range.kind === "commit") {
    const head = await commitOf(location, shim, range.commit, shallow);
    if (!head.ok) return head;
    const parent = await firstParent(location, shim, head.value, shallow);
    return parent.ok ? ok({ base: parent.value, head: head.value }) : parent;
  }
  const [base, head] = [
    await commitOf(location, shim, range.base, shallow),
    await commitOf(location, shim, range.head, shallow),
  ];
  if (!base.ok) return base;
  if (!head.ok) return head;
  if (!range.symmetric) return ok({ base: base.value, head: head.value });
  const parted = await runGit(
    ["merge-base", base.value.commit ?? "", head.value.commit ?? ""],
    shim.call,
  );
  const commit = new TextDecoder().decode(parted.stdout).trim();
  if (parted.code !== 0 || commit === "") {
    if (parted.code > 1) throw new GitError(["merge-base"], parted.code, parted.stderr);
    return err({
      code: "no-merge-base",
      message: `Cannot find where ${range.base} and ${range.head} parted: they have no common commit here`,
      value: `${range.base}...${range.head}`,
      remedy: shallow ? FETCH_MORE : "Compare them directly: BASE..HEAD with two dots.",
    });
  }
  const at = await commitOf(location, shim, commit, shallow);
  return at.ok ? ok({ base: { ...at.value, name: range.base }, head: head.value }) : at;
}

/** The commit that uncommitted work or a patch is compared with; the tree without files before the first commit. */
export async function baseOf(
  location: string,
  found: Found,
  shim: Shim,
  name?: string,
): Promise<Result<Ends, Problem>> {
  const shallow = await Deno.stat(join(found.commonDir, "shallow")).then(
    (info) => info.size > 0,
    () => false,
  );
  const base = await commitOf(location, shim, name ?? "HEAD", shallow);
  if (base.ok) return ok({ base: base.value });
  const unborn = name === undefined &&
    (await runGit(["symbolic-ref", "--quiet", "HEAD"], shim.call)).code === 0 &&
    new TextDecoder().decode(await git(["for-each-ref", "--count=1"], shim.call)).trim() === "";
  return unborn ? ok({ base: { name: "(empty)", commit: null, tree: emptyTree(shim.sha256) } }) : base;
}

async function commitOf(
  location: string,
  shim: Shim,
  name: string,
  shallow: boolean,
): Promise<Result<At, Problem>> {
  const refused = refuseRef(name);
  if (refused !== null) return err(refused);
  const full = /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name) || name.startsWith("refs/");
  const names = full || name === "HEAD"
    ? [name]
    : [`refs/heads/${name}`, name, `refs/remotes/origin/${name}`];
  const found = (await resolveNames(shim, names)).find((one) => one !== null);
  if (found) return ok({ name, commit: found.commit, tree: found.tree });
  const problem = await baseNotFound(location, shim, name, true);
  return err({
    ...problem,
    message: `Cannot find ${
      JSON.stringify(name.slice(0, 200))
    } in ${location}: no branch, tag or commit of this name is here`,
    remedy: shallow
      ? FETCH_MORE
      : `${problem.remedy?.replaceAll("--base ", "")}. In CI, fetch it first: git fetch origin`,
  });
}

/** The parent as the commit itself names it: where history was cut off, git would say that there is none. */
async function firstParent(
  location: string,
  shim: Shim,
  head: At,
  shallow: boolean,
): Promise<Result<At, Problem>> {
  const text = new TextDecoder().decode(await git(["cat-file", "commit", head.commit ?? ""], shim.call));
  const header = text.slice(0, text.indexOf("\n\n") < 0 ? text.length : text.indexOf("\n\n"));
  const parent = /^parent ([0-9a-f]{40,64})$/m.exec(header)?.[1];
  if (parent === undefined) {
    return ok({ name: "(empty)", commit: null, tree: emptyTree(shim.sha256) });
  }
  const [there] = await resolveNames(shim, [parent]);
  if (there) return ok({ name: `${head.name}^`, commit: there.commit, tree: there.tree });
  return err({
    code: "base-not-found",
    message: `Cannot compare ${head.name} in ${location}: its parent ${parent.slice(0, 12)} is not here`,
    value: head.name,
    remedy: shallow ? FETCH_MORE : "Find out what is missing with `git fsck`.",
  });
}
