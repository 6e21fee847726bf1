/** A list of planted secrets, sent back by a server in every way that it can, is nowhere in what runs leave behind or print. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Answer, dialectServer, type Seen } from "../../../connectors/testing/mod.ts";
import { dispatch } from "../../cli/dispatch.ts";
import { recorder } from "../recorder.ts";
import { assertNone, formsOf, inText, search } from "./planted.ts";
import { pipelineOf, pointing, room } from "./room.ts";

/** With what percent-encoding, JSON and base 64 each write in another way. */
const SECRETS = {
  TOKEN: 'pl4nted-"be4rer"+/=&~7d1c',
  BASIC: "pl4nted-b4sic+/=&?>9e2a",
  KEY: 'pl4nted-\\h34der"key/0b77',
  QUERY: "pl4nted-qu3ry+key/==&55ac",
  COOKIE: "sid=pl4nted-c00kie/+7f7f",
  ACCESS: "pl4nted-4ccess+/=0-c1d2",
  REFRESH: "pl4nted-r3fresh+/=0-e3f4",
  CLIENT: "pl4nted-cl1ent-s3cret+/=&a9",
};
type Name = keyof typeof SECRETS;

/** Where a server puts what it was sent: beside the rows and in one that is set aside, in rows that pass, or in an error. */
type Mode = "around" | "rows" | "error";

