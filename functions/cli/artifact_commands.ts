import type { Command } from "./command.ts";

const NAMES =
  "DIGEST is sha256:HEX of a file, a patch, a spec, a pack or what a source sent, or a git commit or tree.";

/** `forge artifact`: what evidence speaks of, by digest. The index is derived from it and made again when it is not there. */
export const artifactCommands: readonly Command[] = [
  {
    path: ["artifact", "list"],
    summary: "what the evidence of runs holds and speaks of, newest runs first",
    operands: [],
    options: {
      run: { type: "string", value: "RUN", summary: "only those of this run" },
      role: {
        type: "string",
        value: "ROLE",
        summary: "only file, spec, change, decision, pack, waiver, request, dataset, ...",
      },
      limit: { type: "string", value: "N", summary: "how many (default 100, at most 1000)" },
      cursor: { type: "string", value: "CURSOR", summary: "continue where an earlier page ended" },
    },
    examples: ["forge artifact list --role change --json"],
    load: async () => (await import("./artifact.ts")).list,
  },
  {
    path: ["artifact", "show"],
    summary: "where a digest occurs: runs, evidence, files",
    operands: ["DIGEST"],
    options: {},
    examples: ["forge artifact show sha256:1c1e35e7a9b6bff646c77b3a7fa9f9012cb4c8b0a94507b0220b3e87c52d4436"],
    more: NAMES,
    load: async () => (await import("./artifact.ts")).show,
  },
  {
    path: ["artifact", "provenance"],
    summary:
      "what something came from and what became of it: intent to pull request, dataset to source request",
    operands: ["DIGEST"],
    options: { mermaid: { type: "boolean", summary: "as a flowchart in Mermaid text" } },
    examples: [
      "forge artifact provenance 28dca76456a9ee2a64d2e7f04c8cf5c5452c714b",
      "forge artifact provenance 28dca76456a9ee2a64d2e7f04c8cf5c5452c714b --mermaid",
    ],
    more: NAMES,
    load: async () => (await import("./artifact.ts")).provenance,
  },
  {
    path: ["artifact", "search"],
    summary: "runs whose title or messages hold all of these words, or words that begin so",
    operands: ["TEXT"],
    options: { limit: { type: "string", value: "N", summary: "how many (default 20, at most 200)" } },
    examples: ['forge artifact search "malformed e-mail"'],
    load: async () => (await import("./artifact.ts")).search,
  },
];
