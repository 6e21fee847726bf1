import type { HttpClient } from "../data/port.ts";
import type { RegistryEntry } from "../../specs/mod.ts";
import { entry, instantOf, items, members, textOf } from "./answer.ts";
import type { PackageQuery } from "./port.ts";

const MAX_BYTES = 32 * 1024 * 1024;

/** PyPI's JSON: all releases with the hashes of their files. It counts no downloads. */
export async function askPypi(http: HttpClient, base: string, query: PackageQuery): Promise<RegistryEntry> {
  const reply = await http.request({
    url: `${base}/pypi/${encodeURIComponent(query.name)}/json`,
    accept: [404],
    maxBytes: MAX_BYTES,
    expect: "json",
  });
  if (reply.status === 404) return entry(query, "no-package");
  const document = members(reply.json());
  const releases = members(document.releases);
  const times = Object.values(releases).flatMap(items).flatMap((file) =>
    instantOf(members(file).upload_time_iso_8601) ?? []
  );
  const firstPublished = times.toSorted()[0] ?? null;
  const files = items(releases[query.version]);
  if (files.length === 0) return entry(query, "no-version", { firstPublished });
  const info = members(document.info);
  const yanked = files.map(members).find((file) => file.yanked === true);
  const classifier = items(info.classifiers).map((one) =>
    /^License :: OSI Approved :: (.+)$/.exec(textOf(one) ?? "")?.[1]
  )
    .find((one) => one !== undefined);
  const licence = textOf(info.license_expression) ?? textOf(info.license);
  return entry(query, "found", {
    firstPublished,
    published: files.flatMap((file) => instantOf(members(file).upload_time_iso_8601) ?? []).toSorted()[0] ??
      null,
    integrity: files.flatMap((file) => {
      const hash = textOf(members(members(file).digests).sha256);
      return hash === null ? [] : [`sha256:${hash}`];
    }),
    // Some put the whole text of their licence there.
    licence:
      (licence !== null && licence.length <= 200 && !licence.includes("\n") ? licence : classifier ?? null)
        ?.slice(0, 300) ?? null,
    deprecated: yanked ? `yanked: ${textOf(yanked.yanked_reason) ?? "without a reason"}` : null,
    // A release without a wheel runs its setup.py.
    installScript: !files.some((file) => textOf(members(file).packagetype) === "bdist_wheel"),
  });
}
