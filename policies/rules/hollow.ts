import { failIfAny, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

/** L2: a new test can fail. Where it is the only proof of a change, the gate fail-to-pass asks a human. */
export const hollowRules = [
  rule({
    id: "T5",
    gate: "hollow-tests",
    layer: "L2",
    mode: "warn",
    severity: "medium",
    description:
      "No new or edited test compares a thing with itself only, leaves what it asserts unawaited, or asserts nothing",
    remediation:
      "Compare with the value that the code has to give, and await or return what is asserted later",
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    selector: ({ patch: { tests } }) => ({
      applies: tests.hollow !== undefined || tests.silent !== undefined,
      because: tests.hollow === undefined && tests.silent === undefined
        ? "these facts are of an extractor that did not look at what new tests assert"
        : "new and edited tests are looked at",
    }),
    evaluate: ({ patch: { tests } }) =>
      failIfAny(
        [
          ...(tests.hollow ?? []).map(({ path, line, title, kind }) => ({
            message: kind === "tautology"
              ? `${
                JSON.stringify(title)
              } compares things with themselves, or literals: it passes whatever the code does`
              : `${JSON.stringify(title)} asserts what nobody waits for: it passes whatever the code does`,
            path,
            line,
            remediation: kind === "tautology"
              ? "Compare with the value that the code has to give"
              : "Await the assertion, or return its promise",
          })),
          ...(tests.silent ?? []).map(({ path, line, title }) => ({
            message: `${JSON.stringify(title)} asserts nothing`,
            path,
            line,
            remediation: "Assert what the code has to do",
          })),
        ].slice(0, 200),
        "passes when each new or edited test asserts something that could fail",
      ),
  }),
];
