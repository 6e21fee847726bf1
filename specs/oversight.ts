import { z } from "zod";

/** Where something stands, by what runs it. */
export const OversightPlace = z.enum(["ci", "script", "code", "test", "generated"]);
export type OversightPlace = z.infer<typeof OversightPlace>;

/** A mark or setting that switches a check off, which head has and base has not. */
export const Suppression = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  tool: z.string().describe("such as eslint, typescript, mypy, nolint, coverage"),
  scope: z.enum(["line", "block", "file", "project"]),
  blanket: z.boolean().describe("it names no rule, or all of them"),
  rules: z.array(z.string().max(100)).max(50),
  text: z.string().max(160).describe("the mark and the rules that it names, never the source line"),
  justified: z.boolean().describe("words beside it say why"),
  place: OversightPlace,
  certain: z.boolean().describe("false where it may be the text of a string"),
});
export type Suppression = z.infer<typeof Suppression>;

/** Marks that switch checks off, at base and head. */
export const SuppressionFacts = z.strictObject({
  added: z.array(Suppression).describe("more than base has, file by file; what only moved is not there"),
  counts: z.array(z.strictObject({
    path: z.string(),
    tool: z.string(),
    base: z.number().int(),
    head: z.number().int(),
  })),
  unread: z.array(z.string()).describe("changed files that are too large to be looked through"),
  truncated: z.boolean(),
});
export type SuppressionFacts = z.infer<typeof SuppressionFacts>;

/** A place at head, new there, where a failure is not told. */
export const SwallowedError = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  kind: z.string().describe("such as or-true, empty-catch, continue-on-error"),
  detail: z.string().max(200).describe("what it does, never the source line"),
  place: OversightPlace,
  checks: z.boolean().describe("what it silences is a test, a linter, a type check or a build"),
  silenced: z.boolean().describe("what it silences was there before, and told its failure"),
});
export type SwallowedError = z.infer<typeof SwallowedError>;

/** A command or setting, new at head, that passes by the hooks or the signatures of git. */
export const HookBypass = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  kind: z.string().describe("such as no-verify, hooks-path, hook-variable, unsigned"),
  detail: z.string().max(200),
  place: OversightPlace,
  certain: z.boolean().describe("false where it is a known practice, so that a human looks"),
});
export type HookBypass = z.infer<typeof HookBypass>;

/** A command, call or statement, new at head, that destroys what is not the project's own, or runs code that it fetches. */
export const CommandHazard = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  kind: z.string().describe(
    "such as remove-tree, disk, database, sql, cluster, cloud, infrastructure, volumes; fetched-code, build-flags",
  ),
  name: z.string().max(200).describe("what it strikes, or where the code comes from"),
  detail: z.string().max(200),
  place: OversightPlace,
});
export type CommandHazard = z.infer<typeof CommandHazard>;

/** What a changed workflow grants, runs or checks otherwise than before. */
export const WorkflowChange = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1).optional(),
  system: z.enum(["github", "gitlab", "other"]),
  kind: z.string().describe("such as permission-widened, action-unpinned, job-removed, script-injection"),
  name: z.string().max(300).describe("the job, step, trigger, scope, secret or action"),
  detail: z.string().max(300),
  certain: z.boolean().describe("false where an honest change can look the same, so that a human looks"),
});
export type WorkflowChange = z.infer<typeof WorkflowChange>;

export const WorkflowFacts = z.strictObject({
  files: z.array(z.string()).describe("workflows of the change that were compared"),
  changes: z.array(WorkflowChange),
  unread: z.array(z.strictObject({ path: z.string(), why: z.string().max(300) })),
});
export type WorkflowFacts = z.infer<typeof WorkflowFacts>;

/** Keys of a configuration file that come, go or change. Never their values. */
export const ConfigChange = z.strictObject({
  path: z.string(),
  format: z.enum(["json", "yaml", "toml"]),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(z.string()),
  truncated: z.boolean(),
});
export type ConfigChange = z.infer<typeof ConfigChange>;

/** A path under which a program answers HTTP requests. */
export const Route = z.strictObject({
  file: z.string(),
  line: z.number().int().min(1),
  method: z.string().describe("GET, POST, ...; ANY where the framework takes all"),
  path: z.string().max(500),
  framework: z.string(),
});
export type Route = z.infer<typeof Route>;

export const RouteFacts = z.strictObject({
  added: z.array(Route),
  removed: z.array(Route).describe("`line` is that at base"),
  unread: z.array(z.string()).describe("changed files whose routes could not be told"),
});
export type RouteFacts = z.infer<typeof RouteFacts>;
