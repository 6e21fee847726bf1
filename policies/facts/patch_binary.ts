import type { BinaryBlock } from "./patch_file.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
const VALUES = new Map([...ALPHABET].map((char, value) => [char.charCodeAt(0), value]));

/** No file of a patch is unpacked beyond this. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The bytes that a block of a binary patch brings in: the whole content of a literal, what is new in a delta. Null when it is not
 * what git writes, or larger than it says: then nobody knows what it holds.
 */
export async function blockBytes(block: BinaryBlock): Promise<Uint8Array | null> {
  const packed = base85(block.lines);
  if (packed === null || block.size > MAX_BYTES) return null;
  const bytes = await inflate(packed, block.size);
  if (bytes === null) return null;
  return block.kind === "literal" ? bytes : insertions(bytes);
}

function base85(lines: readonly Uint8Array[]): Uint8Array<ArrayBuffer> | null {
  const out: number[] = [];
  for (const line of lines) {
    const first = line[0] ?? 0;
    const length = first >= 65 && first <= 90 ? first - 64 : first >= 97 && first <= 122 ? first - 70 : 0;
    if (length === 0 || (line.length - 1) % 5 !== 0 || ((line.length - 1) / 5) * 4 < length) return null;
    const start = out.length;
    for (let at = 1; at < line.length; at += 5) {
      let value = 0;
      for (let next = at; next < at + 5; next++) {
        const digit = VALUES.get(line[next] ?? 0);
        if (digit === undefined) return null;
        value = value * 85 + digit;
      }
      if (value > 0xffffffff) return null;
      out.push((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
    }
    out.length = start + length;
  }
  return Uint8Array.from(out);
}

async function inflate(packed: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array | null> {
  const bytes = new Uint8Array(size);
  let at = 0;
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (at + value.length > size) {
        await reader.cancel();
        return null;
      }
      bytes.set(value, at);
      at += value.length;
    }
  } catch {
    return null;
  }
  return at === size ? bytes : null;
}

/** What a delta inserts, in order; what it copies from the old side is not new. */
function insertions(delta: Uint8Array): Uint8Array | null {
  let at = 0;
  for (let sizes = 0; sizes < 2; sizes++) {
    while ((delta[at] ?? 0) & 0x80) at++;
    at++;
  }
  const out: number[] = [];
  while (at < delta.length) {
    const op = delta[at++] ?? 0;
    if (op === 0) return null;
    if (op & 0x80) {
      for (let bit = 0; bit < 7; bit++) if (op & (1 << bit)) at++;
      // Copied text stands between what is inserted: the two do not touch.
      out.push(10);
    } else {
      if (at + op > delta.length) return null;
      for (let next = at; next < at + op; next++) out.push(delta[next] ?? 0);
      at += op;
    }
  }
  return Uint8Array.from(out);
}
