import assert from "node:assert/strict";
import type { SinkSettings } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Sink } from "../data/sink_port.ts";
import { hostGuard } from "../net/host_guard.ts";
import { postgresSink } from "./postgres.ts";
import { openSession, type Session } from "./postgres_session.ts";
import { targetOf } from "./postgres_target.ts";
import { rowsIn } from "./testing/conformance.ts";
import { hasPostgres, PASSWORD, startPostgres, type TestServer } from "./testing/postgres_server.ts";
import { rowOf, stagedLoad } from "./testing/staged.ts";

const ignore = !hasPostgres();
const why = ignore ? " (PostgreSQL is not installed)" : "";
const certificate = ignore ? null : await selfSigned();
let server: TestServer | null = null;

Deno.test.beforeAll(async () => {
  if (ignore) return;
  server = await startPostgres(
    certificate === null ? {} : {
      settings: ["ssl=on"],
      files: { "server.crt": certificate.cert, "server.key": certificate.key },
    },
  );
});
Deno.test.afterAll(async () => {
  await server?.stop();
});

/** A certificate for 127.0.0.1 alone; null without openssl. */
async function selfSigned(): Promise<{ cert: string; key: string } | null> {
  const dir = await Deno.makeTempDir();
  try {
    const { success } = await new Deno.Command("openssl", {
      args: [
        ...[
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:prime256v1",
          "-nodes",
          "-days",
          "3650",
        ],
        ...[
          "-keyout",
          "key.pem",
          "-out",
          "cert.pem",
          "-subj",
          "/CN=db",
          "-addext",
          "subjectAltName=IP:127.0.0.1",
        ],
      ],
      cwd: dir,
      stdout: "null",
      stderr: "null",
    }).output();
    if (!success) return null;
    return {
      cert: await Deno.readTextFile(`${dir}/cert.pem`),
      key: await Deno.readTextFile(`${dir}/key.pem`),
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const never = new AbortController().signal;
const url = (): string => {
  if (server === null) throw new Error("The server was not started");
  return server.url();
};
const open = (text = url()): Promise<Session> =>
  openSession(targetOf({ type: "postgres", url: "env:PG_URL" }, () => text, "/"), { allowPrivate: true });

async function withSession<T>(use: (session: Session) => Promise<T>): Promise<T> {
  const session = await open();
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

async function withSink(
  schema: string,
  use: (sink: Sink, dir: string) => Promise<void>,
  more: Partial<Parameters<typeof postgresSink>[1]> & {
    settings?: Partial<Extract<SinkSettings, { type: "postgres" }>>;
  } = {},
): Promise<void> {
  const { settings, ...access } = more;
  const dir = await Deno.makeTempDir({ prefix: "segments-" });
  const sink = postgresSink({ type: "postgres", url: "env:PG_URL", schema, ...settings }, {
    secret: url,
    network: { allowPrivate: true },
    folder: dir,
    ...access,
  });
  try {
    await use(sink, dir);
  } finally {
    await sink.close();
    await Deno.remove(dir, { recursive: true });
  }
}

const test = (name: string, fn: () => Promise<void>) => Deno.test({ name: `${name}${why}`, ignore, fn });

const fails = (kind: string, words: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof DataFailure, String(error));
  assert.equal(error.kind, kind, error.message);
  assert.match(error.message, words);
  for (const part of [PASSWORD, encodeURIComponent(PASSWORD), "planted"]) {
    assert.equal(
      `${error.message} ${error.remedy} ${error.stack}`.includes(part),
      false,
      "the password is shown",
    );
  }
  return true;
};

test("a database at a private address is refused unless the env file lets it through, also behind a name", () =>
  withSink("guarded", async (sink) => {
    await assert.rejects(
      sink.state("shop", "orders"),
      fails("refused", /127\.0\.0\.1 is not on the public internet/),
    );
  }, { network: { allowPrivate: false } }).then(() =>
    withSink("guarded", async (sink) => {
      await assert.rejects(
        sink.state("shop", "orders"),
        fails("refused", /10\.1\.2\.3 is not on the public internet/),
      );
    }, {
      network: { allowPrivate: false },
      guard: hostGuard(() => Promise.resolve(["10.1.2.3"])),
      secret: () => url().replace("127.0.0.1", "db.example.com"),
    })
  ));

test("only listed hosts are reached, and a socket of this machine counts as private", async () => {
  await withSink("guarded", async (sink) => {
    await assert.rejects(sink.tables(), fails("refused", /none of them/));
  }, { network: { allowPrivate: true, hosts: ["db.example.com"] } });
  const socket = () =>
    `postgres://forge:${encodeURIComponent(PASSWORD)}@${
      encodeURIComponent(server?.dir ?? "")
    }:${server?.port}/postgres`;
  await withSink("guarded", async (sink) => {
    await assert.rejects(sink.tables(), fails("refused", /Unix socket/));
  }, { network: { allowPrivate: false }, secret: socket });
  await withSink("guarded", async (sink) => assert.deepEqual(await sink.tables(), []), { secret: socket });
});

test("failures of the connection name the place and never the password", async () => {
  const wrong = () => url().replace(encodeURIComponent(PASSWORD), "planted-other");
  await withSink("x", (sink) => assert.rejects(sink.tables(), fails("auth", /28P01/)), { secret: wrong });
  const nowhere = () => url().replace(/\/[^/]*$/, "/no_such_database");
  await withSink("x", (sink) => assert.rejects(sink.tables(), fails("not-found", /3D000/)), {
    secret: nowhere,
  });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const silent = (async () => {
    // Somebody who hangs up on everybody.
    for await (const connection of listener) connection.close();
  })();
  const gone = () => url().replace(/:\d+\//, `:${port}/`);
  await withSink("x", (sink) => assert.rejects(sink.tables(), fails("transient", /refused or lost/)), {
    secret: gone,
  });
  listener.close();
  await silent;
  await withSink("x", (sink) => assert.rejects(sink.tables(), fails("transient", /ECONNREFUSED/)), {
    secret: gone,
  });
  await withSink("x", (sink) => {
    assert.doesNotMatch(sink.location, /planted|forge/);
    return Promise.resolve();
  });
});

test("what the driver would take from variables of the process is not used", async () => {
  Deno.env.set("PGDATABASE", "elsewhere");
  Deno.env.set("PGSSL", "require");
  try {
    assert.deepEqual(await withSession((session) => session.rows("SELECT current_database()::text AS d")), [
      { d: "postgres" },
    ]);
  } finally {
    Deno.env.delete("PGDATABASE");
    Deno.env.delete("PGSSL");
  }
});

Deno.test({
  name: `TLS is used where it is offered, and checked where that is asked${
    certificate === null ? " (no PostgreSQL or no openssl)" : ""
  }`,
  ignore: certificate === null,
  fn: async () => {
    const dir = await Deno.makeTempDir();
    await Deno.writeTextFile(`${dir}/ca.pem`, certificate?.cert ?? "");
    const encrypted = async (
      settings: Partial<Extract<SinkSettings, { type: "postgres" }>>,
      host = "127.0.0.1",
    ) => {
      const target = targetOf(
        { type: "postgres", url: "env:PG_URL", ...settings },
        () => url().replace("127.0.0.1", host),
        dir,
      );
      const session = await openSession(target, { allowPrivate: true });
      try {
        return (await session.rows("SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))[0]?.ssl;
      } finally {
        await session.close();
      }
    };
    try {
      assert.equal(await encrypted({}), "true");
      assert.equal(await encrypted({ tls: "require" }), "true");
      assert.equal(await encrypted({ tls: "disable" }), "false");
      assert.equal(await encrypted({ tls: "verify-full", caFile: "ca.pem" }), "true");
      await assert.rejects(encrypted({ tls: "verify-full" }), fails("refused", /certificate/));
      await assert.rejects(
        encrypted({ tls: "verify-full", caFile: "ca.pem" }, "localhost"),
        fails("refused", /certificate/),
      );
      await assert.rejects(encrypted({ tls: "verify-full", caFile: "none.pem" }), fails("invalid", /caFile/));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

test("a server without TLS is refused where it is asked for", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answers = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(8));
      await connection.write(new TextEncoder().encode("N"));
      // Until the other side hangs up.
      await connection.read(new Uint8Array(8)).catch(() => {});
      connection.close();
    }
  })();
  const there = `postgres://u:planted-pw@127.0.0.1:${(listener.addr as Deno.NetAddr).port}/d?sslmode=require`;
  await assert.rejects(open(there), fails("refused", /has no TLS/));
  listener.close();
  await answers;
});

test("an error at the end of a copy is told, and a connection that is cut in the middle is too", async () => {
  await withSession(async (session) => {
    await session.run("CREATE TEMP TABLE numbers (n int)");
    const copy = await session.copy("COPY numbers FROM STDIN");
    await copy.write(new TextEncoder().encode("1\nno number\n"));
    await assert.rejects(copy.end(), fails("contract", /22P02/));
    await assert.rejects(session.rows("SELECT 1"), fails("contract", /22P02/), "the session is over");
  });
  await withSession(async (session) => {
    const [me] = await session.rows("SELECT pg_backend_pid()::text AS pid");
    await session.run("CREATE TEMP TABLE numbers (n int)");
    const copy = await session.copy("COPY numbers FROM STDIN");
    await withSession((other) => other.rows(`SELECT pg_terminate_backend(${me?.pid})::text AS done`));
    const bytes = new TextEncoder().encode("1\n".repeat(1000));
    await assert.rejects(async () => {
      for (let n = 0; n < 1000; n++) await copy.write(bytes);
      await copy.end();
    }, fails("transient", /57P01|lost/));
  });
});

test("a small question is asked again over a new connection when the old one was cut meanwhile", () =>
  withSink("asked", async (sink, dir) => {
    await sink.publish(await stagedLoad(dir, "k1", [rowOf(1)]), never);
    assert.equal((await sink.state("shop", "orders"))?.load, "k1");
    await withSession((other) =>
      other.rows(
        "SELECT pg_terminate_backend(pid)::text AS done FROM pg_stat_activity WHERE application_name = 'edgeforge' AND pid <> pg_backend_pid()",
      )
    );
    assert.equal((await sink.state("shop", "orders"))?.load, "k1");
  }));

test("a run that is stopped while it waits for another one's lock ends at once", () =>
  withSink("locked", async (sink, dir) => {
    await sink.publish(await stagedLoad(dir, "k1", [rowOf(1)]), never);
    await withSession(async (other) => {
      await other.run("BEGIN");
      await other.rows(
        `SELECT pg_advisory_xact_lock(hashtextextended('forge table locked orders', 0))::text AS l`,
      );
      const abort = new AbortController();
      const waiting = sink.publish(await stagedLoad(dir, "k2", [rowOf(2)], { after: "k1" }), abort.signal);
      setTimeout(() => abort.abort(new Error("stopped by hand")), 100);
      await assert.rejects(waiting, /stopped by hand/);
    });
    assert.equal(
      (await sink.publish(await stagedLoad(dir, "k3", [rowOf(3)], { after: "k1" }), never)).written,
      1,
    );
  }));

for (const point of ["copying", "staged", "before-commit"]) {
  test(`a run that is killed at "${point}" leaves the old version and no lock behind`, () =>
    withSink(`killed_${point.replace("-", "_")}`, async (sink, dir) => {
      const schema = `killed_${point.replace("-", "_")}`;
      await sink.publish(
        await stagedLoad(dir, "k1", [rowOf(1, { name: "old" })], { disposition: "replace" }),
        never,
      );
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...[
            "run",
            "-A",
            "--quiet",
            "--no-check",
            new URL("./testing/postgres_slow_load.ts", import.meta.url).pathname,
          ],
          ...[url(), schema, point, dir],
        ],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const reader = child.stdout.getReader();
      const { value } = await reader.read();
      assert.equal(new TextDecoder().decode(value).trim(), point);
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      assert.deepEqual((await rowsIn(sink)).map(({ name }) => name), ["old"]);
      assert.equal((await sink.state("shop", "orders"))?.load, "k1");
      const again = await stagedLoad(dir, "k2", [rowOf(1, { name: "new" })], {
        disposition: "replace",
        after: "k1",
      });
      assert.equal((await sink.publish(again, never)).existed, false);
      assert.deepEqual((await rowsIn(sink)).map(({ name }) => name), ["new"]);
    }));
}
