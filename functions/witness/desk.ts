import { join } from "node:path";
import type { Store } from "../../kernel/mod.ts";
import {
  formatVerifierKey,
  fromBase64,
  hex,
  parseVerifierKey,
  toBase64,
  type VerifierKey,
  verifierKey,
  witness,
  type WitnessAnswer,
  type WitnessedHead,
} from "../../kernel/tlog/mod.ts";
import { testKeyProblem } from "../../policies/evidence/mod.ts";
import { privateDirectory } from "../key_directory.ts";
import { fileKeyAt, textAt } from "../signing/file_keys.ts";
import { checkedKey, SigningFailed } from "../signing/held_key.ts";
import { rawPublicKey } from "../signing/pem.ts";

/** Cosigns checkpoints of logs that its operator knows, and none that goes back or shows another history. */
export interface WitnessDesk {
  /** The key of its cosignatures (C2SP tlog-cosignature), which trust roots name. */
  readonly key: VerifierKey;
  /** Answers a request to add a checkpoint. The head is kept before the cosignature leaves. */
  answer(body: string): Promise<WitnessAnswer>;
  /** What it has seen last of each log that it knows. */
  heads(): Promise<{ origin: string; key: string; size: number; root: string | null; at: string | null }[]>;
  last(origin: string): Promise<WitnessedHead | null>;
  /** Knows a log from now on; false when it did already. */
  know(line: string): Promise<boolean>;
}

const KEY_FILE = "witness.key.pem";
const OPEN_FILE = "witness.vkey";
const LOGS_FILE = "logs.vkey";
const MAX_TRIES = 50;
const headKey = (origin: string) => ["witness", origin];

interface Kept {
  readonly size: number;
  readonly root: string;
  readonly at: string;
}

/** Whether the operator has made this installation a witness. */
export async function isWitness(data: string): Promise<boolean> {
  return await textAt(join(data, "witness", LOGS_FILE)) !== null;
}

/** The witness of an installation: `witness/` of the data directory, with a key of its own and the keys of the logs that it knows. */
export async function witnessDesk(
  { data, store, now = Date.now }: { data: string; store: Store; now?: () => number },
): Promise<WitnessDesk> {
  const folder = join(data, "witness");
  await privateDirectory(data);
  await privateDirectory(folder);
  const held = await checkedKey(await fileKeyAt(join(folder, KEY_FILE), "log"));
  const raw = rawPublicKey(held.publicKey);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", raw));
  const key = verifierKey(`edgeforge.local/witness/${hex(digest.subarray(0, 8))}`, raw, "cosignature");
  const line = `${formatVerifierKey(key)}\n`;
  if (await textAt(join(folder, OPEN_FILE)) !== line) await Deno.writeTextFile(join(folder, OPEN_FILE), line);
  const logs = async () =>
    (await textAt(join(folder, LOGS_FILE)) ?? "").split("\n").flatMap((one) => parseVerifierKey(one) ?? []);

  const read = async (origin: string) => {
    const entry = await store.get(headKey(origin));
    const kept = entry?.value as Kept | undefined;
    const root = kept === undefined ? null : fromBase64(kept.root);
    return {
      version: entry?.version ?? null,
      kept: kept ?? null,
      head: kept === undefined || root === null ? null : { size: kept.size, root },
    };
  };

  return {
    key,
    async answer(body) {
      const known = await logs();
      const origin = originOf(body);
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const { head, version } = await read(origin);
        const nowMs = now();
        const signer = { key, sign: held.sign };
        const answer = await witness(body, { logs: known, last: () => head, signer, nowMs });
        if (answer.status !== 200) return answer;
        // Of two requests at once only one finds the head that it was judged by.
        const outcome = await store.commit({
          checks: [{ key: headKey(answer.origin), version }],
          sets: [{
            key: headKey(answer.origin),
            value: {
              size: answer.head.size,
              root: toBase64(answer.head.root),
              at: new Date(nowMs).toISOString(),
            },
          }],
        });
        if (outcome.ok) return answer;
      }
      throw new Error(`Cannot cosign as others were quicker ${MAX_TRIES} times: try again`);
    },
    async heads() {
      return await Promise.all((await logs()).map(async (one) => {
        const { kept } = await read(one.name);
        return {
          origin: one.name,
          key: formatVerifierKey(one),
          size: kept?.size ?? 0,
          root: kept?.root ?? null,
          at: kept?.at ?? null,
        };
      }));
    },
    last: async (origin) => (await read(origin)).head,
    async know(given) {
      const log = parseVerifierKey(given.trim());
      if (log?.type !== "note") {
        throw new SigningFailed(
          "Cannot know a log by what is no key of one",
          "Give its line name+hash+base64: log.vkey of a trust root",
        );
      }
      const problem = testKeyProblem({ id: "", name: log.name });
      if (problem !== null) {
        throw new SigningFailed(`Cannot know the log ${log.name}: ${problem}`, "Give another");
      }
      const added = formatVerifierKey(log);
      const text = await textAt(join(folder, LOGS_FILE)) ?? "";
      if (text.split("\n").includes(added)) return false;
      const draft = join(folder, `${LOGS_FILE}.${crypto.randomUUID()}`);
      await Deno.writeTextFile(draft, `${text}${added}\n`, { mode: 0o644 });
      await Deno.rename(draft, join(folder, LOGS_FILE));
      return true;
    },
  };
}

/** The first line of the checkpoint of a request; empty where there is none. */
function originOf(body: string): string {
  const split = body.indexOf("\n\n");
  return split < 0 ? "" : body.slice(split + 2).split("\n")[0] ?? "";
}

/** The media type of an answer: a size when the witness has seen another head (C2SP tlog-witness). */
export const answerType = (answer: WitnessAnswer): string =>
  answer.status === 409 && answer.isSize ? "text/x.tlog.size" : "text/plain; charset=utf-8";
