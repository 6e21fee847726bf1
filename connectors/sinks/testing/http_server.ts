/** An endpoint on the loopback interface that takes batches, honours idempotency keys, and can be told to misbehave. */

export interface Received {
  readonly key: string;
  readonly path: string;
  readonly headers: Headers;
  readonly rows: readonly Record<string, unknown>[];
}

export interface HttpEndpoint {
  readonly url: string;
  readonly port: number;
  /** Every request, in order. */
  readonly received: Received[];
  /** Rows that it took, each batch once by its key. */
  readonly taken: Record<string, unknown>[];
  /** Answers in place of the endpoint: nothing was taken. */
  before: (request: Received) => Response | undefined | void | Promise<Response | undefined | void>;
  /** Answers after the rows were taken. */
  after: (request: Received) => Response | undefined | void | Promise<Response | undefined | void>;
  close(): Promise<void>;
}

export function httpEndpoint(): HttpEndpoint {
  const seen = new Set<string>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (incoming) => {
    const text = await incoming.text();
    const isLines = incoming.headers.get("content-type") === "application/x-ndjson";
    const rows = incoming.method !== "POST"
      ? []
      : isLines
      ? text.trimEnd().split("\n").map((line) => JSON.parse(line))
      : JSON.parse(text);
    const request: Received = {
      key: incoming.headers.get("idempotency-key") ?? "",
      path: `${new URL(incoming.url).pathname}${new URL(incoming.url).search}`,
      headers: incoming.headers,
      rows,
    };
    endpoint.received.push(request);
    const instead = await endpoint.before(request);
    if (instead instanceof Response) return instead;
    if (!seen.has(request.key)) endpoint.taken.push(...rows);
    seen.add(request.key);
    return await endpoint.after(request) ?? new Response("taken");
  });
  const endpoint: HttpEndpoint = {
    url: `http://127.0.0.1:${server.addr.port}/rows`,
    port: server.addr.port,
    received: [],
    taken: [],
    before: () => {},
    after: () => {},
    close: () => server.shutdown(),
  };
  return endpoint;
}
