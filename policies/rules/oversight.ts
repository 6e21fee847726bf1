import type { PatchFacts, Spec } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { compileGlob, isExactPath } from "../facts/glob.ts";
import { removesOf } from "./execution.ts";
import { namesPath } from "./named.ts";

/** Facts of an engine that did not look are an error, never a pass. */
export function looked<
  Name extends "suppressions" | "swallowed" | "bypasses" | "commands" | "ciWorkflow" | "routes",
>(
  patch: PatchFacts,
  name: Name,
): void {
  if (patch.extractors[name] === undefined) {
    throw new Error(`the facts of the patch were made without the extractor '${name}'; run the change again`);
  }
}

/** Words that turn a sentence into its contrary: `without eslint-disable`. */
const NEGATED =
  /\b(?:no|not|never|without|don't|do not|must not|may not|avoid|remove|instead of|forbid\w*|refuse|drop|take out)\b/i;

/** Whether a sentence of the spec asks for what these words name. One that says no does not. */
export function specAsks(spec: Spec, words: RegExp): boolean {
  return [
    spec.title,
    spec.reason,
    spec.description,
    ...spec.constraints,
    ...spec.acceptance.map(({ text }) => text),
  ]
    .flatMap((text) => text.split(/[.;!?]\s|\n/)).some((sentence) =>
      words.test(sentence) && !NEGATED.test(sentence)
    );
}

/** Whether `removes` names the file or one of these names, alone or behind the path. */
export function removesNames(spec: Spec, path: string, names: readonly string[]): boolean {
  return removesOf(spec).some((entry) =>
    namesPath(entry, path) || names.some((name) => entry === name || entry === `${path}::${name}`)
  );
}

/** Whether the scope opens this very path, not only a glob over it. */
export function opensExactly(spec: Spec, path: string): boolean {
  return intentsOf(spec).flatMap(({ scope }) => scope).filter(isExactPath).some((entry) => {
    const compiled = compileGlob(entry);
    return compiled.ok && compiled.glob(path);
  });
}
