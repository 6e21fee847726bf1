import type { Command } from "./command.ts";

const as: Command["options"] = {
  as: { type: "string", value: "NAME", summary: "the principal whose key signs (default: the only key)" },
};
const sandbox: Command["options"] = {
  sandbox: {
    type: "string",
    value: "bwrap|none",
    summary: "how the repository's own tests are shut in (default bwrap)",
  },
};
const choice: Command["options"] = {
  approve: { type: "boolean", summary: "let the transition through, for exactly what was shown" },
  reject: { type: "boolean", summary: "end the run as denied" },
  reason: { type: "string", value: "TEXT", summary: "kept with the answer, and signed" },
};

const WHO =
  `An approval is an in-toto statement in a DSSE envelope: the approver's Ed25519 key signs the digest of the patch (of a load:
of the staged data), the run, the question, what was shown, the reason, and until when it counts (7 days). It dies when the patch changes. Keys
are those of this installation (forge init --user NAME) and the named ones of trust/trust.yaml:
  version: 1
  keys: [ { file: bea.pub.pem, name: bea, roles: [approver], notAfter: 2027-01-01T00:00:00Z } ]
or of a name that the base ref's .forge/policy.yaml lists under approvers. The requester is no approver, by name and by key; where there is one
key only, its owner may answer below the tier critical, and that is told as self-approved.`;

/** Questions to people, and their signed answers. */
export const approvalCommands: readonly Command[] = [
  {
    path: ["approval", "list"],
    summary: "questions that wait for an answer, of code changes and of data loads",
    operands: [],
    options: {
      run: { type: "string", value: "RUN", summary: "every question of this run, also the answered ones" },
      limit: { type: "string", value: "N", summary: "how many (default 20, at most 200)" },
      cursor: { type: "string", value: "CURSOR", summary: "continue where an earlier page ended" },
    },
    examples: ["forge approval list", "forge approval list --json | jq '.approvals[].id'"],
    load: async () => (await import("./approval.ts")).list,
  },
  {
    path: ["approval", "show"],
    summary: "one question: what is asked, the gates that escalated, the patch, who may answer, the answer",
    operands: ["ID"],
    options: {},
    examples: ["forge approval show apr_01m8abcdef-14", "forge approval show run_01m8abcdef --json"],
    more: WHO,
    load: async () => (await import("./approval.ts")).show,
  },
  {
    path: ["approval", "answer"],
    summary: "answer a question; the run goes on with it",
    operands: ["ID"],
    options: {
      ...choice,
      envelope: {
        type: "string",
        value: "FILE",
        summary: "an answer that was signed elsewhere (forge approval sign)",
      },
      ...as,
      ...sandbox,
    },
    examples: [
      'forge approval answer apr_01m8abcdef-14 --approve --reason "read it, it is right"',
      "forge approval answer apr_01m8abcdef-14 --envelope answer.json",
    ],
    more: WHO,
    load: async () => (await import("./approval.ts")).answer,
  },
  {
    path: ["approval", "sign"],
    summary: "sign an answer without giving it: for another machine than the one that the run is on",
    operands: ["ID|FILE"],
    options: {
      ...choice,
      out: { type: "string", value: "FILE", summary: "where the signed answer goes (default: stdout)" },
      expires: { type: "string", value: "TIME", summary: "12h, 7d, 2w; default 7d, at most 30d" },
      ...as,
    },
    examples: [
      "forge approval sign apr_01m8abcdef-14 --approve --out answer.json",
      "forge approval sign question.json --approve --out answer.json",
    ],
    more:
      `FILE is what GET /v1/approvals/ID or forge approval show ID --json printed on the machine of the run. The signed answer goes back by
POST /v1/approvals/ID {"envelope": {...}, "comment": "..."} or forge approval answer ID --envelope FILE; the reason has to be given again there, for
the statement holds its digest only.
${WHO}`,
    load: async () => (await import("./approval.ts")).sign,
  },
];
