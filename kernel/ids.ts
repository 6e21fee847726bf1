import type { Clock, Ids } from "./port.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** Three hex digits for each twelve bits. */
const HEX = Array.from({ length: 4096 }, (_, i) => i.toString(16).padStart(3, "0"));
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
  /** Where the next `n` random bytes begin in the pool. */
  const take = (n: number): number => {
    if (used + n > POOL_BYTES) {
      fill(pool);
      used = 0;
    }
    used += n;
    return used - n;
  };
  const byte = (at: number) => pool[at] ?? 0;
  const hex = (at: number) => HEX[(byte(at) & 0xf) << 8 | byte(at + 1)] ?? "000";
  // 12 bits of counter follow the 48 bits of time, started low so that a millisecond has room for thousands.
  let lastMs = 0;
  let counter = 0;
  let timeMs = -1;
  let timeText = "";
  const tick = (): [number, number] => {
    const now = clock.now();
    if (now > lastMs) {
      lastMs = now;
      counter = byte(take(1)) & 0x7f;
    } else if (++counter > 0xfff) {
      lastMs++;
      counter = 0;
    }
    return [lastMs, counter];
  };
  return {
    uuid() {
      const [ms, count] = tick();
      if (ms !== timeMs) {
        const time = ms.toString(16).padStart(12, "0");
        timeText = `${time.slice(0, 8)}-${time.slice(8)}-`;
        timeMs = ms;
      }
      const at = take(10);
      // Two bits of the variant's digit are random; they come from the half of a byte that its other digits leave over.
      const variant = "89ab".charAt(byte(at) >> 4 & 3);
      return `${timeText}7${HEX[count] ?? "000"}-${variant}${hex(at)}-${hex(at + 2)}${hex(at + 4)}` +
        `${hex(at + 6)}${hex(at + 8)}`;
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
      const at = take(13);
      for (let i = 0; i < 13; i++) text += ALPHABET.charAt(byte(at + i) & 31);
      return `${prefix}_${text}`;
    },
  };
}
