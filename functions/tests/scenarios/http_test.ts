/** S22 and S23: the general HTTP connector, as whole runs; and every way to an address that must not be reached. */
import assert from "node:assert/strict";
import { dialectServer } from "../../../connectors/testing/mod.ts";
import { nothingPublished, pipelineOf, room } from "./room.ts";
import { pointing } from "./room.ts";

const items = (from: number, count: number) => Array.from({ length: count }, (_, n) => ({ id: from + n }));
const paged = (id: string, pagination: Record<string, unknown>) =>
  pipelineOf(id, {
    connector: "http",
    params: { path: "/items", records: "items", pagination },
    key: ["id"],
  });

Deno.test("S22: a short page in the middle is no end, unless the definition says that it is", async () => {
  const sizes = [100, 63, 100, 7, 0];
  for (
    const [shortPage, pages, rows] of [[false, 5, 270], [true, 2, 163]] as const
  ) {
    await using server = dialectServer((seen) => {
      const page = Number(seen.query.get("page"));
      const before = sizes.slice(0, page - 1).reduce((sum, size) => sum + size, 0);
      return { json: { items: items(before + 1, sizes[page - 1] ?? 0) } };
    });
    await using at = await room();
    const { exit, stream } = await at.run(
      paged("short", { type: "page", limitParam: "per_page", limit: 100, shortPage }),
      pointing("http", server),
    );
    assert.deepEqual([exit, stream().status, stream().written, stream().requests.made], [
      0,
      "complete",
      rows,
      pages,
    ]);
    assert.equal((await at.rows()).length, rows);
  }
});

/** Hosts as they can be written, each of which is a private, loopback or metadata address. */
const DISGUISES = [
  "127.0.0.1",
  "localhost",
  "2130706433",
  "0x7f000001",
  "0177.0.0.1",
  "127.1",
  "0.0.0.0",
  "169.254.169.254",
  "2852039166",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::ffff:169.254.169.254]",
  "[64:ff9b::7f00:1]",
  "[fd00:ec2::254]",
  "[fe80::1]",
  "10.0.0.1",
  "192.168.1.1",
  "172.16.0.1",
  "100.64.0.1",
  "localhost.",
  "１２７.０.０.１",
];

Deno.test("S23: an address of this machine or its network is refused in each way that it can be written", async () => {
  await using server = dialectServer(() => ({ json: { items: items(1, 1) } }));
  await using at = await room();
  const port = new URL(server.url).port;
  const one = (host: string, n: number) => ({
    id: `s${n}`,
    source: {
      connector: "http",
      resource: "items",
      params: { path: `http://${host}:${port}/items`, records: "items" },
    },
    write: { disposition: "append", table: `t${n}` },
  });
  const { document, exit } = await at.run(
    JSON.stringify({ id: "ssrf", concurrency: 4, streams: DISGUISES.map(one) }),
    "connectors: { http: {} }\n",
  );
  assert.deepEqual([document.status, exit], ["failed", 1]);
  for (const [n, stream] of document.streams.entries()) {
    assert.equal(stream.status, "failed", DISGUISES[n]);
    assert.match(stream.reason ?? "", /private|public internet|not allowed|loopback/, DISGUISES[n]);
    assert.equal(stream.read, 0);
  }
  assert.equal(server.seen.length, 0, "something was sent");
});

Deno.test("S23: a name that resolves to such an address is refused, also when it does so only the second time", async () => {
  for (
    const addresses of [["127.0.0.1"], ["169.254.169.254"], ["93.184.216.34", "10.0.0.7"], [
      "::ffff:127.0.0.1",
    ]]
  ) {
    await using server = dialectServer(() => ({ json: { items: items(1, 1) } }));
    await using at = await room({ pool: { resolve: () => Promise.resolve(addresses) } });
    const environment = `connectors: { http: { baseUrl: "http://api.acme.example:${
      new URL(server.url).port
    }" } }\n`;
    const { document, exit } = await at.run(paged("dns", { type: "none" }), environment);
    assert.deepEqual([document.status, exit], ["failed", 1], addresses.join());
    assert.equal(document.failure?.source, "user-environment");
    assert.equal(server.seen.length, 0);
    await nothingPublished(at, "dns");
  }
});

Deno.test("S23: a redirect or a next link that leads there is refused, and the credential stays here", async () => {
  await using victim = dialectServer(() => ({ json: { items: items(900, 1) } }));
  const targets = [
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://[::ffff:169.254.169.254]/",
    "http://2852039166/",
    "http://0x7f000001:1/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/x",
    "//169.254.169.254/x",
  ];
  await using at = await room({ env: { TOKEN: "token-of-the-test" } });
  for (const [n, target] of targets.entries()) {
    for (const way of ["redirect", "next"] as const) {
      await using server = dialectServer((seen) =>
        way === "redirect" && seen.n === 2
          ? { status: 302, headers: { location: target } }
          : { json: { items: items(seen.n, 1), next: way === "next" ? target : "/items?page=2" } }
      );
      const id = `lead-${n}-${way}`;
      const { document, exit, stream } = await at.run(
        paged(id, { type: "next-url", path: "next" }),
        pointing("http", server, 'auth: { type: bearer, token: "env:TOKEN" }'),
      );
      assert.deepEqual([document.status, exit, stream().status], ["failed", 1, "failed"], `${way} ${target}`);
      assert.ok(server.seen.length <= 3, `${server.seen.length} requests`);
      await nothingPublished(at, id);
    }
  }
  // Where private addresses are allowed, another port of the same address may be redirected to, and gets no credential.
  await using server = dialectServer(() => ({ status: 307, headers: { location: `${victim.url}/items` } }));
  await at.run(
    paged("lead", { type: "none" }),
    pointing("http", server, 'auth: { type: bearer, token: "env:TOKEN" }'),
  );
  assert.equal(server.seen[0]?.headers.get("authorization"), "Bearer token-of-the-test");
  assert.deepEqual(victim.seen.filter(({ headers }) => headers.has("authorization")), []);
});
