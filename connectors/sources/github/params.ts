import { z } from "zod";

const Part = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,99})$/, "an owner's name");
const Name = z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/, "a repository's name");
const Full = z.string().regex(
  /^[A-Za-z0-9][A-Za-z0-9-]{0,99}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
  "a repository as owner/name",
);

const Given = z.strictObject({
  owner: Part.optional().describe("user or organisation"),
  repo: Name.optional().describe("name of one repository of the owner"),
  repos: z.array(Full).min(1).max(5000).optional().describe("repositories as owner/name"),
  state: z.enum(["open", "closed", "all"]).default("all").describe("of issues and pull requests"),
  branch: z.string().min(1).max(250).optional().describe("for commits; the default branch when left out"),
  api: z.enum(["rest", "graphql"]).default("rest").describe(
    "for reviews: `graphql` takes one request for fifty pull requests, and REST where that API is not there",
  ),
  includePulls: z.boolean().default(false).describe(
    "keep pull requests among `issues`, as GitHub lists them",
  ),
});

/** `owner` alone means all of an owner's repositories, which only `repositories` can list. */
export function githubParams(resource: string) {
  return Given.superRefine(({ owner, repo, repos }, issues) => {
    const add = (path: string[], message: string) => issues.addIssue({ code: "custom", path, message });
    if (repos !== undefined && (owner !== undefined || repo !== undefined)) {
      add([], "give `repos`, or `owner` and `repo`");
    } else if (repos === undefined && owner === undefined) add([], "neither `repos` nor `owner` is given");
    else if (repos === undefined && repo === undefined && resource !== "repositories") {
      add(["repo"], "the repository is missing");
    }
  });
}
export type GithubParams = z.infer<typeof Given>;

/** The repositories that are meant; null when it is all of an owner's. */
export function repositoriesOf({ owner, repo, repos }: GithubParams): string[] | null {
  if (repos !== undefined) return [...new Set(repos)];
  return repo === undefined ? null : [`${owner}/${repo}`];
}
