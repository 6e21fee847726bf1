/** What is not a unified diff, and where. Never leaves the parser. */
export class Malformed extends Error {
  constructor(readonly problem: string, readonly line: number) {
    super(problem);
  }
}

export const ascii = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};
/** The first bytes of a line as text: enough to tell what kind of line it is. */
export const headOf = (bytes: Uint8Array, length = 64): string => ascii(bytes.subarray(0, length));

/** The lines of a patch, one after another, without copying. */
export class Cursor {
  #at = 0;
  #next: number;
  #line = 1;
  #remaining: number;
  constructor(readonly bytes: Uint8Array) {
    this.#next = this.#find(0);
    let count = 0;
    for (const byte of bytes) if (byte === 10) count++;
    this.#remaining = count + (bytes.length > 0 && bytes[bytes.length - 1] !== 10 ? 1 : 0);
  }
  #find(from: number): number {
    const at = this.bytes.indexOf(10, from);
    return at < 0 ? this.bytes.length : at;
  }
  done(): boolean {
    return this.#at >= this.bytes.length;
  }
  /** Lines that are left, this one included. */
  rest(): number {
    return this.#remaining;
  }
  peek(): Uint8Array {
    return this.bytes.subarray(this.#at, this.#next);
  }
  second(): Uint8Array | null {
    if (this.#next + 1 >= this.bytes.length) return null;
    return this.bytes.subarray(this.#next + 1, this.#find(this.#next + 1));
  }
  take(): Uint8Array {
    const line = this.peek();
    this.#at = this.#next + 1;
    this.#next = this.#find(this.#at);
    this.#line++;
    this.#remaining--;
    return line;
  }
  line(): number {
    return this.#line;
  }
}
