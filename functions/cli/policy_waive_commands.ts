import type { Command } from "./command.ts";

const as: Command["options"] = {
  as: { type: "string", value: "NAME", summary: "the principal whose key signs (default: the only key)" },
};

const WHAT =
  `A waiver lets one finding of one rule through, in one repository, until a day, for a number of runs. Requester and approver sign it, two
principals with two keys; one key alone cannot waive. The finding stays a failure: its rule is fail(waived), and goes through only when all that it
found is covered. A run finds waivers in .forge/waivers/*.json of its base commit, and among those of the data directory.

            days  uses  at once        Never waived: L4 (authorization), E1, E2, T7, missing evidence (F2P, REPORT, PATCH),
best-effort  180   200       50        secrets (X1, X2, D-SECRET: revoke them), and whatever could not be judged.
standard      90    50       20
critical      14     5        3

Who may approve: principals of this installation, keys of trust/trust.yaml with the role waiver-approver, names under approvers: of the base's
.forge/policy.yaml. The scope names the repository as its origin does (github.com/acme/shop), as repository: of its policy, or by its directory; a
pipeline as pipeline:ID. Expired ones are told, as are those that end within 14 days and those that nothing uses.`;

/** Exceptions, for two people. */
export const waiverCommands: readonly Command[] = [
  {
    path: ["policy", "waive", "approve"],
    summary: "sign a request to waive, as another principal than the one who asked",
    operands: ["FILE|DIGEST"],
    options: {
      ...as,
      out: { type: "string", value: "FILE", summary: "write the result there (default: in its place)" },
    },
    examples: ["forge policy waive approve waiver.json --as bea"],
    more: WHAT,
    load: async () => (await import("./policy_waive.ts")).approve,
  },
  {
    path: ["policy", "waive", "withdraw"],
    summary: "take a waiver out of this installation",
    operands: ["DIGEST"],
    options: { ...as },
    examples: ["forge policy waive withdraw sha256:0f3a"],
    load: async () => (await import("./policy_waive.ts")).withdraw,
  },
  {
    path: ["policy", "waive"],
    summary: "request an exception for a finding; another principal has to approve it",
    operands: ["[RUN]"],
    options: {
      rule: { type: "string", value: "PACK/ID", summary: "the rule, such as core/T3" },
      finding: {
        type: "string",
        value: "sha256:...",
        summary: "the finding's fingerprint, as denials, policy explain and scan print it",
      },
      reason: { type: "string", value: "TEXT", summary: "why, in at least 10 characters (required)" },
      expires: { type: "string", value: "TIME", summary: "30d, 4w, 2026-12-15 (required)" },
      ticket: { type: "string", value: "ID", summary: "where it is followed up" },
      uses: { type: "string", value: "N", summary: "how many runs may go through by it (default 5)" },
      path: { type: "string", value: "GLOB[,GLOB]", summary: "where (default: the finding's path)" },
      repo: { type: "string", value: "NAME", summary: "the repository's name (default: the run's)" },
      "pack-range": {
        type: "string",
        value: "RANGE",
        summary: "versions of the rule's pack (default: ^ the run's)",
      },
      approver: {
        type: "string",
        value: "NAME[,NAME]",
        summary: "who all has to approve (default: anyone who may)",
      },
      compensating: { type: "string", value: "RULE[,RULE]", summary: "rules that have to hold meanwhile" },
      supersedes: { type: "string", value: "DIGEST[,DIGEST]", summary: "waivers that it takes the place of" },
      tier: { type: "string", value: "TIER", summary: "whose caps hold (default: the run's, else standard)" },
      out: {
        type: "string",
        value: "FILE",
        summary: "write the request there, such as .forge/waivers/t3.json (default: the data directory)",
      },
      ...as,
    },
    examples: [
      'forge policy waive run_01m8abc --rule core/T3 --reason "flaky upstream, ticket 12" --expires 30d',
      'forge policy waive --rule core/T3 --finding sha256:9f2c --repo github.com/acme/shop --path src/a.ts --reason "as agreed in 12" --expires 4w',
    ],
    more: WHAT,
    load: async () => (await import("./policy_waive.ts")).request,
  },
  {
    path: ["policy", "waivers"],
    summary: "the waivers of this installation: requested, active, expiring, expired, exhausted, their uses",
    operands: [],
    options: {
      repo: { type: "string", value: "DIR", summary: "also those in .forge/waivers of this directory" },
    },
    examples: ["forge policy waivers", "forge policy waivers --repo . --json"],
    more: WHAT,
    load: async () => (await import("./policy_waive.ts")).list,
  },
];
