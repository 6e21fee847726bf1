import { builtInVersion, CODE_PACK_VERSIONS, CORE_PARTS, scanSecrets } from "../../policies/mod.ts";
import type { Problem, ReadSpec, Result, Spec, SpecFault } from "../../specs/mod.ts";
import { readSpec, readSpecObject, specParamFaults } from "../../specs/code/mod.ts";
import { workflows } from "./workflows.ts";

/** Reads a held-out file that a spec names. Whoever gives it decides where it may look. */
export type ReadCheck = (path: string) => Promise<Result<Uint8Array, Problem>>;

export interface UsableSpec extends ReadSpec {
  /** Held-out files by their path beside the spec. */
  checks: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a spec and holds it against this installation: its workflow and packs exist, its held-out files are there, no credential
 * is in it. `forge spec check` and the start of a run ask here, so that they cannot differ. Answers with every problem found.
 */
export async function usableSpec(
  given: {
    spec: string | Uint8Array | Record<string, unknown>;
    name?: string;
    readCheck: ReadCheck;
    /** Why a pack that is not built in cannot be had; null when it can. Without, there are only the built-in ones. */
    packProblem?: (name: string) => Promise<Problem | null>;
    /** Chains that a spec may name as its workflow; none where runs of code alone are begun. */
    chains?: () => Promise<readonly string[]>;
  },
): Promise<Result<UsableSpec, Problem[]>> {
  const checks = new Map<string, Uint8Array>();
  const { spec, name, readCheck, packProblem = unknownPack, chains } = given;
  const further = async (fields: Partial<Spec>) => [
    ...await workflowFaults(fields.workflow, chains),
    ...specParamFaults(fields),
    ...await packFaults(fields.packs ?? [], packProblem),
    ...await checkFaults(fields.acceptance ?? [], readCheck, checks),
  ];
  const isText = typeof spec === "string" || spec instanceof Uint8Array;
  const read = isText
    ? await readSpec(spec, { ...(name === undefined ? {} : { name }), further })
    : await readSpecObject(spec, { further });
  const leaks = !read.ok && read.error.some((problem) => problem.code === "spec.size")
    ? []
    : secretProblems(isText ? spec : JSON.stringify(spec, null, 2), isText);
  if (!read.ok) return { ok: false, error: [...read.error, ...leaks] };
  return leaks.length > 0 ? { ok: false, error: leaks } : { ok: true, value: { ...read.value, checks } };
}

async function workflowFaults(
  workflow: string | undefined,
  chains: () => Promise<readonly string[]> = () => Promise.resolve([]),
): Promise<SpecFault[]> {
  if (workflow === undefined || Object.hasOwn(workflows, workflow)) return [];
  const known = await chains();
  if (known.includes(workflow)) return [];
  return [{
    code: "spec.unknown-workflow",
    message: "There is no workflow of this name, and no chain.",
    path: ["workflow"],
    value: workflow,
    remedy: `use one of: ${[...Object.keys(workflows), ...known].join(", ")}`,
  }];
}

const BUILT_IN = [...CORE_PARTS, ...Object.keys(CODE_PACK_VERSIONS)];

const unknownPack = (name: string): Promise<Problem> =>
  Promise.resolve({
    code: "unknown-pack",
    message: "There is no pack of this name for changes of code.",
    value: name,
    remedy: `built in are ${BUILT_IN.join(", ")}; core always applies, also when none is named; others are ` +
      "installed with forge policy install",
  });

/** What cannot be had is `unknown-pack`, with the reason. */
async function packFaults(
  packs: readonly string[],
  packProblem: (name: string) => Promise<Problem | null>,
): Promise<SpecFault[]> {
  const faults: SpecFault[] = [];
  for (const [at, pack] of packs.entries()) {
    if (BUILT_IN.includes(pack)) continue;
    // A built-in pack that is none of code is one of data: it would judge nothing here.
    const problem = await (builtInVersion(pack) === null ? packProblem : unknownPack)(pack);
    if (problem === null) continue;
    const { code, message, remedy } = problem;
    faults.push({
      code: "unknown-pack",
      message: code === "unknown-pack" ? message : `The pack cannot be used (${code}): ${message}`,
      path: ["packs", at],
      value: pack,
      remedy: remedy ?? "install it with forge policy install",
    });
  }
  return faults;
}

async function checkFaults(
  acceptance: Spec["acceptance"],
  readCheck: ReadCheck,
  checks: Map<string, Uint8Array>,
): Promise<SpecFault[]> {
  const faults: SpecFault[] = [];
  for (const [at, criterion] of acceptance.entries()) {
    for (const [number, path] of (criterion.check?.files ?? []).entries()) {
      if (checks.has(path)) continue;
      const file = await readCheck(path);
      if (file.ok) checks.set(path, file.value);
      else {
        faults.push({
          code: "spec.check-file",
          message: file.error.message,
          path: ["acceptance", at, "check", "files", number],
          value: path,
          remedy: file.error.remedy ?? "name files that lie beside the spec, by their relative path",
        });
      }
    }
  }
  return faults;
}

/** Where a credential stands, never what it is. The lines of a spec that was sent as an object are those of nobody's text. */
function secretProblems(text: string | Uint8Array, hasLines: boolean): Problem[] {
  return scanSecrets(text).slice(0, 20).map(({ rule, line }) => ({
    code: "spec.secret",
    message: `The spec holds what looks like a credential (${rule}).`,
    path: "",
    ...(hasLines && line ? { line } : {}),
    remedy: "take it out and revoke it: a spec is stored and shown",
  }));
}
