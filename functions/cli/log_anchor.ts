import { addNote, readNotes } from "../../connectors/mod.ts";
import { type OpenedCheckpoint, sameHash, verifyConsistency } from "../../kernel/tlog/mod.ts";
import type { CheckpointTrust } from "../../policies/evidence/mod.ts";
import { openTrusted } from "../../policies/evidence/reading/mod.ts";
import type { OwnLog } from "../service.ts";
import { auditFile } from "../audit_file.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { transparency } from "./log.ts";
import { principalOf, withService } from "./session.ts";

/** The ref that anchors are written to: notes, so that clones and other tools can carry them. */
export const ANCHOR_REF = "refs/notes/edgeforge-log";

/** `forge log anchor --repo DIR` */
export const anchor: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service, data) => {
    const { repo } = invocation.options;
    if (typeof repo !== "string") throw usage("It was not said where to", "Give --repo DIR, a repository");
    const { log, logSigner } = await transparency(service);
    const signed = await log.checkpoint(logSigner);
    const at = new Date().toISOString();
    const written = await addNote(pathOf(invocation.io, repo), ANCHOR_REF, { text: signed, at });
    if (!written.ok) throw new CommandError(written.error, 2);
    const by = (await principalOf(invocation, data)).id;
    await auditFile(data).append({
      action: "log.anchor",
      actor: by,
      object: repo,
      detail: { ...written.value },
    });
    const [origin = "", size = ""] = signed.split("\n");
    return {
      exit: 0,
      document: { origin, size: Number(size), ref: ANCHOR_REF, ...written.value, checkpoint: signed },
      text: `${origin} at ${size}  ${ANCHOR_REF}  on ${written.value.on}${
        written.value.existed ? "  (it was there already)" : ""
      }\ncarry it elsewhere: git push REMOTE ${ANCHOR_REF}`,
    };
  });

/** What is compared with the anchors: a log that can prove, or a checkpoint alone. */
export interface Anchored {
  readonly checkpoint: OpenedCheckpoint;
  readonly log: OwnLog["log"] | null;
}

/**
 * Compares a log with the checkpoints of it in a repository: each of them has to be one that it was at. A problem, or null; how many were
 * compared, and how many there are that no trusted key has signed.
 */
export async function compareAnchors(
  { io }: Invocation,
  directory: string,
  trust: CheckpointTrust,
  { checkpoint, log }: Anchored,
): Promise<{ problem: string | null; compared: number; unread: number }> {
  const notes = await readNotes(pathOf(io, directory), ANCHOR_REF);
  if (!notes.ok) throw new CommandError(notes.error, 2);
  let [compared, unread] = [0, 0];
  const { origin, size, root } = checkpoint;
  for (const text of notes.value) {
    // How many witnesses an anchor needs is not the question: it is the log's own word of then.
    const opened = await openTrusted(text, { ...trust, required: 0 });
    if ("problem" in opened) {
      unread += 1;
      continue;
    }
    const anchored = opened.checkpoint;
    if (anchored.origin !== origin) continue;
    compared += 1;
    const found = (problem: string) => ({ problem, compared, unread });
    if (anchored.size > size) {
      return found(
        `the log is at ${size}, and ${anchored.size} is anchored: it is an older one, or leaves are gone`,
      );
    }
    if (anchored.size === size) {
      if (sameHash(anchored.root, root)) continue;
      return found(
        `the log has another root at ${size} than the one that is anchored: it is another history`,
      );
    }
    if (log === null) {
      return found(
        `a checkpoint alone does not show that ${size} continues the anchored ${anchored.size}: leave FILE out, where the log is`,
      );
    }
    const holds = verifyConsistency({
      first: anchored.size,
      firstRoot: anchored.root,
      second: size,
      secondRoot: root,
      proof: await log.consistency(anchored.size, size),
    });
    if (!holds) {
      return found(
        `the log at ${size} does not continue the anchored ${anchored.size}: it is another history`,
      );
    }
  }
  if (compared === 0) {
    return {
      problem: `the repository holds no checkpoint of ${origin} that can be trusted`,
      compared,
      unread,
    };
  }
  return { problem: null, compared, unread };
}
