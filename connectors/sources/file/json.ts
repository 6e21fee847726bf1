/** A JSON document with an array of records in it, read record by record: no document is too big, only a record can be. */
import { type BadRow, DataFailure } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { ByteWindow } from "./bytes.ts";
import { type JsonOptions, rowOf } from "./ndjson.ts";
import type { Batch, TextUnit } from "./unit.ts";

const CHUNK = 512 * 1024;
const lossy = new TextDecoder();

/** Keys that lead to the array: `$.data.items` and `data.items` are the same. */
export function recordsPath(text: string | undefined): string[] {
  if (text === undefined || text === "" || text === "$") return [];
  return text.replace(/^\$\.?/, "").replace(/\[\*\]$/, "").split(".").filter((part) => part !== "");
}

/** Reads the records from an index on. */
export async function* readJson(
  unit: TextUnit,
  options: JsonOptions & { records?: string },
  from: number | null,
): AsyncGenerator<Batch> {
  const input = await unit.open(0);
  try {
    const cursor = new JsonCursor(new ByteWindow(input), unit.name, options.maxRecordBytes);
    const path = recordsPath(options.records);
    await cursor.enterArray(path);
    let index = 0;
    for (; from !== null && index < from; index++) {
      if (!(await cursor.element(index === 0))) break;
      await cursor.skipValue();
    }
    for (;;) {
      const rows: Row[] = [];
      const bad: BadRow[] = [];
      const places: number[] = [];
      let more = true;
      while (rows.length + bad.length < options.batchRows) {
        more = await cursor.element(index === 0);
        if (!more) break;
        const bytes = await cursor.value(`record ${index}`);
        const found = rowOf(bytes, unit.transcoded);
        if ("row" in found) {
          rows.push(found.row);
          places.push(index);
        } else {
          bad.push({
            ...found,
            locator: `${unit.name}#row=${index}`,
            row: { text: lossy.decode(bytes.subarray(0, 10_000)) },
          });
        }
        index++;
      }
      if (!more) await cursor.finish(path.length);
      yield { rows, bad, locate: (at) => `row=${places[at]}`, next: more ? index : null as Json };
      if (!more) return;
    }
  } finally {
    input.close();
  }
}

const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Walks a document. What it steps over is matched by brackets; what it gives out is parsed by whoever gets it. */
class JsonCursor {
  constructor(
    private readonly window: ByteWindow,
    private readonly name: string,
    private readonly maxRecordBytes: number,
  ) {}

  /** Goes to the first element of the array at a path. */
  async enterArray(path: readonly string[]): Promise<void> {
    for (const [depth, key] of path.entries()) {
      if ((await this.peek()) !== OPEN_OBJECT) throw this.noArray(path.slice(0, depth), "is no object");
      this.window.consume(1);
      await this.seek(key, path.slice(0, depth + 1));
    }
    if ((await this.peek()) === OPEN_ARRAY) {
      this.window.consume(1);
      return;
    }
    if (path.length === 0 && (await this.peek()) === OPEN_OBJECT) {
      throw new DataFailure(
        "contract",
        `${this.name} is an object, not an array of records`,
        "Say where the records are by `records`, such as `data.items`.",
      );
    }
    throw this.noArray(path, "is no array");
  }

  /** Whether there is another element; stands at its first byte then. */
  async element(isFirst: boolean): Promise<boolean> {
    const byte = await this.peek();
    if (byte === CLOSE_ARRAY) {
      this.window.consume(1);
      return false;
    }
    if (isFirst) return true;
    if (byte !== COMMA) throw this.broken("a comma or a bracket is missing between records");
    this.window.consume(1);
    if ((await this.peek()) === CLOSE_ARRAY) throw this.broken("there is a comma before the closing bracket");
    return true;
  }

  /** The bytes of the value here; they are overwritten by the next step. */
  async value(what: string): Promise<Uint8Array> {
    const scan = new ValueScan();
    let length = 0;
    for (;;) {
      const end = scan.take(this.window.bytes, length);
      if (end !== -1) {
        const bytes = this.window.bytes.subarray(0, end);
        this.window.consume(end);
        return bytes;
      }
      length = this.window.length;
      if (length > this.maxRecordBytes) {
        throw new DataFailure(
          "contract",
          `${what} of ${this.name} is longer than ${this.maxRecordBytes} bytes (it starts at byte ${this.window.offset})`,
          "Raise `maxRecordBytes`, or say by `records` where smaller records are.",
        );
      }
      if (this.window.ended) {
        if (scan.isScalar && length > 0) return this.window.bytes;
        throw this.broken("it ends in the middle of a record");
      }
      await this.window.fill(Math.max(CHUNK, length * 2));
    }
  }

