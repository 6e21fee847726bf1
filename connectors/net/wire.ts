/**
 * One exchange over HTTP/1.1 with an address that was checked. `node:http` and not `fetch`: the socket is opened to the address
 * itself (there is no name left to be resolved again), the server's name goes into the Host header and the TLS handshake and is
 * what its certificate must hold, bytes come as they are on the wire, and a body that breaks off is an error.
 */
import type http from "node:http";
import { portOf } from "./host_guard.ts";

export interface WireRequest {
  readonly url: URL;
  /** Tried in this order until one accepts a connection. */
  readonly addresses: readonly string[];
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Most time until a connection stands. */
  readonly connectMs: number;
  /** Most time from there until the head of the answer is there. */
  readonly headMs: number;
  /** Most time without a byte. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

export interface WireReply {
  readonly status: number;
  readonly headers: Headers;
  /** As on the wire. Throws WireFault when it breaks off. Whoever stops reading calls `destroy`. */
  readonly body: AsyncIterable<Uint8Array>;
  destroy(): void;
}

type Errno = Error & { code?: string };

/** The exchange did not come to its end. */
export class WireFault extends Error {
  override name = "WireFault";
  constructor(
    message: string,
    readonly more: {
      /** No byte of the request left this machine. */
      unsent?: boolean;
      /** Nobody listens there. */
      closed?: boolean;
      /** A kept connection that the server had closed meanwhile. */
      stale?: boolean;
      /** The certificate or the protocol is wrong: the next try will not be better. */
      lasting?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
  }
}

export interface Wire {
  exchange(request: WireRequest): Promise<WireReply>;
  close(): void;
}

interface Agent {
  readonly agent: http.Agent;
  readonly request: typeof http.request;
}

/** Opened with the first exchange: the libraries take a while to load, and many runs ask nobody. */
interface Agents {
  readonly plain: Agent;
  readonly tls: Agent;
}

/** Keeps connections open for the next exchange, until `close`. `ca`: more certificates to trust, as PEM. */
export function wire(options: { ca?: readonly string[] } = {}): Wire {
  const kept = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: 16 };
  let opened: Promise<Agents> | null = null;
  const agents = () =>
    opened ??= Promise.all([import("node:http"), import("node:https")]).then(([http, https]) => ({
      plain: { agent: new http.Agent(kept), request: http.request },
      tls: {
        agent: new https.Agent({ ...kept, ...(options.ca ? { ca: [...options.ca] } : {}) }),
        request: https.request,
      },
    }));
  return {
    async exchange(request) {
      const { plain, tls } = await agents();
      let fault: unknown;
      for (const address of request.addresses) {
        try {
          return await once(request, address, request.url.protocol === "https:" ? tls : plain);
        } catch (error) {
          if (!(error instanceof WireFault) || error.more.unsent !== true || error.more.lasting) throw error;
          fault = error;
        }
      }
      throw fault ?? new WireFault("the host has no address", { unsent: true });
    },
    close() {
      opened?.then(({ plain, tls }) => {
        plain.agent.destroy();
        tls.agent.destroy();
      });
    },
  };
}

function once(asked: WireRequest, address: string, { agent, request }: Agent): Promise<WireReply> {
  const { url, signal } = asked;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const secure = url.protocol === "https:";
    const name = url.hostname.replace(/^\[|\]$/g, "");
    const sent = request({
      host: address,
      port: portOf(url),
      path: `${url.pathname}${url.search}`,
      method: asked.method,
      headers: {
        ...asked.headers,
        host: url.host,
        ...(asked.body === undefined ? {} : { "content-length": String(asked.body.byteLength) }),
      },
      agent,
      // A certificate for an address has no server name; for a name it must be this one, whatever the address.
      ...(secure ? (name === address ? {} : { servername: name }) : {}),
      maxHeaderSize: 64 * 1024,
    });
    let connected = false;
    let answered = false;
    const fail = (error: unknown) => {
      finish();
      sent.destroy();
      reject(error);
    };
    const onAbort = () => fail(signal.reason);
    let timer = setTimeout(
      () => fail(new WireFault(`no connection within ${asked.connectMs} ms`, { unsent: true })),
      asked.connectMs,
    );
    const onConnect = () => {
      connected = true;
      clearTimeout(timer);
      timer = setTimeout(
        () => fail(new WireFault(`no answer within ${asked.headMs} ms`)),
        asked.headMs,
      );
    };
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    let sockets = 0;
    sent.on("socket", (socket) => {
      // Deno's node:http sends by itself once more when a kept connection was closed, whatever the method. Whether a request may be
      // repeated, and that it was, is known here only.
      if (++sockets > 1) {
        socket.destroy();
        return fail(
          new WireFault("the connection was closed before the answer was complete", { stale: true }),
        );
      }
      if (sent.reusedSocket) onConnect();
      else socket.once(secure ? "secureConnect" : "connect", onConnect);
    });
    sent.on("error", (error: Errno) => {
      // After the answer has begun its body tells what is wrong.
      if (answered) return;
      finish();
      reject(faultOf(error, connected, sent.reusedSocket));
    });
    sent.on("response", (message) => {
      answered = true;
      finish();
      const body = read(message, asked.idleMs, signal, () => sent.destroy());
      resolve({
        status: message.statusCode ?? 0,
        headers: headersOf(message.rawHeaders),
        body,
        destroy: () => sent.destroy(),
      });
    });
    sent.end(asked.body);
  });
}

async function* read(
  message: http.IncomingMessage,
  idleMs: number,
  signal: AbortSignal,
  destroy: () => void,
): AsyncGenerator<Uint8Array> {
  let late: ReturnType<typeof setTimeout> | undefined;
  let reason: unknown;
  const stop = (why: unknown) => {
    reason ??= why;
    message.destroy();
    destroy();
  };
  const watch = () => {
    clearTimeout(late);
    late = setTimeout(() => stop(new WireFault(`no byte for ${idleMs} ms`)), idleMs);
  };
  const onAbort = () => stop(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    watch();
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      // The reader's own time is none of the server's.
      clearTimeout(late);
      yield chunk;
      watch();
    }
    if (reason !== undefined) throw reason;
    if (!message.complete) throw new WireFault("the body broke off");
  } catch (error) {
    if (reason !== undefined) throw reason;
    if (error instanceof WireFault) throw error;
    throw new WireFault(`the body broke off (${words(error)})`, { cause: error });
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", onAbort);
    if (!message.complete) destroy();
  }
}

/** A connection that was refused or never stood carried nothing; one that was kept may have been closed at the other end. */
function faultOf(error: Errno, connected: boolean, reused: boolean): WireFault {
  const code = error.code ?? "";
  const lasting = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL_WRONG_VERSION|ERR_INVALID)/.test(
    code,
  );
  return new WireFault(words(error), {
    unsent: !connected,
    closed: code === "ECONNREFUSED",
    stale: reused && (code === "ECONNRESET" || code === "EPIPE"),
    lasting,
    cause: error,
  });
}

function words(error: unknown): string {
  const { code, message } = error as Errno;
  switch (code) {
    case "ECONNREFUSED":
      return "the connection was refused";
    case "ECONNRESET":
      return "the connection was closed before the answer was complete";
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `the host cannot be reached (${code})`;
    default:
      return code?.startsWith("HPE_") ? `the answer is no valid HTTP (${message})` : message ?? String(error);
  }
}

/** Names and values of a stranger: what Headers does not take is left out. */
function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    try {
      headers.append(raw[i] as string, raw[i + 1] as string);
    } catch { /* not a header by RFC 9110; nothing of ours reads it */ }
  }
  return headers;
}
