import {
  type Change,
  digestOf,
  type FileFacts,
  type PathProblem,
  type SecretFinding,
  type Spec,
} from "../../specs/mod.ts";
import { PatchFacts, testScriptsOf } from "../../specs/code/mod.ts";
import { agreement } from "./agreement.ts";
import { binaryFiles } from "./binaries.ts";
import { apiDiff } from "./api.ts";
import { contentsOf } from "./content.ts";
import { testInventory } from "./inventory.ts";
import { protectedEdits } from "./protected.ts";
import { hiddenText } from "./hidden_text.ts";
import { historyReach } from "./history_reach.ts";
import { onlyOwnFieldsChange } from "./manifest.ts";
import { testProbes } from "./probes.ts";
import { assertedTests } from "./syntax/weakened.ts";
import { compileGlob } from "./glob.ts";
import { fileKind, isTestPath, languageOf } from "./file_kind.ts";
import { attributeOf, modeProblems, pathKey, pathProblems } from "./path_problem.ts";
import { parsePatch } from "./patch.ts";
import type { PatchFile } from "./patch_file.ts";
import { hookBypasses } from "./bypasses/extract.ts";
import { commandHazards } from "./commands/extract.ts";
import { workflowFacts } from "./ci/extract.ts";
import { configChanges } from "./config_keys.ts";
import { carriedPacks } from "./carried_packs.ts";
import { knowledgeFacts } from "./knowledge/extract.ts";
import { infraFacts } from "./infra/extract.ts";
import { pathsNear } from "./scope.ts";
import { headSecrets } from "./head_secrets.ts";
import { patchSecrets } from "./patch_secrets.ts";
import { routeFacts } from "./routes/extract.ts";
import { suppressionFacts } from "./suppressions/extract.ts";
import { runnerFacts } from "./runner/extract.ts";
import { sharedLiterals } from "./shared/extract.ts";
import { swallowedErrors } from "./swallowed/extract.ts";
import { supplyFacts } from "./supply/facts.ts";
import { EXTRACTORS } from "./extractors.ts";
import { redact, scanSecrets } from "./secrets.ts";

/** What the facts of a patch are made from. */
export interface PatchFactsInput {
  /** Tells which files hold tests (`verify.tests`, and scripts that `verify.run` starts). Nothing else of the spec is read: facts are about the patch alone. */
  spec?: Spec;
  change: Change | null;
  patch: Uint8Array | null;
  applies: { ok: boolean; problem?: string };
  /** Secrets that were found in the original bytes when `patch` is their redacted form. */
  withheld?: readonly SecretFinding[];
  read(path: string, at: "base" | "head"): Promise<Uint8Array | null>;
  list(at: "base" | "head"): Promise<string[]>;
}

/** How many neighbours of the changed files the facts keep at most. */
const MAX_KNOWN = 5000;

