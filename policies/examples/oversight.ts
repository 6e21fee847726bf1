import type { OversightExample } from "../rules/oversight_example.ts";
import type { RuleExample } from "./example.ts";

/** Examples of gates that deny, ask or only tell, in the form of the others. */
export const fromOversight = (rule: string, examples: readonly OversightExample[]): RuleExample[] =>
  examples.map(({ case: which, about, base = {}, head, says, tier, intent, renames }) => ({
    rule,
    case: which,
    about,
    trees: { base: { "a.txt": "1\n", ...base }, head: { "a.txt": "2\n", ...head } },
    spec: { intent: intent ?? { type: "UPDATE", scope: ["**"] }, ...(tier === undefined ? {} : { tier }) },
    ...(renames === undefined ? {} : { renames }),
    ...(which === "clean" || says === "note" ? { says: "pass" as const } : {}),
    ...(says === "ask" ? { asks: true as const } : {}),
  }));
