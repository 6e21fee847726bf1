/** Judges changes of a sample without running anything: facts and gates, by what `forge scan` judges with. */
import { scanChange } from "../../scan.ts";
import { scanPacks } from "../../scan_packs.ts";
import type { Trial } from "../trial.ts";
import { type Branches, branchesOf, patchOf } from "./branches.ts";
import type { Sample, SampleChange } from "./sample.ts";

/** Rules that depend on the instant, such as the end of a waiver, see this one. */
const AT = "2026-01-05T09:00:00.000Z";

/** Judges the given changes of a sample, in their order. */
export async function* judgeSample(
  sample: Sample,
  changes: readonly SampleChange[],
  dir: string,
): AsyncGenerator<Trial> {
  const branches = await branchesOf(sample, changes, dir);
  for (const change of changes) yield await judgeChange(sample, change, branches);
}

async function judgeChange(sample: Sample, change: SampleChange, branches: Branches): Promise<Trial> {
  const started = performance.now();
  const head = branches.heads.get(change) ?? branches.base;
  const scanned = await scanChange({
    location: branches.repository,
    request: change.tail === ""
      ? { kind: "range", base: branches.base, head, symmetric: false }
      : { kind: "patch", patch: await patchOf(branches, change), base: branches.base },
    spec: change.spec,
    packs: [],
    // An installation that is not there has no packs: only those that are built in judge.
    findPacks: scanPacks(`${branches.repository}/.git/no-installation`),
    at: AT,
  });
  const document = scanned.ok ? scanned.value.document : null;
  const findings = document?.findings ?? [];
  const hits = findings.filter(({ action }) => action !== "note");
  const notes = findings.filter(({ action }) => action === "note");
  return {
    ...labelOf(sample, change),
    tier: "static",
    status: document?.status ?? "refused",
    accepted: document?.status === "completed",
    caught: document === null ? ["intake"] : [...new Set(hits.map(({ rule }) => rule))],
    noted: [...new Set(notes.map(({ rule }) => rule))],
    exitCodeAccepts: null,
    seconds: Math.round(performance.now() - started) / 1000,
    detail: scanned.ok
      ? hits.map(({ rule, message }) => `${rule}: ${message}`).join(" | ")
      : `${scanned.error.code}: ${scanned.error.message}`,
  };
}

/** What is known of a trial before it is judged. */
export function labelOf(
  sample: Sample,
  { name, class: id, expect, header }: SampleChange,
): Pick<Trial, "task" | "language" | "kind" | "name" | "expect" | "asks" | "open" | "warns"> {
  return {
    task: sample.id,
    language: sample.language,
    kind: id ?? "honest",
    name,
    expect,
    asks: header.asks,
    ...(header.warns ? { warns: true } : {}),
    ...(header.open === undefined ? {} : { open: header.open }),
  };
}
