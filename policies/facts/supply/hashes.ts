/** How the hashes of one version differ between base and head. */
export type HashChange = "same" | "more" | "other" | "part" | "gone" | "weaker";

const STRENGTH: Readonly<Record<string, number>> = {
  md5: 1,
  sha1: 2,
  "sha1-hex": 2,
  sha256: 3,
  sha384: 4,
  sha512: 5,
};

/** `sha512-…`, `sha256:…`, `h1:…` or bare hex: the algorithm and the hash. */
function parted(hash: string): [algorithm: string, value: string] {
  const found = /^(sha1-hex|[a-z]+\d*)[-:=](.+)$/i.exec(hash);
  return found ? [(found[1] ?? "").toLowerCase(), found[2] ?? ""] : ["", hash];
}

const strongest = (hashes: readonly string[]): number =>
  Math.max(0, ...hashes.map((hash) => STRENGTH[parted(hash)[0]] ?? 3));

/** A published version never changes: what base and head both say of it with the same algorithm has to agree. */
export function hashChange(before: readonly string[], after: readonly string[]): HashChange {
  if (before.length === 0) return "same";
  if (after.length === 0) return "gone";
  const common = new Set(
    before.map((hash) => parted(hash)[0]).filter((one) => after.some((hash) => parted(hash)[0] === one)),
  );
  if (common.size === 0) return strongest(after) < strongest(before) ? "weaker" : "same";
  const of = (hashes: readonly string[]) => new Set(hashes.filter((hash) => common.has(parted(hash)[0])));
  const [old, now] = [of(before), of(after)];
  const kept = [...old].filter((hash) => now.has(hash)).length;
  if (kept === 0) return "other";
  if (strongest(after) < strongest(before)) return "weaker";
  if (kept === old.size) return now.size === old.size ? "same" : "more";
  // Fewer files of the same release: a platform is no longer built for. Some others instead: somebody else's files.
  return now.size > kept ? "part" : "same";
}
