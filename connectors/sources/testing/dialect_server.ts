/**
 * A loopback server that speaks as an API does, for tests of sources. It is given one function from request to answer, keeps every
 * request that it saw, and can misbehave in each way that a network can: bodies that break off, lie about their length, drip, inflate
 * or never come. It works on bytes, so that nothing between corrects a fault.
 *
 *     await using server = dialectServer((seen) =>
 *       seen.path === "/items" ? { json: { items: [{ id: 1 }] } } : { status: 404, json: { message: "Not Found" } }
 *     );
 *     const { context } = sourceContext(server);           // an HttpClient with base URL, fake clock and limits
 *     const rows = await readAll(httpSource(), { ... }, context);
 *     assert.equal(server.seen.length, 1);
 *
 * Ports come from the system; `close` (or `await using`) ends all connections.
 */
import { gzipSync } from "node:zlib";
import type { Json } from "../../../specs/mod.ts";

export interface Seen {
  /** Counts requests of this server, from 1. */
  readonly n: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query as they came. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  text(): string;
  json(): Json;
}

export type Fault =
  /** Closes the connection without a byte. */
  | { kind: "reset" }
  /** Closes after so many bytes of the body; half of it unless told. The length that was announced stays. */
  | { kind: "cut"; after?: number }
  /** Announces another length than it sends, and closes. */
  | { kind: "length"; announced: number }
  /** gzip whose checksum is wrong. */
  | { kind: "crc" }
  /** gzip that ends early, in a body that is complete. */
  | { kind: "gzip-cut" }
  /** Never answers, until the server closes. */
  | { kind: "silent" }
  /** Sends the head and the first half of the body, then nothing more. */
  | { kind: "stall" }
  /** A few bytes at a time. */
  | { kind: "drip"; bytes: number; everyMs: number };

export interface Answer {
  /** 200 unless told. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as application/json. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string | Uint8Array;
  /** Packs the body. */
  readonly gzip?: boolean;
  /** Bytes without end or of unknown length, chunked; instead of a body. */
  readonly chunks?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly fault?: Fault;
}

export type Answering = (seen: Seen) => Answer | Promise<Answer>;

export interface DialectServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly seen: readonly Seen[];
  /** Answers by another function from now on. */
  answer(answering: Answering): void;
  close(): Promise<void>;
}

const utf8 = new TextEncoder();

/** Starts at once. An exception of the function is a 500 that tells it, and `close` throws it again. */
export function dialectServer(answering: Answering): DialectServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  const seen: Seen[] = [];
  const open = new Set<Deno.TcpConn>();
  const running = new Set<Promise<void>>();
  const faults: unknown[] = [];
  const closing = new AbortController();
  let current = answering;

  const serve = async (connection: Deno.TcpConn) => {
    const input = byteReader(connection);
    for (;;) {
      const request = await readRequest(input, host);
      if (request === null) return;
      const one: Seen = { n: seen.length + 1, ...request };
      seen.push(one);
      let answer: Answer;
      try {
        answer = await current(one);
      } catch (error) {
        faults.push(error);
        answer = { status: 500, body: `the test's server failed: ${error}` };
      }
      if (!(await send(connection, one, answer, closing.signal))) return;
    }
  };

  const accepting = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      const done = serve(connection).catch(() => {
        // The client went away; what it thinks of that is the test's matter.
      }).finally(() => {
        open.delete(connection);
        close(connection);
        running.delete(done);
      });
      running.add(done);
    }
  })();

  const end = async () => {
    if (closing.signal.aborted) return;
    closing.abort();
    listener.close();
    await accepting;
    for (const connection of open) close(connection);
    await Promise.allSettled([...running]);
    if (faults.length > 0) throw faults[0];
  };
  return {
    url: `http://${host}`,
    host,
    seen,
    answer: (next) => current = next,
    close: end,
    [Symbol.asyncDispose]: end,
  };
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch { /* closed already */ }
}

