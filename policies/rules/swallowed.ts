import type { Finding, Spec, SwallowedError } from "../../specs/mod.ts";
import { fail, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { looked, removesNames, specAsks } from "./oversight.ts";

const SHELL =
  /^(?:or-true|piped|blind-option|does-nothing|set-plus-e|ends-well|trap-exit|make-prefix|continue-on-error|allow-failure|ignore-errors)$/;
/** Work of a script that told its failure, and goes on now. */
const WORK = /^(?:forgiven|goes-on|not-strict|ends-anyway)$/;
const MARKS: Readonly<Record<string, string>> = {
  "or-true": "|| true",
  forgiven: "|| true",
  "goes-on": "set +e",
  "not-strict": "set -e",
  "ends-anyway": "exit 0",
  "set-plus-e": "set +e",
  "ends-well": "exit 0",
  "trap-exit": "trap",
  "continue-on-error": "continue-on-error",
  "allow-failure": "allow_failure",
  "ignore-errors": "ignore_errors",
};

/** Handlers that answer something else, and the words by which a spec wants them to. */
const QUIET = /^(?:quiet-(?:handler|clause|check)|error-to-default)$/;
const FALLBACK =
  /\b(?:fall(?:s|ing)? ?back|defaults?|null|undefined|none|nil|empty|false|toler\w+|graceful\w*|best.effort|optional|malformed|invalid|broken|missing|unreadable|corrupt\w*|ignor\w+|skip\w*)\b/i;

type Answer = "deny" | "ask" | "note";

function answerFor(one: SwallowedError, spec: Spec): Answer {
  const mark = MARKS[one.kind] ?? one.kind;
  const named = removesNames(spec, one.path, [mark, one.kind]) ||
    specAsks(spec, new RegExp(mark.replace(/[|+]/g, "\\$&"), "i"));
  if (WORK.test(one.kind)) {
    return one.silenced && /^(?:script|ci)$/.test(one.place) && !named ? "ask" : "note";
  }
  if (!SHELL.test(one.kind)) {
    const meant = named || (QUIET.test(one.kind) && specAsks(spec, FALLBACK));
    return one.silenced && /^(?:code|script)$/.test(one.place) && !meant ? "ask" : "note";
  }
  if (!one.checks || one.place === "generated") return "note";
  // Output that is kept or cut by another command is the common reason for a pipeline.
  if (one.kind === "piped") return one.silenced && !named && one.place !== "test" ? "ask" : "note";
  const answer: Answer = one.silenced && one.place !== "test" ? "deny" : "ask";
  return named ? answer === "deny" ? "ask" : "note" : answer;
}

/** L2: what fails is told. */
export const swallowedRules = [
  rule({
    id: "S2",
    gate: "swallowed-errors",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "A check that told its failure goes on telling it: turned into success in CI, scripts or the build it is denied; a new check that cannot fail, and code whose failure an empty handler now hides, are asked of a human; what else is passed over is told",
    remediation: "Let the failure through; where one is expected, look at that one alone",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    evaluate: ({ spec, patch }) => {
      looked(patch, "swallowed");
      const told: Record<Answer, Finding[]> = { deny: [], ask: [], note: [] };
      for (const one of patch.swallowed ?? []) {
        told[answerFor(one, spec)].push({
          message: `${one.path} passes over a failure: ${one.detail} (${MARKS[one.kind] ?? one.kind})${
            one.silenced ? "; before the change it was told" : ""
          }`,
          path: one.path,
          line: one.line,
          remediation: SHELL.test(one.kind) || WORK.test(one.kind)
            ? `Let the command's exit code through, or name ${
              JSON.stringify(`${one.path}::${MARKS[one.kind] ?? one.kind}`)
            } in intent.removes`
            : "Handle the one error that is meant, or let it through",
        });
      }
      const open = [...told.deny, ...told.ask];
      return open.length === 0 ? pass(told.note.slice(0, 100)) : fail(
        open.slice(0, 200),
        `passes when the failures at ${
          [...new Set(open.map(({ path, line }) => `${path}:${line}`))].slice(0, 10).join(", ")
        } are let through`,
        { escalates: told.deny.length === 0 },
      );
    },
  }),
];
