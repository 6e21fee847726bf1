/** Turns what git says about a patch into a problem that names file and line. Git speaks LC_ALL=C here. */
import type { Problem } from "../../specs/mod.ts";

interface Rule {
  code: "patch-malformed" | "patch-conflict" | "patch-path";
  says: RegExp;
  why: string;
  remedy: string;
}

const AS_GIT_PRINTS = "Give a unified diff as `git diff --binary` prints it, complete and unedited.";
const REBASE = "Make the patch again from the base commit of the run (--base names it).";

/** In this order: the first that matches explains. Groups: path, line. */
const RULES: readonly Rule[] = [
  {
    code: "patch-malformed",
    says:
      /cannot apply binary patch to '(?<path>.+?)' without full index line|missing binary patch data for '(?<path2>.+?)'|necessary postimage \w+ for '(?<path3>.+?)' cannot be read/,
    why: "it has a binary change without the data",
    remedy: "Make it with `git diff --binary`.",
  },
  {
    code: "patch-malformed",
    says: /(?:corrupt|unrecognized) binary patch at line (?<line>\d+)|corrupt binary patch/,
    why: "its binary data is damaged",
    remedy: AS_GIT_PRINTS,
  },
  {
    code: "patch-malformed",
    says: /binary patch to '(?<path>.+?)' creates incorrect result/,
    why: "its binary data does not give the file that it names",
    remedy: AS_GIT_PRINTS,
  },
  {
    code: "patch-malformed",
    says:
      /(?:corrupt patch|patch fragment without header|patch with only garbage|garbage|unexpected line).*? at (?:line )?(?<line>\d+)/,
    why: "a hunk does not have the lines that its header counts",
    remedy: AS_GIT_PRINTS,
  },
  {
    code: "patch-malformed",
    says:
      /(?:git diff header|bad git-diff|inconsistent|expected (?:\/dev\/null|file)).*?(?:at|on) line (?<line>\d+)/,
    why: "a file header contradicts itself",
    remedy: AS_GIT_PRINTS,
  },
  {
    code: "patch-malformed",
    says: /No valid patches in input|unable to find filename in patch|recount: unexpected line/,
    why: "there is no unified diff in it",
    remedy: AS_GIT_PRINTS,
  },
  {
    code: "patch-path",
    says: /invalid path '(?<path>.+?)'/,
    why: "it names a path that no repository may hold",
    remedy: "Keep paths inside the repository, relative, without `..` and `.git`.",
  },
  {
    code: "patch-path",
    says: /(?:affected file|reading from) '(?<path>.+?)' (?:is )?beyond a symbolic link/,
    why: "it writes through a symbolic link",
    remedy: "Name the real path of the file.",
  },
  {
    code: "patch-conflict",
    says: /patch failed: (?<path>.+?):(?<line>\d+)/,
    why: "a hunk does not match the file",
    remedy: REBASE,
  },
  {
    code: "patch-conflict",
    says:
      /error: (?<path>.+?): (?:does not exist in index|already exists in (?:index|working directory)|does not match index|has type \d+, expected \d+|wrong type|patch does not apply)/,
    why: "the file is not in the state that it expects",
    remedy: REBASE,
  },
  {
    code: "patch-conflict",
    says: /'(?<path>.+?)' appears as both a file and as a directory/,
    why: "a file is in the place of a directory, or the other way round",
    remedy: REBASE,
  },
  {
    code: "patch-conflict",
    says: /the patch applies to '(?<path>.+?)' .*?which does not match the current contents/,
    why: "the binary file is not the one that it was made from",
    remedy: REBASE,
  },
  {
    code: "patch-conflict",
    says:
      /(?:path|file) (?<path>\S+) (?:has been renamed\/deleted|would be overwritten)|removal patch leaves file contents/,
    why: "the file is not in the state that it expects",
    remedy: REBASE,
  },
];

/**
 * A binary change that only says that files differ. Git overlooks some of these in silence, so they are looked for first: no
 * line of a hunk or of binary data begins like this.
 */
export function binaryWithoutData(patch: Uint8Array): Problem | null {
  const text = new TextDecoder().decode(patch);
  const found = /^Binary files (.+) and (.+) differ\r?$/m.exec(text);
  if (found === null) return null;
  const [, before = "", after = ""] = found;
  const path = (after === "/dev/null" ? before : after).replace(/^("?)[ab]\//, "$1");
  const line = text.slice(0, found.index).split("\n").length;
  return {
    code: "patch-malformed",
    message:
      `Cannot apply the patch to ${path}: it has a binary change without the data (patch line ${line})`,
    path,
    line,
    remedy: "Make it with `git diff --binary`.",
  };
}

/** Why git refused a patch. What is not recognised is a malformed patch with git's own words. */
export function refusal(stderr: string): Problem {
  for (const rule of RULES) {
    const found = rule.says.exec(stderr);
    if (found === null) continue;
    const path = found.groups?.path ?? found.groups?.path2 ?? found.groups?.path3 ??
      /error: (.+?): (?:patch does not apply|.*index)/.exec(stderr)?.[1];
    const line = found.groups?.line;
    const where = rule.code === "patch-malformed" ? "patch line" : "line";
    return {
      code: rule.code,
      message: `Cannot apply the patch${path === undefined ? "" : ` to ${path}`}: ${rule.why}` +
        `${line === undefined ? "" : ` (${where} ${line})`}; git says: ${words(stderr)}`,
      ...(path === undefined ? {} : { path }),
      ...(line === undefined ? {} : { line: Number(line) }),
      remedy: rule.remedy,
    };
  }
  return {
    code: "patch-malformed",
    message: `Cannot apply the patch; git says: ${words(stderr)}`,
    remedy: AS_GIT_PRINTS,
  };
}

function words(stderr: string): string {
  return stderr.trim().replaceAll(/\s*\n\s*/g, "; ").slice(0, 600) || "nothing";
}
