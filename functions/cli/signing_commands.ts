import type { Command } from "./command.ts";

/** `forge evidence keys ...`: what signs evidence and the log. */
export const signingCommands: readonly Command[] = [
  {
    path: ["evidence", "keys", "list"],
    summary: "every key that signed evidence or the log here: since when, until when, revoked or not",
    operands: [],
    options: {},
    examples: ["forge evidence keys list --json"],
    load: async () => (await import("./evidence_keys.ts")).list,
  },
  {
    path: ["evidence", "keys", "rotate"],
    summary: "a new key in the place of the one in use; the old one is believed of what it signed",
    operands: [],
    options: {
      use: {
        type: "string",
        value: "USE",
        summary:
          "evidence (statements; the default), log (checkpoints) or data (what data keys are wrapped by)",
      },
      overlap: {
        type: "string",
        value: "TIME",
        summary: "runs that end within this time may still carry the old one (default 7d)",
      },
      as: { type: "string", value: "NAME", summary: "the principal who does it (default: the only key)" },
    },
    examples: ["forge evidence keys rotate", "forge evidence keys rotate --use log --overlap 12h"],
    more:
      "The old private key signs beside the new one until the overlap ends, and is destroyed then. The new one is recorded in the log, signed by the old one. A server that runs takes it by itself. " +
      "Verifiers need the trust root again: forge evidence keys DIR.",
    load: async () => (await import("./evidence_keys.ts")).rotate,
  },
  {
    path: ["evidence", "keys", "revoke"],
    summary: "end a key: what the log does not prove to be older than this is not believed from it any more",
    operands: ["KID"],
    options: {
      reason: { type: "string", value: "TEXT", summary: "why (required); stands in the log" },
      as: { type: "string", value: "NAME", summary: "the principal who does it (default: the only key)" },
    },
    examples: ['forge evidence keys revoke 7eb0105664 --reason "the machine was lost"'],
    more:
      "A key in use is replaced first. The revocation is a leaf of the log; verify asks for the proof in a bundle (log/bundle.tlog-proof) that " +
      "it stood there before. Checkpoints by a revoked key of the log count when a witness saw them before. Verifiers learn of it by the trust root: " +
      "forge evidence keys DIR.",
    load: async () => (await import("./evidence_keys.ts")).revoke,
  },
  {
    path: ["evidence", "privacy"],
    summary: "what is done with personal data in what runs keep: none, encrypted or redacted",
    operands: [],
    options: {
      set: {
        type: "string",
        value: "MODE",
        summary: "none, encrypted or redacted: what every run does at least",
      },
      as: { type: "string", value: "NAME", summary: "the principal who does it (default: the only key)" },
    },
    examples: ["forge evidence privacy", "forge evidence privacy --set redacted"],
    more:
      "E-mail addresses, phone numbers, IBANs, payment cards and national ids are found by their form and check digits. In events, evidence, pull requests " +
      "and quarantine a mark takes their place, [personal:KIND:DIGEST], with a keyed digest: equal values have equal marks. Working copies (blobs, raw pages) are " +
      "sealed under a data key of the run. encrypted: values can be read (forge evidence reveal) until the key is destroyed (forge evidence shred, prune). " +
      "redacted: no value is kept, and the key goes 7 days after the end of the run. A spec or a pipeline may ask for more: personalData. Data keys are wrapped by " +
      "privacy/wrapping.key of the data directory (0600), by FORGE_DATA_KEY (32 bytes in base64), or by FORGE_DATA_KEY_COMMAND: a program or a list in JSON, which gets " +
      "a key on its standard input and gives it wrapped, or unwrapped, as EDGEFORGE_KEY_OP says.",
    load: async () => (await import("./evidence_privacy.ts")).privacy,
  },
  {
    path: ["evidence", "reveal"],
    summary: "what the marks of a run stand for; who reads it, when and why is audited",
    operands: ["RUN"],
    options: {
      why: { type: "string", value: "TEXT", summary: "why (required)" },
      file: {
        type: "string",
        value: "PATH",
        summary: "a file of the run's bundle, with the values in their places",
      },
      out: { type: "string", value: "FILE", summary: "write that file (0600)" },
      as: { type: "string", value: "NAME", summary: "the principal who does it (default: the only key)" },
    },
    examples: [
      'forge evidence reveal run_01m8abc --why "request of the person, case 12"',
      'forge evidence reveal run_01m8abc --why "review" --file artifacts/change.redacted.patch --out change.patch',
    ],
    load: async () => (await import("./evidence_privacy.ts")).reveal,
  },
  {
    path: ["evidence", "shred"],
    summary:
      "destroy the data key of a run: its personal data cannot be read any more; digests and proofs stay",
    operands: ["RUN"],
    options: {
      reason: { type: "string", value: "TEXT", summary: "why (required); stands in the log" },
      as: { type: "string", value: "NAME", summary: "the principal who does it (default: the only key)" },
    },
    examples: ['forge evidence shred run_01m8abc --reason "erasure, case 12"'],
    more:
      "Refused while the run or a bundle of it is held. Cannot be undone. forge evidence prune does the same once the last bundle of a run is removed.",
    load: async () => (await import("./evidence_privacy.ts")).shred,
  },
  {
    path: ["evidence", "retain"],
    summary: "how long bundles of a tier stay at least, and what is held",
    operands: [],
    options: {
      tier: { type: "string", value: "TIER", summary: "best-effort, standard (data runs, too) or critical" },
      for: { type: "string", value: "TIME", summary: "at least this long: 90d, 26w, 7y" },
      as: { type: "string", value: "NAME", summary: "the principal who does it (default: the only key)" },
    },
    examples: ["forge evidence retain", "forge evidence retain --tier critical --for 7y"],
    load: async () => (await import("./evidence_retention.ts")).retain,
  },
  {
    path: ["evidence", "hold"],
    summary: "keep a bundle, or all of a run, whatever its age; --release ends that",
    operands: ["ID"],
    options: {
      reason: { type: "string", value: "TEXT", summary: "why (required); audited" },
      release: { type: "boolean", summary: "hold it no more" },
      as: { type: "string", value: "NAME", summary: "the principal who does it (default: the only key)" },
    },
    examples: [
      'forge evidence hold run_01m8abc --reason "case 12"',
      'forge evidence hold run_01m8abc --release --reason "case 12 is closed"',
    ],
    load: async () => (await import("./evidence_retention.ts")).hold,
  },
  {
    path: ["evidence", "prune"],
    summary: "remove the files of old bundles; what is held, or kept for its tier, stays",
    operands: [],
    options: {
      "older-than": {
        type: "string",
        value: "TIME",
        summary: "of runs that ended longer ago: 90d, 26w, 7y (required)",
      },
      tier: { type: "string", value: "TIER", summary: "only of this tier" },
      reason: { type: "string", value: "TEXT", summary: "why; stands in the log" },
      "dry-run": { type: "boolean", summary: "only tell" },
      as: { type: "string", value: "NAME", summary: "the principal who does it (default: the only key)" },
    },
    examples: [
      "forge evidence prune --older-than 1y --dry-run",
      'forge evidence prune --older-than 1y --tier best-effort --reason "yearly clearing"',
    ],
    more:
      "Leaves of the log and their proofs stay; that a bundle was removed, by whom and why, is a leaf of its own. The ledgers of runs stay, too.",
    load: async () => (await import("./evidence_retention.ts")).prune,
  },
];
