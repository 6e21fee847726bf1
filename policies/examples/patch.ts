import { of, type RuleExample } from "./example.ts";

const SOURCE = "export function isEmail(text: string): boolean {\n  return text.includes('@');\n}\n";
// Put together, so that this file holds none.
const TOKEN = `ghp${"_"}${"R7kPq2WmZ9".repeat(3)}Ab4dE9`;
const lines = (count: number) =>
  Array.from({ length: count }, (_one, at) => `export const v${at} = ${at};\n`).join("");
const PROGRAM = "\u007fELF\u0002\u0001\u0001\u0000\u0000\u0000\u0000\u0000\u0002\u0000>\u0000";

/** What the patch itself may be. */
export const PATCH_EXAMPLES: readonly RuleExample[] = [
  ...of(
    "PATCH/patch-applies",
    ["clean", "a patch that applies", {}],
    ["violating", "a patch that does not parse", {
      set: { "patchFacts.parses.ok": false, "patchFacts.parses.problem": "no header" },
    }],
    ["violating", "a patch that does not apply", {
      set: { "patchFacts.applies.ok": false },
    }],
    ["evading", "headers that git and the diff read in two ways", {
      set: { "patchFacts.agrees.ok": false, "patchFacts.agrees.problem": "another name" },
    }],
    ["evading", "a binary file whose content the patch does not carry", {
      set: { "patchFacts.parses.binaryWithoutData": ["logo.png"] },
    }],
    ["evading", "facts of another patch", { set: { "patchFacts.patch": `sha256:${"9".repeat(64)}` } }],
  ),
  ...of(
    "PATCH/empty-diff",
    ["clean", "a file changes", {}],
    ["violating", "nothing changes", { trees: { base: { "a.ts": SOURCE }, head: { "a.ts": SOURCE } } }],
    ["evading", "a list of files over a tree that is the same", {
      set: { "patchFacts.change.tree": "a".repeat(40), "patchFacts.change.baseTree": "a".repeat(40) },
    }],
  ),
  ...of(
    "C2/scope",
    ["clean", "a file in the scope and a test beside it", {}],
    ["violating", "a file beside the scope", { files: { "infra/deploy.ts": [null, SOURCE] } }],
    ["evading", "a file that is moved out of the scope", {
      files: { "src/mail.ts": [SOURCE, null], "lib/mail.ts": [null, SOURCE] },
      renames: { "src/mail.ts": "lib/mail.ts" },
    }],
  ),
  ...of(
    "C3/intent",
    ["clean", "UPDATE changes a body", {}],
    ["clean", "a symbol goes that the spec names", {
      spec: { intent: { type: "UPDATE", scope: ["src/**"], removes: ["old"] } },
      files: {
        "src/old.ts": ["export function old() {}\nexport const kept = 1;\n", "export const kept = 1;\n"],
      },
    }],
    ["violating", "an exported function goes that nobody named", {
      files: {
        "src/old.ts": ["export function old() {}\nexport const kept = 1;\n", "export const kept = 1;\n"],
      },
    }],
    ["violating", "REFACTOR that brings a new export", {
      spec: { intent: { type: "REFACTOR", scope: ["src/**"] } },
      files: {
        "src/old.ts": ["export const kept = 1;\n", "export const kept = 1;\nexport const more = 2;\n"],
      },
    }],
    ["evading", "the export is there no longer, its function is", {
      files: { "src/old.ts": ["export function old() {}\n", "function old() {}\nold();\n"] },
    }],
  ),
  ...of(
    "C4/size",
    ["clean", "few lines", {}],
    ["clean", "what the spec's operations wrote", {
      files: { "src/big.ts": [null, lines(900)] },
      set: { proposal: { implementer: "codemod", rederives: true } },
      says: "not_applicable",
    }],
    ["violating", "more lines than a reviewer takes in", { files: { "src/big.ts": [null, lines(900)] } }],
    ["violating", "at critical, more than is easy to review", {
      spec: { tier: "critical" },
      files: { "src/big.ts": [null, lines(200)] },
      asks: true,
    }],
    ["evading", "many small files", {
      files: Object.fromEntries(
        Array.from({ length: 60 }, (_one, at) => [`src/part${at}.ts`, [null, lines(1)]]),
      ),
    }],
  ),
  ...of(
    "C4/binary-content",
    ["clean", "text", {}],
    ["violating", "a program", { files: { "src/tool": [null, PROGRAM] } }],
    ["violating", "a program that the spec names is for a human", {
      spec: { intent: { type: "UPDATE", scope: ["src/**", "src/tool"] } },
      files: { "src/tool": [null, PROGRAM] },
      asks: true,
    }],
    ["evading", "a program that is called a picture", { files: { "src/logo.png": [null, PROGRAM] } }],
  ),
  ...of(
    "X1/secrets",
    ["clean", "a name where a secret will be", {
      files: { "src/key.ts": [null, 'export const key = Deno.env.get("KEY");\n'] },
    }],
    ["violating", "a token in a file", {
      files: { "src/key.ts": [null, `export const key = "${TOKEN}";\n`] },
    }],
    ["evading", "a token in base 64", {
      files: { "src/key.ts": [null, `export const key = "${btoa(TOKEN)}";\n`] },
    }],
    ["evading", "a token backwards", {
      files: { "src/key.ts": [null, `export const key = "${[...TOKEN].reverse().join("")}";\n`] },
    }],
  ),
  ...of(
    "X1/secrets-published",
    ["clean", "a message without one", {}],
    ["violating", "a token in the commit message", { set: { "outgoing.message": `Use ${TOKEN}\n` } }],
    ["evading", "a token in the name of the branch", { set: { "outgoing.branch": `forge/${TOKEN}` } }],
    ["evading", "a token in a comment of the pull request's text", {
      set: { "outgoing.body": `<!-- ${btoa(TOKEN)} -->` },
    }],
  ),
  ...of(
    "X3/hidden-text",
    ["clean", "letters of another script", {
      files: { "src/name.ts": [null, 'export const name = "Søren Ω שלום";\n'] },
    }],
    ["violating", "text that changes its direction", {
      files: { "src/name.ts": [null, "// \u202e right to left\nexport const a = 1;\n"] },
    }],
    ["evading", "a character without a width in a name", {
      files: { "src/name.ts": [null, "export const ad\u200bmin = 1;\n"] },
    }],
    ["evading", "a message of tag characters", {
      files: { "docs/a.md": [null, `Read this${String.fromCodePoint(0xe0049)}\n`] },
    }],
  ),
  ...of(
    "T8/test-aware-code",
    ["clean", "a function", {}],
    ["violating", "code that asks for a test runner", {
      files: { "src/mode.ts": [null, "export const quick = process.env.JEST_WORKER_ID !== undefined;\n"] },
      asks: true,
    }],
    ["evading", "by the name of the variable in parts", {
      files: { "src/mode.ts": [null, 'export const quick = "JEST_WORKER_ID" in process.env;\n'] },
      asks: true,
    }],
  ),
  ...of(
    "C5/git-hygiene",
    ["clean", "plain files", {}],
    ["violating", "a filter that runs at checkout", {
      files: { ".gitattributes": [null, "*.ts filter=run\n"] },
    }],
    ["evading", "a name that only differs by case", { files: { "src/Email.ts": [null, SOURCE] } }],
    ["evading", "git's own directory, spelt otherwise", {
      files: { "src/.GIT/hooks/post-checkout": [null, "#!/bin/sh\n"] },
    }],
  ),
  ...of(
    "C1/protected-paths",
    ["clean", "no protected file", {}],
    ["violating", "a workflow under a glob", {
      spec: { intent: { type: "UPDATE", scope: ["**"] } },
      files: { ".github/workflows/ci.yml": ["on: push\n", "on: workflow_dispatch\n"] },
    }],
    ["violating", "one by its exact name is for a human", {
      spec: { intent: { type: "UPDATE", scope: ["src/**", ".github/workflows/ci.yml"] } },
      files: { ".github/workflows/ci.yml": ["on: push\n", "on: workflow_dispatch\n"] },
      asks: true,
    }],
    ["evading", "the policy that judges the change", {
      spec: { intent: { type: "UPDATE", scope: ["**"] } },
      files: { ".forge/policy.yaml": [null, "autonomy: A4\n"] },
    }],
    ["evading", "what the repository itself protects", {
      spec: { intent: { type: "UPDATE", scope: ["**"] } },
      policy: "protect: [infra/**]\n",
      files: { "infra/main.ts": [null, SOURCE] },
    }],
  ),
  ...of(
    "E2/stale-verdict",
    ["clean", "verification ran on this patch", {}],
    ["violating", "verification ran on another patch", {
      set: { "binding.verified.patch": `sha256:${"8".repeat(64)}` },
    }],
    ["evading", "the same patch over another tree", { set: { "binding.verified.tree": "7".repeat(40) } }],
  ),
  ...of(
    "E2/released-as-judged",
    ["clean", "what was judged is what was released", {}],
    ["violating", "another patch was released", {
      set: { "binding.released.patch": `sha256:${"8".repeat(64)}` },
    }],
    ["evading", "the same patch, and a tree with more", { set: { "binding.released.tree": "7".repeat(40) } }],
  ),
  ...of(
    "C9/claims",
    ["clean", "no claim", {}],
    ["violating", "a claim that does not hold", {
      set: { "review.claims": [{ text: "Tests were added", ok: false }] },
    }],
    ["evading", "a criterion is called proven and nothing proved it", {
      spec: { acceptance: [{ id: "AC1", text: "it works" }] },
      set: { "review.criteria": [{ id: "AC1", proven: true, by: "the reviewer" }] },
    }],
    ["evading", "a criterion that the spec does not have", {
      set: { "review.criteria": [{ id: "AC9", proven: false, by: "" }] },
    }],
  ),
  ...of(
    "C9/body-claims",
    ["clean", "a text without a claim", { set: { "outgoing.body": "Refuses two signs.\n" } }],
    ["violating", "a file that the diff does not hold", {
      set: { "outgoing.body": "## What changed\n\n- M `src/other.ts` +1 −0\n" },
    }],
    ["violating", "more lines than the diff has", {
      set: { "outgoing.body": "## What changed\n\n900 files, +1 −0, risk 0/100\n" },
    }],
    ["evading", "tests that nobody ran", {
      set: { "outgoing.body": "## Proof\n\n- `npm test`: 900 passed, 0 failed, 0 skipped, exit 0\n" },
    }],
    ["evading", "a sentence among the records that no record holds", {
      set: { "outgoing.body": "## Proof\n\n- All edge cases were tested by hand\n" },
    }],
  ),
  ...of(
    "C9/review-blocks",
    ["clean", "rules alone judged it", { says: "not_applicable" }],
    ["clean", "a reviewer warns", {
      set: {
        "review.mind": { model: "m-1", family: "other", otherFamily: true, whole: true },
        "review.findings": [{ severity: "warn", message: "a long function", remediation: "split it" }],
      },
    }],
    ["violating", "a reviewer blocks an agent's change that can be repaired", {
      set: {
        "proposal.implementer": "model",
        "budget.repairs": { limit: 4, spent: 1, reserved: 0 },
        "review.mind": { model: "m-1", family: "other", otherFamily: true, whole: true },
        "review.findings": [{ severity: "block", message: "loses the last row", remediation: "keep it" }],
      },
    }],
    ["violating", "a reviewer blocks, and nothing can be repaired any more", {
      asks: true,
      set: {
        "review.mind": { model: "m-1", family: "other", otherFamily: true, whole: true },
        "review.findings": [{ severity: "block", message: "loses the last row", remediation: "keep it" }],
      },
    }],
    ["evading", "one block among praise, by a reviewer that nobody names", {
      asks: "either",
      set: {
        "review.findings": [{ severity: "info", message: "well done", remediation: "" }, {
          severity: "block",
          message: "but it deletes the audit log",
          remediation: "keep it",
        }],
      },
    }],
  ),
];
