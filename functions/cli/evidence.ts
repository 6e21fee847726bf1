import { EvidenceFilter } from "../../specs/attestation/mod.ts";
import { RunId } from "../../specs/mod.ts";
import { type Handler, type Invocation, usage } from "./command.ts";
import { notFound, withService } from "./session.ts";
import { countOption } from "./count_option.ts";

/** `forge evidence list` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const { limit: asked, cursor } = invocation.options;
    if (typeof cursor === "string" && !/^ev_[0-9a-z]+$/.test(cursor)) {
      throw usage("--cursor is not the cursor of an earlier page", "Take it from the end of that page", {
        value: cursor,
      });
    }
    const limit = countOption(asked, "limit", 100, 1, 1000);
    const filter = filterOf(invocation);
    const found = await service.evidence({
      limit: limit + 1,
      ...(typeof cursor === "string" ? { after: cursor } : {}),
      ...(Object.keys(filter).length === 0 ? {} : { filter }),
    });
    const bundles = found.slice(0, limit);
    const next = found.length > limit ? bundles.at(-1)?.id ?? null : null;
    const lines = bundles.map((bundle) =>
      `${bundle.id}  ${bundle.status.padEnd(9)}  ${bundle.run}  ${bundle.path}`
    );
    if (next !== null) lines.push(`more: forge evidence list --cursor ${next}`);
    return {
      exit: 0,
      document: { evidence: bundles, cursor: next },
      text: lines.length === 0 ? "no evidence yet" : lines.join("\n"),
    };
  });

/** What of the options narrows the list. */
function filterOf({ options }: Invocation): EvidenceFilter & { run?: string } {
  const { run, "intent-mismatch": mismatch, from, to, ...rest } = options;
  if (run !== undefined && !RunId.safeParse(run).success) {
    throw usage("--run is no run's id", "See: forge workflow list", { value: String(run) });
  }
  const instant = (name: string, text: string | boolean | undefined) => {
    if (text === undefined) return {};
    const at = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z)?$/.test(String(text)) ? Date.parse(String(text)) : Number.NaN;
    if (Number.isNaN(at)) {
      throw usage(
        `--${name} is no day and no instant`,
        `For example --${name} 2026-12-15 or 2026-12-15T12:00:00Z`,
        {
          value: String(text),
        },
      );
    }
    return { [name]: new Date(at).toISOString() };
  };
  const named = Object.fromEntries(
    ["status", "pack", "model", "waiver", "rule", "intent"].flatMap((name) =>
      typeof rest[name] === "string" ? [[name, rest[name]]] : []
    ),
  );
  const filter = EvidenceFilter.safeParse({
    ...named,
    ...instant("from", from),
    ...instant("to", to),
    ...(mismatch === true ? { mismatch } : {}),
  });
  if (!filter.success) {
    const [issue] = filter.error.issues;
    throw usage(
      `--${issue?.path.join(".")} cannot be that: ${issue?.message}`,
      "See: forge evidence list --help",
    );
  }
  return { ...filter.data, ...(typeof run === "string" ? { run } : {}) };
}

/** `forge evidence show ID`, where ID is a bundle's or a run's: the latest bundle of a run. */
export const show: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const [given = ""] = invocation.operands;
    const id = given.startsWith("run_")
      ? (await service.evidence({ run: given, limit: 1 }))[0]?.id ?? given
      : given;
    const found = await service.manifest(id);
    if (!found) throw notFound("evidence", given, "See: forge evidence list");
    const { manifest, path } = found;
    return {
      exit: 0,
      document: { ...manifest, path },
      text: [
        `${manifest.id}  ${manifest.status}  run ${manifest.run}  sandbox ${manifest.sandbox}`,
        path,
        ...manifest.withheld.map((line) => `withheld: ${line}`),
        ...manifest.notes.map((line) => `note: ${line}`),
        ...manifest.files.map((file) => `${file.sha256}  ${String(file.size).padStart(8)}  ${file.path}`),
      ].join("\n"),
    };
  });
