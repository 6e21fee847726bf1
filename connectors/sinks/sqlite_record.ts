/**
 * Rows in SQLite's own record format (https://www.sqlite.org/fileformat2.html, section 2): what a value is stored as, and how its
 * bytes are laid down. Values come with the meaning that `bound` gives them.
 */

/** Serial types of the format; a text of n bytes is 13 + 2n. */
export const SERIAL = { NULL: 0, REAL: 7, ZERO: 8, ONE: 9, TEXT: 13 } as const;

/** Bytes of the body that a serial type of a number has. */
const SIZES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0] as const;

/** The smallest serial type that holds a whole number. */
export function serialOfInteger(value: number): number {
  if (value === 0) return SERIAL.ZERO;
  if (value === 1) return SERIAL.ONE;
  if (value >= -128 && value <= 127) return 1;
  if (value >= -32768 && value <= 32767) return 2;
  if (value >= -8388608 && value <= 8388607) return 3;
  if (value >= -2147483648 && value <= 2147483647) return 4;
  if (value >= -140737488355328 && value <= 140737488355327) return 5;
  return 6;
}

/** Bytes that a value of a serial type takes in the body. */
export function sizeOfSerial(serial: number): number {
  return serial >= SERIAL.TEXT ? (serial - SERIAL.TEXT) / 2 : SIZES[serial] as number;
}

/** Bytes of a varint (up to 2^35, far beyond any page). */
export function sizeOfVarint(value: number): number {
  return value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : value < 268435456 ? 4 : 5;
}

/** Lays down a varint, most significant group first, and gives the place behind it. */
export function putVarint(into: Uint8Array, at: number, value: number): number {
  if (value < 128) {
    into[at] = value;
    return at + 1;
  }
  if (value < 16384) {
    into[at] = 128 | value >> 7;
    into[at + 1] = value & 127;
    return at + 2;
  }
  if (value < 2097152) {
    into[at] = 128 | value >> 14;
    into[at + 1] = 128 | value >> 7 & 127;
    into[at + 2] = value & 127;
    return at + 3;
  }
  const end = at + sizeOfVarint(value);
  let rest = value;
  for (let place = end - 1; place >= at; place--) {
    into[place] = place === end - 1 ? rest % 128 : 128 + rest % 128;
    rest = Math.floor(rest / 128);
  }
  return end;
}

/** Lays down a whole number of a serial type 1 to 6 in two's complement, and gives the place behind it. */
export function putInteger(into: Uint8Array, at: number, value: number, serial: number): number {
  const size = SIZES[serial] as number;
  if (size <= 4) {
    // Within 32 bits.
    for (let place = at + size - 1, rest = value | 0; place >= at; place--, rest >>= 8) into[place] = rest;
    return at + size;
  }
  let rest = value;
  for (let place = at + size - 1; place >= at; place--) {
    const next = Math.floor(rest / 256);
    into[place] = rest - next * 256;
    rest = next;
  }
  return at + size;
}
