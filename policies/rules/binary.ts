import type { Finding, Spec } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { compileGlob, isExactPath } from "../facts/glob.ts";
import { fail, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { languageOf } from "../facts/file_kind.ts";
import { SIZE_CAPS } from "./size.ts";

const FIXTURES = /(?:^|\/)(?:testdata|__?fixtures__?|fixtures?|snapshots|__snapshots__|samples|golden)\//;

/** L3: nobody can review bytes. What runs or unpacks stays out, what is looked at comes in, for the rest a human decides. */
export const binaryRules = [
  rule({
    id: "C4",
    gate: "binary-content",
    layer: "L3",
    mode: "enforce",
    severity: "high",
    description:
      "No program, bytecode or archive by its content, whatever it is called; images, fonts and data by a known format; other binary files by name or by a human",
    remediation: "Build it from source, or name the exact path in intent.scope and let a human answer",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    evaluate: ({ spec, patch }) => {
      const refused: Finding[] = [];
      const asked: Finding[] = [];
      const noted: Finding[] = [];
      const names = namedBy(spec);
      const limit = SIZE_CAPS[spec.tier].fileBytes;
      for (const { path, type, class: kind, bytes } of patch.binaries) {
        const named = names(path);
        const add = (list: Finding[], message: string, remediation: string) =>
          list.push({ message, path, remediation });
        switch (kind) {
          case "executable":
          case "archive":
            add(
              named === "exact" ? asked : refused,
              `${path} is ${
                kind === "executable" ? "a program" : "an archive"
              } by its content (${type}), which nobody can review`,
              named === "exact"
                ? "A human answers whether it may come in: forge workflow answer RUN --approve"
                : `Build it from source, or add exactly ${
                  JSON.stringify(path)
                } to intent.scope and let a human answer`,
            );
            break;
          case "unknown":
            add(
              named === null ? asked : noted,
              `${path} is binary and of no format that is known here (${type})`,
              `Build it from source, or name ${JSON.stringify(path)} in intent.scope`,
            );
            break;
          case "asset":
            break;
        }
        if (bytes > limit) {
          add(
            asked,
            `${path} has ${bytes} bytes, more than the ${limit} of the tier ${spec.tier}`,
            "Keep large files elsewhere, or let a human decide",
          );
        }
      }
      if (refused.length > 0) {
        return fail(
          [...refused, ...asked],
          `passes without ${refused.map(({ path }) => path).slice(0, 10).join(", ")}`,
        );
      }
      if (asked.length > 0) {
        return fail(
          asked,
          `passes without ${
            asked.map(({ path }) => path).slice(0, 10).join(", ")
          }, or with an approval that is bound to this patch`,
          { escalates: true },
        );
      }
      return pass(noted);
    },
  }),
];

/** How the spec's scope names a file: by its exact path, or as a kind of file, or as a fixture. */
function namedBy(spec: Spec): (path: string) => "exact" | "kind" | null {
  const scopes = intentsOf(spec).flatMap(({ scope }) => scope);
  const exact = new Set(scopes.filter(isExactPath).map((path) => path.replace(/^\.\//, "")));
  const globs = scopes.flatMap((text) => {
    const compiled = isExactPath(text) ? null : compileGlob(text);
    const says = /\.[A-Za-z0-9]{1,10}$/.test(text) || FIXTURES.test(text);
    return compiled?.ok && says ? [compiled.glob] : [];
  });
  return (path) =>
    exact.has(path) ? "exact" : languageOf(path) === null && globs.some((glob) => glob(path)) ? "kind" : null;
}
