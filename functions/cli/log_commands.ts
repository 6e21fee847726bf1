import type { Command } from "./command.ts";

/** `forge log`. */
export const logCommands: readonly Command[] = [
  {
    path: ["log", "checkpoint"],
    summary: "sign the head of the transparency log and print it (C2SP tlog-checkpoint)",
    operands: [],
    options: {
      cosign: {
        type: "boolean",
        summary: "ask the witnesses of signing/witnesses.json; exit 1 when too few cosign it",
      },
    },
    examples: ["forge log checkpoint", "forge log checkpoint --cosign"],
    load: async () => (await import("./log.ts")).checkpoint,
  },
  {
    path: ["log", "prove"],
    summary: "prove that a leaf is in the log, or that one head continues another",
    operands: ["[LEAF]"],
    options: {
      from: { type: "string", value: "SIZE", summary: "prove that the log continues the one of this size" },
      to: { type: "string", value: "SIZE", summary: "up to this size (default: the head)" },
    },
    examples: ["forge log prove run_01m8abc/12", "forge log prove --from 100 --json"],
    more: "LEAF is an index, RUN/SEQ of a decision's event, or a bundle's id.",
    load: async () => (await import("./log.ts")).prove,
  },
  {
    path: ["log", "verify"],
    summary: "verify a proof of the log, a checkpoint, or that one checkpoint continues another; exit 0 or 1",
    operands: ["[FILE]"],
    options: {
      entry: { type: "string", value: "FILE", summary: "the leaf's bytes" },
      "leaf-hash": { type: "string", value: "HASH", summary: "or the leaf's hash, in hex or base64" },
      old: { type: "string", value: "FILE", summary: "an older checkpoint that FILE has to continue" },
      proof: { type: "string", value: "FILE", summary: "the proof of that: a hash in base64 each line" },
      key: { type: "string", value: "VKEY", summary: "the log's key: name+hash+base64" },
      origin: {
        type: "string",
        value: "TEXT",
        summary: "what the log calls itself in the first line, where --key has another name",
      },
      "trust-root": {
        type: "string",
        value: "DIR",
        summary: "or a directory with .vkey files (default: that of --data)",
      },
      witnesses: {
        type: "string",
        value: "N",
        summary: "how many witnesses must have cosigned (default: as the trust root says)",
      },
      anchor: {
        type: "string",
        value: "DIR",
        summary:
          "a repository with checkpoints of the log (forge log anchor): FILE, or this log, has to continue each",
      },
      ledger: {
        type: "boolean",
        summary:
          "hold the runs and bundles of this installation against its log: one that was written anew is named",
      },
    },
    examples: [
      "forge log verify decision.tlog-proof --entry leaf.json",
      "forge log verify new.checkpoint --old old.checkpoint --proof consistency.txt",
      "forge log verify --ledger",
      "forge log verify --anchor ~/my-project",
    ],
    more:
      "FILE may also be JSON with leafIdx, treeSize, root, leafHash, proof or size1, size2, root1, root2, proof.",
    load: async () => (await import("./log.ts")).verify,
  },
  {
    path: ["log", "witness"],
    summary: "cosign checkpoints of another log: only those that continue what was seen of it before",
    operands: [],
    options: {
      add: {
        type: "string",
        value: "VKEY",
        summary: "know a log from now on: its line name+hash+base64, or a file of it",
      },
      of: {
        type: "string",
        value: "URL|FILE",
        summary:
          "cosign: a log's address (checkpoint and tile/ below it), a checkpoint, or a request to add one",
      },
      proof: {
        type: "string",
        value: "FILE",
        summary: "for a checkpoint: that it continues the last one; a hash in base64 each line",
      },
      out: { type: "string", value: "FILE", summary: "write the checkpoint with the cosignature" },
      "key-env": { type: "string", value: "NAME", summary: "the variable with the key for the address" },
    },
    examples: [
      "forge log witness",
      "forge log witness --add log.vkey",
      "forge log witness --of https://forge.example/v1/log --key-env FORGE_READ_KEY --out cosigned.checkpoint",
    ],
    more:
      "Without an option: the witness's key and the last head of each log. With forge serve, others ask over HTTP: POST /v1/log/witness/add-checkpoint (C2SP " +
      "tlog-witness). A head that is smaller, of another history, or unsigned is refused (exit 1). A log names its witnesses in signing/witnesses.json: " +
      '{ "v": 1, "required": 1, "witnesses": [ { "key": "name+hash+base64", "url": "https://witness.example/v1/log/witness" } ] }; then bundles carry their cosignatures, ' +
      "and verifiers want `required` of them, as their trust root says.",
    load: async () => (await import("./log_witness.ts")).witness,
  },
  {
    path: ["log", "anchor"],
    summary:
      "write the log's checkpoint into a repository (refs/notes/edgeforge-log), so that it cannot be taken back quietly",
    operands: [],
    options: {
      repo: {
        type: "string",
        value: "DIR",
        summary: "the repository (required); only this ref of it is written",
      },
    },
    examples: ["forge log anchor --repo .", "git push origin refs/notes/edgeforge-log"],
    more: "Never done by a run. Compared by: forge log verify --anchor DIR.",
    load: async () => (await import("./log_anchor.ts")).anchor,
  },
];
