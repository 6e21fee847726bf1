import type { Command } from "./command.ts";

/** `forge evidence`, `forge log`. */
export const evidenceCommands: readonly Command[] = [
  {
    path: ["evidence", "list"],
    summary: "evidence bundles, newest first",
    operands: [],
    options: {
      limit: { type: "string", value: "N", summary: "how many (default 100, at most 1000)" },
      cursor: { type: "string", value: "CURSOR", summary: "continue where an earlier page ended" },
    },
    examples: ["forge evidence list --json"],
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
    more: "PATH is a directory or the tar of one.",
    load: async () => (await import("./evidence_verify.ts")).verify,
  },
];
