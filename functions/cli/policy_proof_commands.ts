import type { Command } from "./command.ts";

/** What proves the rules of a pack, and what a new release of it changes. */
export const policyProofCommands: readonly Command[] = [
  {
    path: ["policy", "test"],
    summary: "run each rule's examples, then change the rule: at least one example must notice",
    operands: ["PACK"],
    options: {},
    examples: [
      "forge policy test packs/house",
      "forge policy test acme/house --json",
      "forge policy test core",
    ],
    more:
      `PACK is a directory, an archive, or the name of an installed or a built-in pack. Exit 1 when a rule lacks a clean, a
violating or an evading example, when an example has another verdict than it says, or when a changed rule is not noticed:
such a pack cannot be published. Examples are a member of the pack that the rule names as tests:
  examples:
    - { name: nothing lost, case: clean, given: { facts: { testInventory: { removed: [] } } } }
    - { name: eval, case: violating, change: { base: {}, head: { "a.ts": "eval(x)" } }, finding: { path: a.ts, line: 1 } }
case is clean, violating or evading; given is the fact document, change two trees whose facts are extracted.`,
    load: async () => (await import("./policy_proof.ts")).test,
  },
  {
    path: ["policy", "diff"],
    summary:
      "judge kept decisions by two releases of a pack: what flips, and the version number that follows",
    operands: ["A", "B"],
    options: {
      decisions: {
        type: "string",
        value: "FILE",
        summary: "inputs of decisions, one JSON document a line (default: those of this installation's runs)",
      },
      runs: { type: "string", value: "N", summary: "how many of the newest runs at most (default 500)" },
    },
    examples: ["forge policy diff acme/house packs/house", "forge policy diff old.tar new.tar --json"],
    more:
      `A and B are directories, archives, or names of installed packs. A flip in either direction is a major step,
and one from fail to pass a loosening that needs two approvers; a rule that flips nothing is minor, texts alone are a patch.
Exit 1 when the version that B's manifest says is lower than the one that follows.`,
    load: async () => (await import("./policy_proof.ts")).diff,
  },
];
