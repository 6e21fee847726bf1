import type { Command } from "./command.ts";

/** `forge scan`: what it takes, and what its exit code says. */
export const scanCommand: Command = {
  path: ["scan"],
  summary: "judge a change or a repository that is there already, read only, for any CI",
  operands: ["[DIR|RANGE]"],
  options: {
    repo: { type: "string", value: "DIR", summary: "the repository of a range (default: here)" },
    staged: { type: "boolean", summary: "judge what is staged, against HEAD" },
    worktree: { type: "boolean", summary: "judge uncommitted and untracked work, against HEAD" },
    patch: { type: "string", value: "FILE", summary: "judge a unified diff, against --base" },
    base: { type: "string", value: "REF", summary: "the commit that --patch applies to (default: HEAD)" },
    spec: {
      type: "string",
      value: "FILE",
      summary: "what the change was to do: intent, scope, removes, tier",
    },
    pack: {
      type: "string",
      value: "NAME,...",
      summary: "more packs; core and those of .forge/policy.yaml at the base judge anyway",
    },
    "trust-root": {
      type: "string",
      value: "DIR",
      summary: "whose signatures under waivers count (a trust.yaml; default: the principals of --data)",
    },
    format: { type: "string", value: "text|json|sarif", summary: "default text, or by the name of --out" },
    out: {
      type: "string",
      value: "FILE",
      summary: "write the result there; stdout has the text, or JSON with --json",
    },
    "fail-on": {
      type: "string",
      value: "denied|escalated",
      summary: "denied: what a human would decide is exit 0 (default escalated: exit 3)",
    },
  },
  examples: [
    "forge scan origin/main...HEAD",
    "forge scan origin/main...HEAD --repo ~/project --format sarif --out forge.sarif",
    "forge scan --staged",
    "forge scan . --json | jq .totals",
  ],
  more:
    `RANGE is BASE...HEAD (since the two parted: what a pull request changes), BASE..HEAD (the two as they are), or one commit
(against its first parent). The messages of its commits are judged, too: secrets, hidden characters, sign-offs of people by agents.
DIR is a whole repository at HEAD, or any directory: secrets, hidden text, links and names that leave the tree, workflows. A path begins with . or / where it could be a commit, too.

No data directory, no installation and no network are needed, and nothing is written but --out. The repository's tests are not run: gates
that need them, and without --spec those that need one, are listed as not judged, with the reason.

Waivers in .forge/waivers/ of the base count as in a run (forge policy waive --help): what they cover is told as fail(waived) and is
suppressed in SARIF. A scan takes no use of them.

Exit codes: 0 clean, 1 denied, or it could not be judged, 2 usage (also: a commit that is not there; in a shallow clone fetch the history,
fetch-depth: 0), 3 a human has to decide: what only a spec could have allowed, such as an edit of CI or of test settings. --fail-on denied
makes 3 a 0.`,
  load: async () => (await import("./scan.ts")).scan,
};
