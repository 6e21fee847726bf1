import assert from "node:assert/strict";
import { join } from "node:path";
import type { Json } from "../../../specs/mod.ts";
import type { ReadRequest } from "../../data/port.ts";
import { readAll, readRequest, sourceContext, throughJson } from "../testing/source_context.ts";
import { linesOf, readMessage } from "./messages.ts";
import { singerSource } from "./source.ts";

const posix = Deno.build.os !== "windows";
const PLANTED = "pl4nted-s3cret-77";

interface Tapped {
  read(more?: Partial<ReadRequest>, abort?: AbortSignal): ReturnType<typeof readAll>;
  /** What the tap was started with, one run a line: its arguments and the files they name. */
  runs(): Promise<{ args: string[]; files: Record<string, Json>; env: string[]; mode: string }[]>;
  progress: string[];
}

/** A tap as a shell script; `body` prints. It writes down how it was started. */
async function withTap(
  body: string,
  use: (tapped: Tapped) => Promise<void>,
  settings: {
    catalog?: "discover" | "none";
    timeoutSeconds?: number;
    config?: Record<string, Json>;
    env?: Record<string, string>;
  } = {},
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "tap-test-" });
  try {
    const script = join(dir, "tap.sh");
    const log = join(dir, "log");
    await Deno.writeTextFile(
      script,
      `LOG='${log}'
n=$(ls "$LOG" 2>/dev/null | wc -l); mkdir -p "$LOG/$n"
printf '%s\\n' "$@" > "$LOG/$n/args"; env > "$LOG/$n/env"
for a in "$@"; do case "$a" in *.json) cp "$a" "$LOG/$n/"; ls -l "$a" | cut -c1-10 >> "$LOG/$n/mode";; esac; done
discover=; state=; while [ $# -gt 0 ]; do case "$1" in --discover) discover=1;; --state) state=$2;; esac; shift; done
${body}
`,
    );
    const { taps: _, ...more } = { taps: null, ...settings };
    await using test = sourceContext(null, {
      env: { TAP_TOKEN: PLANTED },
      settings: {
        ...(more.timeoutSeconds === undefined ? {} : { timeoutSeconds: more.timeoutSeconds }),
        taps: {
          demo: {
            command: ["/bin/sh", script],
            config: settings.config ?? {},
            env: settings.env ?? {},
            catalog: settings.catalog ?? "none",
          },
        },
      },
    });
    await use({
      read: (request = {}, abort) =>
        readAll(
          singerSource(),
          readRequest({ resource: "users", params: { tap: "demo" }, mode: "incremental", ...request }),
          abort === undefined ? test.context : { ...test.context, abort },
        ),
      async runs() {
        const found = [];
        for await (const { name } of Deno.readDir(log)) found.push(name);
        return await Promise.all(
          found.sort((a, b) => Number(a) - Number(b)).map(async (name) => {
            const text = (file: string) => Deno.readTextFile(join(log, name, file)).catch(() => "");
            const files: Record<string, Json> = {};
            for (const file of ["config", "state", "catalog"]) {
              const content = await text(`${file}.json`);
              if (content !== "") files[file] = JSON.parse(content) as Json;
            }
            return {
              args: (await text("args")).trim().split("\n"),
              files,
              env: (await text("env")).trim().split("\n"),
              mode: await text("mode"),
            };
          }),
        );
      },
      progress: test.progress,
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const record = (stream: string, value: object) => JSON.stringify({ type: "RECORD", stream, record: value });
const schema = (stream: string) =>
  JSON.stringify({ type: "SCHEMA", stream, schema: { properties: {} }, key_properties: ["id"] });
const print = (...lines: string[]) => lines.map((line) => `printf '%s\\n' '${line}'`).join("\n");
const many = (count: number) =>
  `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo "{\\"type\\":\\"RECORD\\",\\"stream\\":\\"users\\",\\"record\\":{\\"id\\":$i}}"; done`;

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: `${name} (needs a POSIX shell)`, ignore: !posix, fn });

test("records of the stream are rows, numbers unchanged; the last state is what the next run starts from", async () => {
  const body = `[ -n "$state" ] && cat "$state" >&2
${print(schema("users"), record("users", { id: 1 }), '{"type":"STATE","value":{"bookmarks":{"users":1}}}')}
${
    print(
      '{"type":"RECORD","stream":"users","record":{"id":12345678901234567890}}',
      record("other", { id: 9 }),
    )
  }
${print('{"type":"STATE","value":{"bookmarks":{"users":2}}}')}`;
  await withTap(body, async ({ read, runs, progress }) => {
    const { rows, end, pages, failure } = await read({ state: { bookmarks: { users: 0 } } });
    if (failure) throw failure;
    assert.deepEqual(rows, [{ id: 1 }, { id: "12345678901234567890" }]);
    assert.deepEqual(end, { status: "complete", state: { bookmarks: { users: 2 } } });
    assert.equal(pages[0]?.next, null);
    assert.match(pages[0]?.locate(1) ?? "", /singer:demo\/users\?page=1#line=2/);
    assert.match(progress.join(), /other: 1/);
    const [run] = await runs();
    assert.deepEqual(run?.files, { config: {}, state: { bookmarks: { users: 0 } } });
    assert.match(run?.args.join(" ") ?? "", /^--config \S+config\.json --state \S+state\.json$/);
    // In full mode the tap starts from its beginning.
    await read({ state: { bookmarks: { users: 0 } }, mode: "full" });
    assert.equal((await runs())[1]?.files.state, undefined);
  });
});

test("the config holds the secrets, in a file of its owner only; the environment is clear, and nothing of it is told", async () => {
  const body = `echo "connecting with ${'$(cat "$HOME/config.json")'}" >&2; exit 3`;
  await withTap(body, async ({ read, runs }) => {
    const { failure } = await read();
    assert.equal(failure?.kind, "permanent");
    assert.match(failure?.message ?? "", /exit code 3; it says: .*connecting with .*\*\*\*/);
    assert.equal(
      JSON.stringify([failure?.message, failure?.remedy, failure?.stack]).includes(PLANTED),
      false,
    );
    const [run] = await runs();
    assert.deepEqual(run?.files.config, { url: "https://x.example", auth: { token: PLANTED } });
    assert.match(run?.mode ?? "", /^-rw-------/);
    const names = run?.env.map((line) => line.split("=")[0]);
    assert.ok(names?.includes("REGION") && names.includes("HOME"));
    for (const name of Object.keys(Deno.env.toObject())) {
      if (
        !["PATH", "HOME", "LANG", "TZ", "TMPDIR", "PWD", "SHLVL", "_", "OLDPWD", "PYTHONUNBUFFERED"].includes(
          name,
        )
      ) {
        assert.equal(names?.includes(name), false, name);
      }
    }
  }, { config: { url: "https://x.example", auth: { token: "env:TAP_TOKEN" } }, env: { REGION: "eu" } });
});

test("the tap is asked for its catalog, and one stream of it is selected", async () => {
  const catalog = JSON.stringify({
    streams: [
      {
        stream: "users",
        tap_stream_id: "users",
        schema: { type: "object" },
        metadata: [{ breadcrumb: [], metadata: { "table-key-properties": ["id"] } }],
      },
      { stream: "teams", tap_stream_id: "teams", schema: {}, metadata: [] },
    ],
  });
  const body = `if [ -n "$discover" ]; then ${print(catalog)}; exit 0; fi\n${
    print(schema("users"), record("users", { id: 1 }))
  }`;
  await withTap(body, async ({ read, runs }) => {
    const { rows } = await read();
    assert.equal(rows.length, 1);
    const [, run] = await runs();
    const selected =
      (run?.files.catalog as { streams: { stream: string; selected: boolean; metadata: Json }[] }).streams;
    assert.deepEqual(selected.map((one) => [one.stream, one.selected]), [["users", true], ["teams", false]]);
    assert.deepEqual(selected[0]?.metadata, [{
      breadcrumb: [],
      metadata: { "table-key-properties": ["id"], selected: true },
    }]);
    const missing = await read({ resource: "nobody" });
    assert.equal(missing.failure?.kind, "not-found");
    assert.match(missing.failure?.remedy ?? "", /users, teams/);
  }, { catalog: "discover" });
});

test("a tap that does not know --discover is read all the same", async () => {
  await withTap(print(schema("users"), record("users", { id: 1 })), async ({ read, runs }) => {
    assert.equal((await read()).rows.length, 1);
    assert.equal((await runs())[1]?.files.catalog, undefined);
  }, { catalog: "discover" });
});

test("many records come in pages; resumed from each, the rest comes and nothing twice", async () => {
  await withTap(`${print(schema("users"))}\n${many(2500)}`, async ({ read }) => {
    const whole = await read();
    assert.deepEqual(whole.pages.map((page) => page.rows.length), [1000, 1000, 500]);
    assert.deepEqual(whole.pages.map((page) => page.next === null), [false, false, true]);
    assert.equal(whole.rows.length, 2500);
    let before = 0;
    for (const page of whole.pages.slice(0, -1)) {
      before += page.rows.length;
      const rest = await read({ resume: throughJson(page.next) });
      assert.deepEqual(rest.rows, whole.rows.slice(before));
      assert.equal(rest.end?.status, "complete");
    }
    for (const { raw, rows } of whole.pages) {
      assert.ok(raw?.content);
      const again = await singerSource().reread?.(
        { ...raw, content: raw.content },
        readRequest({ resource: "users", params: { tap: "demo" } }),
      );
      assert.deepEqual(again?.rows, rows);
    }
  });
});

test("a tap that prints other lines when it is started again is not gone on with", async () => {
  await withTap(
    `${
      print(schema("users"), record("users", { at: "TIME" })).replace("TIME", '\'"$(ls "$LOG" | wc -l)"\'')
    }\n${many(1500)}`,
    async ({ read }) => {
      const whole = await read();
      const { failure, rows } = await read({ resume: throughJson(whole.pages[0]?.next ?? null) });
      assert.equal(failure?.kind, "contract");
      assert.match(failure?.message ?? "", /prints other lines than before/);
      assert.equal(rows.length, 0);
    },
  );
  await withTap(
    `[ "$(ls "$LOG" | wc -l)" = 1 ] && ${many(1500)}; ${print(schema("users"))}`,
    async ({ read }) => {
      const whole = await read();
      assert.equal(
        (await read({ resume: throughJson(whole.pages[0]?.next ?? null) })).failure?.kind,
        "contract",
      );
    },
  );
});

test("a tap that fails is a failure with its last words, whatever it printed before", async () => {
  for (
    const [words, kind] of [
      ["HTTPError: 401 Client Error: Unauthorized for url", "auth"],
      ["429 Too Many Requests", "rate-limited"],
      ["requests.exceptions.ConnectionError: Connection reset by peer", "transient"],
      ["KeyError: something", "permanent"],
    ] as const
  ) {
    await withTap(
      `${print(schema("users"), record("users", { id: 1 }))}\necho '${words}' >&2; exit 1`,
      async ({ read }) => {
        const { failure, end, rows } = await read();
        assert.deepEqual([failure?.kind, end, rows.length], [kind, null, 0], words);
        assert.ok(failure?.message.includes(words));
      },
    );
  }
  await withTap(`${print(schema("users"))}\nkill -9 $$`, async ({ read }) => {
    assert.match((await read()).failure?.message ?? "", /exit code 137|SIGKILL/);
  });
});

test("lines that are no messages are set aside; nothing but such lines is a contract failure", async () => {
  await withTap(
    print(
      schema("users"),
      "starting up",
      record("users", { id: 1 }),
      '{"type":"RECORD","stream":"users","record":[1]}',
    ),
    async ({ read }) => {
      const { rows, pages } = await read();
      assert.equal(rows.length, 1);
      assert.deepEqual(pages[0]?.bad?.map((one) => one.rule), ["parse", "parse"]);
    },
  );
  await withTap(print("usage: tap", "no such option"), async ({ read }) => {
    assert.equal((await read()).failure?.kind, "contract");
  });
});

test("no record is an end only when the tap told of the stream", async () => {
  await withTap(print(schema("users")), async ({ read }) => {
    const { rows, end } = await read();
    assert.deepEqual([rows, end?.status], [[], "complete"]);
    const other = await read({ resource: "teams" });
    assert.equal(other.failure?.kind, "not-found");
  });
  await withTap("true", async ({ read }) => assert.equal((await read()).failure?.kind, "not-found"));
  await withTap(
    print(schema("users"), '{"type":"BATCH","stream":"users","manifest":["x"]}'),
    async ({ read }) => {
      assert.equal((await read()).failure?.kind, "contract");
    },
  );
});

test("an abort ends the tap and what it started, at once; so does silence", async () => {
  const dir = await Deno.makeTempDir();
  const alive = async () => {
    const pid = Number(await Deno.readTextFile(join(dir, "pid")).catch(() => "0"));
    // A dead process whose parent is gone may stay listed as a zombie.
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
    return pid > 0 && stat !== "" && !/\) [ZX] /.test(stat);
  };
  try {
    const body = `${
      print(schema("users"), record("users", { id: 1 }))
    }\nsleep 600 & echo $! > ${dir}/pid; wait`;
    await withTap(body, async ({ read }) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("a person stopped it")), 300);
      await assert.rejects(read({}, controller.signal), /a person stopped it/);
      assert.equal(await alive(), false);
    });
    await withTap(body, async ({ read }) => {
      const { failure } = await read();
      assert.equal(failure?.kind, "transient");
      assert.match(failure?.message ?? "", /printed nothing for 0\.5 s/);
      assert.equal(await alive(), false);
    }, { timeoutSeconds: 0.5 });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("what is run is said by the env file only, and a stream names an entry of it", async () => {
  const source = singerSource();
  const check = (params: Record<string, Json>) =>
    source.check({ resource: "users", params, cursor: null }).length;
  assert.equal(check({ tap: "demo" }), 0);
  assert.ok(check({}) > 0);
  assert.ok(check({ tap: "demo", command: ["/bin/sh"] }) > 0);
  await using context = sourceContext(null, { settings: {} });
  for (
    const params of [{ tap: "demo" }, { tap: "__proto__" }, { tap: "demo", command: ["id"] }] as Record<
      string,
      Json
    >[]
  ) {
    const { failure } = await readAll(source, readRequest({ resource: "users", params }), context.context);
    assert.equal(failure?.kind, "invalid");
  }
  await using absent = sourceContext(null, {
    settings: { taps: { demo: { command: ["no-such-tap-anywhere"], config: {}, env: {}, catalog: "none" } } },
  });
  const { failure } = await readAll(
    source,
    readRequest({ resource: "users", params: { tap: "demo" } }),
    absent.context,
  );
  assert.equal(failure?.kind, "invalid");
  assert.match(failure?.message ?? "", /not on PATH/);
});

Deno.test("lines are cut from bytes however they come, and a line beyond the cap is refused", async () => {
  const bytes = new TextEncoder().encode("one\ntwö\n\nthree");
  for (const size of [1, 2, 3, 7, 100]) {
    const chunks = (async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })();
    const lines: string[] = [];
    for await (const line of linesOf(chunks, 100, () => new Error("long"))) {
      lines.push(new TextDecoder().decode(line));
    }
    assert.deepEqual(lines, ["one", "twö", "", "three"], `${size}`);
  }
  const endless = (async function* () {
    for (;;) yield new Uint8Array(1000);
  })();
  await assert.rejects(async () => {
    for await (const _ of linesOf(endless, 5000, () => new Error("too long"))) assert.fail();
  }, /too long/);
});

Deno.test("messages are read by their type, in any case; others are told apart from what is none", () => {
  const read = (text: string) => readMessage(new TextEncoder().encode(text)).type;
  assert.equal(read('{"type":"record","stream":"a","record":{}}'), "record");
  assert.equal(read('{"type":"ACTIVATE_VERSION","stream":"a","version":1}'), "activate-version");
  assert.equal(read('{"type":"CONTROL"}'), "other");
  assert.equal(read('{"type":"RECORD","record":{}}'), "broken");
  assert.equal(read("[]"), "broken");
  assert.equal(read("  \r"), "blank");
});
