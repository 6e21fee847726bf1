import type { PathProblem } from "../../specs/mod.ts";
import { spokenPath } from "./patch_path.ts";

/** Code points that HFS+ ignores in names: `.g<U+200C>it` opens `.git` there. */
const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
/** Invisible or direction-changing characters: a name that does not read as what it is. */
const HIDDEN =
  /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/u;
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/** What NTFS makes of a name: the part before a stream, without trailing dots and spaces. */
const ntfs = (part: string): string => (part.split(":")[0] ?? "").replace(/[. ]+$/, "");

/** The part as the most forgiving file system would read it. */
export function foldedPart(part: string): string {
  return ntfs(part.normalize("NFC").replace(HFS_IGNORED, "").toLowerCase());
}

/**
 * A path as the most forgiving file system would read it; two paths with the same key collide there. Upper case first, since
 * `\u017f` and `s` have the same one and not the same lower case.
 */
export function pathKey(path: string): string {
  return spokenPath(path).text.split("/").map((part) => foldedPart(part.toUpperCase())).join("/").normalize(
    "NFC",
  );
}

/** The 8.3 short names that NTFS gives to `.git` and `.gitmodules`. */
const SHORT_GIT = /^git~[0-9]$/;
const SHORT_MODULES = /^(?:gitmod~[0-9]|gi7eba~[0-9])$/;

const encoder = new TextEncoder();

/** Everything that is wrong with a path by its text alone. */
export function pathProblems(name: string): PathProblem[] {
  const problems: PathProblem[] = [];
  const { text: path, utf8 } = spokenPath(name);
  const add = (kind: PathProblem["kind"], detail: string) => problems.push({ kind, path: name, detail });
  if (!utf8) add("not-utf8", "the name is not UTF-8, so that it cannot be shown or compared");
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) add("absolute", "the path is absolute");
  if (path.includes("\\")) add("backslash", "a backslash separates directories on Windows");
  if (CONTROL.test(path)) add("control-character", "the name holds a control character");
  if (HIDDEN.test(path)) {
    add("hidden-character", "the name holds an invisible or direction-changing character");
  }
  if (path.length > 4096) add("too-long", `the path has ${path.length} characters; 4096 is the limit`);
  const seen = new Set<PathProblem["kind"]>();
  const once = (kind: PathProblem["kind"], detail: string) => {
    if (seen.has(kind)) return;
    seen.add(kind);
    add(kind, detail);
  };
  for (const part of path.split(/[/\\]/)) {
    const folded = foldedPart(part);
    if (part === "" || part === ".") once("empty-part", "the path has an empty part or a lone dot");
    else if (part === "..") once("parent", "the path leaves its directory by '..'");
    else if (/^\.+ *$/.test(part.trim()) || folded === "") {
      once("parent", "a part of only dots and spaces is '..' or nothing on some file systems");
    } else if (folded === ".git" || SHORT_GIT.test(folded)) {
      once("git-directory", `'${part}' is git's own directory`);
    } else if (folded === ".gitmodules" || SHORT_MODULES.test(folded)) {
      once("submodule", "the file says where submodules are fetched from");
    } else if (folded === ".lfsconfig") {
      once("git-attributes", "the file says where large files are fetched from");
    }
    if (encoder.encode(part).length > 255) once("too-long", "a part of the path has more than 255 bytes");
  }
  return problems;
}

/** What a mode of git says of a path that is written there. Deletions of links and submodules are judged too. */
export function modeProblems(
  path: string,
  status: string,
  oldMode: string,
  newMode: string,
): PathProblem[] {
  const written = status !== "D";
  if (newMode === "120000" && written) {
    return [{ kind: "symlink", path, detail: "the change writes a symbolic link" }];
  }
  if (newMode === "160000" || oldMode === "160000") {
    return [{ kind: "submodule", path, detail: "the change adds, moves or removes a submodule" }];
  }
  const known = ["000000", "100644", "100755", "100664", "120000", "040000"];
  return [oldMode, newMode].filter((mode) => !known.includes(mode)).map((mode) => ({
    kind: "unknown-mode" as const,
    path,
    detail: `'${mode.slice(0, 20)}' is not a file mode of git`,
  }));
}

/** Attributes that make git run a program, or change what is checked out, archived or shown. */
const ATTRIBUTES =
  /(?:^|[\s!-])(filter|diff|merge|export-subst|export-ignore|working-tree-encoding|ident|eol|text)(?:=|\s|$)/;
const RUNS = new Set(["filter", "diff", "merge", "export-subst", "export-ignore", "working-tree-encoding"]);

/** The attributes of an added line of .gitattributes that have an effect beyond line ends. */
export function attributeOf(line: string): string | null {
  const text = line.trim();
  if (text.startsWith("#")) return null;
  if (text.startsWith("[attr]")) return "[attr]";
  for (const word of text.split(/\s+/).slice(1)) {
    const name = ATTRIBUTES.exec(word)?.[1];
    if (name !== undefined && RUNS.has(name)) return name;
  }
  return null;
}
