import type { PackDifference, PackTrial, Release } from "../../policies/code/mod.ts";
import type { StoredInput } from "../../policies/mod.ts";
import type { Problem } from "../../specs/mod.ts";
import { packDirectory } from "../pack_directory.ts";
import { readPackPath } from "../pack_files.ts";
import type { Service } from "../service.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { dataDirectory, pathOf } from "./data_dir.ts";
import { oneLine } from "./paint.ts";
import { notFound, withService } from "./session.ts";

export const DEFAULT_RUNS = 500;

/** `forge policy test PACK`: exit 0 when every rule is proven by its examples, 1 when one is not. */
export const test: Handler = async (invocation) => {
  const [given = ""] = invocation.operands;
  const { tryBuiltIn, tryPack } = await import("../../policies/code/mod.ts");
  const { builtInVersion } = await import("../../policies/mod.ts");
  // A directory of this name goes before: it is what somebody is working on.
  const isThere = await Deno.stat(pathOf(invocation.io, given)).then(() => true, () => false);
  const builtIn = isThere || builtInVersion(given) === null ? null : await tryBuiltIn(given);
  if (builtIn !== null) {
    return { exit: builtIn.publishable ? 0 : 1, document: builtIn, text: trialText(builtIn) };
  }
  const release = await releaseOf(invocation, given);
  const trial = await tryPack(release.manifest, release.members);
  return { exit: trial.publishable ? 0 : 1, document: trial, text: trialText(trial) };
};

function trialText(trial: PackTrial): string {
  const lines = trial.rules.flatMap((rule) => {
    const { clean, violating, evading } = rule.examples;
    const killed = rule.mutants.tried - rule.mutants.survived.length;
    return [
      `${
        rule.ok ? "ok    " : "FAILED"
      }  ${rule.rule}  ${rule.kind}  ${clean} clean, ${violating} violating, ` +
      `${evading} evading; ${killed} of ${rule.mutants.tried} changes noticed`,
      ...rule.problems.map((problem) => `          ${oneLine(problem, 500)}`),
      ...rule.wrong.map(({ example, expected, verdict, detail }) =>
        `          ${oneLine(`'${example}' is ${verdict}, expected ${expected}: ${detail}`, 500)}`
      ),
      ...rule.mutants.survived.map((how) => `          not noticed: ${oneLine(how, 300)}`),
    ];
  });
  const { rules, tested } = trial.coverage;
  return [
    ...lines,
    `${tested} of ${rules} rules have examples; ${trial.pack} ${
      trial.publishable ? "can" : "cannot"
    } be published`,
  ].join("\n");
}

/** `forge policy diff A B`: exit 1 when the manifest of B says a lower version than the flips ask for. */
export const diff: Handler = async (invocation) => {
  const [first = "", second = ""] = invocation.operands;
  const [a, b] = [await releaseOf(invocation, first), await releaseOf(invocation, second)];
  const { packDifference } = await import("../../policies/code/mod.ts");
  const skipped = { count: 0 };
  const { decisions } = invocation.options;
  const compare = async (corpus: AsyncIterable<StoredInput>) => {
    const difference = await packDifference(a, b, corpus);
    if (!difference.ok) throw new CommandError(difference.error, 2);
    return difference.value;
  };
  const difference = typeof decisions === "string"
    ? await compare(fromFile(pathOf(invocation.io, decisions)))
    : await withService(
      invocation,
      { workers: false },
      (service) => compare(fromRuns(service, runsOf(invocation), skipped)),
    );
  const enough = isAtLeast(b.manifest.version, difference.version.to);
  return {
    exit: enough ? 0 : 1,
    document: { ...difference, withoutInput: skipped.count, declared: b.manifest.version, enough },
    text: differenceText(difference, skipped.count, b.manifest.version, enough),
  };
};

