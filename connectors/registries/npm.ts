import type { HttpClient } from "../data/port.ts";
import type { RegistryEntry } from "../../specs/mod.ts";
import { entry, instantOf, items, members, textOf } from "./answer.ts";
import type { PackageQuery } from "./port.ts";

/** A package document holds all versions; the largest are tens of megabytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/** npm: the package document, and its downloads of the last week from the statistics beside it. */
export async function askNpm(
  http: HttpClient,
  bases: { registry: string; downloads: string },
  query: PackageQuery,
): Promise<RegistryEntry> {
  const name = query.name.startsWith("@")
    ? `@${encodeURIComponent(query.name.slice(1))}`
    : encodeURIComponent(query.name);
  const reply = await http.request({
    url: `${bases.registry}/${name}`,
    accept: [404],
    maxBytes: MAX_BYTES,
    expect: "json",
  });
  if (reply.status === 404) return entry(query, "no-package");
  const document = members(reply.json());
  const time = members(document.time);
  const firstPublished = instantOf(time.created);
  const version = members(members(document.versions)[query.version]);
  if (textOf(version.version) === null) return entry(query, "no-version", { firstPublished });
  const dist = members(version.dist);
  const scripts = members(version.scripts);
  const licence = version.license ?? version.licenses;
  const sha1 = textOf(dist.shasum);
  return entry(query, "found", {
    firstPublished,
    published: instantOf(time[query.version]),
    downloads: await downloads(http, `${bases.downloads}/downloads/point/last-week/${query.name}`),
    integrity: [
      ...(textOf(dist.integrity)?.split(/\s+/) ?? []),
      ...(sha1 === null ? [] : [`sha1-hex:${sha1}`]),
    ],
    licence: textOf(licence) ?? textOf(members(licence).type) ?? textOf(members(items(licence)[0]).type),
    deprecated: version.deprecated === undefined || version.deprecated === false || version.deprecated === ""
      ? null
      : textOf(version.deprecated) ?? "deprecated",
    installScript: version.hasInstallScript === true ||
      ["preinstall", "install", "postinstall"].some((script) => textOf(scripts[script]) !== null),
  });
}

/** Statistics may be missing for a new or private package; that is no failure of the answer. */
async function downloads(http: HttpClient, url: string): Promise<number | null> {
  const reply = await http.request({ url, accept: [404], expect: "json" });
  const count = reply.status === 404 ? 0 : members(reply.json()).downloads;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : null;
}
