import assert from "node:assert/strict";
import fc from "fast-check";
import type { Json } from "../../specs/mod.ts";
import { DataFailure } from "../data/port.ts";
import { redaction } from "../net/redaction.ts";
import { failureOf } from "./postgres_failure.ts";
import { targetOf } from "./postgres_target.ts";
import {
  copyField,
  literal,
  nameRefusal,
  type Physical,
  readerOf,
  rowRefusal,
  wider,
  written,
} from "./postgres_values.ts";

const settings = { type: "postgres", url: "env:PG_URL" } as const;
const target = (url: string) => targetOf(settings, () => url, "/etc/forge");

/** The type that a value ends in when its column begins narrow, and the text that is sent. */
function landed(value: Json, physical: Physical): [Physical, string] {
  const found = written(value, physical);
  return "text" in found ? [physical, found.text] : landed(value, wider(physical, found.needs));
}

Deno.test("a value that its column cannot hold exactly asks for a wider one, and never goes through a double", () => {
  assert.deepEqual(landed(5, "bigint"), ["bigint", "5"]);
  assert.deepEqual(landed("9007199254740993", "bigint"), ["bigint", "9007199254740993"]);
  assert.deepEqual(landed("9223372036854775807", "bigint"), ["bigint", "9223372036854775807"]);
  assert.deepEqual(landed("9223372036854775808", "bigint"), ["numeric", "9223372036854775808"]);
  assert.deepEqual(landed("-9223372036854775809", "bigint"), ["numeric", "-9223372036854775809"]);
  assert.deepEqual(landed(1.5, "bigint"), ["numeric", "1.5"]);
  assert.deepEqual(landed("n/a", "bigint"), ["text", "n/a"]);
  assert.deepEqual(landed("12345678901234567890.10", "numeric"), ["numeric", "12345678901234567890.10"]);
  assert.deepEqual(landed("1e400", "numeric"), ["numeric", "1e400"]);
  assert.deepEqual(landed("9".repeat(6_000), "numeric")[0], "text");
  assert.deepEqual(landed("NaN", "numeric"), ["text", "NaN"]);
  assert.deepEqual(landed(true, "boolean"), ["boolean", "t"]);
  assert.deepEqual(landed("yes", "boolean"), ["text", "yes"]);
  assert.deepEqual(landed(1, "boolean"), ["text", "1"]);
  assert.deepEqual(landed({ a: ["x\u0000"] }, "text"), ["text", '{"a":["x\\u0000"]}']);
});

Deno.test("numbers come back as numbers where the double says the same, else as their digits", () => {
  const decimal = readerOf("decimal");
  assert.deepEqual(["0.1", "-5", "1000000000000000000000", "0.0000001"].map(decimal), [0.1, -5, 1e21, 1e-7]);
  assert.deepEqual(["1.10", "12345678901234567890.12", "n/a", ""].map(decimal), [
    ...["1.10", "12345678901234567890.12", "n/a", ""],
  ]);
  const integer = readerOf("integer");
  assert.deepEqual(["7", "-9007199254740991", "0"].map(integer), [7, -9007199254740991, 0]);
  assert.deepEqual(["9007199254740993", "007", "1.0"].map(integer), ["9007199254740993", "007", "1.0"]);
  assert.deepEqual(readerOf("json")('{"a":1}'), { a: 1 });
  assert.deepEqual(readerOf("json")("plain"), "plain");
});

Deno.test("every double comes back as it was", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    const found = written(value, "numeric");
    assert.ok("text" in found);
    // As the server shows a numeric: digits alone.
    const shown = digits(found.text);
    assert.equal(readerOf("decimal")(shown), value === 0 ? 0 : value);
  }));
});

/** A number's text without an exponent. */
function digits(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  const all = whole + fraction;
  const point = whole.length + Number(exponent);
  const padded = point <= 0 ? "0".repeat(1 - point) + all : all.padEnd(point, "0");
  const at = Math.max(point, 1);
  return `${sign}${padded.slice(0, at)}${padded.length > at ? `.${padded.slice(at)}` : ""}`;
}

Deno.test("a field of COPY and a literal hold any text", () => {
  assert.equal(copyField("a\tb\nc\\d\re"), "a\\tb\\nc\\\\d\\re");
  assert.equal(copyField("\\N"), "\\\\N");
  assert.equal(literal("it's"), "'it''s'");
  assert.equal(literal("back\\slash'"), " E'back\\\\slash'''");
});