/** Reads everything that rules may know of a patch, once. What cannot be read is said, never left out. */
export async function extractPatchFacts(input: PatchFactsInput): Promise<PatchFacts> {
  const { change, patch } = input;
  const parsed = parsePatch(patch ?? new Uint8Array());
  const patchFiles = parsed.ok ? parsed.files : [];
  const isTest = testPredicate(input.spec);
  const files = fileFacts(change, patchFiles, isTest);
  const contents = change ? contentsOf(input.read) : null;
  for (const file of files) {
    if (file.kind !== "manifest" || contents === null) continue;
    const [before, after] = [await contents.base(file), await contents.head(file)];
    if (await onlyOwnFieldsChange(file.path, before, after)) file.declares = "nothing-new";
  }
  const head = change ? await input.list("head") : [];
  const base = change ? await input.list("base") : [];
  const touched = [
    ...new Set(files.flatMap((file) => file.from === undefined ? [file.path] : [file.path, file.from])),
  ];
  const supply = change ? await supplyFacts({ files, base, head, read: input.read }) : undefined;
  const ciWorkflow = contents ? await workflowFacts(files, contents, head) : undefined;
  const infra = contents ? await infraFacts(files, contents, base, head, input.read) : undefined;
  const secrets = uniqueSecrets([
    ...(input.withheld ?? []),
    ...(patch ? await patchSecrets(patch, parsed) : []),
    ...(change ? await headSecrets(files, patchFiles, input.read) : []),
  ]);
  return PatchFacts.parse(clean({
    v: 1,
    extractors: EXTRACTORS,
    change,
    applies: input.applies,
    patch: patch ? await digestOf(patch) : null,
    parses: parsed.ok
      ? { ok: true, hunks: parsed.hunks, binaryWithoutData: withheldBinaries(patchFiles) }
      : { ok: false, problem: parsed.problem, line: parsed.line, hunks: 0, binaryWithoutData: [] },
    agrees: change && parsed.ok
      ? agreement(patchFiles, change)
      : { ok: false, problem: "there is nothing to compare" },
    files,
    pathProblems: allPathProblems(files, patchFiles, base, head),
    protectedEdits: await protectedEdits(files, contents),
    paths: pathsNear(touched, new Set([...base, ...head]), MAX_KNOWN),
    tests: contents
      ? {
        ...await testInventory(files, contents),
        ...await assertedTests(files, contents, (at) => Promise.resolve(at === "base" ? base : head)),
      }
      : NO_TESTS,
    exports: contents ? await apiDiff(files, contents, base, head) : NO_EXPORTS,
    hidden: contents ? await hiddenText(files, contents) : [],
    probes: contents ? await testProbes(files, contents) : [],
    ...(contents ? { historyReach: await historyReach(files, contents) } : {}),
    ...(contents ? { runner: await runnerFacts(files, contents, base, isTest) } : {}),
    ...(contents
      ? {
        sharedLiterals: await sharedLiterals(
          files,
          contents,
          (at) => Promise.resolve(at === "base" ? base : head),
        ),
      }
      : {}),
    binaries: change ? await binaryFiles(files, input.read) : [],
    ...(contents === null ? {} : {
      suppressions: await suppressionFacts(files, contents),
      swallowed: await swallowedErrors(files, contents),
      bypasses: await hookBypasses(files, contents),
      commands: await commandHazards(files, contents),
      config: await configChanges(files, contents),
      routes: await routeFacts(files, contents),
      knowledge: await knowledgeFacts(files, contents),
      packs: await carriedPacks(
        files,
        { paths: base, read: (path) => input.read(path, "base") },
        { paths: head, read: (path) => input.read(path, "head") },
      ),
    }),
    ...(ciWorkflow === undefined ? {} : { ciWorkflow }),
    ...(infra === undefined ? {} : { infra }),
    ...(supply === undefined ? {} : { supply }),
    secrets,
  }, secrets.length > 0 || (patch !== null && scanSecrets(patch).length > 0)));
}

/** Of a patch that does not apply nothing is read: the rules that need these facts are not judged then. */
const NO_TESTS: PatchFacts["tests"] = { base: 0, head: 0, removed: [], added: [], markers: [], unread: [] };
const NO_EXPORTS: PatchFacts["exports"] = { removed: [], added: [], changed: [], unread: [] };

/**
 * Of a patch with a secret, also of one that only shows it or takes it out, the facts keep no text that the secret could stand in: names
 * and titles are redacted.
 */
function clean(facts: PatchFacts, hasSecret: boolean): unknown {
  if (!hasSecret) return facts;
  return JSON.parse(
    JSON.stringify(facts),
    (_key, value: unknown) => typeof value === "string" ? redact(value) : value,
  );
}

function testPredicate(spec: Spec | undefined): (path: string) => boolean {
  const globs = (spec?.verify?.tests ?? []).flatMap((text) => {
    const compiled = compileGlob(text);
    return compiled.ok ? [compiled.glob] : [];
  });
  const scripts = testScriptsOf(spec);
  return (path) => isTestPath(path) || scripts.includes(path) || globs.some((glob) => glob(path));
}

/** Git's list of files, or, when the patch does not apply, what its text says. */
function fileFacts(
  change: Change | null,
  patchFiles: readonly PatchFile[],
  isTest: (path: string) => boolean,
): FileFacts[] {
  const texts = new Map(patchFiles.map((file) => [(file.newPath ?? file.oldPath)?.text ?? "", file]));
  const facts = (
    file: Pick<FileFacts, "path" | "status" | "oldMode" | "newMode" | "binary" | "added" | "removed"> & {
      from?: string | undefined;
    },
  ): FileFacts => {
    const mode = file.status === "D" ? file.oldMode : file.newMode;
    const addedAt = firstAdded(texts.get(file.path));
    return {
      path: file.path,
      ...(file.from === undefined ? {} : { from: file.from }),
      status: file.status,
      kind: fileKind(file.path, mode, file.binary, isTest(file.path)),
      language: languageOf(file.path),
      oldMode: file.oldMode,
      newMode: file.newMode,
      binary: file.binary,
      added: file.added,
      removed: file.removed,
      executableBit: executableBit(file.oldMode, file.newMode, file.status),
      ...(addedAt === undefined ? {} : { addedAt }),
    };
  };
  if (change) return change.files.map(facts);
  return patchFiles.map((file) => {
    const count = (kind: string) =>
      file.hunks.reduce((sum, hunk) => sum + hunk.lines.filter((line) => line.kind === kind).length, 0);
    const moved = file.status === "R" || file.status === "C";
    return facts({
      path: (file.newPath ?? file.oldPath)?.text ?? "",
      ...(moved && file.oldPath ? { from: file.oldPath.text } : {}),
      status: file.status,
      oldMode: file.oldMode ?? (file.status === "A" ? "000000" : "100644"),
      newMode: file.newMode ?? (file.status === "D" ? "000000" : "100644"),
      binary: file.binary !== "none",
      added: count("added"),
      removed: count("removed"),
    });
  });
}

