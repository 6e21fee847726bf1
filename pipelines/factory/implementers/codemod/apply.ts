import { ok, type OperationInput, type Result } from "../../../../specs/mod.ts";
import { Operation } from "../../../../specs/code/mod.ts";
import { addTestSkeleton } from "./add_test_skeleton.ts";
import { bumpDependency } from "./bump_dependency.ts";
import { changeSignature } from "./change_signature.ts";
import { createFile } from "./create_file.ts";
import { fixImportExtensions } from "./fix_import_extensions.ts";
import { licenceHeader } from "./licence_header.ts";
import { moveSymbol } from "./move_symbol.ts";
import { familyOf, languageOf } from "./language.ts";
import { type CodemodProblem, enumerate, fail } from "./problem.ts";
import { removeUnusedExport } from "./remove_unused_export.ts";
import { replaceCall } from "./replace_call.ts";
import { renamedWords, renameSymbol } from "./rename_symbol.ts";
import { setConfigValue } from "./set_config_value.ts";
import { createStage, DEFAULT_LIMITS, type Limits, type Stage } from "./stage.ts";
import { checkSyntax } from "./syntax_guard.ts";
import type { SourceTree } from "./tree.ts";
import { breakageWatch } from "./typescript/breakage.ts";
import { typeScriptSession } from "./typescript/project.ts";
import { type ParsedFiles, parsedFiles } from "./typescript/parsed.ts";
import { type Outcome, type Rename, Stopped, type Workbench } from "./workbench.ts";
import { unifiedDiff } from "./unified_diff.ts";

export interface ApplyOptions {
  limits?: Partial<Limits>;
  signal?: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  now?: () => number;
  /** What the compiler read: shared, the same files are read once for several applications to trees that are alike. */
  parsed?: ParsedFiles;
  /** False when it is known that the result has no new type errors, such as from having checked the same bytes. */
  checksTypes?: boolean;
  /** True lets the compiler read every file for every operation: slower, and the same. */
  wholeProject?: boolean;
}

/** What one operation did. */
export interface Step {
  op: Operation["op"];
  files: string[];
  /** Places that were changed; never 0. */
  matches: number;
  /** What the reader should know, such as places that were left as they are. */
  notes: string[];
}

export interface Applied {
  /** Paths that were written or removed, sorted. */
  changed: string[];
  steps: Step[];
  /** Symbols and files that keep their meaning under another name: the same map goes over the tests of base. */
  renames: Rename[];
}

async function run(operation: Operation, bench: Workbench): Promise<Result<Outcome, CodemodProblem>> {
  switch (operation.op) {
    case "create-file":
      return await createFile(operation, bench);
    case "set-config-value":
      return await setConfigValue(operation, bench);
    case "replace-call":
      return await replaceCall(operation, bench);
    case "rename-symbol":
      return await renameSymbol(operation, bench);
    case "change-signature":
      return await changeSignature(operation, bench);
    case "move-symbol":
      return await moveSymbol(operation, bench);
    case "remove-unused-export":
      return await removeUnusedExport(operation, bench);
    case "fix-import-extensions":
      return await fixImportExtensions(operation, bench);
    case "bump-dependency":
      return await bumpDependency(operation, bench);
    case "licence-header":
      return await licenceHeader(operation, bench);
    case "add-test-skeleton":
      return await addTestSkeleton(operation, bench);
    default: {
      const never: never = operation;
      throw new Error(`an operation without a runner: ${JSON.stringify(never)}`);
    }
  }
}

/** Operations whose result the type checker is asked about. */
const CHECKED: ReadonlySet<Operation["op"]> = new Set([
  "rename-symbol",
  "change-signature",
  "move-symbol",
  "remove-unused-export",
  "fix-import-extensions",
]);

/** Puts an outcome on the stage; where names of TypeScript moved, none may lead nowhere afterwards. */
async function stageOutcome(
  operation: Operation,
  { writes }: Outcome,
  stage: Stage,
  bench: Workbench,
): Promise<Result<void, CodemodProblem>> {
  const paths = [...writes.keys()].filter((path) => {
    const language = languageOf(path);
    return language !== null && familyOf(language) === "typescript";
  });
  const broken = bench.checksTypes && CHECKED.has(operation.op) && paths.length > 0
    ? await breakageWatch(paths, operation.op === "rename-symbol" ? renamedWords(operation) : null, bench)
    : null;
  for (const [path, bytes] of writes) stage.write(path, bytes);
  const { fresh, more } = await broken?.() ?? { fresh: [], more: 0 };
  if (more === 0) return ok(undefined);
  return fail(
    "breaks-references",
    `The operation would leave type errors: ${enumerate(fresh.map((it) => `${it.at} ${it.text}`), 4)}`,
    {
      value: String(more),
      remedy: "change these places first, or make this change by a patch; nothing was changed",
    },
  );
}

