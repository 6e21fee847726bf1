/** What can go wrong on the way, shown on every wire against a server that speaks it. */
import assert from "node:assert/strict";
import { ask, KEY, reply, trouble } from "../testing/asked.ts";
import { DIALECTS, entryOf, sse, wireServer } from "../testing/wire_server.ts";

for (const dialect of DIALECTS) {
  const test = (name: string, run: () => Promise<void>) => Deno.test(`${dialect.wire}: ${name}`, run);

  test("a stream without its end is cut off, never an answer", async () => {
    const events = dialect.events({ text: "Good morning." });
    const ends = events.findIndex((one) => /message_delta|response\.completed|"stop"/.test(one));
    for (let kept = 1; kept <= ends; kept++) {
      const told = await trouble(dialect, () => sse(events.slice(0, kept)));
      assert.equal(told.trouble, "cut-stream", `after ${kept} events`);
      assert.equal(told.failure.class, "external");
      assert.equal(told.failure.retryable, true);
      assert.equal(told.usage, undefined);
    }
    assert.equal(
      (await trouble(dialect, () => sse([events.join("").slice(0, -400)]))).trouble,
      "cut-stream",
      "in the middle of an event",
    );
  });

  test("a connection that breaks in the stream is cut off", async () => {
    const told = await trouble(dialect, () => {
      let at = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (at++ === 0) {
            controller.enqueue(
              new TextEncoder().encode(dialect.events({ text: "Good" }).slice(0, 2).join("")),
            );
          } else controller.error(new Error("broken"));
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    });
    assert.equal(told.trouble, "cut-stream");
  });

  test("an answer that takes too long ends by our own clock, before and in the stream", async () => {
    for (const first of ["", dialect.events({ text: "Good" })[0] ?? ""]) {
      const gate = Promise.withResolvers<void>();
      const slow = () => {
        const body = new ReadableStream<Uint8Array>({
          async start(controller) {
            if (first !== "") controller.enqueue(new TextEncoder().encode(first));
            await gate.promise;
            controller.close();
          },
        });
        return first === ""
          ? gate.promise.then(() => new Response(""))
          : new Response(body, { headers: { "content-type": "text/event-stream" } });
      };
      await using server = wireServer(slow);
      const result = await ask(dialect, server.url, { timeoutMs: 300 });
      gate.resolve();
      assert.ok(!result.ok);
      assert.equal(result.error.trouble, "timeout");
      assert.equal(result.error.failure.class, "timeout");
    }
  });

  test("its caller can end it at any time", async () => {
    const stop = new AbortController();
    const gate = Promise.withResolvers<void>();
    await using server = wireServer(async () => {
      stop.abort();
      await gate.promise;
      return new Response("");
    });
    const result = await ask(dialect, server.url, { signal: stop.signal });
    const before = await ask(dialect, server.url, { signal: AbortSignal.abort() });
    gate.resolve();
    assert.ok(!result.ok && !before.ok);
    assert.deepEqual([result.error.trouble, before.error.trouble], ["aborted", "aborted"]);
    assert.equal(server.seen.length, 1, "what was ended before is not asked");
  });

  test("a page of a proxy is no answer, whatever its status says", async () => {
    const page = (status: number) => () =>
      new Response(`<html>Sign in as ${KEY}</html>`, { status, headers: { "content-type": "text/html" } });
    const ok = await trouble(dialect, page(200));
    assert.equal(ok.trouble, "unavailable");
    assert.match(ok.failure.message, /text\/html/);
    assert.equal((await trouble(dialect, page(502))).trouble, "server");
    assert.equal((await trouble(dialect, page(404))).trouble, "unavailable");
  });

  test("a redirect is not followed: the key goes nowhere else", async () => {
    await using elsewhere = wireServer(() => sse(dialect.events({ text: "caught" })));
    const told = await trouble(
      dialect,
      () => new Response(null, { status: 307, headers: { location: `${elsewhere.url}/v1/x` } }),
    );
    assert.equal(told.trouble, "unavailable");
    assert.equal(elsewhere.seen.length, 0);
  });

  test("an answer that does not end in size is refused", async () => {
    const limits = { answerBytes: 20_000, eventBytes: 5_000 };
    const { provider: own } = await import("../provider.ts");
    const bomb = (line: string) => () =>
      new Response(
        new ReadableStream<Uint8Array>({
          pull: (controller) => controller.enqueue(new TextEncoder().encode(line)),
        }),
        { headers: { "content-type": "text/event-stream" } },
      );
    for (const line of [`: keep alive ${"x".repeat(100)}\n\n`, `data: ${"x".repeat(1000)}`]) {
      await using server = wireServer(bomb(line));
      const made = own(
        {
          id: "p",
          wires: { [dialect.wire]: `${server.url}/v1` },
          available: { ok: true, by: "test" },
          maxTokensField: "max_tokens",
        },
        { fetch, recording: false, now: Date.now, limits },
      );
      const result = await made.call({
        entry: entryOf(dialect),
        system: "",
        messages: [{ role: "user", text: "x" }],
        maxOutputTokens: 10,
        timeoutMs: 20_000,
      });
      assert.ok(!result.ok);
      assert.equal(result.error.trouble, "bad-output");
      assert.match(result.error.failure.message, /larger/);
    }
  });

  test("a compressed stream is read", async () => {
    const { reply: told } = await reply(dialect, () => {
      const body = new Response(dialect.events({ text: "Good morning." }).join("")).body?.pipeThrough(
        new CompressionStream("gzip"),
      );
      return new Response(body, {
        headers: { "content-type": "text/event-stream", "content-encoding": "gzip" },
      });
    });
    assert.equal(told.text, "Good morning.");
  });

  test("nobody there, and no body, are told as what they are", async () => {
    await using server = wireServer(() => new Response(null, { status: 200 }));
    const empty = await ask(dialect, server.url);
    assert.ok(!empty.ok);
    assert.equal(empty.error.trouble, "cut-stream");
    const closed = wireServer();
    await closed[Symbol.asyncDispose]();
    const gone = await ask(dialect, closed.url);
    assert.ok(!gone.ok);
    assert.equal(gone.error.trouble, "network");
    assert.deepEqual(gone.error.usage, {
      input: 0,
      output: 0,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
    });
  });
}
