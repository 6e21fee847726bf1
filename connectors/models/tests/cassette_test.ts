/** Recordings: written from a server, played without one, free of secrets, and never taken for a model. */
import assert from "node:assert/strict";
import type { ModelRequest } from "../port.ts";
import { type Cassette, cassetteOf } from "../cassette/cassette.ts";
import { modelProviders } from "../providers.ts";
import { type Dialect, DIALECTS, entryOf, type Seen, sse, wireServer } from "../testing/wire_server.ts";

const KEY = "sk-canary-0123456789abcdef";
const SECRET = "AKIA0000CANARY000000";
const redact = (text: string): string => text.replaceAll(SECRET, "[redacted]");
const refuse: typeof fetch = () => Promise.reject(new Error("a recording asked the network"));

async function inFolder(run: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cassette" });
  try {
    await run(`${folder}/tape.json`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function cassette(setting: string, given: typeof fetch = fetch): Cassette {
  const made = cassetteOf(setting, { redact, fetch: given });
  assert.ok(made.ok && made.value !== undefined, JSON.stringify(made));
  return made.value;
}

function ask(dialect: Dialect, url: string, tape: Cassette, text: string, more: Partial<ModelRequest> = {}) {
  const provider = modelProviders(dialect.env(url, KEY), { fetch: tape.fetch, recording: tape.recording })
    .find((one) => one.id === dialect.provider);
  assert.ok(provider);
  return provider.call({
    entry: entryOf(dialect),
    system: "Be brief.",
    messages: [{ role: "user", text }],
    maxOutputTokens: 500,
    timeoutMs: 30_000,
    ...more,
  });
}

/** Somewhere else, to which nobody listens. */
const NOWHERE = "http://127.0.0.1:9999";

for (const dialect of DIALECTS) {
  const test = (name: string, run: (file: string) => Promise<void>) =>
    Deno.test(`${dialect.wire}: ${name}`, () => inFolder(run));

  test("what was recorded is played again, without a network and at any address", async (file) => {
    await using server = wireServer(() =>
      sse(dialect.events({ text: "Good morning.", calls: [{ id: "c1", tool: "look", args: "{}" }] }), {
        headers: { "request-id": "r1", "x-request-id": "r1" },
      })
    );
    const recorded = await ask(dialect, server.url, cassette(`record:${file}`), "Hello.");
    const tape = cassette(`replay:${file}`, refuse);
    assert.deepEqual(tape.models, ["asked-model"], "no other is to be chosen");
    const played = await ask(dialect, NOWHERE, tape, "Hello.");
    assert.ok(recorded.ok && played.ok, JSON.stringify([recorded, played]));
    assert.equal(recorded.value.recording, false);
    assert.equal(played.value.recording, true);
    assert.deepEqual({ ...played.value, recording: false }, recorded.value);
    assert.equal(server.seen.length, 1);
  });

  test("no key and no secret is written, whole or in pieces", async (file) => {
    const [one, two] = [SECRET.slice(0, 9), SECRET.slice(9)];
    await using server = wireServer(
      () =>
        Response.json({
          error: { message: `no such key: ${KEY}, sent as ${btoa(KEY)}`, type: "authentication_error" },
        }, { status: 401, headers: { "set-cookie": `session=${KEY}`, "x-request-id": `r-${KEY}` } }),
      () => sse(dialect.events({ text: "fine" })),
      // The stream cuts the text in two: neither half is a secret to a rule.
      () => sse(dialect.events({ text: `${" ".repeat(0)}${one}${two}` })),
    );
    const tape = cassette(`record:${file}`);
    await ask(dialect, server.url, tape, "first");
    await ask(dialect, server.url, tape, `Is ${SECRET} a key?`);
    await ask(dialect, server.url, tape, "third");
    const written = await Deno.readTextFile(file);
    for (
      const secret of [KEY, btoa(KEY).replace(/=+$/, ""), SECRET, "authorization", "x-api-key", "set-cookie"]
    ) {
      assert.ok(!written.toLowerCase().includes(secret.toLowerCase()), secret);
    }
    assert.ok(!written.includes(two), "nor the second half of a secret that was cut");
    const again = cassette(`replay:${file}`, refuse);
    const withheld = await ask(dialect, NOWHERE, again, "third");
    assert.ok(!withheld.ok);
    assert.equal(withheld.error.trouble, "recording");
    assert.match(withheld.error.failure.message, /secret/);
    // The same secret in the question makes the same question.
    assert.ok((await ask(dialect, NOWHERE, again, `Is ${SECRET} a key?`)).ok);
  });

  test("a request that was not recorded is a trouble of the recording that says where it differs", async (file) => {
    await using server = wireServer(() => sse(dialect.events({ text: "x" })));
    await ask(dialect, server.url, cassette(`record:${file}`), "Hello.");
    const result = await ask(dialect, NOWHERE, cassette(`replay:${file}`, refuse), "Good bye.");
    assert.ok(!result.ok);
    assert.equal(result.error.trouble, "recording");
    assert.equal(result.error.failure.retryable, false);
    assert.match(result.error.failure.message, /1 are recorded, the nearest differs at (messages|input)/);
    assert.match(result.error.failure.remedy ?? "", /[Rr]ecord/);
  });

  test("troubles are played as they were: limits, errors, cut streams", async (file) => {
    const cut = (_: Seen) => sse(dialect.events({ text: "Good morning." }).slice(0, 2));
    await using server = wireServer(
      () =>
        Response.json({ error: { message: "slow down", type: "rate_limit_error" } }, {
          status: 429,
          headers: { "retry-after": "7" },
        }),
      cut,
      () => sse(dialect.events({ text: "at last" })),
    );
    const tape = cassette(`record:${file}`);
    for (let turn = 0; turn < 3; turn++) await ask(dialect, server.url, tape, "Hello.");
    const again = cassette(`replay:${file}`, refuse);
    const [limited, broken, fine, more] = [
      await ask(dialect, NOWHERE, again, "Hello."),
      await ask(dialect, NOWHERE, again, "Hello."),
      await ask(dialect, NOWHERE, again, "Hello."),
      await ask(dialect, NOWHERE, again, "Hello."),
    ];
    assert.ok(limited !== undefined && !limited.ok && broken !== undefined && !broken.ok);
    assert.equal(limited.error.trouble, "rate");
    assert.equal(limited.error.retryAfterMs, 7000);
    assert.equal(broken.error.trouble, "cut-stream");
    assert.ok(fine?.ok && more?.ok, "the last answer to a request is given again");
  });
}

const [dialect] = DIALECTS;
assert.ok(dialect);

Deno.test("what differs from run to run does not make another request", () =>
  inFolder(async (file) => {
    await using server = wireServer(() => sse(dialect.events({ text: "x" })));
    const text = (run: string, at: string, port: number, folder: string) =>
      `Run run_${run} at ${at} in /tmp/${folder}/repo, head ${
        run.repeat(4)
      }, on 127.0.0.1:${port}, took ${port} ms, id ${crypto.randomUUID()}.`;
    await ask(
      dialect,
      server.url,
      cassette(`record:${file}`),
      text("0123456789", "2026-11-23T10:00:00.000Z", 4001, "abc123"),
    );
    const tape = cassette(`replay:${file}`, refuse);
    assert.ok(
      (await ask(dialect, NOWHERE, tape, text("9876543210", "2027-01-02T03:04:05.678Z", 5002, "xyz"))).ok,
    );
    assert.ok(
      !(await ask(
        dialect,
        NOWHERE,
        tape,
        text("0123456789", "2026-11-23T10:00:00.000Z", 4001, "abc123").replace("took", "lost"),
      )).ok,
    );
  }));

Deno.test("in order, whatever the bodies say, and not one more than were recorded", () =>
  inFolder(async (file) => {
    await using server = wireServer(
      () => sse(dialect.events({ text: "one" })),
      () => sse(dialect.events({ text: "two" })),
    );
    const tape = cassette(`record:${file}`);
    await ask(dialect, server.url, tape, "a");
    await ask(dialect, server.url, tape, "b");
    const again = cassette(`replay-order:${file}`, refuse);
    const told = [
      await ask(dialect, NOWHERE, again, "x"),
      await ask(dialect, NOWHERE, again, "y"),
      await ask(dialect, NOWHERE, again, "z"),
    ];
    assert.deepEqual(told.map((one) => one.ok ? one.value.text : one.error.trouble), [
      "one",
      "two",
      "recording",
    ]);
  }));

Deno.test("a recording can be read by people: one event a line, nothing that changes by itself", () =>
  inFolder(async (file) => {
    await using server = wireServer(() => sse(dialect.events({ text: "Good morning." })));
    await ask(dialect, server.url, cassette(`record:${file}`), "Hello.");
    const first = await Deno.readTextFile(file);
    await ask(dialect, server.url, cassette(`record:${file}`), "Hello.");
    assert.equal(await Deno.readTextFile(file), first);
    assert.ok(first.split("\n").filter((line) => line.includes("text_delta")).length === 2);
    assert.deepEqual([...Deno.readDirSync(file.slice(0, file.lastIndexOf("/")))].map((one) => one.name), [
      "tape.json",
    ]);
  }));

Deno.test("what cannot be written down is not asked", () =>
  inFolder(async (file) => {
    await using server = wireServer(() => sse(dialect.events({ text: "x" })));
    const result = await ask(dialect, server.url, cassette(`record:${file}/none/x.json`), "Hello.");
    assert.ok(!result.ok);
    assert.equal(result.error.trouble, "recording");
    assert.match(result.error.failure.message, /cannot record to/);
    assert.equal(server.seen.length, 0);
  }));

Deno.test("a setting or a file that cannot be used is a problem with a remedy", () =>
  inFolder((file) => {
    const problem = (setting: string): string => {
      const made = cassetteOf(setting, { redact });
      assert.ok(!made.ok, setting);
      assert.ok(made.error.remedy);
      return made.error.message;
    };
    assert.match(problem("play:x"), /FORGE_CASSETTE/);
    assert.match(problem("replay:"), /FORGE_CASSETTE/);
    assert.match(problem(`replay:${file}`), /no such file/);
    Deno.writeTextFileSync(file, "{");
    assert.match(problem(`replay:${file}`), /no JSON/);
    Deno.writeTextFileSync(file, '{"v":1,"interactions":[{"request":{}}]}');
    assert.match(problem(`replay:${file}`), /interactions\.0/);
    const none = cassetteOf(" ", { redact });
    assert.ok(none.ok && none.value === undefined);
    return Promise.resolve();
  }));
