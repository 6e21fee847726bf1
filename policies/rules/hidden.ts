import { failIfAny, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

/** L0: what is read is what runs. */
export const hiddenRules = [
  rule({
    id: "X3",
    gate: "hidden-text",
    layer: "L0",
    mode: "enforce",
    severity: "critical",
    description: "Added lines hold no bidirectional or invisible characters",
    remediation: "Take the character out, or write it as an escape",
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    evaluate: ({ patch }) =>
      failIfAny(
        patch.hidden.map(({ path, line, character }) => ({
          message: `A character that no reader sees stands here: ${character}`,
          path,
          line,
          remediation: "Take it out, or write it as an escape of the language",
        })),
        "passes when no added line holds such a character",
      ),
  }),
];
