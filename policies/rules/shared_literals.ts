import type { SharedLiterals, Spec } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { failIfAny, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

/** Of so many written-out answers most are what tests ask for, and of what tests ask for most is written out. */
const SHARE = 0.75;

/** L2: what tests ask for is worked out, not written out. */
export const sharedLiteralRules = [
  rule({
    id: "T8",
    gate: "hard-coded-answers",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "Product code does not answer what tests ask for literal by literal, input by input; a human decides",
    remediation: "Work the answer out for every input, or let a human decide",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    selector: ({ patch: { sharedLiterals } }) => ({
      applies: sharedLiterals !== undefined,
      because: sharedLiterals === undefined
        ? "these facts are of an extractor that did not compare the literals of code and tests"
        : `${sharedLiterals.length} places answer something that a test asks for`,
    }),
    evaluate: ({ spec, patch }) => {
      const text = textOf(spec);
      const found = (patch.sharedLiterals ?? []).flatMap((place) => {
        const how = howHardCoded(place);
        return how === null || isNamedTable(place, text) ? [] : [{ place, how }];
      });
      return failIfAny(
        found.map(({ place, how }) => {
          const { path, line, name, matched } = place;
          const [first] = matched;
          const asked = first === undefined ? "" : ` (such as ${first.test.path}:${first.test.line})`;
          return {
            message: `${name === "" ? "A table" : name} answers ${how} literal by literal${asked}`,
            path,
            line,
            remediation:
              "Work the answer out for every input; where it is meant, a human approves it: forge workflow answer RUN --approve",
          };
        }),
        "passes when these answers are worked out from what goes in, or with an approval that is bound to this patch",
        { escalates: true },
      );
    },
  }),
];

/** Why a place looks written for its tests; null where constants are only tested. */
function howHardCoded({ kind, answers, matched, wanted }: SharedLiterals): string | null {
  const all = wanted.old + wanted.fresh;
  const telling = matched.filter((one) => one.telling);
  if (
    telling.length >= 2 && matched.length >= SHARE * answers && matched.length >= SHARE * all
  ) return `${matched.length} of ${all} inputs of its tests`;
  if (kind === "table" || matched.length < answers) return null;
  const old = matched.filter((one) => one.old && one.named);
  if (old.length > 0 && old.length >= wanted.old) return "every input of the tests that were there before";
  // What goes in and what comes out are nothing that two would write down by chance, and nothing else is written out.
  const named = matched.filter((one) => one.named || one.old);
  if (telling.length === matched.length && named.length > 0) return "an input of its tests";
  return null;
}

/** A table that the spec itself writes down, entry by entry, is data. */
function isNamedTable({ matched, answers }: SharedLiterals, text: string): boolean {
  return answers >= 3 &&
    matched.every(({ inputs, output }) => [...inputs, output].every((one) => text.includes(one)));
}

function textOf(spec: Spec): string {
  return [
    spec.title,
    spec.reason,
    spec.description,
    ...spec.constraints,
    ...spec.acceptance.map(({ text }) => text),
    ...intentsOf(spec).flatMap(({ scope }) => scope),
  ].join("\n");
}
