import type { ScanDocument } from "../specs/mod.ts";

/** Lockfiles that nobody here compares with their manifests. */
const LOCKFILES =
  /(?:^|\/)(?:bun\.lockb?|Gemfile\.lock|gems\.locked|composer\.lock|mix\.lock|pubspec\.lock|Podfile\.lock|Package\.resolved|packages\.lock\.json|flake\.lock|conda-lock\.yml|gradle\.lockfile)$/;

/** Migrations that are programs: what they do to tables is only known when they run. */
const MIGRATIONS: readonly (readonly [tool: string, path: RegExp])[] = [
  ["Alembic", /(?:^|\/)(?:alembic|migrations)\/versions\/[^/]+\.py$/],
  ["Rails", /(?:^|\/)db\/(?:migrate\/[^/]+\.rb|schema\.rb)$/],
  ["Django", /(?:^|\/)migrations\/\d{4}_[^/]+\.py$/],
  ["Laravel", /(?:^|\/)database\/migrations\/[^/]+\.php$/],
  ["Ecto", /(?:^|\/)priv\/(?:[^/]+\/)?migrations\/[^/]+\.exs$/],
  ["Knex, TypeORM or Sequelize", /(?:^|\/)migrations\/(?:[^/]+\/)*\d{8,}[^/]*\.[cm]?[jt]s$/],
];

/** Changed files that no gate reads as what they are, each with the reason. */
export function unreadFiles(paths: readonly string[]): ScanDocument["notJudged"] {
  return paths.flatMap((path): ScanDocument["notJudged"] => {
    if (LOCKFILES.test(path)) {
      return [{
        path,
        gate: "lock-agreement",
        rule: "core/D4",
        layer: "L0",
        verdict: "not_run",
        reason: "lockfiles of this kind are not compared with their manifests; look at what it records",
      }];
    }
    const tool = MIGRATIONS.find(([, pattern]) => pattern.test(path))?.[0];
    return tool === undefined ? [] : [{
      path,
      gate: "destructive-change",
      rule: "core/O1",
      layer: "L4",
      verdict: "not_run",
      reason:
        `migrations of ${tool} are programs, which are not read as changes of tables; look at the SQL that they give`,
    }];
  }).slice(0, 200);
}

/** Packs that the base commit carries and that did not judge: whom to believe is an operator's to say. */
export function carriedPackGaps(
  base: readonly string[],
  judged: ScanDocument["packs"],
): ScanDocument["notJudged"] {
  const carries = base.some((path) => path.startsWith(".forge/packs/"));
  return !carries || judged.some(({ revision }) => revision !== undefined) ? [] : [{
    path: ".forge/packs",
    verdict: "not_run",
    reason:
      "packs that the repository carries judge by an operator's trust root, and none is here: forge policy install --help",
  }];
}
