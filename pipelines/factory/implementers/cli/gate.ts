/** The one way out of the sandbox: a socket at which a program finds a model, and nothing else. */
import { join } from "node:path";
import type { Passage } from "../../../models/port.ts";

export interface Gate {
  /** Of the user alone; shown in the sandbox read-only. */
  readonly dir: string;
  readonly socket: string;
  /** What the program sends in place of the provider's key: of no use outside of this gate, nor after it. */
  readonly token: string;
  readonly requests: number;
  readonly bytes: { readonly in: number; readonly out: number };
  close(): Promise<void>;
}

const MAX_BODY = 32 * 1024 * 1024;
/** What of a query is known to be harmless. */
const QUERY = new Set(["alt=sse", "beta=true"]);

export async function openGate(passage: Pick<Passage, "send">): Promise<Gate> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-gate-" }));
  await Deno.chmod(dir, 0o700);
  const socket = join(dir, "gate.sock");
  const token = `forge-session-${crypto.randomUUID()}`;
  const [bytes, ending] = [{ in: 0, out: 0 }, new AbortController()];
  let requests = 0;
  const server = Deno.serve(
    {
      path: socket,
      signal: ending.signal,
      onListen: () => undefined,
      onError: () => new Response(null, { status: 500 }),
    },
    async (request) => {
      requests++;
      const url = new URL(request.url);
      if (!holds(request.headers, url, token)) return told(403, "this is the gate of another session");
      if (request.method !== "POST") return told(404, "only calls of a model are asked through here");
      const body = await textOf(request);
      if (body === null) return told(413, `a request is larger than ${MAX_BODY} bytes`);
      bytes.in += body.length;
      const query = url.search.slice(1).split("&").filter((one) => QUERY.has(one)).join("&");
      const answer = await passage.send({
        method: request.method,
        path: url.pathname,
        query: query === "" ? "" : `?${query}`,
        headers: request.headers,
        body,
      });
      return answer.body === null
        ? answer
        : new Response(answer.body.pipeThrough(counting((n) => bytes.out += n)), answer);
    },
  );
  return {
    dir,
    socket,
    token,
    get requests() {
      return requests;
    },
    bytes,
    async close() {
      ending.abort();
      await server.finished;
      await Deno.remove(dir, { recursive: true });
    },
  };
}

const told = (status: number, message: string): Response =>
  Response.json({ type: "error", error: { type: "invalid_request_error", message } }, { status });

/** Programs send a key in one of four ways, by their wire. */
function holds(headers: Headers, url: URL, token: string): boolean {
  return [
    headers.get("x-api-key"),
    headers.get("x-goog-api-key"),
    headers.get("authorization")?.replace(/^Bearer\s+/i, ""),
    url.searchParams.get("key"),
  ].includes(token);
}

async function textOf(request: Request): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY) return null;
    chunks.push(chunk);
  }
  return await new Blob(chunks as BlobPart[]).text();
}

const counting = (tell: (bytes: number) => void) =>
  new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      tell(chunk.length);
      controller.enqueue(chunk);
    },
  });
