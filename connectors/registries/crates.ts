import type { HttpClient } from "../data/port.ts";
import type { RegistryEntry } from "../../specs/mod.ts";
import { entry, instantOf, items, members, textOf } from "./answer.ts";
import type { PackageQuery } from "./port.ts";

/** crates.io counts the downloads of 90 days. */
const WEEKS = 90 / 7;

export async function askCrates(http: HttpClient, base: string, query: PackageQuery): Promise<RegistryEntry> {
  const reply = await http.request({
    url: `${base}/api/v1/crates/${encodeURIComponent(query.name)}`,
    accept: [404],
    expect: "json",
  });
  if (reply.status === 404) return entry(query, "no-package");
  const document = members(reply.json());
  const crate = members(document.crate);
  const firstPublished = instantOf(crate.created_at);
  const version = items(document.versions).map(members).find((one) => one.num === query.version);
  if (!version) return entry(query, "no-version", { firstPublished });
  const checksum = textOf(version.checksum);
  return entry(query, "found", {
    firstPublished,
    published: instantOf(version.created_at),
    downloads: typeof crate.recent_downloads === "number" ? Math.round(crate.recent_downloads / WEEKS) : null,
    integrity: checksum === null ? [] : [checksum],
    licence: textOf(version.license),
    deprecated: version.yanked === true
      ? `yanked: ${textOf(version.yank_message) ?? "without a reason"}`
      : null,
  });
}
