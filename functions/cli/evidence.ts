import type { Handler } from "./command.ts";
import { notFound, withService } from "./session.ts";

/** `forge evidence list` */
export const list: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const bundles = await service.evidence();
    return {
      exit: 0,
      document: { evidence: bundles },
      text: bundles.length === 0
        ? "no evidence yet"
        : bundles.map((bundle) => `${bundle.id}  ${bundle.status.padEnd(9)}  ${bundle.run}  ${bundle.path}`)
          .join("\n"),
    };
  });

/** `forge evidence show ID`, where ID is a bundle's or a run's: the latest bundle of a run. */
export const show: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const [given = ""] = invocation.operands;
    const id = given.startsWith("run_")
      ? (await service.evidence()).find((bundle) => bundle.run === given)?.id ?? given
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
