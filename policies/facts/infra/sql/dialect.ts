import { isSqlPath } from "./layout.ts";
import type { Dialect } from "./lexer.ts";

const HINTS: readonly [Dialect, RegExp][] = [
  [
    "postgresql",
    /\b(?:bigserial|timestamptz|jsonb|bytea|plpgsql|concurrently|tsvector|pg_catalog|gen_random_uuid|create extension)\b|::[a-z_]+\b|\$\$|\bset search_path\b/i,
  ],
  [
    "mysql",
    /\bauto_increment\b|\bengine\s*=\s*(?:innodb|myisam)|`[\w-]+`\s*(?:\(|[a-z])|\/\*!\d|\bunsigned\b|^delimiter /im,
  ],
  ["sqlite", /\bautoincrement\b|\bpragma\b|\bwithout rowid\b|\bsqlite_/i],
  ["mssql", /\bnvarchar\b|\bidentity\s*\(\d|^go\s*$|\[dbo\]|\bdbo\.|\bsp_rename\b|\bnonclustered\b/im],
];
const MANIFESTS: readonly [Dialect, RegExp][] = [
  [
    "postgresql",
    /"pg"\s*:|"postgres"\s*:|"pg-promise"|lib\/pq\b|jackc\/pgx|psycopg|asyncpg|tokio-postgres|postgresql|image:\s*["']?(?:[\w./-]*\/)?postg(?:res|is)|postgres(?:ql)?:\/\/|provider\s*=\s*"postgresql"|engine:\s*["']?postgresql/i,
  ],
  [
    "mysql",
    /"mysql2?"\s*:|go-sql-driver\/mysql|pymysql|mysqlclient|mysql-connector|image:\s*["']?(?:[\w./-]*\/)?(?:mysql|mariadb)|mysql:\/\/|provider\s*=\s*"mysql"|engine:\s*["']?mysql/i,
  ],
  [
    "sqlite",
    /"better-sqlite3"\s*:|"sqlite3"\s*:|mattn\/go-sqlite3|modernc\.org\/sqlite|aiosqlite|rusqlite|provider\s*=\s*"sqlite"|engine:\s*["']?sqlite/i,
  ],
  ["mssql", /"mssql"\s*:|"tedious"\s*:|go-mssqldb|pyodbc|mssql-jdbc|provider\s*=\s*"sqlserver"/i],
];
/** Files of a repository that say which database it talks to. */
const SAYS =
  /(?:^|\/)(?:package\.json|deno\.json|go\.mod|requirements[^/]*\.txt|pyproject\.toml|pipfile|cargo\.toml|gemfile|pom\.xml|build\.gradle(?:\.kts)?|(?:docker-)?compose\.ya?ml|migration_lock\.toml|schema\.prisma|sqlc\.ya?ml|\.env\.example|database\.ya?ml)$/i;
const MAX_FILES = 30;

function only(table: readonly [Dialect, RegExp][], text: string): Dialect[] {
  return table.filter(([, pattern]) => pattern.test(text)).map(([dialect]) => dialect);
}

/**
 * Which database's SQL this is: first by what the repository's own settings at base name, then by words of the SQL that only one of
 * them has. Two answers are none.
 */
export async function dialectOf(
  paths: readonly string[],
  read: (path: string) => Promise<string | null>,
  texts: readonly string[],
): Promise<Dialect> {
  const found = new Set<Dialect>();
  for (
    const path of paths.filter((one) => SAYS.test(one) && one.split("/").length <= 4).slice(0, MAX_FILES)
  ) {
    for (const dialect of only(MANIFESTS, (await read(path) ?? "").slice(0, 200_000))) found.add(dialect);
  }
  if (found.size === 1) return [...found][0] ?? "unknown";
  const hinted = new Set(texts.flatMap((text) => only(HINTS, text.slice(0, 200_000))));
  const both = found.size > 1 ? [...hinted].filter((dialect) => found.has(dialect)) : [...hinted];
  if (both.length === 1) return both[0] ?? "unknown";
  if (hinted.size > 0 || found.size > 0) return "unknown";
  // The change itself says nothing: what was there before may.
  const before = new Set<Dialect>();
  for (const path of paths.filter(isSqlPath).slice(-MAX_FILES)) {
    for (const dialect of only(HINTS, (await read(path) ?? "").slice(0, 50_000))) before.add(dialect);
  }
  return before.size === 1 ? [...before][0] ?? "unknown" : "unknown";
}
