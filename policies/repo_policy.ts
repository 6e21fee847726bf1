import { z } from "zod";
import { Autonomy, err, FreezeWindow, ok, type Problem, type Result } from "../specs/mod.ts";

/**
 * `.forge/policy.yaml` of a repository, always read at the base ref. It can only tighten: modes up, autonomy down, size caps
 * down. An unknown key is an error, because a rule that nobody understands must not look like one that is kept.
 */
export const RepoPolicy = z.strictObject({
  version: z.literal(1).default(1),
  mode: z.literal("enforce").default("enforce"),
  approvers: z.array(z.string().min(1).max(200)).max(200).default([]),
  autonomy: Autonomy.default("A5"),
  size: z.strictObject({ lines: z.number().int().min(1), files: z.number().int().min(1) }).partial().default(
    {},
  ),
  protect: z.array(z.string().min(1).max(500)).max(200).default([]).describe(
    "more paths that only an exact name opens",
  ),
  freeze: z.array(FreezeWindow).max(50).default([]).describe("when nothing is published"),
  repository: z.string().min(1).max(300).optional().describe(
    "what the repository is called, by waivers among others; its origin and its place are names, too",
  ),
  supply: z.strictObject({
    registry: z.enum(["off", "ask"]).default("off").describe(
      "whether package registries are asked about new versions",
    ),
    minAgeDays: z.number().int().min(0).max(3650).default(7),
    minDownloads: z.number().int().min(0).default(100).describe(
      "of a new package in a week, where its registry counts",
    ),
    licences: z.array(z.string().min(1).max(200)).max(200).default([]).describe(
      "SPDX identifiers that new packages may have",
    ),
  }).prefault({}),
  review: z.strictObject({
    model: z.enum(["agents", "always"]).default("agents").describe(
      "whose changes a model reads before they are published: those of agents where a model can be asked, or every one",
    ),
  }).prefault({}),
  pullRequests: z.strictObject({
    reviewers: z.array(z.string().min(1).max(200)).max(20).default([]).describe(
      "accounts (ann) and teams (acme/core) that are asked for a review of every change",
    ),
    owners: z.boolean().default(true).describe(
      "whether the owners of the changed files, by CODEOWNERS, are asked, too",
    ),
    labels: z.array(z.string().min(1).max(50)).max(20).default([]).describe("beside the label edgeforge"),
  }).prefault({}),
  packs: z.array(z.string().min(1).max(200)).max(50).default([]).describe(
    "packs that judge every change of this repository, beside those that a spec names",
  ),
});
export type RepoPolicy = z.infer<typeof RepoPolicy>;

const MAX_BYTES = 64_000;

/** Reads the policy's text; null is a repository without one. */
export async function parseRepoPolicy(text: string | null): Promise<Result<RepoPolicy, Problem>> {
  if (text === null) return ok(RepoPolicy.parse({}));
  const refuse = (message: string, path?: string): Result<RepoPolicy, Problem> =>
    err({
      code: "invalid-policy",
      message: `Cannot read .forge/policy.yaml: ${message}`,
      ...(path ? { path } : {}),
      remedy: "Fix the file on the base branch; nothing is judged under a policy that is not understood",
    });
  if (text.length > MAX_BYTES) return refuse(`it has ${text.length} characters; ${MAX_BYTES} is the limit`);
  const { parse } = await import("yaml");
  let value: unknown;
  try {
    value = parse(text, {
      maxAliasCount: 0,
      schema: "core",
      uniqueKeys: true,
      strict: true,
      prettyErrors: false,
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message.slice(0, 300) : "it is not YAML");
  }
  const parsed = RepoPolicy.safeParse(value ?? {});
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return refuse(issue?.message ?? "it does not have the form of a policy", issue?.path.join("."));
}
