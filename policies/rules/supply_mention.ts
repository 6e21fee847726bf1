import type { Spec } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { compileGlob, isExactPath } from "../facts/glob.ts";

/** What a spec says in words and operations, as one text. */
function wordsOf(spec: Spec): string {
  const intents = intentsOf(spec);
  return [
    spec.title,
    spec.reason,
    ...spec.constraints,
    ...spec.acceptance.map(({ text }) => text),
    spec.description,
    JSON.stringify(spec.operations),
    ...intents.flatMap((
      { removes, renames },
    ) => [...removes, ...renames.flatMap(({ from, to }) => [from, to])]),
  ].join("\n").toLowerCase();
}

const WORD = /[a-z0-9_@/-]/;

export interface Mentions {
  /** Whether the spec names this package. */
  name(ecosystem: string, name: string): boolean;
  /** Whether the spec's words match. */
  words(pattern: RegExp): boolean;
}

/** What the spec says of packages: its author's words are the only place in which a dependency can be asked for by name. */
export function mentionsOf(spec: Spec): Mentions {
  const all = wordsOf(spec);
  const python = all.replace(/[_.]+(?=[a-z0-9])/g, "-");
  const holds = (text: string, word: string): boolean => {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      const [before, after] = [text[at - 1] ?? " ", text.slice(at + word.length, at + word.length + 2)];
      const ends = !WORD.test(after[0] ?? " ") || after[0] === "@" ||
        (after[0] === "/" && !word.includes("/"));
      const member = after[0] === "." && /[a-z]/.test(after[1] ?? " ");
      if (!WORD.test(before) && before !== "." && ends && !member) return true;
    }
    return false;
  };
  return {
    name(ecosystem, given) {
      const name = given.toLowerCase();
      if (name === "") return false;
      if (ecosystem === "pypi") return holds(all, name) || holds(python, name.replace(/[_.]+/g, "-"));
      if (holds(all, name)) return true;
      if (ecosystem === "cargo") return holds(all.replaceAll("_", "-"), name.replaceAll("_", "-"));
      if (ecosystem === "go") {
        const path = name.replace(/\/v\d+$/, "");
        const last = path.split("/").at(-1) ?? "";
        return holds(all, path) || (last.length >= 3 && holds(all, last));
      }
      if (ecosystem === "maven") return holds(all, name.split(":").at(-1) ?? name);
      if (ecosystem === "jsr") return holds(all, name.split("/").at(-1) ?? name);
      if (ecosystem === "url") {
        return /^https?:\/\/([^/]+)/.exec(name)?.[1] !== undefined &&
          holds(all, /^https?:\/\/([^/]+)/.exec(name)?.[1] ?? "");
      }
      // The types of a package belong to it.
      const typed = /^@types\/(.+)$/.exec(name)?.[1];
      return typed !== undefined && (holds(all, typed) || holds(all, typed.replace("__", "/")));
    },
    words: (pattern) => pattern.test(all),
  };
}

/** How the spec's scope opens a manifest: by its path, its kind or its directory; null when only a wider glob covers it. */
export function namesManifest(spec: Spec, path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const directory = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  return intentsOf(spec).flatMap(({ scope }) => scope).some((text) => {
    const plain = text.replace(/^\.\//, "");
    if (isExactPath(plain)) return plain === path;
    const compiled = compileGlob(plain);
    if (!compiled.ok || !compiled.glob(path)) return false;
    const last = plain.split("/").at(-1) ?? "";
    // `**/package.json`, `requirements*.txt`: a kind of file. `packages/a/**`: the package as a whole.
    if (/[A-Za-z]{3}/.test(last) && (last === name || /^[\w.-]*\*[\w.-]*$|\{/.test(last))) {
      return last !== "*" && last !== "**";
    }
    const root = plain.split(/[*?[{]/, 1)[0]?.replace(/\/$/, "") ?? "";
    return directory !== "" && root === directory;
  });
}