Deno.test("a text with U+0000 is refused with its column and its place", () => {
  assert.equal(rowRefusal({ a: "x", b: { c: "\u0000" } }), null);
  assert.match(rowRefusal({ a: "x", b: "ab\u0000" })?.reason ?? "", /^b holds the character U\+0000 at 2/);
});

Deno.test("names that the server would cut, or that are its own, are refused", () => {
  const column = (name: string) => nameRefusal("t", { [name]: { type: "string", nullable: true } })?.reason;
  assert.equal(column("a".repeat(63)), undefined);
  assert.match(column("a".repeat(64)) ?? "", /has 64 bytes, and PostgreSQL keeps 63/);
  assert.match(column("ä".repeat(32)) ?? "", /has 64 bytes/);
  assert.match(column("ctid") ?? "", /reserved/);
  assert.match(column("_forge_origin") ?? "", /reserved/);
  assert.match(column("") ?? "", /no name/);
  assert.equal(column('"; DROP TABLE t; --'), undefined);
  assert.match(nameRefusal("_forge_state", {})?.reason ?? "", /reserved/);
});

Deno.test("a database URL is read part by part, and shown without user and password", () => {
  const found = target("postgresql://me%40x:p%3Ass%2F@DB.example.com:6543/shop%20a?sslmode=require");
  assert.deepEqual([found.host, found.port, found.database, found.user, found.password, found.tls], [
    ...["db.example.com", 6543, "shop a", "me@x", "p:ss/", "require"],
  ]);
  assert.equal(found.shown, "postgres://db.example.com:6543/shop%20a");
  assert.equal(target("postgres://u@h").database, "u");
  assert.equal(target("postgres://u@[::1]/d").host, "::1");
  assert.equal(target("postgres://u@0x7f.1/d").host, "127.0.0.1");
  assert.equal(target("postgres://u@2130706433/d").host, "127.0.0.1");
  assert.equal(target("postgres:///d?host=/run/postgresql&user=u&sslmode=disable").host, "/run/postgresql");
  assert.equal(target("postgres://u@%2Frun%2Fpostgresql/d").host, "/run/postgresql");
  const parts = targetOf(
    { type: "postgres", host: "db", database: "d", user: "u", password: "env:PW", caFile: "ca.pem" },
    (name) => name === "env:PW" ? "secret" : "",
    "/etc/forge",
  );
  assert.deepEqual([parts.password, parts.port, parts.caFile], ["secret", 5432, "/etc/forge/ca.pem"]);
});

Deno.test("a URL that cannot be used is refused without a word of it", () => {
  for (
    const url of [
      "hunter2secret",
      "mysql://u:hunter2secret@h/d",
      "postgres://u:hunter2secret%@h/d",
      "postgres://u:hunter2secret@/d",
      "postgres://:hunter2secret@h/d",
      "postgres://u:hunter2secret@h/d?sslmode=hunter2secret",
      "postgres://u:p@h/d?HUNTER2SECRET=1",
      "postgres://u:p@h/d?options=hunter2secret",
    ]
  ) {
    assert.throws(() => target(url), (error) => {
      assert.ok(error instanceof DataFailure && error.kind === "invalid", String(error));
      assert.doesNotMatch(`${error.message} ${error.remedy} ${error.stack}`, /hunter2secret/i);
      return true;
    });
  }
});

Deno.test("codes of the server become kinds of failure; the detail with its row is left out", () => {
  const told = (code: string) => {
    const error = Object.assign(new Error("no"), { name: "PostgresError", code, detail: "Key (id)=(77)" });
    const failure = failureOf(error, "postgres://h/d");
    assert.ok(failure instanceof DataFailure);
    assert.doesNotMatch(failure.message, /77/);
    return failure.kind;
  };
  assert.deepEqual(
    ["28P01", "42501", "3D000", "53100", "53300", "40P01", "55P03", "57P01", "23505", "XX000"].map(told),
    [
      ...[
        "auth",
        "auth",
        "not-found",
        "conflict",
        "transient",
        "conflict",
        "conflict",
        "transient",
        "contract",
      ],
      "permanent",
    ],
  );
  const hidden = redaction();
  hidden.add("pass-phrase-of-the-lake");
  const long = Object.assign(new Error(`${"x".repeat(990)} pass-phrase-of-the-lake`), {
    name: "PostgresError",
    code: "22P02",
  });
  assert.doesNotMatch(String(failureOf(long, "postgres://h/d", hidden.hide)), /pass-phr/);
  const bug = new TypeError("a bug");
  assert.equal(failureOf(bug, "x"), bug);
});