function echoing(known: () => string[], mode: () => Mode) {
  return (seen: Seen): Answer => {
    const sent = [...seen.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const forms = known().flatMap(formsOf);
    const first = known()[0] ?? "";
    const tag = encodeURIComponent(first);
    const headers = { etag: `"${tag}"`, "x-request-token": tag, "set-cookie": `session=${tag}; HttpOnly` };
    const isFirst = seen.query.get("page") === null;
    if (mode() === "error" && !isFirst) {
      const body = `<html><h1>Bad request</h1>${seen.target}<pre>${sent}</pre>${forms.join(" ")}</html>`;
      return { status: 400, headers, body };
    }
    const id = isFirst ? 1 : 1001;
    const echo = { sent, target: seen.target, deep: { forms, [`col ${first}`]: 1 }, [`top ${first}`]: first };
    const rows = [
      { id, name: "plain" },
      { id: id + 1, name: null, ...echo },
      ...(mode() === "rows"
        ? [{ id: id + 2, name: "plain", ...echo }, ...forms.map((name, n) => ({ id: id + 3 + n, name }))]
        : []),
    ];
    const next = isFirst ? `${seen.path}?page=2&api_key=${tag}&session=${tag}` : null;
    return { json: { items: rows, next, debug: { sent, forms } }, headers };
  };
}

const pipeline = (id: string, more: Record<string, unknown> = {}) =>
  pipelineOf(id, {
    connector: "http",
    params: { path: "/items", records: "items", pagination: { type: "next-url", path: "next" } },
    key: ["id"],
    more: {
      quality: [
        { rule: "required", columns: ["name"], severity: "quarantine" },
        { rule: "regex", column: "name", pattern: "^p", severity: "warn" },
      ],
      ...more,
    },
  });

const WAYS: readonly { name: string; secrets: readonly Name[]; settings: (url: string) => string }[] = [
  { name: "bearer", secrets: ["TOKEN"], settings: () => 'auth: { type: bearer, token: "env:TOKEN" }' },
  {
    name: "basic",
    secrets: ["BASIC"],
    settings: () => 'auth: { type: basic, email: "bot@acme.example", token: "env:BASIC" }',
  },
  {
    name: "header",
    secrets: ["KEY"],
    settings: () => 'auth: { type: header, name: X-Key, value: "env:KEY" }',
  },
  {
    name: "query",
    secrets: ["QUERY"],
    settings: () => 'auth: { type: query, name: api_key, value: "env:QUERY" }',
  },
  { name: "cookie", secrets: ["COOKIE"], settings: () => 'headers: { Cookie: "env:COOKIE" }' },
  {
    name: "oauth2",
    secrets: ["ACCESS", "REFRESH", "CLIENT"],
    settings: (url) =>
      `auth: { type: oauth2, tokenUrl: "${url}/token", clientId: c, clientSecret: "env:CLIENT", accessToken: "env:ACCESS", refreshToken: "env:REFRESH" }`,
  },
];

for (const way of WAYS) {
  Deno.test(`secrets: ${way.name} credentials that the server sends back are in no row, page, error, event or evidence`, async () => {
    const planted: Record<string, string> = Object.fromEntries(
      way.secrets.map((name) => [name, SECRETS[name]]),
    );
    const env = { ...planted };
    if (way.name === "basic") planted.PAIR = `bot@acme.example:${SECRETS.BASIC}`;
    let mode: Mode = "around";
    const answer = echoing(() => Object.values(planted), () => mode);
    await using server = dialectServer((seen) => {
      if (seen.path !== "/token") {
        const isOld = seen.headers.get("authorization") === `Bearer ${SECRETS.ACCESS}`;
        return isOld ? { status: 401, body: JSON.stringify([...seen.headers]) } : answer(seen);
      }
      planted.GRANTED = "pl4nted-gr4nted+/=0-0a0b";
      planted.ROTATED = "pl4nted-r0tated+/=0-0c0d";
      return {
        json: { access_token: planted.GRANTED, refresh_token: planted.ROTATED, expires_in: 7200 },
      };
    });
    await using at = await room({ env, kept: true });
    const environment = pointing("http", server, way.settings(server.url));
    const texts: string[] = [];
    // Each run of the process has to know them, also those that came after the first.
    const wanted = [["around", "completed"], ["rows", "denied"], ["error", "failed"], [
      "around",
      "completed",
    ]] as const;
    for (const [next, status] of wanted) {
      mode = next;
      const outcome = await at.run(pipeline(`plant-${way.name}`), environment);
      assert.equal(outcome.document.status, status, JSON.stringify(outcome.document));
      assert.ok(outcome.stream().quarantined > 0);
      if (status === "denied") {
        assert.equal(outcome.document.denials[0]?.rule, "core/D-SECRET");
        assert.match(
          outcome.document.denials.map(({ message }) => message).join(),
          /column (sent|name|deep)/,
        );
      }
      texts.push(JSON.stringify(outcome.document));
    }
    const sent = server.seen.some(({ headers, target }) =>
      inText("", `${[...headers].join("\n")}${target}`, planted).length > 0
    );
    assert.ok(sent, "the credential was not sent at all");
    if (way.name === "oauth2") assert.ok(planted.ROTATED !== undefined, "no token was granted");
    assertNone(texts.flatMap((text, n) => inText(`document ${n + 1}`, text, planted)));
    assertNone(inText("quarantine", JSON.stringify(await at.quarantine()), planted));
    // The vault is where a rotated token has to be: 0600, and nothing else of the installation reads it.
    const vault = join(at.data, "foundry", "vault");
    assertNone(await search(at.dir, planted, (path) => path === vault));
  });
}

Deno.test("secrets: what the command line prints, logs and keeps holds none of them, in a good run and in one that fails", async () => {
  const dir = await Deno.makeTempDir({ prefix: "planted-" });
  const planted = { EDGE_PLANTED: SECRETS.TOKEN };
  let mode: Mode = "around";
  await using server = dialectServer(echoing(() => Object.values(planted), () => mode));
  Deno.env.set("EDGE_PLANTED", planted.EDGE_PLANTED);
  const errors: string[] = [];
  const { error } = console;
  console.error = (...given: unknown[]) => void errors.push(given.join(" "));
  try {
    const auth = 'auth: { type: bearer, token: "env:EDGE_PLANTED" }';
    const sinks = `sinks:
  warehouse: { type: sqlite, path: warehouse.db }
  lines: { type: jsonl, path: lines }
  sheets: { type: csv, path: sheets }
  columns: { type: parquet, path: columns }
`;
    await Deno.writeTextFile(join(dir, "env.yaml"), pointing("http", server, auth) + sinks);
    const forge = async (...args: string[]) => {
      const io = recorder(dir);
      const exit = await dispatch([...args, "--data", join(dir, "data")], io);
      return { exit, text: io.stdout + io.stderr };
    };
    const printed: string[] = [];
    for (
      const [sink, next] of [["warehouse", "around"], ["lines", "rows"], ["sheets", "error"], [
        "columns",
        "around",
      ]] as const
    ) {
      mode = next;
      const more = { write: { disposition: "merge", sink, table: "items" } };
      await Deno.writeTextFile(join(dir, "p.yaml"), pipeline(`doors-${sink}`, more));
      for (const format of [[], ["--json"]]) {
        const { exit, text } = await forge("etl", "run", "p.yaml", "--env", "env.yaml", ...format);
        assert.equal(exit, next === "around" ? 0 : 1, text);
        printed.push(text);
      }
    }
    for (
      const args of [
        ["etl", "list", "--json"],
        ["etl", "state", "doors-warehouse", "--json"],
        ["etl", "quarantine", "list", "--json"],
        ["etl", "export", "items"],
        ["etl", "export", "items", "--format", "csv"],
        ["workflow", "list", "--json"],
        ["evidence", "list", "--json"],
      ]
    ) {
      printed.push((await forge(...args)).text);
    }
    const run = /run_[0-9a-z]+/.exec(printed[0] ?? "")?.[0] ?? "";
    printed.push((await forge("policy", "explain", run, "--json")).text);
    printed.push((await forge("workflow", "events", run, "--json")).text);
    assert.ok(printed.every((text) => text.length > 0));
    assertNone([...printed, ...errors].flatMap((text, n) => inText(`output ${n + 1}`, text, planted)));
    assertNone(await search(dir, planted));
  } finally {
    console.error = error;
    Deno.env.delete("EDGE_PLANTED");
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("secrets: the search finds each form where it stands", async () => {
  const dir = await Deno.makeTempDir({ prefix: "planted-" });
  try {
    for (const [n, form] of formsOf(SECRETS.TOKEN).entries()) {
      await Deno.writeTextFile(join(dir, `${n}`), `x${form}y`);
    }
    const wide = new Uint8Array(Array.from(SECRETS.KEY, (char) => [char.charCodeAt(0), 0]).flat());
    await Deno.writeFile(join(dir, "wide"), wide);
    const found = await search(dir, SECRETS);
    assert.equal(
      new Set(found.filter(({ secret }) => secret === "TOKEN").map(({ form }) => form)).size,
      formsOf(SECRETS.TOKEN).length,
    );
    assert.ok(found.some(({ secret, file }) => secret === "KEY" && file.endsWith("(wide)")));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
