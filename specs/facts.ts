import { z } from "zod";
import { Digest } from "./base.ts";
import { Change } from "./change.ts";
import {
  CommandHazard,
  ConfigChange,
  HookBypass,
  RouteFacts,
  SuppressionFacts,
  SwallowedError,
  WorkflowFacts,
} from "./oversight.ts";
import { SupplyFacts } from "./supply.ts";

/** What a file is by its type: its name, extension and mode, never what it says of itself. */
export const FileKind = z.enum([
  "code",
  "test",
  "docs",
  "data",
  "config",
  "manifest",
  "lockfile",
  "binary",
  "other",
]);
export type FileKind = z.infer<typeof FileKind>;

export const CodeLanguage = z.enum(["ecmascript", "python", "go", "java", "rust", "shell"]);
export type CodeLanguage = z.infer<typeof CodeLanguage>;

/** Why a path may not be written at all. */
export const PathProblem = z.strictObject({
  kind: z.enum([
    "absolute",
    "parent",
    "empty-part",
    "backslash",
    "git-directory",
    "control-character",
    "hidden-character",
    "not-utf8",
    "too-long",
    "symlink",
    "submodule",
    "git-attributes",
    "case-collision",
    "unknown-mode",
  ]),
  path: z.string(),
  detail: z.string(),
});
export type PathProblem = z.infer<typeof PathProblem>;

/** A file that only opens to a spec which names its exact path. */
export const ProtectedEdit = z.strictObject({
  path: z.string(),
  class: z.string().describe("such as ci, policy, agent-instructions, test-runner"),
  part: z.string().optional().describe(
    "the protected part that changed, for a file that is protected only in parts",
  ),
  why: z.string(),
});
export type ProtectedEdit = z.infer<typeof ProtectedEdit>;

/** A test as its source declares it; what really ran is in VerifyFacts. */
export const StaticTest = z.strictObject({
  path: z.string(),
  suite: z.string(),
  title: z.string(),
  line: z.number().int().min(1),
});
export type StaticTest = z.infer<typeof StaticTest>;

/** A mark in the source that keeps a test from running or from failing. */
export const TestMarker = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  kind: z.enum(["skip", "only", "todo", "expected-failure", "ignore", "exit", "condition"]),
  text: z.string().max(200).describe("the marker as the scanner knows it, never the source line"),
  test: z.string().optional().describe("title of the test that it marks, where the scanner can tell"),
});
export type TestMarker = z.infer<typeof TestMarker>;

/** A test of base that is still there and asserts less than it did. */
export const WeakenedTest = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  suite: z.string(),
  title: z.string(),
  kind: z.enum(["removed", "weaker", "guarded", "vacuous"]),
  detail: z.string().max(300).describe("what became of an assertion, never its source line"),
  certain: z.boolean().describe("false where the same may be said in another way, so that a human looks"),
});
export type WeakenedTest = z.infer<typeof WeakenedTest>;

/** A new test that passes whatever the code does: it compares a thing with itself, or nobody waits for what it asserts. */
export const HollowTest = z.strictObject({
  ...StaticTest.shape,
  kind: z.enum(["tautology", "unawaited"]),
});
export type HollowTest = z.infer<typeof HollowTest>;

/** A line of product code that behaves by who runs it, or reaches into the tests' own libraries. */
export const TestProbe = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  kind: z.enum(["test-library", "runner", "shadow", "equality", "unread"]),
  text: z.string().max(200).describe("what it does, never the source line"),
});
export type TestProbe = z.infer<typeof TestProbe>;

/** A line that looks into the history of the repository: what git keeps of other commits. */
export const HistoryReach = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  what: z.string().max(200).describe("what it does, never the source line"),
});
export type HistoryReach = z.infer<typeof HistoryReach>;

/** A setting of a test runner, or of a command that starts one, that lets more pass, or fewer tests run, than before. */
export const RunnerWeakening = z.strictObject({
  path: z.string(),
  setting: z.string().describe("its way through the file, such as jest.coverageThreshold.global.lines"),
  kind: z.enum([
    "retries",
    "tolerant",
    "threshold",
    "ignore",
    "collect",
    "filter",
    "bail",
    "timeout",
    "hook",
    "runner-gone",
  ]),
  detail: z.string().max(500),
  certain: z.boolean().describe("false where it may be meant, so that a human looks"),
  files: z.array(z.string()).optional().describe("files of tests that it leaves out; at most 20"),
});
export type RunnerWeakening = z.infer<typeof RunnerWeakening>;

