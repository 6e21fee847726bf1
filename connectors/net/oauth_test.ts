import assert from "node:assert/strict";
import { DataFailure } from "../data/port.ts";
import { type DialectServer, dialectServer, type Seen } from "../sources/testing/dialect_server.ts";
import { leapingClock } from "../sources/testing/leaping_clock.ts";
import { sourceContext } from "../sources/testing/source_context.ts";
import { httpPool } from "./pool.ts";

interface Issuer {
  server: DialectServer;
  /** Forms that the token URL was given. */
  grants: Record<string, string>[];
  valid: string;
}

/** Refresh tokens work once; the API takes the newest access token only. */
function issuer(onGrant: (issuer: Issuer) => void = () => {}): Issuer {
  let refresh = "refresh-0";
  const one: Issuer = { grants: [], valid: "access-0", server: undefined as unknown as DialectServer };
  one.server = dialectServer((seen: Seen) => {
    if (seen.path === "/token") {
      const form = Object.fromEntries(new URLSearchParams(seen.text()));
      one.grants.push(form);
      onGrant(one);
      const isCurrent = form.grant_type === "client_credentials" || form.refresh_token === refresh;
      if (!isCurrent) return { status: 400, json: { error: "invalid_grant" } };
      refresh = `refresh-${one.grants.length}`;
      one.valid = `access-${one.grants.length}`;
      return {
        json: { access_token: one.valid, refresh_token: refresh, expires_in: 7200, token_type: "Bearer" },
      };
    }
    return seen.headers.get("authorization") === `Bearer ${one.valid}`
      ? { json: { ok: true } }
      : { status: 401, json: { message: "token expired" } };
  });
  return one;
}

const settings = (server: DialectServer, more: object = {}) => ({
  auth: {
    type: "oauth2" as const,
    tokenUrl: `${server.url}/token`,
    clientId: "client",
    accessToken: "env:ACCESS",
    refreshToken: "env:REFRESH",
    ...more,
  },
});
const env = { ACCESS: "access-0", REFRESH: "refresh-0", SECRET: "client-secret" };

Deno.test("a 401 in mid-run renews the token once, and the new refresh token is kept before it is used", async () => {
  const vault = new Map<string, string>();
  let keptBeforeUse: boolean | undefined;
  const one = issuer();
  await using _server = one.server;
  await using test = sourceContext(one.server, { settings: settings(one.server), env, vault });
  const { http } = test.context;
  await http.request({ url: "/x" });
  one.valid = "expired";
  const put = test.context.vault.put;
  Object.assign(test.context.vault, {
    put: async (name: string, value: string) => {
      keptBeforeUse = one.server.seen.filter((seen) =>
        seen.headers.get("authorization") === "Bearer access-1"
      ).length === 0;
      await put(name, value);
    },
  });
  assert.deepEqual((await http.request({ url: "/x" })).json(), { ok: true });
  assert.equal(keptBeforeUse, true);
  assert.equal(one.grants.length, 1);
  assert.deepEqual(one.grants[0], {
    grant_type: "refresh_token",
    refresh_token: "refresh-0",
    client_id: "client",
  });
  assert.match([...vault.values()].join(), /refresh-1/);
  assert.deepEqual({ made: http.used.made, retried: http.used.retried }, { made: 3, retried: 1 });
});

Deno.test("the next run goes on with the kept token, and a new grant by a person makes the kept one void", async () => {
  const vault = new Map<string, string>();
  const one = issuer();
  await using _server = one.server;
  one.valid = "expired";
  {
    await using first = sourceContext(one.server, { settings: settings(one.server), env, vault });
    await first.context.http.request({ url: "/x" });
  }
  await using second = sourceContext(one.server, { settings: settings(one.server), env, vault });
  await second.context.http.request({ url: "/x" });
  assert.equal(one.grants.length, 1);
  await using third = sourceContext(one.server, {
    settings: settings(one.server),
    env: { ...env, ACCESS: "access-new", REFRESH: "refresh-new" },
    vault,
  });
  one.valid = "access-new";
  await third.context.http.request({ url: "/x" });
  assert.equal(one.grants.length, 1);
});

Deno.test("many streams that meet the 401 at once renew together", async () => {
  const one = issuer();
  await using _server = one.server;
  one.valid = "expired";
  const clock = leapingClock();
  const pool = httpPool({ clock, random: () => 1 });
  const vault = new Map<string, string>();
  const tests = Array.from(
    { length: 6 },
    () => sourceContext(one.server, { settings: settings(one.server), env, vault, pool, clock }),
  );
  const replies = await Promise.all(tests.map((test) => test.context.http.request({ url: "/x" })));
  assert.ok(replies.every((reply) => reply.status === 200));
  assert.equal(one.grants.length, 1);
  pool.close();
});