function withheldBinaries(files: readonly PatchFile[]): string[] {
  return files.filter((file) => file.binary === "withheld").map((file) =>
    (file.newPath ?? file.oldPath)?.text ?? ""
  );
}

function executableBit(oldMode: string, newMode: string, status: string): FileFacts["executableBit"] {
  if (status === "D" || oldMode === newMode) return "unchanged";
  if (newMode === "100755") return "set";
  return oldMode === "100755" ? "cleared" : "unchanged";
}

function firstAdded(file: PatchFile | undefined): number | undefined {
  for (const hunk of file?.hunks ?? []) {
    let line = hunk.newStart;
    for (const one of hunk.lines) {
      if (one.kind === "added") return Math.max(1, line);
      if (one.kind === "context") line++;
    }
  }
  return undefined;
}

function allPathProblems(
  files: readonly FileFacts[],
  patchFiles: readonly PatchFile[],
  base: readonly string[],
  head: readonly string[],
): PathProblem[] {
  const problems = new Map<string, PathProblem>();
  // A name that was there before is not this change's doing, however it is written.
  const brings = (status: string) => status === "A" || status === "R" || status === "C";
  const check = (path: string, status: string) =>
    pathProblems(path).filter(({ kind }) => kind !== "not-utf8" || brings(status)).forEach(add);
  const add = (problem: PathProblem) => {
    const shown = { ...problem, path: problem.path.slice(0, 4096) };
    problems.set(`${shown.kind}\n${shown.path}`, shown);
  };
  for (const file of files) {
    for (const path of file.from === undefined ? [file.path] : [file.path, file.from]) {
      check(path, file.status);
    }
    modeProblems(file.path, file.status, file.oldMode, file.newMode).forEach(add);
  }
  for (const file of patchFiles) {
    for (const path of [file.oldPath, file.newPath]) {
      if (path) check(path.text, file.status);
    }
    const path = (file.newPath ?? file.oldPath)?.text ?? "";
    modeProblems(path, file.status, file.oldMode ?? "100644", file.newMode ?? "100644").forEach(add);
    if (/(?:^|\/)\.gitattributes$/i.test(path)) attributeProblems(path, file).forEach(add);
  }
  const written = files.filter((file) => file.status !== "D");
  if (written.length > 0) {
    const keys = new Map<string, string[]>();
    const know = (path: string) => {
      const known = keys.get(pathKey(path));
      if (!known) keys.set(pathKey(path), [path]);
      else if (!known.includes(path)) known.push(path);
    };
    // A directory collides, too: with a file, and with itself in another spelling.
    const directories = new Set<string>();
    for (const path of new Set([...head, ...written.map((file) => file.path)])) {
      know(path);
      for (const above of directoriesOf(path).reverse()) {
        if (directories.has(above)) break;
        directories.add(above);
        know(above);
      }
    }
    const wasThere = (path: string) => base.some((one) => one === path || one.startsWith(`${path}/`));
    for (const file of written) {
      // Two names that collided before are not this change's doing.
      if (!brings(file.status)) continue;
      for (const path of [file.path, ...directoriesOf(file.path)]) {
        const other = keys.get(pathKey(path))?.find((one) => one !== path);
        if (other === undefined || wasThere(path)) continue;
        add({
          kind: "case-collision",
          path: file.path,
          detail: `${
            path === file.path ? "it" : path
          } is the same as ${other} where case and spelling do not count`,
        });
        break;
      }
    }
  }
  return [...problems.values()];
}

function directoriesOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_part, at) => parts.slice(0, at + 1).join("/"));
}

const decoder = new TextDecoder();

function attributeProblems(path: string, file: PatchFile): PathProblem[] {
  const names = new Set<string>();
  for (const hunk of file.hunks) {
    for (const line of hunk.lines) {
      const name = line.kind === "added" ? attributeOf(decoder.decode(line.bytes)) : null;
      if (name !== null) names.add(name);
    }
  }
  return [...names].map((name) => ({
    kind: "git-attributes" as const,
    path,
    detail: `the attribute '${name}' makes git run a program or change what others see of a file`,
  }));
}

function uniqueSecrets(found: readonly SecretFinding[]): SecretFinding[] {
  const seen = new Map<string, SecretFinding>();
  for (const finding of found) {
    const key = `${finding.path ?? ""}\n${finding.line ?? 0}`;
    if (!seen.has(key)) seen.set(key, finding);
  }
  return [...seen.values()].slice(0, 500);
}
