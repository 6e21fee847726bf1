import type { Finding, Spec, Suppression } from "../../specs/mod.ts";
import { fail, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { looked, opensExactly, removesNames, specAsks } from "./oversight.ts";

type Answer = "deny" | "ask" | "note";
const WEAKER: Readonly<Record<Answer, Answer>> = { deny: "ask", ask: "note", note: "note" };

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether the spec asks for this: by the mark's own word in a sentence, by `removes`, or by the exact path of a settings file. */
function isNamed(spec: Spec, one: Suppression): boolean {
  const word = one.text.split(" ")[0] ?? one.text;
  return removesNames(spec, one.path, [one.text, word, ...one.rules]) ||
    (one.scope === "project" && opensExactly(spec, one.path)) ||
    (one.scope !== "project" && !one.tool.startsWith("any-") && word.length >= 4 &&
      specAsks(spec, new RegExp(`(?<![\\w-])${escaped(word)}(?![\\w-])`, "i")));
}

/** What becomes of one mark, by how much it switches off and where. */
function answerFor(one: Suppression, spec: Spec): Answer {
  const { tier } = spec;
  if (one.place === "generated") return one.certain || one.scope !== "file" ? "note" : "ask";
  const named = isNamed(spec, one);
  if (one.scope === "project" || one.scope === "file") {
    const answer: Answer = one.place === "test"
      ? one.blanket && !one.justified ? "ask" : "note"
      : (one.scope === "project" || one.blanket) && one.certain && !one.justified
      ? "deny"
      : "ask";
    return named ? WEAKER[answer] : answer;
  }
  if (named || one.place === "test") return "note";
  if (!one.certain) return tier === "critical" ? "ask" : "note";
  if (one.justified) return tier === "critical" ? "ask" : "note";
  return tier === "critical" ? "deny" : tier === "standard" ? "ask" : "note";
}

/** L2: checks keep looking at what they looked at. */
export const suppressionRules = [
  rule({
    id: "S1",
    gate: "suppressions",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "Checks are not switched off: by no setting and for no whole file unless the spec names it (denied); a single mark without a reason beside it is denied at critical, asked of a human at standard, told at best-effort; one with a reason, in tests or in generated files is told",
    remediation:
      "Mend what the check finds; where the mark is right, say why beside it, or name it in the spec (intent.removes)",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    evaluate: ({ spec, patch }) => {
      looked(patch, "suppressions");
      const facts = patch.suppressions;
      const told: Record<Answer, Finding[]> = { deny: [], ask: [], note: [] };
      for (const one of facts?.added ?? []) {
        told[answerFor(one, spec)].push({
          message: `${one.path} switches off ${
            one.blanket && one.scope !== "line"
              ? "all checks"
              : one.scope === "project"
              ? "a check"
              : "a check of this place"
          } of ${one.tool}: ${one.text}${one.justified ? " (a reason is given)" : ""}`,
          path: one.path,
          line: one.line,
          remediation: one.scope === "project"
            ? `Put the setting back, or name exactly ${
              JSON.stringify(one.path)
            } in intent.scope, and a human answers`
            : one.scope === "file"
            ? `Take it out, or name ${
              JSON.stringify(`${one.path}::${one.text.split(" ")[0]}`)
            } in intent.removes`
            : "Mend what it hides, or say beside it why the check is wrong here",
        });
      }
      if (facts?.truncated) {
        told.ask.push({
          message: "The change switches off more than the facts can hold",
          remediation: "Divide the change",
        });
      }
      for (const path of facts?.unread ?? []) {
        told.note.push({
          message: `${path} is too large to be looked through for marks`,
          path,
          remediation: "",
        });
      }
      const open = [...told.deny, ...told.ask];
      return open.length === 0 ? pass(told.note.slice(0, 100)) : fail(
        open.slice(0, 200),
        `passes without ${
          [...new Set(open.map(({ path }) => path))].slice(0, 10).join(", ")
        } switching checks off, or with a reason beside each mark`,
        { escalates: told.deny.length === 0 },
      );
    },
  }),
];
