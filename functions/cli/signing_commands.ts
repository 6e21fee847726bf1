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
        summary: "evidence (statements; the default) or log (checkpoints)",
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
      "The old private key is destroyed. The new one is recorded in the log, signed by the old one. A server that runs takes it by itself. " +
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
];