/** False: the connection is to be closed. */
async function send(
  connection: Deno.TcpConn,
  seen: Seen,
  answer: Answer,
  closing: AbortSignal,
): Promise<boolean> {
  const { fault } = answer;
  if (fault?.kind === "reset") return false;
  if (fault?.kind === "silent") {
    await ended(closing);
    return false;
  }
  const status = answer.status ?? 200;
  const headers: [string, string][] = Object.entries(answer.headers ?? {})
    .flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]));
  const has = (name: string) => headers.some(([one]) => one.toLowerCase() === name);
  let body = typeof answer.body === "string" ? utf8.encode(answer.body) : answer.body ??
    (answer.json === undefined ? new Uint8Array() : utf8.encode(JSON.stringify(answer.json)));
  if (answer.json !== undefined && !has("content-type")) {
    headers.push(["Content-Type", "application/json; charset=utf-8"]);
  }
  if (answer.gzip === true || fault?.kind === "crc" || fault?.kind === "gzip-cut") {
    body = new Uint8Array(gzipSync(body));
    if (fault?.kind === "crc") body[body.length - 8] = (body[body.length - 8] ?? 0) ^ 0xff;
    if (fault?.kind === "gzip-cut") body = body.subarray(0, body.length - 12);
    headers.push(["Content-Encoding", "gzip"]);
  }
  const bodiless = seen.method === "HEAD" || status === 204 || status === 304;
  if (answer.chunks !== undefined) headers.push(["Transfer-Encoding", "chunked"]);
  else if (!bodiless && !has("content-length")) {
    headers.push(["Content-Length", String(fault?.kind === "length" ? fault.announced : body.length)]);
  }
  const head = `HTTP/1.1 ${status} ${status === 200 ? "OK" : "Status"}\r\n${
    headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")
  }\r\n`;
  if (bodiless) {
    await writeAll(connection, utf8.encode(head));
    return true;
  }
  if (answer.chunks !== undefined) {
    await writeAll(connection, utf8.encode(head));
    for await (const chunk of answer.chunks) {
      if (closing.aborted) return false;
      await writeAll(connection, utf8.encode(`${chunk.length.toString(16)}\r\n`));
      await writeAll(connection, chunk);
      await writeAll(connection, utf8.encode("\r\n"));
    }
    await writeAll(connection, utf8.encode("0\r\n\r\n"));
    return true;
  }
  const whole = (upTo: number) => {
    const bytes = utf8.encode(head);
    const out = new Uint8Array(bytes.length + upTo);
    out.set(bytes);
    out.set(body.subarray(0, upTo), bytes.length);
    return out;
  };
  switch (fault?.kind) {
    case "cut":
      await writeAll(connection, whole(Math.min(fault.after ?? Math.floor(body.length / 2), body.length)));
      return false;
    case "length":
      await writeAll(connection, whole(body.length));
      return false;
    case "stall":
      await writeAll(connection, whole(Math.floor(body.length / 2)));
      await ended(closing);
      return false;
    case "drip":
      await writeAll(connection, utf8.encode(head));
      for (let at = 0; at < body.length && !closing.aborted; at += fault.bytes) {
        await writeAll(connection, body.subarray(at, at + fault.bytes));
        await new Promise((resolve) => setTimeout(resolve, fault.everyMs));
      }
      return !closing.aborted;
    default:
      await writeAll(connection, whole(body.length));
      return true;
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

interface ByteReader {
  /** Up to and with the mark; null at the end. */
  until(mark: string): Promise<string | null>;
  exactly(count: number): Promise<Uint8Array>;
}

function byteReader(connection: Deno.TcpConn): ByteReader {
  const latin1 = new TextDecoder("latin1");
  const buffer = new Uint8Array(64 * 1024);
  let kept = new Uint8Array();
  const more = async (): Promise<boolean> => {
    const read = await connection.read(buffer);
    if (read === null) return false;
    const joined = new Uint8Array(kept.length + read);
    joined.set(kept);
    joined.set(buffer.subarray(0, read), kept.length);
    kept = joined;
    return true;
  };
  return {
    async until(mark) {
      for (;;) {
        const at = latin1.decode(kept).indexOf(mark);
        if (at >= 0) {
          const text = latin1.decode(kept.subarray(0, at));
          kept = kept.slice(at + mark.length);
          return text;
        }
        if (!(await more())) return null;
      }
    },
    async exactly(count) {
      while (kept.length < count) if (!(await more())) throw new Error("the request broke off");
      const bytes = kept.slice(0, count);
      kept = kept.slice(count);
      return bytes;
    },
  };
}

async function readRequest(input: ByteReader, host: string): Promise<Omit<Seen, "n"> | null> {
  const head = await input.until("\r\n\r\n");
  if (head === null) return null;
  const [first = "", ...lines] = head.split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const headers = new Headers();
  for (const line of lines) {
    const at = line.indexOf(":");
    headers.append(line.slice(0, at), line.slice(at + 1).trim());
  }
  const body = await input.exactly(Number(headers.get("content-length") ?? 0));
  const url = new URL(target, `http://${host}`);
  const text = () => new TextDecoder().decode(body);
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    target,
    headers,
    body,
    text,
    json: () => JSON.parse(text()) as Json,
  };
}