/** Carries out all operations on a staged copy of the tree. */
async function stageOperations(
  tree: SourceTree,
  operations: readonly OperationInput[],
  options: ApplyOptions,
): Promise<Result<{ stage: Stage; steps: Step[]; renames: Rename[] }, CodemodProblem>> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const now = options.now ?? (() => performance.now());
  const deadline = now() + limits.maxMs;
  const stage = createStage(tree, limits);
  const parsed = options.parsed ?? parsedFiles();
  const session = typeScriptSession(stage, parsed);
  const bench: Workbench = {
    stage,
    check() {
      if (options.signal?.aborted === true) {
        throw new Stopped({
          code: "cancelled",
          message: "The operations were cancelled; nothing was changed",
        });
      }
      if (now() > deadline) {
        throw new Stopped({
          code: "limit",
          message: `The operations took longer than ${limits.maxMs} ms; nothing was changed`,
          value: String(limits.maxMs),
          remedy: "narrow the operations with `in`, or split the list",
        });
      }
    },
    checksTypes: options.checksTypes ?? true,
    remainingMs: () => deadline - now(),
    typescript: (words) => session.project(options.wholeProject === true ? null : words ?? null),
  };
  try {
    return await carryOut(operations, stage, bench);
  } finally {
    if (options.parsed === undefined) parsed.dispose();
  }
}

async function carryOut(
  operations: readonly OperationInput[],
  stage: Stage,
  bench: Workbench,
): Promise<Result<{ stage: Stage; steps: Step[]; renames: Rename[] }, CodemodProblem>> {
  const steps: Step[] = [];
  const renames: Rename[] = [];
  for (const [i, input] of operations.entries()) {
    const parsed = Operation.safeParse(input);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const where = ["operations", i, ...(issue?.path ?? [])].join(".");
      return fail("invalid", `${where}: ${issue?.message ?? "not an operation"}`, {
        value: where,
        remedy: "see the operation's description for its fields",
      });
    }
    const operation = parsed.data;
    const named = (problem: CodemodProblem): { ok: false; error: CodemodProblem } => ({
      ok: false,
      error: { ...problem, message: `operation ${i} (${operation.op}): ${problem.message}` },
    });
    let outcome: Result<Outcome, CodemodProblem>;
    try {
      bench.check();
      outcome = await run(operation, bench);
      if (outcome.ok) {
        for (const [path, bytes] of outcome.value.writes) {
          bench.check();
          // A file that the user wrote out in full may be in any state, as a template of another language is.
          if (operation.op === "create-file") break;
          const checked = await checkSyntax(path, await stage.bytes(path), bytes);
          if (!checked.ok) return named(checked.error);
        }
        const whole = await stageOutcome(operation, outcome.value, stage, bench);
        if (!whole.ok) return named(whole.error);
      }
    } catch (cause) {
      if (cause instanceof Stopped) return named(cause.problem);
      if (cause instanceof RangeError && /call stack/i.test(cause.message)) {
        const deep = fail("limit", "A file nests so deeply that it cannot be read", {
          remedy: "narrow the operation with `in`, or edit the file by a patch",
        });
        return named(deep.error);
      }
      throw cause;
    }
    if (!outcome.ok) return named(outcome.error);
    const { writes, matches, notes } = outcome.value;
    if (matches < 1 || writes.size === 0) throw new Error(`${operation.op} succeeded without a match`);

    steps.push({ op: operation.op, files: [...writes.keys()].sort(), matches, notes });
    renames.push(...outcome.value.renames);
  }
  return ok({ stage, steps, renames });
}

/**
 * Applies operations to a tree, in order: each sees what the ones before it did. All succeed and their changes are
 * written together, or the first problem is returned and the tree is as it was.
 */
export async function applyOperations(
  tree: SourceTree,
  operations: readonly OperationInput[],
  options: ApplyOptions = {},
): Promise<Result<Applied, CodemodProblem>> {
  const staged = await stageOperations(tree, operations, options);
  if (!staged.ok) return staged;
  const { stage, steps, renames } = staged.value;
  const changes = await stage.changes();
  const put = async (path: string, bytes: Uint8Array | null) => {
    if (bytes === null) await tree.remove(path);
    else await tree.write(path, bytes);
  };
  const done: typeof changes = [];
  try {
    // Removals first: a file may make room for a folder of its name.
    for (const change of [...changes].sort((a, b) => Number(a.after !== null) - Number(b.after !== null))) {
      done.push(change);
      await put(change.path, change.after);
    }
  } catch (cause) {
    for (const { path, before } of done.reverse()) await put(path, before);
    throw cause;
  }
  return ok({ changed: changes.map((it) => it.path), steps, renames });
}

/** What `applyOperations` would do, as a unified diff in git's form; nothing is written. */
export async function dryRun(
  tree: SourceTree,
  operations: readonly OperationInput[],
  options: ApplyOptions = {},
): Promise<Result<Applied & { diff: string }, CodemodProblem>> {
  const staged = await stageOperations(tree, operations, options);
  if (!staged.ok) return staged;
  const { stage, steps, renames } = staged.value;
  const changes = await stage.changes();
  const diff = (await Promise.all(changes.map(unifiedDiff))).join("");
  return ok({ changed: changes.map((it) => it.path), steps, renames, diff });
}
