import type { Command } from "./command.ts";

/** Which bundles: answered from the index of artifacts. */
const filterOptions: Command["options"] = {
  run: { type: "string", value: "RUN", summary: "of this run" },
  status: { type: "string", value: "STATUS", summary: "completed, denied, failed, escalated, cancelled" },
  pack: { type: "string", value: "P[@V]", summary: "judged by this pack, in this version" },
  model: { type: "string", value: "M", summary: "a model of this id took part" },
  waiver: { type: "string", value: "DIGEST", summary: "something went through by this waiver" },
  rule: { type: "string", value: "RULE", summary: "this rule did not hold at some time, such as core/T1" },
  intent: { type: "string", value: "INTENT", summary: "declared, such as REFACTOR" },
  "intent-mismatch": { type: "boolean", summary: "the change was not what its intent says (core/C3)" },
  from: { type: "string", value: "TIME", summary: "sealed at this day or instant or later" },
  to: { type: "string", value: "TIME", summary: "sealed before this day or instant" },
};

/** `forge evidence`. */
export const evidenceCommands: readonly Command[] = [
  {
    path: ["evidence", "list"],
    summary: "evidence bundles, newest first",
    operands: [],
    options: {
      limit: { type: "string", value: "N", summary: "how many (default 100, at most 1000)" },
      cursor: { type: "string", value: "CURSOR", summary: "continue where an earlier page ended" },
      ...filterOptions,
    },
    examples: [
      "forge evidence list --json",
      "forge evidence list --intent-mismatch --from 2026-11-01 --to 2026-12-01",
      "forge evidence list --pack core@1.0.0 --status denied",
    ],
    more: "With several of them, all have to hold.",
    load: async () => (await import("./evidence.ts")).list,
  },
  {
    path: ["evidence", "show"],
    summary: "the manifest of a bundle, by its id or its run",
    operands: ["ID"],
    options: {},
    examples: ["forge evidence show run_01m8abc"],
    load: async () => (await import("./evidence.ts")).show,
  },
  {
    path: ["evidence", "compare"],
    summary: "what differs between two bundles: files, subjects, decisions, gates, tools",
    operands: ["A", "B"],
    options: {},
    examples: [
      "forge evidence compare run_01m8abc run_01m8abd",
      "forge evidence compare ev_01m8abc bundle.tar",
    ],
    more:
      "A and B are runs, bundles' ids, directories or tars. What they say is compared; forge evidence verify checks it.",
    load: async () => (await import("./evidence_compare.ts")).compare,
  },
  {
    path: ["evidence", "verify"],
    summary:
      "check a bundle offline: every byte, signatures, the ledger, the log, each decision again; exit 0 or 1",
    operands: ["PATH"],
    options: {
      "trust-root": {
        type: "string",
        value: "DIR",
        summary: "public keys to believe (default: those of --data); never those in the bundle",
      },
      offline: { type: "boolean", summary: "as always: nothing here asks a network" },
    },
    examples: [
      "forge evidence verify ~/.local/state/edgeforge/evidence/ev_01m8abc",
      "forge evidence verify bundle.tar --trust-root keys --json",
    ],
    more: "PATH is a directory or the tar of one, or a run or a bundle's id of this installation.",
    load: async () => (await import("./evidence_verify.ts")).verify,
  },
  {
    path: ["evidence", "export"],
    summary: "copy a bundle out: a new directory, or one tar when the name ends in .tar",
    operands: ["RUN", "DIR"],
    options: {},
    examples: ["forge evidence export run_01m8abc ./evidence", "forge evidence export ev_01m8abc bundle.tar"],
    more: "RUN is a run, of which the latest bundle is taken, or a bundle's id.",
    load: async () => (await import("./evidence_export.ts")).exportBundle,
  },
  {
    path: ["evidence", "keys"],
    summary: "write the public keys of this installation, for whoever is to verify its evidence",
    operands: ["DIR"],
    options: {},
    examples: ["forge evidence keys ./trust-root"],
    more:
      "DIR is a trust root: evidence.pem (statements, ECDSA P-256), log.vkey (transparency log, Ed25519), a PEM file of each approver, keys.json (since " +
      "when and until when each key was in use, and which are revoked), witnesses.json (who cosigns the log, and how many a verifier wants). " +
      "Keys are in signing/ of the data directory (0600), or elsewhere: FORGE_SIGNING_KEY and FORGE_LOG_KEY (PKCS#8 as PEM or base64), " +
      "FORGE_SIGNER_COMMAND and FORGE_LOG_SIGNER_COMMAND (a program or a list in JSON; bytes on its standard input, signature on its standard output; with " +
      "FORGE_SIGNER_PUBLIC_KEY, FORGE_LOG_SIGNER_PUBLIC_KEY: PEM or a file), signing/signer.json, or forge serve --signer. Bundles say which. " +
      "A key published for tests, marked 'test key' in its file, or of a log under .test is refused. " +
      "See: forge evidence keys list, rotate, revoke.",
    load: async () => (await import("./evidence_export.ts")).exportKeys,
  },
];
