/** Which lines a model wrote, as an Agent Trace record (cursor/agent-trace 0.1.0). For viewers: it is derived, and proves nothing by itself. */
import { digestOf, type Json } from "../../specs/mod.ts";
import { parsePatch } from "../facts/patch.ts";
import type { Hunk } from "../facts/patch_file.ts";
import { uuidOf } from "./sbom.ts";

/** Its schema asks for two numbers, where its text has three. */
const VERSION = "0.1";
const MODEL_ID_LENGTH = 250;

export interface TracedAgent {
  readonly name: string;
  readonly version: string | null;
  /** `provider/model`, as asked for or as the provider named it; null where no model is named. */
  readonly model: string | null;
}

/**
 * The record of a patch that an agent made. Null when the patch cannot be read, or adds no line. Whether another agent or a human wrote some of
 * the lines nobody can tell: a run has one author.
 */
export async function agentTrace(given: {
  run: string;
  agent: TracedAgent;
  patch: Uint8Array;
  /** Of the bytes of the whole patch. */
  digest: string;
  /** The commit with the change, once there is one; the base before. */
  revision: { commit: string; isBase: boolean };
  at: string;
}): Promise<Json | null> {
  const parsed = parsePatch(given.patch);
  if (!parsed.ok) return null;
  const files: Json[] = [];
  for (const { newPath, hunks } of parsed.files) {
    if (newPath === null) continue;
    const ranges = (await Promise.all(hunks.map(rangesOf))).flat();
    if (ranges.length === 0) continue;
    files.push({
      path: newPath.text,
      conversations: [{
        url: `urn:edgeforge:${given.run}`,
        contributor: {
          type: "ai",
          ...(given.agent.model === null || given.agent.model.length > MODEL_ID_LENGTH
            ? {}
            : { model_id: given.agent.model }),
        },
        ranges,
      }],
    });
  }
  if (files.length === 0) return null;
  return {
    version: VERSION,
    id: uuidOf(given.digest),
    timestamp: given.at,
    vcs: { type: "git", revision: given.revision.commit },
    tool: {
      name: given.agent.name,
      version: given.agent.version ?? "unknown",
    },
    files,
    metadata: {
      "dev.edgeforge": {
        run: given.run,
        patch: given.digest,
        revision: given.revision.isBase ? "base: line numbers are those after the patch" : "with the change",
        model: "as the caller asked for it or the provider named it: self-asserted",
      },
    },
  };
}

/** Added lines that stand together, from 1, with the digest of their bytes. */
async function rangesOf({ newStart, lines }: Hunk): Promise<Json[]> {
  const ranges: Json[] = [];
  let at = newStart;
  let added: Uint8Array[] = [];
  const close = async () => {
    if (added.length === 0) return;
    const bytes = new Uint8Array(added.reduce((sum, line) => sum + line.length + 1, 0));
    let to = 0;
    for (const line of added) {
      bytes.set(line, to);
      bytes[to + line.length] = 0x0a;
      to += line.length + 1;
    }
    ranges.push({
      start_line: at - added.length,
      end_line: at - 1,
      content_hash: await digestOf(bytes),
    });
    added = [];
  };
  for (const line of lines) {
    if (line.kind === "removed") continue;
    if (line.kind === "added") added.push(line.bytes);
    else await close();
    at += 1;
  }
  await close();
  return ranges;
}
