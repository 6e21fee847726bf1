import assert from "node:assert/strict";
import fc from "fast-check";
import { ModelTrouble } from "../../specs/code/mod.ts";
import { troubleOf } from "./classify.ts";
import { complaintOf } from "./envelope.ts";
import { quotes } from "./quoted.ts";
import { retryAfterMs } from "./retry_after.ts";
import { CallTrouble, failureOf } from "./trouble.ts";

Deno.test("a limit of money is told from a limit of speed", () => {
  const trouble = (message: string, waits = false, type = "error_type") =>
    troubleOf(429, complaintOf({ error: { message, type } }), waits);
  assert.equal(trouble("Rate limit reached for requests"), "rate");
  assert.equal(
    trouble("You exceeded your current quota, please check your plan and billing details"),
    "quota",
  );
  assert.equal(
    trouble("You exceeded your current quota, please check your plan and billing details", true),
    "rate",
    "a limit that ends by itself",
  );
  assert.equal(
    trouble("whatever", true, "insufficient_quota"),
    "quota",
    "the code counts for more than a wait",
  );
  assert.equal(trouble("Your workspace has reached its spend limit"), "quota");
  assert.equal(
    troubleOf(
      403,
      complaintOf({
        type: "error",
        error: {
          type: "permission_error",
          message: "no",
          details: { error_code: "enforced_spend_limit_reached" },
        },
      }),
      false,
    ),
    "quota",
  );
  assert.equal(
    troubleOf(
      400,
      complaintOf({ error: { message: "Your credit balance is too low", type: "invalid_request_error" } }),
      false,
    ),
    "quota",
  );
});

Deno.test("whatever is answered has a trouble, and every trouble a failure with a remedy", () => {
  fc.assert(
    fc.property(
      fc.option(fc.integer({ min: 100, max: 999 }), { nil: undefined }),
      fc.jsonValue(),
      fc.boolean(),
      (status, body, waits) => {
        assert.ok(ModelTrouble.safeParse(troubleOf(status, complaintOf(body), waits)).success);
      },
    ),
  );
  for (const trouble of ModelTrouble.options) {
    const failure = failureOf(trouble, "x".repeat(10_000));
    assert.equal(failure.message.length, 8000);
    assert.ok((failure.remedy ?? "").length > 10);
  }
  assert.equal(new CallTrouble("rate", "why").message, "why");
});

Deno.test("names of the language are no codes", () => {
  for (const code of ["constructor", "__proto__", "toString"]) {
    assert.equal(troubleOf(500, complaintOf({ error: { message: "x", code } }), false), "server");
  }
});

Deno.test("waits are read in all their forms, and nonsense is no wait", () => {
  const at = Date.parse("2026-11-23T10:00:00Z");
  const wait = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), at);
  assert.equal(wait({ "retry-after": "30" }), 30_000);
  assert.equal(wait({ "retry-after": "0.5" }), 500);
  assert.equal(wait({ "retry-after": "Mon, 23 Nov 2026 10:01:00 GMT" }), 60_000);
  assert.equal(wait({ "retry-after": "Mon, 23 Nov 2026 09:00:00 GMT" }), 0);
  assert.equal(wait({ "retry-after-ms": "1500", "retry-after": "9" }), 1500);
  assert.equal(wait({ "retry-after": "99999999999" }), 7 * 24 * 3_600_000);
  for (const text of ["", "-1", "soon", "NaN", "1e9", "2026"]) {
    const told = wait({ "retry-after": text });
    assert.equal(told, text === "2026" ? 2_026_000 : undefined, text);
  }
});

Deno.test("no piece of eight characters of a key is ever quoted", () => {
  const key = "sk-Zq8vT1mXw4Rk9LpB3nHc";
  const shown = quotes([key]);
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 0, max: 14 }),
      fc.integer({ min: 8, max: 23 }),
      fc.string(),
      fc.boolean(),
      (before, from, length, after, upper) => {
        const piece = key.slice(from, from + length);
        const said = shown.quote(`${before} ${upper ? piece.toUpperCase() : piece} ${after}`, 10_000);
        for (let at = 0; at + 8 <= key.length; at++) {
          assert.ok(!said.toLowerCase().includes(key.slice(at, at + 8).toLowerCase()), said);
        }
      },
    ),
  );
});

Deno.test("what is quoted is one line without control characters, and not long", () => {
  const shown = quotes([]);
  assert.equal(shown.quote("a\u001b[31mb\r\nc\u202ed"), "a [31mb c d");
  assert.equal(shown.quote("x".repeat(1000)).length, 301);
  assert.equal(
    shown.quote("Incorrect API key provided: sk-proj-ab**********wxyz."),
    "Incorrect API key provided: ***",
  );
});

Deno.test("values are given back without the key, also where hiding it breaks their text", () => {
  const key = "abcd1234\\";
  const shown = quotes([key]);
  const value = { a: [`x${key}y`], b: 1, c: null };
  assert.ok(!JSON.stringify(shown.clean(value)).includes("abcd1234"));
  assert.deepEqual(shown.clean({ a: 1 }), { a: 1 });
});