/** What the change does to the settings of test runners. */
export const RunnerFacts = z.strictObject({
  weaker: z.array(RunnerWeakening),
  unread: z.array(z.string()).describe("changed files with settings that cannot be read"),
});
export type RunnerFacts = z.infer<typeof RunnerFacts>;

/** A place of product code that writes out answers which tests ask for: the same goes in, and the same comes out. */
export const SharedLiterals = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  kind: z.enum(["branch", "table"]),
  name: z.string().describe(
    "the function that the branches or the table stand in; empty at the top of a file",
  ),
  answers: z.number().int().min(1).describe("new answers there from a literal to a literal"),
  matched: z.array(z.strictObject({
    inputs: z.array(z.string()),
    output: z.string(),
    line: z.number().int().min(1),
    test: z.strictObject({ path: z.string(), line: z.number().int().min(1) }),
    old: z.boolean().describe("a test of base asks for it"),
    named: z.boolean().describe("the test calls the function by its name"),
    telling: z.boolean().describe("nothing that two would write down by chance"),
  })).describe("answers that a test asks for"),
  wanted: z.strictObject({
    old: z.number().int().min(0),
    fresh: z.number().int().min(0),
  }).describe("pairs that the tests want of this function: of base, and only of head"),
});
export type SharedLiterals = z.infer<typeof SharedLiterals>;

/** A character that no reader sees: it changes direction, has no width, or carries a hidden message. */
export const HiddenText = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  character: z.string().describe("such as U+202E"),
});
export type HiddenText = z.infer<typeof HiddenText>;

/** A changed file that is no text, by what its bytes say and not by its name. */
export const BinaryFile = z.strictObject({
  path: z.string(),
  type: z.string().describe("such as ELF, zip, PNG; unknown when nobody here can name it"),
  class: z.enum(["executable", "archive", "asset", "unknown"]),
  bytes: z.number().int(),
});
export type BinaryFile = z.infer<typeof BinaryFile>;

/** A symbol that a module shows to others. */
export const ExportedSymbol = z.strictObject({
  path: z.string(),
  name: z.string(),
  kind: z.string(),
  arity: z.string().optional().describe("required..all parameters, such as 1..2, where the scanner can tell"),
  line: z.number().int().min(1).optional(),
  public: z.boolean().optional().describe("for an added symbol: whether users of the package can reach it"),
});
export type ExportedSymbol = z.infer<typeof ExportedSymbol>;

/** Text that models read, and that says something to them which people do not see, or should look at. */
export const KnowledgeFinding = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  kind: z.enum(["hidden-instruction", "instruction", "look-alike", "leak", "unread"]),
  text: z.string().max(200).describe("what it does, never the source line"),
  certain: z.boolean().describe("false where it may be meant, so that a human looks"),
});
export type KnowledgeFinding = z.infer<typeof KnowledgeFinding>;

/** What a pack says of itself, whoever signed it. */
export const CarriedRelease = z.strictObject({
  name: z.string(),
  version: z.string(),
  revision: z.number().int(),
  digest: Digest,
  signers: z.array(z.string()),
  notBefore: z.string(),
  expiresAt: z.string(),
});
export type CarriedRelease = z.infer<typeof CarriedRelease>;

/** A policy pack below `.forge/packs/` that the change touches. */
export const CarriedPack = z.strictObject({
  place: z.string(),
  before: CarriedRelease.nullable(),
  after: CarriedRelease.nullable().describe("null: it is gone, or is no pack that can be read"),
  problems: z.array(z.string().max(300)).describe("where the pack at head is not whole"),
  looser: z.array(z.string().max(300)).describe("what it no longer asks for"),
});
export type CarriedPack = z.infer<typeof CarriedPack>;

/** Where a secret was found. Never its value. */
export const SecretFinding = z.strictObject({
  rule: z.string(),
  path: z.string().optional(),
  line: z.number().int().min(1).optional(),
});
export type SecretFinding = z.infer<typeof SecretFinding>;