function differenceText(found: PackDifference, skipped: number, declared: string, enough: boolean): string {
  const { version, rules } = found;
  return [
    `${found.replayed} decisions judged again${
      skipped > 0 ? `, ${skipped} have no input that was kept` : ""
    }`,
    ...found.flips.slice(0, 200).map(({ direction, rule, transition, before, after, input }) =>
      `  ${direction}  ${rule ?? "the pack"}  ${transition}  ${before} becomes ${after}  ${input}`
    ),
    ...(found.flips.length > 200 ? [`  and ${found.flips.length - 200} more flips`] : []),
    ...found.unjudged.map(({ rule, decisions }) =>
      `  ${rule} cannot be judged over ${decisions} of them: what it reads was not gathered then`
    ),
    ...Object.entries(rules).filter(([, ids]) => ids.length > 0).map(([what, ids]) =>
      `  ${what}: ${ids.join(", ")}`
    ),
    `${version.from} is followed by ${version.to} (${version.step}: ${version.because}), ${
      version.approvers === 2 ? "two approvers" : "one approver"
    }`,
    ...(enough ? [] : [`The manifest says ${declared}, which is too low`]),
  ].join("\n");
}

const isAtLeast = (version: string, wanted: string): boolean => {
  const [left, right] = [version, wanted].map((one) => (one.split("-")[0] ?? "").split(".").map(Number));
  for (const [at, part] of (right ?? []).entries()) {
    const own = left?.[at] ?? 0;
    if (own !== part) return own > part;
  }
  // A pre-release comes before the release whose number it bears.
  return !version.includes("-") || wanted.includes("-");
};

function runsOf({ options }: Invocation): number {
  const given = options.runs ?? String(DEFAULT_RUNS);
  if (typeof given !== "string" || !/^[1-9]\d{0,6}$/.test(given)) {
    throw usage("--runs is no number of runs", "For example --runs 100", { value: String(given) });
  }
  return Number(given);
}

/** The inputs of the decisions of the newest runs, each once. What was decided before inputs were kept is counted. */
export async function* fromRuns(
  service: Service,
  most: number,
  skipped: { count: number },
): AsyncIterable<StoredInput> {
  const { storedInput } = await import("../../policies/code/mod.ts");
  const blobs = service.foundry?.blobs;
  if (!blobs) throw new Error("this installation gives no access to its blobs");
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let left = most; left > 0;) {
    const page = await service.list({
      limit: Math.min(left, 100),
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { run } of page.runs) {
      for (const { inputDigest } of await service.decisions(run)) {
        if (seen.has(inputDigest)) continue;
        seen.add(inputDigest);
        const bytes = await blobs.get(inputDigest);
        const stored = bytes === null ? null : await storedInput(new TextDecoder().decode(bytes));
        if (stored?.ok) yield stored.value;
        else skipped.count++;
      }
    }
    left -= page.runs.length;
    if (page.cursor === null || page.runs.length === 0) return;
    cursor = page.cursor;
  }
}

async function* fromFile(path: string): AsyncIterable<StoredInput> {
  const { storedInput } = await import("../../policies/code/mod.ts");
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw usage(
      `Cannot read the decisions: ${error instanceof Error ? error.message : String(error)}`,
      "Give a file with one JSON document a line",
      { value: path },
    );
  }
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const stored = await storedInput(line);
    if (!stored.ok) throw new CommandError({ ...stored.error, path, line: at + 1 }, 2);
    yield stored.value;
  }
}

/** A pack to be tried: a directory as its author wrote it, an archive, or one that is installed. Nothing of it judges by this. */
async function releaseOf(invocation: Invocation, given: string): Promise<Release> {
  const path = pathOf(invocation.io, given);
  const { builtInVersion } = await import("../../policies/mod.ts");
  const { claimedManifest, draftManifest, ENVELOPE_FILE } = await import("../../policies/packs/mod.ts");
  const isThere = await Deno.stat(path).then(() => true, () => false);
  if (!isThere) {
    if (builtInVersion(given) !== null) {
      throw usage(
        `The pack ${given} is built in: its releases are those of this program`,
        "Try it with: forge policy test " + given,
        { value: given },
      );
    }
    const installed = await packDirectory(dataDirectory(invocation)).find(given, new Date().toISOString());
    if (installed === null) {
      throw notFound("pack", given, "Give a directory, an archive, or an installed pack: forge policy list");
    }
    const { pack } = taken(installed);
    return { manifest: pack.manifest, members: pack.members };
  }
  const files = taken(await readPackPath(path));
  const signed = files.get(ENVELOPE_FILE);
  if ((await Deno.stat(path)).isDirectory || signed === undefined) return taken(await draftManifest(files));
  return { manifest: taken(claimedManifest(files)), members: files };
}

function taken<T>(result: { ok: true; value: T } | { ok: false; error: Problem }): T {
  if (result.ok) return result.value;
  throw new CommandError(result.error, 2);
}
