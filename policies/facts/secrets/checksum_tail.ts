const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY = 36;
/** Characters of the body that may be gone; with each more, sixty-two times as many runs would do by chance. */
const CUT = 3;

const TABLE = Uint32Array.from({ length: 256 }, (_, at) => {
  let crc = at;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});
/** Which row of the table has this byte at its top: each has another. */
const ROW = new Uint8Array(256);
TABLE.forEach((value, at) => ROW[value >>> 24] = at);

/** How short the rest of a token may be. */
export const SHORTEST_TAIL = BODY - CUT;

/**
 * Whether letters and digits are the body of a token of GitHub or npm, whole or without up to three characters at its start. The
 * CRC-32 at its end is run backwards over what is there: what was cut off must be letters and digits. Of random runs of this length
 * four in a million are taken for one.
 */
export function isTailOfCrc32(run: string): boolean {
  const cut = BODY - run.length;
  if (cut < 0 || cut > CUT) return false;
  let sum = 0;
  for (const digit of run.slice(-6)) {
    const value = DIGITS.indexOf(digit);
    if (value < 0) return false;
    sum = sum * 62 + value;
  }
  if (sum > 0xffffffff) return false;
  let state = (sum ^ 0xffffffff) >>> 0;
  const back = (byte: number): void => {
    const row = ROW[state >>> 24] ?? 0;
    state = (((state ^ (TABLE[row] ?? 0)) << 8) | (row ^ byte)) >>> 0;
  };
  for (let at = run.length - 7; at >= 0; at--) back(run.charCodeAt(at));
  for (let missing = 0; missing < cut; missing++) back(0);
  // What is left is what was cut off, over the state that the sum begins with.
  let rest = (state ^ 0xffffffff) >>> 0;
  for (let missing = 0; missing < cut; missing++) {
    if (!DIGITS.includes(String.fromCharCode(rest & 0xff))) return false;
    rest >>>= 8;
  }
  return rest === 0;
}
