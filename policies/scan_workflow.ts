/** Workflows of GitHub Actions, by what can be said of them alone: what strangers write is run, actions that move, rights for all. */
import { injectionsIn } from "./facts/ci/injection.ts";
import type { Unmarked } from "./scan_findings.ts";

const WORKFLOW = /^\.github\/workflows\/[^/]+\.ya?ml$|(?:^|\/)action\.ya?ml$/;

const FOREIGN_HEAD =
  /github\s*\.\s*(?:event\s*\.\s*(?:pull_request\s*\.\s*head\s*\.\s*(?:sha|ref)|workflow_run\s*\.\s*head_(?:sha|branch))|head_ref)|refs\/pull\//;

/** Findings of a workflow file; none for any other file. A workflow that is no YAML runs nothing. */
export async function workflowFindings(path: string, text: string): Promise<Unmarked[]> {
  if (!WORKFLOW.test(path)) return [];
  const { isMap, isPair, isScalar, LineCounter, parseDocument, visit } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
  });
  if (document.errors.length > 0 || !isMap(document.contents)) return [];
  const findings: Unmarked[] = [];
  const lineOf = (node: { range?: readonly number[] | null | undefined }) =>
    lines.linePos(node.range?.[0] ?? 0).line;
  const add = (
    at: { range?: readonly number[] | null | undefined },
    action: "deny" | "escalate" | "note",
    message: string,
    remediation: string,
  ) =>
    findings.push({
      gate: "workflow-hygiene",
      rule: "core/S4",
      layer: "L2",
      verdict: "fail",
      action,
      severity: action === "deny" ? "critical" : action === "escalate" ? "high" : "low",
      message,
      path,
      line: Math.max(1, lineOf(at)),
      remediation,
    });
  const privileged = /\b(?:pull_request_target|workflow_run)\b/.test(
    JSON.stringify(document.get("on") ?? document.get("true") ?? "") ?? "",
  );
  const keyOf = (pair: unknown): string => isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : "";
  visit(document, {
    Pair: (_key, pair) => {
      const key = keyOf(pair);
      const { value } = pair;
      if (!isScalar(value)) {
        if (key === "with" && isMap(value) && privileged) {
          for (const item of value.items) {
            if (
              isPair(item) && keyOf(item) === "ref" && isScalar(item.value) &&
              FOREIGN_HEAD.test(String(item.value.value))
            ) {
              add(
                item.value,
                "escalate",
                "A workflow with the repository's rights checks out the code of a pull request from anywhere",
                "Use the trigger pull_request, or run nothing of what is checked out",
              );
            }
          }
        }
        return;
      }
      const content = String(value.value ?? "");
      if ((key === "run" || key === "script") && injectionsIn(content).length > 0) {
        add(
          value,
          "deny",
          "Text that anybody can choose (a title, a body, a branch name) is put into a script, and runs there",
          'Pass it by an environment variable: env: { TITLE: ${{ ... }} }, and use "$TITLE" in the script',
        );
      }
      if (key === "uses" && unpinned(content)) {
        add(
          value,
          "note",
          `The action ${content.slice(0, 200)} is named by what its owner can move`,
          "Name it by the full commit: owner/name@<40 hex digits>",
        );
      }
      if (key === "permissions" && content === "write-all") {
        add(value, "note", "Every job may write everything", "Grant each job what it needs");
      }
    },
  });
  return findings;
}

function unpinned(uses: string): boolean {
  if (uses.startsWith("./") || uses.startsWith("docker://")) return false;
  const [name = "", ref = ""] = uses.split("@");
  // GitHub's own come with the platform that runs them.
  return !/^(?:actions|github)\//.test(name) && !/^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(ref);
}
