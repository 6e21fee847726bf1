/** Folders that nobody misses: what a build makes, caches, and what a system keeps for a while. */
const PASSING = /^(?:\/(?:tmp|var\/tmp|var\/cache|var\/lib\/apt\/lists|dev\/shm|run)(?:\/.+)?)$/;
/** A part of a path that says that what lies there can be made again. */
const REMADE =
  /(?:^|\/)(?:\.?cache|caches|tmp|temp|node_modules|dist|build|target|out|coverage|__pycache__|\.pytest_cache|\.npm|\.gradle|\.m2|\.cargo|\.rustup|\.nuget|\.next|\.turbo|venv|\.venv|[\w.-]*(?:test|tmp|temp|cache|scratch|sandbox)[\w.-]*)(?:\/|$)/i;
/** Folders of a system below which lies what others own. */
const OTHERS =
  /^\/(?:etc|home|root|Users|srv|mnt|media|data|boot|bin|sbin|lib|lib64|proc|sys|dev|Library|System|Windows|var\/(?:lib|backups?|www|log|mail|spool|db)|usr(?:\/(?:bin|lib|sbin|share|local|local\/(?:bin|lib|share)))?|opt|var)(?:\/|$)/;
/** Below these, one program's own folder is its own. */
const HOLDS_PROGRAMS =
  /^\/(?:(?:usr\/(?:local\/)?(?:share|lib|libexec|src|include)|opt|usr\/local)\/[^/*?]+|(?:(?:srv|var\/www)\/[^/*?]+\/[^/*?]+|var\/log\/[^/*?]+)\/[^/])/;
/** What is in a home directory and is nobody's cache. */
const PERSONAL =
  /^~\/(?:\*|\.\*|\{[^}]*\*|\.(?:ssh|gnupg|aws|kube|azure|docker|config|local|local\/share|password-store|mozilla|bash_history|thunderbird)(?:\/\*?)?$|(?:Documents|Desktop|Pictures|Downloads|Music|Movies|Videos|Library|Projects|projects|src|code|work|workspace|repos)(?:\/\*?)?$)/;

/**
 * Whether removing this takes more than what the project made. `~` is a home directory, `?` what is not known. What is unsure is not
 * told: a folder of a name that the environment gives may be any.
 */
export function isBeyond(path: string): boolean {
  const text = path.replace(/\/{2,}/g, "/").replace(/(?:\/\.)+(?=\/|$)/g, "").replace(/(.)\/$/, "$1") || "/";
  if (/^(?:\/|\/\*|\/\.\*|~|~\/\*|[A-Za-z]:[\\/]?\*?)$/.test(text)) return true;
  // With nothing in the variable, it is the root.
  if (/^\/\?(?:\/\*?)?$/.test(text)) return true;
  if (text.startsWith("~/")) return PERSONAL.test(text);
  if (!text.startsWith("/") || PASSING.test(text) || REMADE.test(text)) return false;
  if (/^\/(?:\*|[\w.-]+\/\*)$/.test(text)) return OTHERS.test(text);
  return OTHERS.test(text) && !HOLDS_PROGRAMS.test(text);
}

/** Names of what is made for a trial. */
const TRIAL =
  /(?:^|[-_./:=\s])(?:tests?|testing|tmp|temp|ci|e2e|preview|sandbox|scratch|local|dev|demo|examples?|kind|minikube|review|pr|staging|old|backup-\d+)(?:$|[-_./:=\d\s?])/i;
export const isTrial = (name: string): boolean => TRIAL.test(name);

/** The words of one statement of SQL that loses all rows or the object, and what it strikes. */
const STATEMENT =
  /^\s*(drop\s+(?:table|database|schema|keyspace)|truncate(?:\s+table)?|delete\s+from)\s+(?:if\s+exists\s+)?(?:only\s+)?["'`[]?([\w.$?-]+(?:["'`\]]\.["'`[]?[\w$?-]+)?)["'`\]]?(?:\s+as\s+\w+)?\s*(.*)$/is;
const PASSES_AWAY =
  /(?:^|[._-])(?:tmp|temp|test|tests|staging|stage|cache|session|sessions|lock|locks|old|new|fts|index|shadow)(?:$|[._\d-])|cache|index$/i;

/** No condition, or one that every row meets. */
const ALL_ROWS = /^\s*(?:where\s+\(?\s*(?:(\d+)\s*=\s*\1|true|1)\s*\)?\s*)?$/i;

export interface Statement {
  verb: string;
  name: string;
}

/** Statements of a text of SQL that destroy, but for what is made anew in the same text. */
export function lossesOfSql(sql: string, around: string): Statement[] {
  const found: Statement[] = [];
  for (const piece of sql.slice(0, 20_000).replace(/--[^\n]*|\/\*(?:(?!\*\/)[\s\S])*\*\//g, " ").split(";")) {
    const [, words = "", name = "", rest = ""] = STATEMENT.exec(piece) ?? [];
    if (words === "" || name.includes("?") || PASSES_AWAY.test(name)) continue;
    const verb = words.toUpperCase().replace(/\s+/g, " ");
    if (verb === "DELETE FROM" && !ALL_ROWS.test(rest)) continue;
    if (verb.startsWith("TRUNCATE") && /^\s*\(/.test(rest)) continue;
    const last = name.split(".").at(-1)?.replace(/["'`[\]]/g, "") ?? name;
    const escaped = last.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    // Filled or made anew by the same program, it is replaced.
    const anew = new RegExp(
      `(?:insert\\s+(?:or\\s+\\w+\\s+)?into|copy|create\\s+(?:\\w+\\s+)?(?:table|schema|database)(?:\\s+if\\s+not\\s+exists)?|rename\\s+to)\\s+["'\`[]?(?:[\\w$]+["'\`\\]]?\\.["'\`[]?)?${escaped}\\b`,
      "i",
    );
    if (!anew.test(around)) found.push({ verb, name: last });
  }
  return found;
}
