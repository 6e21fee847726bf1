import type { Finding, HookBypass, Spec } from "../../specs/mod.ts";
import { fail, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { looked, removesNames, specAsks } from "./oversight.ts";

type Answer = "deny" | "ask" | "note";

const WORDS: Readonly<Record<string, RegExp>> = {
  "no-verify": /no-verify|commit -n\b/i,
  "hooks-path": /core\.hookspath|hooks ?path/i,
  "hook-variable": /\b(?:HUSKY|LEFTHOOK|SKIP|OVERCOMMIT_DISABLE|PRE_COMMIT_ALLOW_NO_CONFIG)=/,
  "hooks-removed": /\b(?:remove|uninstall|delete)\w* (?:the )?(?:git )?hooks\b/i,
  "hooks-dropped":
    /\b(?:remove|drop|delete|retire|replace|move|migrate|switch)\w*\b.{0,60}\b(?:hooks?|husky|pre-commit|lefthook)\b/i,
  unsigned: /gpg-?sign|unsigned/i,
};

function answerFor(one: HookBypass, spec: Spec): Answer {
  if (one.place === "test" || one.place === "generated") return "note";
  const words = WORDS[one.kind];
  const named = removesNames(spec, one.path, [one.kind, `--${one.kind}`]) ||
    (words !== undefined && specAsks(spec, words));
  // A runner of CI has no hooks that somebody relies on: their checks are jobs of their own.
  if (one.place === "ci") {
    return one.kind === "hook-variable" || one.kind === "unsigned" || named ? "note" : "ask";
  }
  const answer: Answer = one.certain ? "deny" : one.kind === "unsigned" ? "note" : "ask";
  return named ? answer === "deny" ? "ask" : "note" : answer;
}

/** L4: what is checked before a commit stays checked. */
export const bypassRules = [
  rule({
    id: "S3",
    gate: "hook-bypass",
    layer: "L4",
    mode: "enforce",
    severity: "high",
    description:
      "Nothing passes by the hooks of git: --no-verify, hook variables, a folder without hooks, hooks that are taken away are denied in scripts, builds and settings, and asked of a human in CI and in programs",
    remediation: "Mend what the hook finds; CI runs the same checks again",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    evaluate: ({ spec, patch }) => {
      looked(patch, "bypasses");
      const told: Record<Answer, Finding[]> = { deny: [], ask: [], note: [] };
      for (const one of patch.bypasses ?? []) {
        told[answerFor(one, spec)].push({
          message: `${one.path} passes by what git checks: ${one.detail}`,
          path: one.path,
          line: one.line,
          remediation: `Take it out, or name ${JSON.stringify(`${one.path}::${one.kind}`)} in intent.removes`,
        });
      }
      const open = [...told.deny, ...told.ask];
      return open.length === 0 ? pass(told.note.slice(0, 100)) : fail(
        open,
        `passes without ${
          [...new Set(open.map(({ path, line }) => `${path}:${line}`))].slice(0, 10).join(", ")
        } passing by the hooks`,
        { escalates: told.deny.length === 0 },
      );
    },
  }),
];
