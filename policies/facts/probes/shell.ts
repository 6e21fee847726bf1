import { tokensOf } from "../source/lexicon.ts";
import type { Finding } from "./flow.ts";

/** What a script knows of how it was started. */
const IDENTITY =
  /\$\{?#?(?:BASH_SOURCE|FUNCNAME|BASH_LINENO|BASH_ARGV0?|BASH_SUBSHELL|SHLVL|PPID|BASHPID)\b|\$\{?0\b|\$\$|\$\{?HOSTNAME\b|\$\{?PWD\b|\$\(\s*(?:pwd|hostname|whoami|caller)\b|\/proc\/(?:self|\$)/;
/** The honest question whether a script is run or sourced. */
const SOURCED =
  /\$\{?BASH_SOURCE(?:\[0\])?\}?["']?\s*(?:==?|!=|-ef)\s*["']?\$\{?0|\$\{?0\}?["']?\s*(?:==?|!=|-ef)\s*["']?\$\{?BASH_SOURCE/;
const CONDITION =
  /\[\[[^\n]{1,400}?\]\]|(?:^|[\s;!({])\[\s[^\n]{1,400}?\s\]|(?:^|[\s;!(])test\s[^\n;]{1,400}|\(\([^\n]{1,400}?\)\)|\bcase\s[^\n]{1,300}?\sin\b/g;
const SAYS = "asks who runs it";

/** Conditions of a script that depend on who started it, and functions and settings that take the place of the tests' own. */
export function shellProbes(text: string): Finding[] {
  const found: Finding[] = [];
  const lines = withoutComments(text);
  const tainted = new Set<string>();
  for (const line of lines) {
    const assigned =
      /^\s*(?:local\s+|readonly\s+|declare\s+(?:-\w+\s+)*|export\s+)?([A-Za-z_]\w*)=(.{1,400})$/.exec(line);
    if (
      assigned && /BASH_SOURCE\[@\]|FUNCNAME|BASH_LINENO|SHLVL|PPID|\$\$|caller/.test(assigned[2] ?? "") &&
      IDENTITY.test(assigned[2] ?? "")
    ) {
      tainted.add(assigned[1] ?? "");
    }
  }
  for (const [at, line] of lines.entries()) {
    const add = (says: string) => found.push({ line: at + 1, text: says });
    for (const [condition] of line.matchAll(CONDITION)) {
      const kept = [...tainted].some((name) => new RegExp(`\\$\\{?${name}\\b`).test(condition));
      if ((kept || IDENTITY.test(condition)) && !SOURCED.test(condition) && speaks(condition, lines, at)) {
        add(SAYS);
        break;
      }
    }
    if (
      /^\s*(?:readonly|declare|typeset)\s+-\w*f\w*r|^\s*(?:declare|typeset)\s+-\w*r\w*f|(?:^|[;\s])readonly\s+-f\b/
        .test(line)
    ) {
      add("keeps others from defining a function");
    }
    if (
      /\bshopt\s+-s\s+[\w ]*expand_aliases|(?:^|[;\s])enable\s+-n\s|(?:^|[;\s])trap\s.{0,200}\s(?:DEBUG|RETURN)\b|(?:^|[;\s])hash\s+-p\s|\bPROMPT_COMMAND=|\bBASH_ENV=/
        .test(line)
    ) {
      add("changes what commands mean for whoever sources it");
    }
  }
  return found;
}

/** A condition against a literal, a number or a pattern; `[ "$PWD" = "$root" ]` and `[ -d "/proc/$$" ]` say nothing. */
function speaks(condition: string, lines: readonly string[], at: number): boolean {
  if (/^\(\(/.test(condition) || /-(?:eq|ne|gt|lt|ge|le)\s/.test(condition)) {
    return !/\$\$|PPID|BASHPID/.test(condition) || /-(?:gt|lt|ge|le)\s+\d|[<>]/.test(condition);
  }
  if (/^\s*case\s/.test(condition)) {
    const arms = lines.slice(at, at + 12).join("\n");
    return /(?:^|[\s(|])(?:[*"']*[\w./-]*(?:test|spec|check|bats|runner|home|tmp|sandbox)[\w./*"'-]*)\s{0,4}[)|]/i
      .test(
        arms,
      );
  }
  const right = /(?:==?|!=|=~)\s*(.+?)\s*(?:\]|&&|\|\||$)/.exec(condition)?.[1] ?? "";
  const left = /^\W*(?:test\s+)?(\S+)\s*(?:==?|!=)/.exec(condition)?.[1] ?? "";
  const literal = (side: string) => side.replace(/\$\{?\w+[^}\s]*\}?|["']|\$\([^)]*\)/g, "");
  const said = literal(IDENTITY.test(right) ? left : right);
  return /\w{2,}/.test(said) && !/^(?:bash|-bash|sh|zsh|root)$/.test(said);
}

function withoutComments(text: string): string[] {
  const lines = text.split("\n");
  for (const token of tokensOf(text, "shell")) {
    if (token.kind !== "comment") continue;
    const line = lines[token.line - 1];
    if (line !== undefined) lines[token.line - 1] = line.slice(0, token.column);
  }
  return lines.map((line) => line.slice(0, 2000));
}
