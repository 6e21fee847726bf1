import type { BundleComparison } from "../../specs/attestation/mod.ts";
import { digestOf } from "../../specs/mod.ts";
import type { BundleReader, RunRecord } from "../../policies/evidence/mod.ts";
import type { Service } from "../service.ts";
import { CommandError, type Handler, type Invocation } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { withService } from "./session.ts";

/** `forge evidence compare A B`: each a run, a bundle's id, a directory or a tar. It compares what they say; `verify` checks it. */
export const compare: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const { compareRecords } = await import("../../policies/evidence/reading/mod.ts");
    const [a = "", b = ""] = invocation.operands;
    const [left, right] = [await recordOf(invocation, service, a), await recordOf(invocation, service, b)];
    const compared = compareRecords(left, right);
    return { exit: 0, document: compared, text: textOf(compared) };
  });

async function recordOf(invocation: Invocation, service: Service, given: string): Promise<RunRecord> {
  const { BundleUnreadable, memoryBundle, readRunRecord } = await import(
    "../../policies/evidence/reading/mod.ts"
  );
  const refused = (why: string) =>
    new CommandError({
      code: "not-found",
      message: `There is no bundle to compare at '${given.slice(0, 200)}': ${why}`,
      remedy: "Give a run, a bundle's id, a directory or a tar of one. See: forge evidence list",
    }, 2);
  try {
    const id = given.startsWith("run_") ? (await service.evidence({ run: given, limit: 1 }))[0]?.id : given;
    const own = id !== undefined && /^ev_[0-9a-z]+$/.test(id)
      ? await service.evidenceBundle?.(id) ?? null
      : null;
    let bundle: BundleReader;
    if (own !== null) bundle = memoryBundle(own);
    else {
      const { bundleAt } = await import("../bundle_files.ts");
      bundle = await bundleAt(pathOf(invocation.io, given));
    }
    const manifest = await bundle.read("manifest.json");
    if (manifest === null) throw refused("it has no manifest");
    const record = await readRunRecord(bundle, await digestOf(manifest));
    if (typeof record === "string") throw refused(record);
    return record;
  } catch (error) {
    if (error instanceof BundleUnreadable) throw refused(error.message);
    throw error;
  }
}

function textOf(compared: BundleComparison): string {
  const { a, b, files, subjects, decisions, tools, sameInputsSameVerdicts: agreed } = compared;
  const short = (value: string | null) => value === null ? "–" : value.slice(0, 26);
  return [
    `a  ${a.evidence}  ${a.status}  ${a.title}`,
    `b  ${b.evidence}  ${b.status}  ${b.title}`,
    "",
    "subjects:",
    ...subjects.map(({ name, same, a, b }) =>
      `  ${same ? "same   " : "differs"}  ${name}${same ? "" : `: ${short(a)} / ${short(b)}`}`
    ),
    "decisions:",
    ...decisions.flatMap(({ transition, a, b, sameInput, gates }) => [
      `  ${a === b ? "same   " : "differs"}  ${transition}: ${a ?? "–"}${a === b ? "" : ` / ${b ?? "–"}`}${
        sameInput ? ", same input" : ""
      }`,
      ...gates.map((gate) => `             ${gate.gate}: ${gate.a ?? "–"} / ${gate.b ?? "–"}`),
    ]),
    "tools:",
    ...tools.map(({ tool, same, a, b }) =>
      `  ${same ? "same   " : "differs"}  ${tool}${same ? `: ${a}` : `: ${a ?? "–"} / ${b ?? "–"}`}`
    ),
    `files: ${files.length === 0 ? "all the same" : `${files.length} differ`}`,
    ...files.map(({ path, state }) => `  ${state.padEnd(7)}  ${path}`),
    agreed === null
      ? "no decision of both was taken from the same input by the same packs"
      : agreed.same
      ? `same inputs, same verdicts: ${agreed.compared} decisions`
      : `same inputs, OTHER VERDICTS: ${agreed.differ.join(", ")}`,
  ].join("\n");
}
