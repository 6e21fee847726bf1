import type { WorkflowDefinition } from "../../specs/mod.ts";

const gated = (to: string) => ({ to, gated: true, denied: "@denied" as const });

/** The effect that brings a load into its sink. */
export const PUBLISH = "publish-data";

/**
 * The way of a data run: resolve what is to be read, acquire it into staging, take the facts of what is staged, publish what the
 * gates allow, and settle what came of each stream.
 */
export const foundry: WorkflowDefinition = {
  id: "foundry",
  version: "1.0.0",
  start: "resolve",
  seals: true,
  phases: {
    resolve: { handler: "resolve", timeoutSeconds: 300, attempts: 3, on: { resolved: gated("acquire") } },
    acquire: { handler: "acquire", timeoutSeconds: 86_400, attempts: 5, on: { acquired: gated("assure") } },
    assure: { handler: "assure", timeoutSeconds: 21_600, attempts: 3, on: { assured: gated("publish") } },
    publish: {
      handler: "publish-data",
      timeoutSeconds: 600,
      attempts: 3,
      on: { published: gated("settle") },
    },
    settle: { handler: "settle", timeoutSeconds: 600, attempts: 1, on: { settled: gated("@completed") } },
  },
};
