import type { Finding, Tier } from "../../specs/mod.ts";
import { fail, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

/**
 * Soft and hard limits of lines and files. Practice converges on 200 to 400 lines that a reviewer can take in; soft 300 and hard
 * 600 are for the standard tier. Beyond soft is noted, or asks a human at critical; beyond hard is refused.
 */
export const SIZE_CAPS: Readonly<
  Record<
    Tier,
    { softLines: number; hardLines: number; softFiles: number; hardFiles: number; fileBytes: number }
  >
> = {
  "best-effort": { softLines: 600, hardLines: 1500, softFiles: 40, hardFiles: 100, fileBytes: 5_000_000 },
  "standard": { softLines: 300, hardLines: 600, softFiles: 20, hardFiles: 50, fileBytes: 1_000_000 },
  "critical": { softLines: 150, hardLines: 300, softFiles: 10, hardFiles: 25, fileBytes: 500_000 },
};

/** L3: the change is one that somebody can review. */
export const sizeRules = [
  rule({
    id: "C4",
    gate: "size",
    layer: "L3",
    mode: "enforce",
    severity: "medium",
    description:
      "Lines and files of the change are within the limits of its tier; lockfiles and tests count for less",
    remediation: "Split the change into smaller ones",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change", "proposal", "policy"],
    selector: ({ proposal }) => {
      const derived = proposal.implementer === "codemod" && proposal.rederives === true;
      return {
        applies: !derived,
        because: derived
          ? "the diff re-derives byte-equal from the spec's operations"
          : `implementer ${proposal.implementer}`,
      };
    },
    evaluate: ({ spec, patch, policy, proposal }) => {
      // A plan is split into tasks so that each can be reviewed: no tier makes that looser.
      const stacked = proposal.stacked === true;
      const caps = stacked && spec.tier === "best-effort" ? SIZE_CAPS.standard : SIZE_CAPS[spec.tier];
      const hardLines = Math.min(caps.hardLines, policy.size.lines ?? Infinity);
      const hardFiles = Math.min(caps.hardFiles, policy.size.files ?? Infinity);
      // A lockfile is derived, and tests beside a change should not make it smaller: they count for a third, of a task not at all.
      let lines = 0;
      for (const file of patch.files) {
        const weight = file.kind === "lockfile" ? 0 : file.kind === "test" ? (stacked ? 0 : 1 / 3) : 1;
        lines += (file.added + file.removed) * weight;
      }
      lines = Math.ceil(lines);
      const files = patch.files.filter((file) => file.kind !== "lockfile").length;
      const over: Finding[] = [];
      const near: Finding[] = [];
      const measure = (what: string, value: number, soft: number, hard: number) => {
        const split = `Split the change so that each part has at most ${soft} ${what}`;
        if (value > hard) {
          over.push({
            message: `${value} ${what}, the limit ${
              stacked ? "of a task" : `at the tier ${spec.tier}`
            } is ${hard}`,
            remediation: split,
          });
        } else if (value > Math.min(soft, hard)) {
          near.push({
            message: `${value} ${what}, more than the ${soft} that are easy to review`,
            remediation: split,
          });
        }
      };
      measure("changed lines", lines, caps.softLines, hardLines);
      measure("changed files", files, caps.softFiles, hardFiles);
      if (over.length > 0) {
        return fail([...over, ...near], `passes with at most ${hardLines} lines and ${hardFiles} files`);
      }
      if (near.length > 0 && spec.tier === "critical") {
        return fail(near, `passes with at most ${caps.softLines} lines and ${caps.softFiles} files`, {
          escalates: true,
        });
      }
      return pass(near);
    },
  }),
];
