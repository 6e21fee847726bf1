import type { Clock, Ids } from "./port.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
const POOL_BYTES = 4096;

/** Fills bytes with random ones; tests give a seeded one. */
export type RandomBytes = (bytes: Uint8Array<ArrayBuffer>) => void;

/**
 * Ids from a clock and a source of random bytes: UUIDv7 (RFC 9562) and prefixed ids in lower-case Crockford base 32. Both sort by
 * time; within a millisecond a counter keeps the order of making, also when the clock steps back.
 */
export function randomIds(
  clock: Pick<Clock, "now">,
  fill: RandomBytes = (bytes) => void crypto.getRandomValues(bytes),
): Ids {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  const take = (n: number): Uint8Array => {
    if (used + n > POOL_BYTES) {
      fill(pool);
      used = 0;
    }
    used += n;
    return pool.subarray(used - n, used);
  };
  // 12 bits of counter follow the 48 bits of time, started low so that a millisecond has room for thousands.
  let lastMs = 0;
  let counter = 0;
  const tick = (): [number, number] => {
    const now = clock.now();
    if (now > lastMs) {
      lastMs = now;
      counter = (take(1)[0] ?? 0) & 0x7f;
    } else if (++counter > 0xfff) {
      lastMs++;
      counter = 0;
    }
    return [lastMs, counter];
  };
  const hex = (byte: number | undefined) => HEX[(byte ?? 0) & 0xff] ?? "00";
  return {
    uuid() {
      const [ms, count] = tick();
      const time = ms.toString(16).padStart(12, "0");
      const r = take(8);
      return `${time.slice(0, 8)}-${time.slice(8)}-7${count.toString(16).padStart(3, "0")}-` +
        `${hex(((r[0] ?? 0) & 0x3f) | 0x80)}${hex(r[1])}-${hex(r[2])}${hex(r[3])}${hex(r[4])}${hex(r[5])}${
          hex(r[6])
        }${hex(r[7])}`;
    },
    make(prefix) {
      const [ms, count] = tick();
      // 10 characters of time (48 bits), 3 of counter, 13 of randomness (65 bits).
      let text = "";
      let rest = ms;
      for (let i = 0; i < 10; i++) {
        text = ALPHABET.charAt(rest % 32) + text;
        rest = Math.floor(rest / 32);
      }
      text += ALPHABET.charAt(count >> 10) + ALPHABET.charAt((count >> 5) & 31) + ALPHABET.charAt(count & 31);
      for (const byte of take(13)) text += ALPHABET.charAt(byte & 31);
      return `${prefix}_${text}`;
    },
  };
}
