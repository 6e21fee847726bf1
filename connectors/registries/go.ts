import type { HttpClient } from "../data/port.ts";
import type { RegistryEntry } from "../../specs/mod.ts";
import { entry, instantOf, members } from "./answer.ts";
import type { PackageQuery } from "./port.ts";

/** Module paths keep their capitals apart on file systems that do not: `Azure` is `!azure`. */
const escaped = (path: string): string => path.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);

/** The module proxy tells when a version was made, the checksum database its hashes. Nobody counts downloads. */
export async function askGo(
  http: HttpClient,
  bases: { proxy: string; sums: string },
  query: PackageQuery,
): Promise<RegistryEntry> {
  const version = query.version.replace(/\/go\.mod$/, "");
  const module = `${bases.proxy}/${escaped(query.name)}/@v`;
  const info = await http.request({
    url: `${module}/${escaped(version)}.info`,
    accept: [404, 410],
    expect: "json",
  });
  if (info.status !== 200) {
    const list = await http.request({ url: `${module}/list`, accept: [404, 410] });
    return entry(query, list.status === 200 && list.text().trim() !== "" ? "no-version" : "no-package");
  }
  const published = instantOf(members(info.json()).Time);
  const mod = await http.request({ url: `${module}/${escaped(version)}.mod`, accept: [404, 410] });
  const deprecated = /^\/\/\s*Deprecated:\s*(.+)$/m.exec(mod.status === 200 ? mod.text() : "")?.[1];
  const sums = await http.request({
    url: `${bases.sums}/lookup/${escaped(query.name)}@${escaped(version)}`,
    accept: [404, 410],
  });
  const wanted = `${query.name} ${query.version} `;
  return entry(query, "found", {
    firstPublished: await firstOf(http, module, published),
    published,
    integrity: sums.status === 200
      ? sums.text().split("\n").filter((line) => line.startsWith(wanted)).map((line) =>
        line.slice(wanted.length).trim()
      )
      : [],
    deprecated: deprecated?.slice(0, 500) ?? null,
    installScript: false,
  });
}

/** When the first version with a number was made; pseudo-versions are not listed. */
async function firstOf(http: HttpClient, module: string, known: string | null): Promise<string | null> {
  const list = await http.request({ url: `${module}/list`, accept: [404, 410] });
  const numbers = (text: string) => (text.match(/\d{1,15}/g) ?? []).map(Number);
  const first =
    (list.status === 200 ? list.text() : "").split("\n").map((line) => line.trim()).filter((line) =>
      /^v\d/.test(line)
    )
      .toSorted((a, z) => {
        const [one, other] = [numbers(a), numbers(z)];
        return (one[0] ?? 0) - (other[0] ?? 0) || (one[1] ?? 0) - (other[1] ?? 0) ||
          (one[2] ?? 0) - (other[2] ?? 0);
      })[0];
  if (first === undefined) return known;
  const info = await http.request({
    url: `${module}/${escaped(first)}.info`,
    accept: [404, 410],
    expect: "json",
  });
  const at = info.status === 200 ? instantOf(members(info.json()).Time) : null;
  return at !== null && (known === null || at < known) ? at : known;
}
