import { type Handler, usage } from "./command.ts";
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
    const found = await service.evidence({
      limit: limit + 1,
      ...(typeof cursor === "string" ? { after: cursor } : {}),
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
