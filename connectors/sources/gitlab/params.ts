import { z } from "zod";

/** Number, or path with its groups; it becomes one part of a URL's path, so what it may hold is checked. */
const Project = z.union([
  z.number().int().positive(),
  z.string().regex(
    /^(?!.*\/\/)(?!.*(^|\/)\.{1,2}(\/|$))[A-Za-z0-9_.][A-Za-z0-9_.+/-]{0,499}$/,
    "a project's number, or its path such as group/name",
  ),
]);

export const GitlabParams = z.strictObject({
  project: Project.optional().describe("number or path of the project"),
  projects: z.array(Project).min(1).max(5000).optional().describe("several of them"),
  state: z.enum(["opened", "closed", "merged", "all"]).default("all").describe(
    "of issues and merge requests",
  ),
  ref: z.string().min(1).max(250).optional().describe(
    "branch or tag, for commits; the default branch when left out",
  ),
  of: z.enum(["issues", "merge_requests", "both"]).default("both").describe("whose notes"),
}).superRefine(({ project, projects }, issues) => {
  if ((project === undefined) !== (projects === undefined)) return;
  const message = project === undefined
    ? "neither `project` nor `projects` is given"
    : "give `project` or `projects`";
  issues.addIssue({ code: "custom", path: ["project"], message });
});
export type GitlabParams = z.infer<typeof GitlabParams>;

/** The projects that are meant, as parts of a URL. */
export function projectsOf({ project, projects }: GitlabParams): { name: string; part: string }[] {
  const names = [...new Set((projects ?? [project]).map(String))];
  return names.map((name) => ({ name, part: encodeURIComponent(name) }));
}
