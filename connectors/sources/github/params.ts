import { z } from "zod";

const Part = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,99})$/, "an owner's name");
const Name = z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/, "a repository's name");
const Full = z.string().regex(
  /^[A-Za-z0-9][A-Za-z0-9-]{0,99}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
  "a repository as owner/name",
);

export const GithubParams = z.strictObject({
  owner: Part.optional().describe("user or organisation"),
  repo: Name.optional().describe("name of one repository of the owner"),
  repos: z.array(Full).min(1).max(5000).optional().describe("repositories as owner/name"),
  state: z.enum(["open", "closed", "all"]).default("all").describe("of issues and pull requests"),
  branch: z.string().min(1).max(250).optional().describe("for commits; the default branch when left out"),
  includePulls: z.boolean().default(false).describe(
    "keep pull requests among `issues`, as GitHub lists them",
  ),
});
export type GithubParams = z.infer<typeof GithubParams>;

/** The repositories that are meant; null when it is all of an owner's. Throws a sentence. */
export function repositoriesOf(params: GithubParams): string[] | null {
  const { owner, repo, repos } = params;
  if (repos !== undefined) {
    if (owner !== undefined || repo !== undefined) throw new Error("give `repos`, or `owner` and `repo`");
    return [...new Set(repos)];
  }
  if (owner === undefined) throw new Error("neither `repos` nor `owner` is given");
  return repo === undefined ? null : [`${owner}/${repo}`];
}