/** What a changed file of a database or of infrastructure does to one object, by its statements, plan or manifest. */
export const InfraEffect = z.strictObject({
  family: z.enum(["sql", "terraform", "kubernetes"]),
  path: z.string(),
  line: z.number().int().min(1).optional(),
  action: z.enum(["create", "update", "delete", "replace", "rename", "data"]),
  kind: z.string().describe("such as table, column, aws_s3_bucket, Deployment"),
  name: z.string().describe("such as users.email, aws_s3_bucket.logs, Deployment/shop/web"),
  to: z.string().optional().describe("the new name"),
  mapped: z.literal(true).optional().describe(
    "the change itself says that the object lives on: a moved block",
  ),
});
export type InfraEffect = z.infer<typeof InfraEffect>;

/** Something in such a file that does harm or may do it. Never a value of a row, of a resource or of a Secret. */
export const InfraHazard = z.strictObject({
  family: z.enum(["sql", "terraform", "kubernetes"]),
  path: z.string(),
  line: z.number().int().min(1).optional(),
  kind: z.string().describe("such as drop-table, public-bucket, privileged"),
  name: z.string().describe("the object that it is about"),
  detail: z.string().max(500),
  certain: z.boolean().describe("false where it depends on what is not in the files, so that a human looks"),
});
export type InfraHazard = z.infer<typeof InfraHazard>;

/** A file that a migration tool runs, once and in order. */
export const Migration = z.strictObject({
  path: z.string(),
  tool: z.string(),
  status: z.enum(["added", "edited", "removed"]),
  back: z.enum(["present", "missing", "forward-only"]).describe(
    "whether the way back is there; forward-only: the tool or repository has none",
  ),
});
export type Migration = z.infer<typeof Migration>;

/** What a change does to databases and infrastructure: SQL, Terraform plans and configuration, Kubernetes manifests. */
export const InfraFacts = z.strictObject({
  dialect: z.enum(["postgresql", "mysql", "sqlite", "mssql", "unknown"]),
  migrations: z.array(Migration),
  effects: z.array(InfraEffect),
  hazards: z.array(InfraHazard),
  unread: z.array(z.strictObject({
    family: z.enum(["sql", "terraform", "kubernetes"]),
    path: z.string(),
    line: z.number().int().min(1).optional(),
    why: z.string().max(500),
    class: z.enum(["malformed", "not-judged"]).describe(
      "malformed: it cannot be read; not-judged: what it does is only known elsewhere, such as a template",
    ),
  })),
  read: z.array(z.string()).describe("changed files whose content was read in full"),
  truncated: z.boolean().describe("more was found than these lists hold"),
});
export type InfraFacts = z.infer<typeof InfraFacts>;

/** What a rule of code patterns finds in the changed files at head that base has not. Never a line of source. */
export const PatternMatches = z.strictObject({
  rule: z.string().describe("the rule's id in its own file"),
  found: z.array(z.strictObject({
    path: z.string(),
    line: z.number().int().min(1),
    message: z.string().max(1000),
  })),
  count: z.number().int().min(0).describe("all that was found; the list ends at 200"),
  unread: z.array(z.strictObject({ path: z.string(), why: z.string().max(500) })).describe(
    "changed files that could not be searched",
  ),
});
export type PatternMatches = z.infer<typeof PatternMatches>;

export const FileFacts = z.strictObject({
  path: z.string(),
  from: z.string().optional(),
  status: z.enum(["A", "M", "D", "R", "C", "T"]),
  kind: FileKind,
  language: CodeLanguage.nullable(),
  oldMode: z.string(),
  newMode: z.string(),
  binary: z.boolean(),
  added: z.number().int(),
  removed: z.number().int(),
  executableBit: z.enum(["unchanged", "set", "cleared"]),
  addedAt: z.number().int().min(1).optional().describe("line of the first added line at head"),
  declares: z.literal("nothing-new").optional().describe(
    "a manifest that changes only in what it says of its own package",
  ),
});
export type FileFacts = z.infer<typeof FileFacts>;

