/** Bytes as they come, one window of them at a time. */
import { createHash, type Hash } from "node:crypto";
import { type FileReader } from "../../data/port.ts";

/** Bytes in order. */
export interface ByteInput {
  /** Fills from the start as much as it likes; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Goes back by so many bytes, which come again; absent where that cannot be done. */
  back?(count: number): void;
  close(): void;
}

/** An open file from a place on. `tap` sees each byte once, in order. */
export function fileInput(reader: FileReader, from: number, tap?: Hash): ByteInput {
  let at = from;
  let tapped = from;
  return {
    async read(into) {
      const count = await reader.read(into, at);
      if (at + count > tapped) {
        tap?.update(into.subarray(tapped - at, count));
        tapped = at + count;
      }
      at += count;
      return count;
    },
    back(count) {
      at -= count;
    },
    close() {},
  };
}

/** An input over pieces that somebody else gives, such as an inflating stream. */
export function pieceInput(pieces: AsyncIterator<Uint8Array>, close: () => void): ByteInput {
  let rest: Uint8Array = new Uint8Array(0);
  return {
    async read(into) {
      while (rest.length === 0) {
        const next = await pieces.next();
        if (next.done === true) return 0;
        rest = next.value;
      }
      const count = Math.min(into.length, rest.length);
      into.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return count;
    },
    close,
  };
}

/** Reads on to a place, for inputs that cannot be entered in the middle. */
export async function skipTo(input: ByteInput, place: number): Promise<void> {
  const sink = new Uint8Array(256 * 1024);
  for (let left = place; left > 0;) {
    const count = await input.read(left < sink.length ? sink.subarray(0, left) : sink);
    if (count === 0) return;
    left -= count;
  }
}

/** A moving window over an input. What was consumed is overwritten, so the bytes must not be kept. */
export class ByteWindow {
  #buffer: Uint8Array<ArrayBuffer>;
  #start = 0;
  #end = 0;
  /** Place of the window's first byte in the input. */
  offset: number;
  /** The input has no more. */
  ended = false;
  constructor(private readonly input: ByteInput, offset = 0, size = 1024 * 1024) {
    this.#buffer = new Uint8Array(size);
    this.offset = offset;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Until the window holds `length` bytes, or the input ends. */
  async fill(length: number): Promise<void> {
    while (!this.ended && this.length < length) {
      if (this.#start > 0 && this.#buffer.length - this.#start < length) {
        this.#buffer.copyWithin(0, this.#start, this.#end);
        this.#end -= this.#start;
        this.#start = 0;
      }
      if (this.#buffer.length - this.#start < length) {
        const wider = new Uint8Array(Math.max(length, this.#buffer.length * 2));
        wider.set(this.bytes);
        this.#buffer = wider;
        this.#end -= this.#start;
        this.#start = 0;
      }
      const count = await this.input.read(this.#buffer.subarray(this.#end));
      if (count === 0) this.ended = true;
      this.#end += count;
    }
  }

  consume(count: number): void {
    this.#start += count;
    this.offset += count;
  }

  /** Whether it can go back to a place that was consumed. */
  get returns(): boolean {
    return this.input.back !== undefined;
  }

  /** Begins again at a place that was consumed. */
  back(place: number): void {
    if (this.input.back === undefined) throw new Error("Cannot go back in an input that only goes on");
    this.input.back(this.offset + this.length - place);
    this.#start = this.#end = 0;
    this.offset = place;
    this.ended = false;
  }
}

/** SHA-256 of a stretch of a file, for evidence and for going on in the middle of one. */
export async function hashOf(
  reader: FileReader,
  end: number,
  hash: Hash = createHash("sha256"),
): Promise<Hash> {
  const block = new Uint8Array(1024 * 1024);
  for (let at = 0; at < end;) {
    const count = await reader.read(end - at < block.length ? block.subarray(0, end - at) : block, at);
    if (count === 0) break;
    hash.update(block.subarray(0, count));
    at += count;
  }
  return hash;
}
