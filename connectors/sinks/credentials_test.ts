import assert from "node:assert/strict";
import { SinkSettings } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import { connectorCredentials, sinkCredentials } from "./credentials.ts";

const VALUES: Record<string, string> = {
  "env:PG": "postgres://load:p%40ss-phrase@db.example:5432/lake",
  "env:PG_PLAIN": "postgres://postgres:postgres@db.example/lake",
  "env:PASSWORD": "pass-phrase",
  "env:KEY": "AKIA-one",
  "env:SECRET": "secret-two",
  "env:TOKEN": "token-three",
};
const secret = (reference: string): string => {
  const value = VALUES[reference];
  if (value === undefined) throw new DataFailure("auth", `${reference} is not set`, "Set it");
  return value;
};
const of = (settings: Record<string, unknown>) => sinkCredentials(SinkSettings.parse(settings), secret);

Deno.test("a database's URL and the password within it are credentials, however it is written", () => {
  assert.deepEqual(of({ type: "postgres", url: "env:PG" }), [VALUES["env:PG"], "p@ss-phrase"]);
  assert.deepEqual(
    of({ type: "postgres", host: "db", database: "d", user: "u", password: "env:PASSWORD" }),
    ["pass-phrase"],
  );
  assert.deepEqual(of({ type: "postgres", url: "env:PG_PLAIN" }), [VALUES["env:PG_PLAIN"]]);
});

Deno.test("keys of a store, tokens and headers of an endpoint are credentials; what is not set and what is no reference is none", () => {
  assert.deepEqual(
    of({
      type: "s3",
      endpoint: "https://s3.example",
      bucket: "lake",
      accessKeyId: "env:KEY",
      secretAccessKey: "env:SECRET",
      sessionToken: "env:MISSING",
    }),
    ["AKIA-one", "secret-two"],
  );
  assert.deepEqual(
    of({
      type: "http",
      url: "https://h.example",
      auth: { type: "bearer", token: "env:TOKEN" },
      headers: { "x-key": "env:KEY", "x-plain": "plain" },
    }),
    ["token-three", "AKIA-one"],
  );
  assert.deepEqual(of({ type: "sqlite", path: "env.db" }), []);
  assert.deepEqual(
    connectorCredentials({
      auth: { type: "basic", email: "a@b.example", token: "env:TOKEN" },
      taps: { t: { command: ["t"], config: { key: "env:KEY" }, env: {}, catalog: "none" } },
    }, secret),
    ["token-three"],
  );
});
