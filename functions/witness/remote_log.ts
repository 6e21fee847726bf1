import {
  consistencyProof,
  HASH_BYTES,
  nodesOf,
  openCheckpoint,
  parseCheckpoint,
  tilePath,
  tileWidth,
  toBase64,
  type VerifierKey,
} from "../../kernel/tlog/mod.ts";
import { SigningFailed } from "../signing/held_key.ts";

const DEADLINE_MS = 10_000;
const MAX_BYTES = 65_536;

/** Whatever asks over HTTP: a test gives its own. */
export type Ask = (url: string, init?: RequestInit) => Promise<Response>;

/** Bytes of an address, or a problem: no redirects, in time, and not more than any such resource has. */
export async function bytesOf(
  ask: Ask,
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; type: string; bytes: Uint8Array }> {
  let answer: Response;
  try {
    answer = await ask(url, { ...init, redirect: "error", signal: AbortSignal.timeout(DEADLINE_MS) });
  } catch (error) {
    throw new SigningFailed(
      `Cannot reach ${url}: ${error instanceof Error ? error.message : String(error)}`,
      "Check the address, and that the server runs",
    );
  }
  const parts: number[] = [];
  for await (const part of answer.body ?? []) {
    if (parts.length + part.length > MAX_BYTES) {
      throw new SigningFailed(`${url} gave more than ${MAX_BYTES} bytes`, "Check the address");
    }
    parts.push(...part);
  }
  const type = (answer.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
  return { status: answer.status, type, bytes: new Uint8Array(parts) };
}

/**
 * What a log shows of itself (C2SP tlog-tiles: `checkpoint` and `tile/` below its address) as a request to add its checkpoint: with the proof
 * that it continues what was seen before, calculated from its tiles.
 */
export async function requestOf(
  ask: Ask,
  base: string,
  given: { headers: Record<string, string>; seen: (origin: string) => Promise<number> },
): Promise<string> {
  const prefix = base.replace(/\/+$/, "");
  const get = async (path: string) => {
    const { status, bytes } = await bytesOf(ask, `${prefix}/${path}`, { headers: given.headers });
    if (status === 200) return bytes;
    throw new SigningFailed(
      `The log at ${prefix} answered ${status} for ${path}`,
      "Give the address that checkpoint and tile/ are below, and its key by --key-env where it wants one",
    );
  };
  const signed = new TextDecoder("utf-8", { ignoreBOM: true }).decode(await get("checkpoint"));
  const head = parseCheckpoint(signed.slice(0, signed.indexOf("\n\n") + 1));
  if (head === null) throw new SigningFailed(`The log at ${prefix} shows no checkpoint`, "Check the address");
  const seen = await given.seen(head.origin);
  // A head behind what was seen is sent as it is: the refusal says so.
  const proof = seen > head.size ? [] : await consistencyProof(
    seen,
    head.size,
    nodesOf(async (level, index) => {
      const width = tileWidth(level, index, head.size);
      const bytes = await get(tilePath({ level, index, width }));
      if (bytes.length === width * HASH_BYTES) return bytes;
      throw new SigningFailed(
        `The log at ${prefix} gave a tile of ${bytes.length} bytes`,
        "Tell its operator",
      );
    }),
  );
  return requestText(seen, proof.map(toBase64), signed);
}

/** A request to add a checkpoint (C2SP tlog-witness). */
export const requestText = (old: number, proof: readonly string[], signed: string): string =>
  [`old ${old}`, ...proof, "", signed].join("\n");

/** A checkpoint with more signature lines behind its own; null when they are of another text or do not hold. */
export async function withCosignatures(
  signed: string,
  lines: string,
  keys: { log: readonly VerifierKey[]; witness: VerifierKey },
): Promise<string | null> {
  if (!/^(?:\u2014 \S+ \S+\n)+$/.test(lines)) return null;
  const whole = `${signed}${lines}`;
  const opened = await openCheckpoint(whole, { log: keys.log, witnesses: [keys.witness] });
  return "checkpoint" in opened && opened.checkpoint.witnesses.length > 0 ? whole : null;
}
