import assert from "node:assert/strict";
import { serve, type ServeOptions } from "../serve.ts";
import { type Double, serviceDouble } from "./service_double.ts";

const progress = (message: string) =>
  ({ type: "phase.progress", v: 1, payload: { phase: "plan", message } }) as const;
const sealed = {
  type: "evidence.sealed",
  v: 1,
  payload: { id: "ev_1", digest: "d", path: "p", status: "completed" },
} as const;

interface Served {
  url: string;
  key: string;
  service: Double;
  lines: string[];
}

/** Serves on a free port while `fn` runs. */
async function serving(options: Partial<ServeOptions>, fn: (served: Served) => Promise<void>): Promise<void> {
  const service = serviceDouble();
  const stop = new AbortController();
  const { promise: ready, resolve } = Promise.withResolvers<string>();
  const lines: string[] = [];
  const done = serve({
    service,
    port: 0,
    out: (text) => {
      lines.push(...text.trimEnd().split("\n"));
      resolve(text);
    },
    signal: stop.signal,
    graceMs: 500,
    log() {},
    ...options,
  });
  const failed = done.then((result) => {
    if (!result.ok) throw new Error(result.error.message);
  });
  const text = await Promise.race([ready, failed.then(() => "")]);
  try {
    await fn({
      url: /http:\/\/[^\s"]+/.exec(text)?.[0] ?? "",
      key: /forge_[^\s"]+/.exec(text)?.[0] ?? options.presetKey ?? "",
      service,
      lines,
    });
  } finally {
    stop.abort();
    await failed;
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + 5000; !holds();) {
    if (performance.now() > end) throw new Error(`this did not come true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Opens a socket with a subprotocol-free handshake; collects what it says until it closes. */
function socket(url: string, headers: Record<string, string> = {}) {
  const opened = new WebSocket(url.replace("http", "ws"), { headers });
  const messages: string[] = [];
  opened.onmessage = ({ data }) => messages.push(String(data));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    opened.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  const open = new Promise<void>((resolve, reject) => {
    opened.onopen = () => resolve();
    opened.onerror = () => reject(new Error("the socket was refused"));
  });
  return { socket: opened, messages, closed, open };
}

Deno.test("serve() prints the key and then where it listens, and answers there", async () => {
  await serving({}, async ({ url, key, lines }) => {
    assert.match(lines[0] ?? "", /^key forge_[0-9a-f]{12}\.[A-Za-z0-9_-]{43}$/);
    assert.match(lines[1] ?? "", /^listening http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(lines.length, 2);
    const answer = await fetch(`${url}/v1/runs`, { headers: { authorization: `Bearer ${key}` } });
    assert.deepEqual([answer.status, await answer.json()], [200, { runs: [], cursor: null }]);
  });
});

Deno.test("serve() prints one line of JSON, and no key that was preset", async () => {
  await serving({ json: true }, async ({ url, key, lines }) => {
    assert.deepEqual(JSON.parse(lines[0] ?? ""), { listening: url, key });
    assert.equal(lines.length, 1);
  });
  const presetKey = "forge_ci.0123456789abcdef0123456789abcdef";
  await serving({ presetKey }, async ({ url, lines }) => {
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines.join(), /key/);
    const answer = await fetch(`${url}/v1/runs`, { headers: { authorization: `Bearer ${presetKey}` } });
    assert.equal((await answer.body?.cancel(), answer.status), 200);
  });
});

Deno.test("serve() says what is wrong when it cannot start", async () => {
  const start = (options: Partial<ServeOptions>) =>
    serve({ service: serviceDouble(), port: 0, out() {}, ...options });
  const short = await start({ presetKey: "forge_a.short" });
  assert.equal(!short.ok && short.error.code, "invalid-key");
  const root = await start({ repoRoot: "/does/not/exist" });
  assert.equal(!root.ok && root.error.code, "invalid-repo-root");
  await serving({}, async ({ url }) => {
    const taken = await start({ port: Number(new URL(url).port) });
    assert.equal(!taken.ok && taken.error.code, "address-in-use");
  });
});

// req: N3-09 N3-10
// req: N3-09
Deno.test("a stream over the wire resumes where it broke off, and ends after the last event", async () => {
  await serving({}, async ({ url, key, service }) => {
    const run = service.add("running");
    const headers = { authorization: `Bearer ${key}`, accept: "text/event-stream" };
    const first = await fetch(`${url}/v1/runs/${run}/events`, { headers });
    const reader = first.body?.pipeThrough(new TextDecoderStream()).getReader();
    assert.ok(reader);
    let text = "";
    while (!text.includes("id: 1")) text += (await reader.read()).value ?? "";
    await reader.cancel();
    await until(() => service.watching() === 0, "the watcher of a client that left is let go");

    service.append(run, progress("while nobody listened"));
    const second = await fetch(`${url}/v1/runs/${run}/events`, {
      headers: { ...headers, "last-event-id": "1" },
    });
    service.append(run, sealed);
    const rest = await second.text();
    assert.deepEqual([...rest.matchAll(/^id: (\d+)$/gm)].map((match) => match[1]), ["2", "3"]);
    service.change(run, {
      status: "completed",
      evidence: { id: "ev_1", digest: "d", path: "p", status: "completed" },
    });
    const third = await fetch(`${url}/v1/runs/${run}/events`, {
      headers: { ...headers, "last-event-id": "3" },
    });
    assert.equal(third.status, 204);
  });
});

Deno.test("many clients that break off leave nothing behind", async () => {
  await serving({}, async ({ url, key, service }) => {
    const run = service.add("running");
    const headers = { authorization: `Bearer ${key}`, accept: "text/event-stream" };
    for (let round = 0; round < 3; round++) {
      const aborts = Array.from({ length: 20 }, () => new AbortController());
      const answers = await Promise.all(
        aborts.map(({ signal }) => fetch(`${url}/v1/runs/${run}/events`, { headers, signal })),
      );
      assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]));
      for (const abort of aborts) abort.abort();
      await Promise.all(answers.map((answer) => answer.body?.cancel().catch(() => {})));
      await until(() => service.watching() === 0, "all watchers are let go");
    }
    const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
    assert.match(await metrics.text(), /^forge_http_event_streams_open 0$/m);
  });
});

Deno.test("a socket takes its key from the header, a cookie or the first message, never from the URL", async () => {
  await serving({}, async ({ url, key, service }) => {
    const run = service.add("running");
    service.append(run, sealed);
    const path = `${url}/v1/runs/${run}/events`;

    const byHeader = socket(path, { authorization: `Bearer ${key}` });
    assert.equal((await byHeader.closed).code, 1000);
    assert.deepEqual(byHeader.messages.map((text) => JSON.parse(text).seq), [1, 2]);

    const signedIn = await fetch(`${url}/sign-in`, {
      method: "POST",
      body: new URLSearchParams({ key }),
      redirect: "manual",
    });
    await signedIn.body?.cancel();
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    const byCookie = socket(`${path}?after=1`, { cookie });
    assert.equal((await byCookie.closed).code, 1000);
    assert.deepEqual(byCookie.messages.map((text) => JSON.parse(text).seq), [2]);

    const byMessage = socket(path);
    await byMessage.open;
    byMessage.socket.send(JSON.stringify({ key }));
    assert.equal((await byMessage.closed).code, 1000);
    assert.equal(byMessage.messages.length, 2);

    const byUrl = socket(`${path}?key=${key}`);
    await byUrl.open;
    byUrl.socket.send("{}");
    assert.deepEqual([(await byUrl.closed).code, byUrl.messages], [4401, []]);
  });
});

Deno.test("a socket that may not read, or asks for nothing, is closed with a reason and no event", async () => {
  await serving({}, async ({ url, key, service }) => {
    service.add("running");
    const unknown = socket(`${url}/v1/runs/run_9999999999/events`, { authorization: `Bearer ${key}` });
    assert.equal((await unknown.closed).code, 4404);
    const long = socket(`${url}/v1/runs/run_0000000001/events`);
    await long.open;
    long.socket.send("x".repeat(5000));
    assert.equal((await long.closed).code, 1009);
    const wrong = socket(`${url}/v1/runs/run_0000000001/events`);
    await wrong.open;
    wrong.socket.send(JSON.stringify({ key: key + "x" }));
    assert.equal((await wrong.closed).code, 4401);
    const foreign = socket(`${url}/v1/runs/run_0000000001/events`, {
      origin: "https://evil.example",
      authorization: `Bearer ${key}`,
    });
    await assert.rejects(foreign.open);
  });
});

Deno.test("a socket that its client closes lets its watcher go", async () => {
  await serving({}, async ({ url, key, service }) => {
    const run = service.add("running");
    const open = socket(`${url}/v1/runs/${run}/events`, { authorization: `Bearer ${key}` });
    await until(() => open.messages.length === 1, "the first event came");
    open.socket.close();
    await open.closed;
    await until(() => service.watching() === 0, "the watcher is let go");
  });
});

Deno.test("stopping ends streams and sockets, and waits for neither", async () => {
  let open: ReturnType<typeof socket> | undefined;
  let stream: Response | undefined;
  const started = performance.now();
  await serving({ graceMs: 20_000 }, async ({ url, key, service }) => {
    const run = service.add("running");
    open = socket(`${url}/v1/runs/${run}/events`, { authorization: `Bearer ${key}` });
    await until(() => open?.messages.length === 1, "the first event came");
    stream = await fetch(`${url}/v1/runs/${run}/events`, {
      headers: { authorization: `Bearer ${key}`, accept: "text/event-stream" },
    });
  });
  assert.equal((await open?.closed)?.code, 1001);
  assert.match(await stream?.text() ?? "", /^retry: /);
  assert.ok(performance.now() - started < 10_000);
});

Deno.test("whoever holds a connection open does not keep the server from stopping in order", async () => {
  const held: Deno.Conn[] = [];
  const started = performance.now();
  await serving({ graceMs: 300 }, async ({ url, key }) => {
    const port = Number(new URL(url).port);
    const head = `POST /v1/runs HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}\r\n` +
      "content-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    for (const text of [head, "GET / HT", ""]) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      held.push(connection);
      await connection.write(new TextEncoder().encode(text));
    }
    // Its answer tells that the server has read what came before on the other connections.
    await (await fetch(`${url}/healthz`)).body?.cancel();
  });
  assert.ok(performance.now() - started < 20_000);
  for (const connection of held) connection.close();
});

Deno.test("a chunked body without a length is cut off at the limit", async () => {
  await serving({ limits: { bodyBytes: 10_000 } }, async ({ url, key }) => {
    // Far more than sockets hold on their way: what stops the sender is the server.
    const chunks = 4000;
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > chunks) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const answer = await fetch(`${url}/v1/runs`, { method: "POST", body, headers }).catch(() => null);
    // The server may close before the client has finished: then there is no answer to read, and no memory was spent.
    if (answer !== null) assert.equal((await answer.body?.cancel(), answer.status), 413);
    assert.ok(sent < chunks, `sent ${sent} chunks`);
  });
});

Deno.test("SIGTERM ends the process in order", async () => {
  const code = `
    import { serve } from ${JSON.stringify(new URL("../serve.ts", import.meta.url).href)};
    import { serviceDouble } from ${JSON.stringify(new URL("./service_double.ts", import.meta.url).href)};
    const result = await serve({ service: serviceDouble(), port: 0, json: true, out: (text) => Deno.stdout.writeSync(new TextEncoder().encode(text)) });
    console.log(JSON.stringify({ stopped: result.ok }));
  `;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--no-lock",
      "--config",
      config,
      "-A",
      `data:text/typescript,${encodeURIComponent(code)}`,
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines: unknown[] = [];
  const text = child.stdout.pipeThrough(new TextDecoderStream());
  for await (const chunk of text) {
    for (const line of chunk.trim().split("\n")) lines.push(JSON.parse(line));
    if (lines.length === 1) child.kill("SIGTERM");
  }
  assert.equal((await child.status).code, 0);
  assert.deepEqual(lines[1], { stopped: true });
});
