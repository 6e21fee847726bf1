import type { CarriedPack, Finding, PatchFacts } from "../../../specs/mod.ts";
import { fail, failIfAny, pass, type Rule, rule } from "../../rule.ts";
import { PATCH_ALWAYS } from "../bindings.ts";

const SIGN = "Sign the pack again with a higher revision: forge policy sign DIR";

/** Facts of a change. One that was read by an engine without this extractor is an error, never a pass. */
function carriedOf(patch: PatchFacts): readonly CarriedPack[] {
  if (patch.packs === undefined) {
    throw new Error("the facts of the patch were made without the extractor 'packs'; run the change again");
  }
  return patch.packs;
}

const selector = ({ patch }: { patch: PatchFacts }) => {
  const count = carriedOf(patch).length;
  return {
    applies: count > 0,
    because: count > 0 ? `${count} packs of the repository change` : "no pack below .forge/packs/ changes",
  };
};

const finding = ({ place }: CarriedPack, what: string, remediation = SIGN): Finding => ({
  message: `The pack at ${place}: ${what}`,
  path: place.replace(/\/$/, ""),
  remediation,
});

/** The pack `pack-trust`: what packs a repository carries, and how they follow on one another. */
export const PACK_TRUST_RULES: readonly Rule[] = [
  rule({
    id: "PT1",
    gate: "carried-pack",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description:
      "A pack that a change brings into .forge/packs/ is signed and whole, is within its time, and its revision grows with its content",
    remediation: SIGN,
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    selector,
    evaluate: ({ patch, at }) => {
      const findings: Finding[] = [];
      for (const pack of carriedOf(patch)) {
        for (const problem of pack.problems) findings.push(finding(pack, problem));
        const { before, after } = pack;
        if (after === null) continue;
        if (Date.parse(after.expiresAt) <= Date.parse(at)) {
          findings.push(finding(pack, `it ended at ${after.expiresAt}`));
        }
        if (before === null) continue;
        if (before.name !== after.name) {
          findings.push(finding(pack, `${after.name} takes the place of ${before.name}`));
        } else if (after.revision < before.revision) {
          findings.push(finding(pack, `its revision goes back from ${before.revision} to ${after.revision}`));
        } else if (after.revision === before.revision && after.digest !== before.digest) {
          findings.push(finding(pack, `another content stands under the revision ${after.revision}`));
        }
      }
      return failIfAny(
        findings,
        "passes when each such pack is signed, whole, valid and newer than the one before",
      );
    },
  }),
  rule({
    id: "PT2",
    gate: "carried-release",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "A looser release of a carried pack bears two signatures; new packs, packs that go and other signers are for a human",
    remediation: "Have the release signed by a second publisher, and let a human answer",
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    selector,
    evaluate: ({ patch }) => {
      const [denied, asked]: [Finding[], Finding[]] = [[], []];
      const SECOND = "Let a second publisher sign it: forge policy sign DIR --user NAME";
      const HUMAN =
        "A human answers whether this pack is to judge from now on: forge workflow answer RUN --approve";
      for (const pack of carriedOf(patch)) {
        const { before, after, looser } = pack;
        if (looser.length > 0 && (after?.signers.length ?? 0) < 2) {
          denied.push(
            finding(
              pack,
              `it is looser (${looser.slice(0, 5).join(", ")}), and one alone has signed it`,
              SECOND,
            ),
          );
        }
        if (before === null) asked.push(finding(pack, "it is new", HUMAN));
        else if (after === null) asked.push(finding(pack, "it is gone, or can no longer be read", HUMAN));
        else if (before.signers.some((key) => !after.signers.includes(key))) {
          asked.push(finding(pack, "somebody who signed the release before has not signed this one", HUMAN));
        }
      }
      const findings = [...denied, ...asked];
      return findings.length === 0 ? pass() : fail(
        findings,
        "passes when the same publishers sign a release that is no looser",
        { escalates: denied.length === 0 },
      );
    },
  }),
];
