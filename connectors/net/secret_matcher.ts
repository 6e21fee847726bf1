/** Whether texts and bytes hold any of many known values: a run's own credentials in all their forms, canaries. */
export interface SecretMatcher {
  inText(text: string): boolean;
  /** The same for UTF-8. */
  inBytes(bytes: Uint8Array): boolean;
}

/** Blocks of two units are told by so many bits. */
const BLOCKS = 1 << 16;

interface Plan {
  /** Length of the shortest value: what is compared of each before the whole is. */
  least: number;
  /** How far the window may go on, by the block at its end; 0 where a value may end there. */
  shift: Uint8Array;
  /** Values by the block at the end of their first `least` units. */
  ends: Map<number, number[]>;
}

/**
 * Wu and Manber's search: a window of the shortest value's length goes over the text, and the two units at its end say how far it
 * can jump. The longer the values, the fewer units are looked at, whatever their number.
 */
export function secretMatcher(values: Iterable<string>): SecretMatcher {
  const texts = [...new Set(values)].filter((value) => value !== "");
  const encoder = new TextEncoder();
  const bytes = texts.map((value) => encoder.encode(value));
  const single = texts.filter((value) => value.length < 2);
  const singleBytes = bytes.filter((value) => value.length < 2);
  const long = texts.filter((value) => value.length > 1);
  const longBytes = bytes.filter((value) => value.length > 1);
  const ofTexts = planOf(
    long.map((value) => Array.from({ length: value.length }, (_, at) => value.charCodeAt(at) & 0xff)),
  );
  const ofBytes = planOf(longBytes.map((value) => [...value]));
  return {
    inText(text) {
      if (single.some((value) => text.includes(value))) return true;
      const { least, shift, ends } = ofTexts;
      if (long.length === 0) return false;
      for (let at = least - 1; at < text.length;) {
        const block = (text.charCodeAt(at - 1) & 0xff) << 8 | text.charCodeAt(at) & 0xff;
        const step = shift[block] ?? 1;
        if (step > 0) {
          at += step;
          continue;
        }
        const start = at - least + 1;
        for (const index of ends.get(block) ?? []) if (text.startsWith(long[index] ?? "", start)) return true;
        at++;
      }
      return false;
    },
    inBytes(given) {
      if (singleBytes.some(([value]) => value !== undefined && given.includes(value))) return true;
      const { least, shift, ends } = ofBytes;
      if (longBytes.length === 0) return false;
      for (let at = least - 1; at < given.length;) {
        const block = (given[at - 1] ?? 0) << 8 | (given[at] ?? 0);
        const step = shift[block] ?? 1;
        if (step > 0) {
          at += step;
          continue;
        }
        const start = at - least + 1;
        for (const index of ends.get(block) ?? []) if (standsAt(given, longBytes[index], start)) return true;
        at++;
      }
      return false;
    },
  };
}

function planOf(values: readonly (readonly number[])[]): Plan {
  // A jump is kept in one byte, and longer ones would save nothing.
  const least = Math.min(200, ...values.map((value) => value.length));
  const shift = new Uint8Array(BLOCKS).fill(Math.max(1, least - 1));
  const ends = new Map<number, number[]>();
  for (const [index, value] of values.entries()) {
    for (let at = 1; at < least; at++) {
      const block = (value[at - 1] ?? 0) << 8 | (value[at] ?? 0);
      shift[block] = Math.min(shift[block] ?? 0, least - 1 - at);
      if (at === least - 1) ends.set(block, [...(ends.get(block) ?? []), index]);
    }
  }
  return { least, shift, ends };
}

function standsAt(bytes: Uint8Array, value: Uint8Array | undefined, start: number): boolean {
  if (value === undefined || start + value.length > bytes.length) return false;
  for (let at = 0; at < value.length; at++) if (bytes[start + at] !== value[at]) return false;
  return true;
}
