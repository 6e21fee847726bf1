import type { FileFacts, SupplyProblem } from "../../../specs/mod.ts";
import { nameOf } from "./model.ts";
import type { Side } from "./workspace.ts";

/** What a build script may do that has nothing to do with building, by file name. */
const SIGNS: Readonly<Record<string, RegExp>> = {
  "setup.py":
    /\bos\.(?:system|popen|exec\w*|environ)\b|\bsubprocess\b|\burllib\b|\brequests\b|\bhttp\.client\b|\bsocket\b|\bexec\s*\(|\beval\s*\(|\bbase64\b|\b__import__\b|\bcmdclass\b|\bcompile\s*\(/g,
  "build.rs":
    /\bstd::net\b|\bTcpStream\b|\b(?:reqwest|ureq|hyper|curl)::|\bCommand::new\(\s*"(?:curl|wget|sh|bash|zsh|cmd|powershell|python3?|perl)"|\benv::vars\b|\binclude_bytes!/g,
  // A build backend that lies in the tree is a program that installers start.
  "pyproject.toml": /^[ \t]*backend-path[ \t]*=/gm,
  "binding.gyp": /"(?:actions|rules|postbuilds)"|'(?:actions|rules|postbuilds)'|<!/g,
};

/** Code that runs when a package is built or installed, and now does what it did not do. */
export async function codeProblems(
  files: readonly FileFacts[],
  base: Side,
  head: Side,
): Promise<SupplyProblem[]> {
  const problems: SupplyProblem[] = [];
  for (const file of files) {
    const signs = SIGNS[nameOf(file.path)];
    if (signs === undefined || file.status === "D") continue;
    const [before, after] = [await base.text(file.from ?? file.path) ?? "", await head.text(file.path)];
    if (after === null) {
      problems.push({
        kind: "unread",
        path: file.path,
        name: nameOf(file.path),
        detail: "it cannot be read",
        certain: false,
      });
      continue;
    }
    const count = (text: string) => {
      const counts = new Map<string, number>();
      for (const [sign] of text.matchAll(signs)) counts.set(sign, (counts.get(sign) ?? 0) + 1);
      return counts;
    };
    const [old, now] = [count(before), count(after)];
    const grown = [...now].filter(([sign, number]) => number > (old.get(sign) ?? 0)).map(([sign]) => sign);
    if (grown.length === 0) continue;
    const at = after.split("\n").findIndex((line) => line.includes(grown[0] ?? ""));
    problems.push({
      kind: "build-code",
      path: file.path,
      name: nameOf(file.path),
      detail: `it runs when the package is built or installed, and now uses ${grown.slice(0, 5).join(", ")}`
        .slice(0, 500),
      certain: false,
      ...(at < 0 ? {} : { line: at + 1 }),
    });
  }
  return problems;
}
