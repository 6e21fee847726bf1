import type { Finding, Spec, WorkflowChange } from "../../specs/mod.ts";
import { fail, pass, type Rule, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { looked, removesNames, specAsks } from "./oversight.ts";

/** Worth a word, and as often right as not. */
const TOLD: ReadonlySet<string> = new Set([
  "matrix-narrowed",
  "timeout-narrowed",
  "permission-read",
  "action-added",
  "trigger-docs",
]);

/** Words by which a spec asks for a kind of change. */
const ASKED: Readonly<Record<string, RegExp>> = {
  "permission-widened": /\b(?:permissions?|write access|id-token|contents: write)\b/i,
  "action-unpinned": /\b(?:unpin\w*|tags? instead|by (?:tag|version|branch))\b/i,
  "trigger-removed": /\btriggers?\b/i,
  "trigger-narrowed": /\b(?:triggers?|paths-ignore|only (?:run|when|for))\b/i,
  "job-removed": /\b(?:remove|drop|delete|retire)\w*\b.{0,80}\b(?:job|workflow|step|ci|pipeline)\b/i,
  "check-removed":
    /\b(?:remove|drop|delete|retire|replace)\w*\b.{0,80}\b(?:job|workflow|step|check|ci|pipeline|test|lint)\w*\b/i,
  "job-conditional": /\b(?:only (?:run|when|for|on)|condition\w*|disable|manual)\b/i,
  "step-conditional": /\b(?:only (?:run|when|for|on)|condition\w*|disable)\b/i,
};

const REMEDIES: Readonly<Record<string, string>> = {
  "permission-widened": "Grant each job what it needs, scope by scope",
  "action-unpinned": "Name it by the full commit: owner/name@<40 hex digits>",
  "action-added-unpinned": "Name it by the full commit: owner/name@<40 hex digits>",
  "foreign-code": "Use the trigger pull_request, or run nothing of what is checked out",
  "script-injection":
    'Pass it as data: in a workflow by env: { TITLE: ${{ ... }} } and "$TITLE", in a program as an argument of its own, without a shell',
  "prompt-injection": "Give it to the model as marked data with its source, and no right to order anything",
};

/** What X5 looks at; the rest is S4's. */
const EVENTS = /^(?:script-injection|prompt-injection|cache-key)$/;

type Answer = "deny" | "ask" | "note";

function answerFor(one: WorkflowChange, spec: Spec): Answer {
  if (TOLD.has(one.kind)) return "note";
  if (!one.certain) return "ask";
  // Nobody can want that strangers' text is run.
  if (one.kind === "script-injection") return "deny";
  const asked = ASKED[one.kind];
  const named = removesNames(spec, one.path, [one.kind, one.name, one.name.split(":")[0] ?? one.name]) ||
    (asked !== undefined && specAsks(spec, asked));
  return named ? "ask" : "deny";
}

type Texts = Pick<Rule, "id" | "gate" | "severity" | "description" | "remediation">;

function workflowRule(texts: Texts, isMine: (kind: string) => boolean, unread: boolean): Rule {
  return rule({
    ...texts,
    layer: "L2",
    mode: "enforce",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    selector: ({ patch }) => {
      looked(patch, "ciWorkflow");
      const { files = [], unread: closed = [], changes = [] } = patch.ciWorkflow ?? {};
      // A program that runs text of an event is no workflow.
      const workflows = files.length + closed.length > 0;
      const applies = workflows || changes.some(({ kind }) => isMine(kind));
      return {
        applies,
        because: workflows
          ? "the change touches workflows of CI"
          : applies
          ? "the change gives text of events to a program"
          : "the change touches no workflow of CI",
      };
    },
    evaluate: ({ spec, patch }) => {
      const told: Record<Answer, Finding[]> = { deny: [], ask: [], note: [] };
      for (const one of patch.ciWorkflow?.changes ?? []) {
        if (!isMine(one.kind)) continue;
        told[answerFor(one, spec)].push({
          message: `${one.path}: ${one.name}: ${one.detail} (${one.kind})`,
          path: one.path,
          ...(one.line === undefined ? {} : { line: one.line }),
          remediation: REMEDIES[one.kind] ??
            `Leave it as it was, or name ${
              JSON.stringify(`${one.path}::${one.kind}`)
            } in intent.removes, so that a human decides`,
        });
      }
      for (const { path, why } of unread ? patch.ciWorkflow?.unread ?? [] : []) {
        told.ask.push({
          message: `${path} is not compared: ${why}`,
          path,
          remediation: "Let a human decide",
        });
      }
      const open = [...told.deny, ...told.ask];
      return open.length === 0 ? pass(told.note.slice(0, 100)) : fail(
        open.slice(0, 200),
        `passes when ${
          [...new Set(open.map(({ path }) => path))].slice(0, 10).join(", ")
        } grants, runs and checks what it did before`,
        { escalates: told.deny.length === 0 },
      );
    },
  });
}

/** L2: what CI checks, grants and runs. C1 asks for every edit of CI; these say what is in it. */
export const ciRules = [
  workflowRule(
    {
      id: "S4",
      gate: "ci-weakened",
      severity: "critical",
      description:
        "Workflows grant no more, check no less and run nothing that others can move: checks that go without another in their place, every right at once, actions that lose their commit, strangers' code with the repository's rights are denied; what an honest change can also do is asked of a human",
      remediation: "Leave the workflow as strict as it was, or name what may go in intent.removes",
    },
    (kind) => !EVENTS.test(kind),
    true,
  ),
  workflowRule(
    {
      id: "X5",
      gate: "script-injection",
      severity: "critical",
      description:
        "Text that strangers choose (titles, bodies, branch names, commit messages) is data: no workflow puts it into a script, no program gives it to a shell or an interpreter, and no cache is keyed by it; what is only called like it, and prompts that tell a model to obey it, are asked of a human",
      remediation:
        "Pass it by an environment variable that the script quotes, or as an argument without a shell",
    },
    (kind) => EVENTS.test(kind),
    false,
  ),
];
