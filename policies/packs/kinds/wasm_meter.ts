/**
 * Puts a step counter into a WebAssembly module: every call and every round of a loop takes one step, and when none is left the module
 * stops. So a module that does not end is stopped after the same work on every machine, without a clock and on the thread that asks.
 */
import { err, ok, type Result } from "../../../specs/mod.ts";

const [IMPORT, GLOBAL, EXPORT, CODE] = [2, 6, 7, 10];
const MAX_BYTES = 8_000_000;

interface Section {
  id: number;
  bytes: Uint8Array;
}

/** Reads numbers and skips what is between them. Throws at the end of the bytes. */
class Reader {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}
  get done(): boolean {
    return this.at >= this.bytes.length;
  }
  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new Error("it ends in the middle");
    return value;
  }
  /** Unsigned LEB128 up to 32 bits. */
  u32(): number {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
      shift += 7;
      if (shift > 28) throw new Error("it holds a number that is too long");
    }
  }
  /** Steps over a LEB128 number of any width. */
  skipNumber(): void {
    for (let count = 0; count < 10; count++) if ((this.byte() & 0x80) === 0) return;
    throw new Error("it holds a number that is too long");
  }
  skip(count: number): void {
    if (this.at + count > this.bytes.length) throw new Error("it ends in the middle");
    this.at += count;
  }
  take(count: number): Uint8Array {
    const from = this.at;
    this.skip(count);
    return this.bytes.subarray(from, this.at);
  }
}

/** Unsigned LEB128. */
function number(value: number): number[] {
  const bytes: number[] = [];
  do {
    const byte = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? byte | 0x80 : byte);
  } while (value > 0);
  return bytes;
}

/** Signed LEB128 of a number that is not negative. */
function positive(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const byte = value % 128;
    value = Math.floor(value / 128);
    if (value === 0 && byte < 64) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** The module with its counter set to `steps`. One that uses what cannot be counted is refused. */
export function meteredModule(module: Uint8Array, steps: number): Result<Uint8Array<ArrayBuffer>, string> {
  if (module.length > MAX_BYTES) return err(`it has ${module.length} bytes, more than ${MAX_BYTES}`);
  try {
    return ok(instrument(module, steps));
  } catch (cause) {
    return err(cause instanceof Error ? cause.message : String(cause));
  }
}

function instrument(module: Uint8Array, steps: number): Uint8Array<ArrayBuffer> {
  const reader = new Reader(module);
  const head = reader.take(8);
  if (![0, 0x61, 0x73, 0x6d, 1, 0, 0, 0].every((byte, at) => head[at] === byte)) {
    throw new Error("it is no WebAssembly module of version 1");
  }
  const sections: Section[] = [];
  while (!reader.done) sections.push({ id: reader.byte(), bytes: reader.take(reader.u32()) });
  checkImports(sections.find(({ id }) => id === IMPORT)?.bytes);
  const globals = sections.find(({ id }) => id === GLOBAL);
  const own = globals ? new Reader(globals.bytes).u32() : 0;
  // No global is imported, so that the module's own are counted from zero.
  const counter = own;
  const added = [0x7e, 1, 0x42, ...positive(steps), 0x0b];
  if (globals) {
    const rest = new Reader(globals.bytes);
    rest.u32();
    globals.bytes = joined([number(own + 1), globals.bytes.subarray(rest.at), added]);
  } else {
    const order = sections.findIndex(({ id }) => id >= EXPORT);
    sections.splice(order < 0 ? sections.length : order, 0, { id: GLOBAL, bytes: joined([[1], added]) });
  }
  const code = sections.find(({ id }) => id === CODE);
  if (!code) throw new Error("it holds no code");
  code.bytes = meteredCode(code.bytes, counter);
  return joined([head, ...sections.flatMap(({ id, bytes }) => [[id], number(bytes.length), bytes])]);
}

function joined(parts: readonly (Uint8Array | number[])[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Only what a policy may have can be imported: a memory, and the functions by which it gives up or asks for a built-in. */
function checkImports(bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return;
  const reader = new Reader(bytes);
  for (let left = reader.u32(); left > 0; left--) {
    const module = new TextDecoder().decode(reader.take(reader.u32()));
    const name = new TextDecoder().decode(reader.take(reader.u32()));
    if (module !== "env" || !/^(?:memory|opa_abort|opa_println|opa_builtin[0-4])$/.test(name)) {
      throw new Error(`it asks for ${module}.${name}, which no policy gets`);
    }
    const kind = reader.byte();
    if (kind === 0) reader.u32();
    else if (kind === 2) {
      const flags = reader.byte();
      reader.u32();
      if (flags & 1) reader.u32();
    } else throw new Error(`it asks for ${module}.${name}, which is neither a function nor a memory`);
  }
}

function meteredCode(bytes: Uint8Array, counter: number): Uint8Array<ArrayBuffer> {
  const step = [
    ...[0x23, ...number(counter), 0x42, 1, 0x7d, 0x24, ...number(counter)],
    ...[0x23, ...number(counter), 0x42, 0, 0x53, 0x04, 0x40, 0x00, 0x0b],
  ];
  const reader = new Reader(bytes);
  const count = reader.u32();
  const parts: (Uint8Array | number[])[] = [number(count)];
  for (let left = count; left > 0; left--) {
    const body = new Reader(reader.take(reader.u32()));
    for (let groups = body.u32(); groups > 0; groups--) {
      body.u32();
      body.byte();
    }
    const pieces: (Uint8Array | number[])[] = [body.bytes.subarray(0, body.at), step];
    let from = body.at;
    while (!body.done) {
      if (!skipInstruction(body)) continue;
      pieces.push(body.bytes.subarray(from, body.at), step);
      from = body.at;
    }
    pieces.push(body.bytes.subarray(from));
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    parts.push(number(size), ...pieces);
  }
  return joined(parts);
}

/** Steps over one instruction of the core language; whether it opens a loop. */
function skipInstruction(reader: Reader): boolean {
  const code = reader.byte();
  switch (true) {
    case code === 0x02 || code === 0x03 || code === 0x04: // block, loop, if
      reader.skipNumber();
      return code === 0x03;
    case code === 0x0c || code === 0x0d || code === 0x10: // br, br_if, call
    case code >= 0x20 && code <= 0x24: // locals and globals
    case code === 0x3f || code === 0x40: // memory.size, memory.grow
    case code === 0x41 || code === 0x42: // constants
      reader.skipNumber();
      return false;
    case code === 0x0e: // br_table
      for (let targets = reader.u32() + 1; targets > 0; targets--) reader.u32();
      return false;
    case code === 0x11: // call_indirect
    case code >= 0x28 && code <= 0x3e: // loads and stores
      reader.skipNumber();
      reader.skipNumber();
      return false;
    case code === 0x43:
      reader.skip(4);
      return false;
    case code === 0x44:
      reader.skip(8);
      return false;
    case code === 0xfc: {
      const which = reader.u32();
      // Saturating conversions; those that move a whole memory at once cannot be counted.
      if (which <= 7) return false;
      throw new Error(`it uses the instruction 0xfc ${which}, whose work cannot be counted`);
    }
    case code === 0x00 || code === 0x01 || code === 0x05 || code === 0x0b || code === 0x0f: // control
    case code === 0x1a || code === 0x1b: // drop, select
    case code >= 0x45 && code <= 0xc4: // numbers
      return false;
    default:
      throw new Error(`it uses the instruction 0x${code.toString(16)}, which no policy needs`);
  }
}
