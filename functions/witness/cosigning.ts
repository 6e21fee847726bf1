import { join } from "node:path";
import { openCheckpoint, parseVerifierKey, toBase64, type VerifierKey } from "../../kernel/tlog/mod.ts";
import type { Attestor } from "../../pipelines/mod.ts";
import { WitnessPolicy } from "../../specs/attestation/mod.ts";
import { textAt } from "../signing/file_keys.ts";
import { SigningFailed } from "../signing/held_key.ts";
import { type Ask, bytesOf, requestText, withCosignatures } from "./remote_log.ts";

/** Who witnesses an installation's log, as `signing/witnesses.json` says. */
export async function witnessPolicy(folder: string): Promise<WitnessPolicy> {
  const text = await textAt(join(folder, "witnesses.json"));
  if (text === null) return { v: 1, required: 0, witnesses: [] };
  try {
    return WitnessPolicy.parse(JSON.parse(text));
  } catch {
    throw new SigningFailed(
      "Cannot read witnesses.json of the signing directory: it has not its form",
      'For example { "v": 1, "required": 1, "witnesses": [ { "key": "name+hash+base64", "url": "https://witness.example" } ] }',
    );
  }
}

/** What a witness said. */
export interface Asked {
  readonly name: string;
  readonly cosigned: boolean;
  readonly why: string | null;
}

/**
 * Asks the witnesses for cosignatures of the log's checkpoint and keeps those that hold. One that is not there, or refuses, is told and
 * changes nothing.
 */
export async function askWitnesses(
  { log, logSigner }: Pick<Attestor, "log" | "logSigner">,
  policy: WitnessPolicy,
  ask: Ask = fetch,
): Promise<{ signed: string; asked: Asked[]; cosigned: number }> {
  let signed = await log.checkpoint(logSigner);
  const opened = await openCheckpoint(signed, { log: [logSigner.key] });
  if ("problem" in opened) throw new Error(`Cannot read our own checkpoint: ${opened.problem}`);
  const { size, text } = opened.checkpoint;
  const asked: Asked[] = [];
  for (const { key: line, url } of policy.witnesses) {
    const witness = parseVerifierKey(line);
    if (witness?.type !== "cosignature") {
      asked.push({ name: line, cosigned: false, why: "its key in witnesses.json is none of a witness" });
      continue;
    }
    const { name } = witness;
    if (await isCosigned(signed, logSigner.key, witness)) {
      asked.push({ name, cosigned: true, why: null });
      continue;
    }
    if (url === undefined) {
      asked.push({ name, cosigned: false, why: "witnesses.json gives no address" });
      continue;
    }
    try {
      const lines = await cosignatureOf(ask, url, signedByLog(signed, text), {
        size,
        consistency: async (old) => (await log.consistency(old, size)).map(toBase64),
      });
      const whole = "lines" in lines
        ? await withCosignatures(signed, lines.lines, { log: [logSigner.key], witness })
        : null;
      if (whole === null) {
        asked.push({
          name,
          cosigned: false,
          why: "lines" in lines ? "its cosignature does not hold" : lines.why,
        });
        continue;
      }
      signed = whole;
      asked.push({ name, cosigned: true, why: null });
    } catch (error) {
      if (!(error instanceof SigningFailed)) throw error;
      asked.push({ name, cosigned: false, why: error.message });
    }
  }
  const cosigned = asked.filter((one) => one.cosigned).length;
  if (cosigned > 0) await log.keep(signed);
  return { signed, asked, cosigned };
}

/** A run does not wait longer than this for a witness, and does not ask again at once for one that did not answer. */
const SEAL_DEADLINE_MS = 3_000;
const REST_MS = 60_000;
let restUntilMs = 0;

/** The checkpoint for a bundle: with cosignatures where there are witnesses who answer. */
export async function sealedCheckpoint(
  attestor: Pick<Attestor, "log" | "logSigner">,
  folder: string,
): Promise<string> {
  const policy = await witnessPolicy(folder);
  const asks = policy.witnesses.some(({ url }) => url !== undefined);
  if (!asks || Date.now() < restUntilMs) return await attestor.log.checkpoint(attestor.logSigner);
  const { signed, asked } = await askWitnesses(
    attestor,
    policy,
    (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(SEAL_DEADLINE_MS) }),
  );
  if (asked.some(({ cosigned }) => !cosigned)) restUntilMs = Date.now() + REST_MS;
  return signed;
}

async function isCosigned(signed: string, log: VerifierKey, witness: VerifierKey): Promise<boolean> {
  const opened = await openCheckpoint(signed, { log: [log], witnesses: [witness] });
  return "checkpoint" in opened && opened.checkpoint.witnesses.length > 0;
}

/** The log's own signature alone: what others have cosigned is none of this witness's business. */
function signedByLog(signed: string, text: string): string {
  const [first = ""] = signed.slice(text.length + 1).split("\n");
  return `${text}\n${first}\n`;
}

async function cosignatureOf(
  ask: Ask,
  url: string,
  signed: string,
  own: { size: number; consistency: (old: number) => Promise<string[]> },
): Promise<{ lines: string } | { why: string }> {
  // It tells what it has seen where that is something else.
  let old = own.size;
  for (let tries = 0; tries < 3; tries++) {
    const proof = old === 0 || old === own.size ? [] : await own.consistency(old);
    const { status, type, bytes } = await bytesOf(ask, `${url.replace(/\/+$/, "")}/add-checkpoint`, {
      method: "POST",
      body: requestText(old, proof, signed),
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
    const body = new TextDecoder().decode(bytes);
    if (status === 200) return { lines: body };
    if (status !== 409 || type !== "text/x.tlog.size" || !/^\d{1,15}\n?$/.test(body)) {
      return { why: `it answered ${status}: ${body.trim().slice(0, 200)}` };
    }
    old = Number(body);
    if (old > own.size) {
      return { why: `it has seen this log at ${old}, and it is at ${own.size}: leaves are gone` };
    }
  }
  return { why: "it tells another size each time" };
}