/** Facts of a patch, extracted once, with the extractors' versions. Rules are predicates over these. */
export const PatchFacts = z.strictObject({
  v: z.literal(1),
  extractors: z.record(z.string(), z.string()),
  change: Change.nullable().describe("null when the patch does not parse or apply"),
  applies: z.strictObject({ ok: z.boolean(), problem: z.string().optional() }),
  patch: Digest.nullable().describe(
    "digest of the bytes that these facts are of; null when no bytes were given",
  ),
  parses: z.strictObject({
    ok: z.boolean(),
    problem: z.string().optional(),
    line: z.number().int().min(1).optional(),
    hunks: z.number().int(),
    binaryWithoutData: z.array(z.string()).describe(
      "binary files whose new content the patch does not carry",
    ),
  }),
  agrees: z.strictObject({ ok: z.boolean(), problem: z.string().optional() })
    .describe("whether the diff's own text and git's list of changed files name the same files"),
  files: z.array(FileFacts),
  pathProblems: z.array(PathProblem),
  protectedEdits: z.array(ProtectedEdit),
  paths: z.strictObject({
    /** Files of base or head that stand in the same place as a changed file: what `beside` and `derived` are decided from. */
    known: z.array(z.string()).describe(
      "paths of base and head that scope rules need: manifests and sources beside changed tests",
    ),
    truncated: z.boolean(),
  }),
  tests: z.strictObject({
    base: z.number().int(),
    head: z.number().int(),
    listed: z.array(z.string()).optional().describe(
      "tests of the changed files at base, as path::suite > title; at most 2000",
    ),
    removed: z.array(StaticTest),
    added: z.array(StaticTest),
    markers: z.array(TestMarker).describe("marks that head has and base has not"),
    unread: z.array(z.string()).describe("changed test files that no scanner understands"),
    weakened: z.array(WeakenedTest).optional().describe("tests of base that assert less at head"),
    silent: z.array(StaticTest).optional().describe(
      "new or edited tests in which nothing is asserted, nor in what they call",
    ),
    hollow: z.array(HollowTest).optional().describe(
      "new or edited tests whose every assertion holds by itself, or is not waited for",
    ),
  }),
  exports: z.strictObject({
    removed: z.array(ExportedSymbol),
    added: z.array(ExportedSymbol),
    changed: z.array(z.strictObject({
      path: z.string(),
      name: z.string(),
      before: z.string(),
      after: z.string(),
    })),
    unread: z.array(z.string()).describe("changed code files that no scanner understands"),
  }),
  probes: z.array(TestProbe).default([]).describe("lines of product code that only a test could care about"),
  historyReach: z.array(HistoryReach).optional().describe("added lines that look into the history of git"),
  runner: RunnerFacts.optional().describe("settings of test runners that became weaker"),
  sharedLiterals: z.array(SharedLiterals).optional().describe(
    "product code that gives out what tests ask for, literal for literal",
  ),
  hidden: z.array(HiddenText).default([]).describe("characters in added lines that no reader sees"),
  binaries: z.array(BinaryFile).default([]).describe("changed files that are no text"),
  supply: SupplyFacts.optional().describe(
    "dependencies in manifests and lockfiles; absent when no such file changes",
  ),
  secrets: z.array(SecretFinding),
  matches: z.record(z.string(), PatternMatches).optional().describe(
    "what rules of code patterns found, by the digest of the rule",
  ),
  knowledge: z.array(KnowledgeFinding).optional().describe("what documents say to models that read them"),
  packs: z.array(CarriedPack).optional().describe("policy packs of the repository that the change touches"),
  infra: InfraFacts.optional().describe("what the change does to databases and infrastructure"),
  suppressions: SuppressionFacts.optional().describe("marks and settings that switch checks off"),
  swallowed: z.array(SwallowedError).optional().describe("new places where a failure is not told"),
  bypasses: z.array(HookBypass).optional().describe("new ways around the hooks and signatures of git"),
  commands: z.array(CommandHazard).optional().describe(
    "new commands that destroy what is not the project's own, or run code that they fetch",
  ),
  ciWorkflow: WorkflowFacts.optional().describe(
    "what changed workflows grant, run or check otherwise; absent when none changes",
  ),
  config: z.array(ConfigChange).optional().describe("keys of configuration files that come, go or change"),
  routes: RouteFacts.optional().describe("HTTP routes that come or go"),
});
export type PatchFacts = z.infer<typeof PatchFacts>;
