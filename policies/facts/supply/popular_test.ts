import assert from "node:assert/strict";
import type { Ecosystem } from "../../../specs/mod.ts";
import { distance, lookalike } from "./popular.ts";

const LOOKS: [ecosystem: Ecosystem, name: string, like: string | null][] = [
  ["npm", "lodahs", "lodash"],
  ["npm", "expresss", "express"],
  ["npm", "crossenv", "cross-env"],
  ["npm", "parser-body", "body-parser"],
  ["npm", "react-router-don", "react-router-dom"],
  ["pypi", "reqeusts", "requests"],
  ["pypi", "request", "requests"],
  ["pypi", "djanga", "django"],
  ["cargo", "serd_json", "serde_json"],
  ["go", "github.com/siruspen/logrus", "github.com/sirupsen/logrus"],
  ["go", "github.com/boltdb-go/bolt", "github.com/boltdb/bolt"],
  ["go", "github.com/gorilla-official/mux", "github.com/gorilla/mux"],
  ["maven", "org.slf4j:slf4j-apl", "org.slf4j:slf4j-api"],
  // Well known, or far enough from what is.
  ["npm", "preact", null],
  ["npm", "lodash", null],
  ["npm", "@types/lodash", null],
  ["npm", "my-company-forms", null],
  ["npm", "koa", null],
  ["pypi", "pydantic-settings", null],
  ["pypi", "psycopg2-binary", null],
  ["cargo", "serde-json", null],
  ["go", "github.com/jackc/pgx/v5", null],
  ["go", "github.com/boltdb/bolt", null],
  ["go", "github.com/someone/bolt", null],
  ["go", "github.com/boltdb-go/tools", null],
  // The owner of the one is the owner of the other.
  ["go", "golang.org/x/exp", null],
  ["npm", "@eslint/js", null],
  ["npm", "safer-buffer", null],
  ["npm", "object.assign", null],
];

for (const [ecosystem, name, like] of LOOKS) {
  Deno.test(`${name} of ${ecosystem} ${like === null ? "looks like nothing else" : `looks like ${like}`}`, () => {
    assert.equal(lookalike(ecosystem, name), like);
  });
}

Deno.test("the distance counts a swap of neighbours as one, and stops at the limit", () => {
  assert.deepEqual(
    [distance("abcd", "abdc", 2), distance("abc", "abc", 1), distance("abcdef", "uvwxyz", 2)],
    [1, 0, 3],
  );
});
