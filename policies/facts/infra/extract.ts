import type { FileFacts, InfraFacts } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import { kubernetesFacts } from "./kubernetes/extract.ts";
import { sqlFacts } from "./sql/extract.ts";
import { terraformFacts } from "./terraform/extract.ts";

/** More than this of a kind is counted as too much to be judged one by one. */
const MAX_LISTED = 2000;

/**
 * What a change does to databases and infrastructure; undefined when it touches none. It keeps names and words of its own, never a
 * value of a row, a resource or a Secret.
 */
export async function infraFacts(
  files: readonly FileFacts[],
  contents: Contents,
  base: readonly string[],
  head: readonly string[],
  read: (path: string, at: "base" | "head") => Promise<Uint8Array | null>,
): Promise<InfraFacts | undefined> {
  const sql = await sqlFacts(files, contents, base, head);
  const families = [
    sql,
    await terraformFacts(files, contents, read),
    await kubernetesFacts(files, contents, new Set([...base, ...head])),
  ];
  const [effects, hazards, unread, paths] = [
    families.flatMap((family) => family.effects),
    families.flatMap((family) => family.hazards),
    families.flatMap((family) => family.unread),
    families.flatMap((family) => family.read),
  ];
  if (effects.length + hazards.length + unread.length + paths.length + sql.migrations.length === 0) {
    return undefined;
  }
  return {
    dialect: sql.dialect,
    migrations: sql.migrations.slice(0, MAX_LISTED),
    effects: effects.slice(0, MAX_LISTED),
    hazards: hazards.slice(0, MAX_LISTED),
    unread: unread.slice(0, MAX_LISTED),
    read: paths.slice(0, MAX_LISTED),
    truncated: [effects, hazards, unread, paths, sql.migrations].some((list) => list.length > MAX_LISTED),
  };
}
