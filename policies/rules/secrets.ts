import type { Finding } from "../../specs/mod.ts";
import { scanSecrets } from "../facts/secrets.ts";
import { failIfAny, rule } from "../rule.ts";
import { OUTGOING_KNOWN, PATCH_ALWAYS } from "./bindings.ts";

const ROTATE = "Take it out, read it from the environment instead, and revoke it: it has been seen";

/** L2: nothing secret leaves. A finding says where and by which rule, never what. */
export const secretRules = [
  rule({
    id: "X1",
    gate: "secrets",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description: "No secret in the added lines, the file names or the text of the patch",
    remediation: ROTATE,
    bindings: PATCH_ALWAYS,
    reads: ["patch"],
    evaluate: ({ patch }) =>
      failIfAny(
        patch.secrets.map((found) => ({
          message: `A secret was found (${found.rule})`,
          ...(found.path === undefined ? {} : { path: found.path }),
          ...(found.line === undefined ? {} : { line: found.line }),
          remediation: ROTATE,
        })),
        `passes without ${
          patch.secrets.map(({ path, line }) =>
            `${path ?? "the text before the first file"}${line ? `:${line}` : ""}`
          ).slice(0, 10).join(", ")
        }`,
      ),
  }),
  rule({
    id: "X1",
    gate: "secrets-published",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description:
      "No secret in the commit message, the branch name, or the title and text of the pull request",
    remediation: ROTATE,
    bindings: OUTGOING_KNOWN,
    reads: ["outgoing"],
    evaluate: ({ outgoing }) => {
      const findings: Finding[] = [];
      for (
        const [what, text] of [
          ["title of the pull request", outgoing.title],
          ["text of the pull request", outgoing.body],
          ["commit message", outgoing.message],
          ["branch name", outgoing.branch],
        ] as const
      ) {
        for (const { rule: id, line } of scanSecrets(text)) {
          findings.push({
            message: `A secret was found in the ${what}, line ${line ?? 1} (${id})`,
            remediation: ROTATE,
          });
        }
      }
      return failIfAny(findings, "passes when the spec's and the implementer's texts hold no secret");
    },
  }),
];