  /** Steps over a value of any length. */
  async skipValue(): Promise<void> {
    const scan = new ValueScan();
    for (;;) {
      const end = scan.take(this.window.bytes, 0);
      if (end !== -1) return this.window.consume(end);
      this.window.consume(this.window.length);
      if (this.window.ended) throw this.broken("it ends in the middle of a value");
      await this.window.fill(CHUNK);
    }
  }

  /** Closes the objects around the array; nothing but space may follow. */
  async finish(depth: number): Promise<void> {
    for (let open = depth; open > 0; open--) {
      for (;;) {
        const byte = await this.peek();
        if (byte === CLOSE_OBJECT) {
          this.window.consume(1);
          break;
        }
        if (byte !== COMMA) throw this.broken("an object is not closed");
        this.window.consume(1);
        await this.key();
        await this.skipValue();
      }
    }
    if ((await this.peek(true)) !== -1) {
      throw this.broken("something follows its end; JSON lines are read as `ndjson`");
    }
  }

  private async seek(key: string, path: readonly string[]): Promise<void> {
    if ((await this.peek()) === CLOSE_OBJECT) throw this.noArray(path, "is not there");
    for (;;) {
      if ((await this.key()) === key) return;
      await this.skipValue();
      const byte = await this.peek();
      if (byte === CLOSE_OBJECT) throw this.noArray(path, "is not there");
      if (byte !== COMMA) throw this.broken("a comma is missing in an object");
      this.window.consume(1);
    }
  }

  private async key(): Promise<string> {
    if ((await this.peek()) !== QUOTE) throw this.broken("a key is missing in an object");
    const bytes = await this.value("a key");
    let key: unknown;
    try {
      key = JSON.parse(lossy.decode(bytes));
    } catch {
      throw this.broken("a key is no text");
    }
    if ((await this.peek()) !== COLON) throw this.broken("a colon is missing in an object");
    this.window.consume(1);
    await this.peek();
    return String(key);
  }

  /** The next byte that is no space, without taking it. */
  private async peek(mayEnd = false): Promise<number> {
    for (;;) {
      const bytes = this.window.bytes;
      let at = 0;
      while (at < bytes.length && isSpace(bytes[at] as number)) at++;
      this.window.consume(at);
      if (at < bytes.length) return bytes[at] as number;
      if (this.window.ended) {
        if (mayEnd) return -1;
        throw this.broken("it ends before its closing bracket");
      }
      await this.window.fill(CHUNK);
    }
  }

  private broken(why: string): DataFailure {
    return new DataFailure(
      "contract",
      `${this.name} is no whole JSON document: ${why} (byte ${this.window.offset})`,
      "It is cut off or damaged; fetch it again.",
    );
  }

  private noArray(path: readonly string[], why: string): DataFailure {
    return new DataFailure(
      "contract",
      `${this.name} has no records at ${path.length === 0 ? "its root" : path.join(".")}: that ${why}`,
      "Say where the array of records is by `records`, such as `data.items`.",
    );
  }
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Finds the end of one value, over as many pieces as it takes. */
class ValueScan {
  #depth = 0;
  #inText = false;
  #escaped = false;
  isScalar = false;

  /** Index after the value's last byte; -1 when it goes on. `from`: bytes that an earlier call has seen. */
  take(bytes: Uint8Array, from: number): number {
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === 0x5c) this.#escaped = true;
        else if (byte === QUOTE) {
          this.#inText = false;
          if (this.#depth === 0) return i + 1;
        }
        continue;
      }
      if (this.isScalar) {
        if (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT || isSpace(byte)) return i;
      } else if (byte === QUOTE) this.#inText = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.#depth++;
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
        if (--this.#depth <= 0) return i + 1;
      } else if (this.#depth === 0) this.isScalar = true;
    }
    return -1;
  }
}