Deno.test("a refresh token that another process used first is no failure: its successor is in the vault", async () => {
  const vault = new Map<string, string>();
  const one = issuer();
  await using _server = one.server;
  one.valid = "expired";
  await using mine = sourceContext(one.server, { settings: settings(one.server), env, vault });
  await using theirs = sourceContext(one.server, { settings: settings(one.server), env, vault });
  await Promise.all([
    mine.context.http.request({ url: "/x" }),
    theirs.context.http.request({ url: "/x" }),
  ]);
  assert.ok(one.grants.length <= 2);
});

Deno.test("a grant that is refused ends in `auth`, after one try, without the tokens in its words", async () => {
  const one = issuer();
  await using _server = one.server;
  one.valid = "expired";
  await using test = sourceContext(one.server, {
    settings: settings(one.server),
    env: { ...env, REFRESH: "refresh-stale" },
  });
  const failure = await test.context.http.request({ url: "/x" }).then(() => null, (error) => error);
  assert.ok(failure instanceof DataFailure);
  assert.equal(failure.kind, "auth");
  assert.doesNotMatch(failure.message, /refresh-stale|access-0/);
  assert.equal(one.grants.length, 1);
});

Deno.test("an API that answers 401 to a fresh token too is asked twice, not forever", async () => {
  const one = issuer((self) => setTimeout(() => self.valid = "never", 0));
  await using server = dialectServer((seen) =>
    seen.path === "/token" ? { json: { access_token: "fresh", expires_in: 3600 } } : { status: 401 }
  );
  await one.server.close();
  await using test = sourceContext(server, { settings: settings(server), env });
  const failure = await test.context.http.request({ url: "/x" }).then(() => null, (error) => error);
  assert.equal((failure as DataFailure).kind, "auth");
  assert.equal(server.seen.filter((seen) => seen.path === "/x").length, 2);
});

Deno.test("client credentials are granted at first use, and again before they end", async () => {
  const one = issuer();
  await using _server = one.server;
  const clock = leapingClock();
  await using test = sourceContext(one.server, {
    settings: {
      auth: {
        type: "oauth2",
        tokenUrl: `${one.server.url}/token`,
        clientId: "client",
        clientSecret: "env:SECRET",
        scope: "read",
      },
    },
    env,
    clock,
  });
  const { http } = test.context;
  await http.request({ url: "/x" });
  await http.request({ url: "/x" });
  assert.deepEqual(one.grants, [
    { grant_type: "client_credentials", client_id: "client", client_secret: "client-secret", scope: "read" },
  ]);
  clock.advance(7200_000 - 30_000);
  // The grant of this server rotates: what it gave first is what is sent.
  await http.request({ url: "/x" });
  assert.equal(one.grants.length, 2);
  assert.equal(http.used.retried, 0);
});

Deno.test("a token URL that is not able to answer is tried again; one that answers nonsense is a contract failure", async () => {
  let n = 0;
  await using server = dialectServer((seen) =>
    seen.path !== "/token" ? { json: 1 } : ++n < 3 ? { status: 503 } : { json: { access_token: "fresh" } }
  );
  const auth = {
    type: "oauth2" as const,
    tokenUrl: `${server.url}/token`,
    clientId: "c",
    clientSecret: "env:SECRET",
  };
  await using test = sourceContext(server, { settings: { auth }, env });
  assert.equal((await test.context.http.request({ url: "/x" })).status, 200);
  assert.equal(n, 3);
  server.answer(() => ({ body: "<html>" }));
  await using other = sourceContext(server, { settings: { auth: { ...auth, clientId: "d" } }, env });
  const failure = await other.context.http.request({ url: "/x" }).then(() => null, (error) => error);
  assert.equal((failure as DataFailure).kind, "contract");
});

Deno.test("the token URL is guarded as every other address", async () => {
  const auth = {
    type: "oauth2" as const,
    tokenUrl: "http://169.254.169.254/token",
    clientId: "c",
    clientSecret: "env:SECRET",
  };
  await using test = sourceContext({ url: "http://127.0.0.1:9" }, { settings: { auth }, env });
  const failure = await test.context.http.request({ url: "/x" }).then(() => null, (error) => error);
  assert.equal((failure as DataFailure).kind, "refused");
});
