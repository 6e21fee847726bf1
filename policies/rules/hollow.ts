import type { PatchFacts, Spec, StaticTest } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { fail, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

/**
 * Whether new files of tests are all that could show what the change does: it promises new behaviour, edits code, and edits no test
 * that was there. A test that only runs something may stand beside others; alone it proves nothing.
 */
function isOnlyProof(spec: Spec, { files, tests }: PatchFacts): boolean {
  const places = new Set(tests.added.map(({ path }) => path));
  const held = files.filter(({ kind, path }) => kind === "test" || places.has(path));
  return spec.proof === "fail-to-pass" && places.size > 0 && tests.unread.length === 0 &&
    intentsOf(spec).some(({ type }) => type === "CREATE" || type === "UPDATE") &&
    files.some(({ kind, path }) => kind === "code" && !places.has(path)) &&
    held.every(({ kind, status, path }) => kind === "test" && status === "A" && places.has(path));
}

/** L2: a new test can fail. Where it is the only proof of a change, the gate fail-to-pass asks a human. */
export const hollowRules = [
  rule({
    id: "T5",
    gate: "hollow-tests",
    layer: "L2",
    mode: "enforce",
    severity: "medium",
    description:
      "Of the tests that a change adds one at least can fail: not all compare a thing with itself, or assert what nobody waits for, or assert nothing where they are all that a change of behaviour brings; each that does is told",
    remediation:
      "Compare with the value that the code has to give, and await or return what is asserted later",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    selector: ({ patch: { tests } }) => ({
      applies: tests.hollow !== undefined || tests.silent !== undefined,
      because: tests.hollow === undefined && tests.silent === undefined
        ? "these facts are of an extractor that did not look at what new tests assert"
        : "new and edited tests are looked at",
    }),
    evaluate: ({ spec, patch }) => {
      const { tests } = patch;
      const { hollow = [], silent = [] } = tests;
      const nameOf = ({ path, suite, title }: StaticTest) => `${path}\n${suite}\n${title}`;
      const known = new Set(hollow.map(nameOf));
      const told = [
        ...hollow.map(({ path, line, title, kind }) => ({
          message: kind === "tautology"
            ? `${
              JSON.stringify(title)
            } cannot fail: what it asserts holds by itself, or its failure is caught`
            : `${JSON.stringify(title)} asserts what nobody waits for: it passes whatever the code does`,
          path,
          line,
          remediation: kind === "tautology"
            ? "Compare with the value that the code has to give"
            : "Await the assertion, or return its promise",
        })),
        ...silent.filter((test) => !known.has(nameOf(test))).map(({ path, line, title }) => ({
          message: `${JSON.stringify(title)} asserts nothing`,
          path,
          line,
          remediation: "Assert what the code has to do",
        })),
      ].slice(0, 200);
      const empty = new Set([...hollow, ...silent].map(nameOf));
      const added = tests.added.map(nameOf);
      // What became of a test that was there is another gate's.
      const isHollow = added.every((name) => empty.has(name)) &&
        (added.some((name) => known.has(name)) || isOnlyProof(spec, patch));
      // What the spec holds out proves the change without them.
      const isProven = spec.acceptance.some(({ check }) => check !== undefined);
      if (!isHollow || isProven) return pass(told);
      return fail(told, "passes when a new test asserts something that could fail", {
        escalates: true,
      });
    },
  }),
];
