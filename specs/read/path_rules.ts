/** What a path or a glob in a spec may be. Each check answers with what is wrong and what to write, or null. */
export interface PathFault {
  message: string;
  remedy: string;
}

/** Alternatives that braces may stand for, all together. */
const MAX_ALTERNATIVES = 256;
/** Matching backtracks over wildcards: more of them in one segment could take seconds for one path. */
const MAX_STARS = 3;
const MAX_GLOBSTARS = 4;

const INSIDE = "write it relative to the repository's root, such as src/auth/login.ts";

/** What no path may be, whether it is a file or a glob. */
function pathFault(path: string): PathFault | null {
  if (path.trim() === "") return { message: "The path is empty.", remedy: INSIDE };
  if (path !== path.trim()) return { message: "The path starts or ends with a space.", remedy: "remove it" };
  if (/\p{Cc}/u.test(path)) {
    return { message: "The path holds a control character.", remedy: "remove it" };
  }
  if (path.includes("\\")) {
    return { message: "The path holds a backslash.", remedy: "separate folders with /" };
  }
  if (path.startsWith("/") || path.startsWith("~")) {
    return { message: "The path is absolute.", remedy: INSIDE };
  }
  if (/^[A-Za-z]:/.test(path) || /^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    return { message: "The path starts with a drive or a URL scheme.", remedy: INSIDE };
  }
  const segments = path.split("/");
  if (segments.includes("..")) return { message: "The path leaves its folder by `..`.", remedy: INSIDE };
  if (segments.some((segment) => /^(\.git|git~\d)[. ]*$/i.test(segment))) {
    return { message: "The path goes into .git.", remedy: "name a file of the working tree" };
  }
  if (path.startsWith("./")) {
    return {
      message: "The path starts with ./ and would match nothing.",
      remedy: `write ${path.slice(2) || "**"}`,
    };
  }
  if (path.slice(0, -1).includes("//")) {
    return { message: "The path has an empty segment (//).", remedy: "separate folders with one /" };
  }
  return null;
}

/** A file beside the spec: relative, below the spec's folder, no `.` or `..` segment. */
export function fileFault(path: string): PathFault | null {
  const fault = pathFault(path);
  if (fault !== null) return fault;
  if (path.endsWith("/")) return { message: "The path is a folder.", remedy: "name each file" };
  if (path.split("/").includes(".")) return { message: "The path has a segment `.`.", remedy: "remove it" };
  return null;
}

/** A glob over the repository's paths, harmless to match. It says what is meant, never what is not. */
export function globFault(glob: string): PathFault | null {
  if (/[!@?*+]\(/.test(glob)) {
    return {
      message: "Extended globs such as +(a|b) are not accepted.",
      remedy: "write {a,b}, or several globs",
    };
  }
  if (glob.startsWith("!")) {
    return { message: "A glob cannot take paths out by !.", remedy: "name what is meant, in narrower globs" };
  }
  const fault = pathFault(glob);
  if (fault !== null) return fault;
  if (glob === ".") return { message: "The glob . matches no file.", remedy: 'write "**" for everything' };
  if (glob.endsWith("/")) {
    return { message: "The glob names a folder and matches no file.", remedy: `write ${glob}**` };
  }
  const alternatives = alternativesOf(glob);
  if (alternatives === null) {
    return { message: "The glob's braces do not close.", remedy: "close each { with a }" };
  }
  if (alternatives > MAX_ALTERNATIVES) {
    return {
      message: `The glob's braces stand for more than ${MAX_ALTERNATIVES} alternatives.`,
      remedy: "write a wider glob with *, or several globs",
    };
  }
  const segments = glob.split("/");
  if (segments.filter((segment) => segment.includes("**")).length > MAX_GLOBSTARS) {
    return { message: `The glob has more than ${MAX_GLOBSTARS} times **.`, remedy: "write a shorter glob" };
  }
  if (segments.some((segment) => segment.replaceAll("**", "*").split("*").length - 1 > MAX_STARS)) {
    return {
      message: `One folder or file name of the glob has more than ${MAX_STARS} times *.`,
      remedy: "write a shorter glob",
    };
  }
  return null;
}

/** How many plain globs the braces of a pattern stand for; null when they do not close. Capped against overflow. */
function alternativesOf(pattern: string): number | null {
  // A frame counts the finished alternatives of a brace and the product of the running one.
  const stack: { sum: number; product: number; numeric: number }[] = [];
  let product = 1;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === "{") {
      const range = /^\{(-?\d{1,15})\.\.(-?\d{1,15})(?:\.\.-?\d{1,15})?\}/.exec(pattern.slice(at, at + 60));
      const numeric = range === null ? 1 : Math.abs(Number(range[2]) - Number(range[1])) + 1;
      stack.push({ sum: 0, product, numeric });
      product = 1;
    } else if (character === "," && stack.length > 0) {
      const frame = stack.at(-1);
      if (frame !== undefined) frame.sum += product;
      product = 1;
    } else if (character === "}") {
      const frame = stack.pop();
      if (frame === undefined) return null;
      product = Math.min(Number.MAX_SAFE_INTEGER, frame.product * (frame.sum + product) * frame.numeric);
    }
  }
  return stack.length > 0 ? null : product;
}
