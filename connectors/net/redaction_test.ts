import assert from "node:assert/strict";
import fc from "fast-check";
import { redaction } from "./redaction.ts";

Deno.test("a secret is hidden as it is, percent-encoded, in JSON and in base 64", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 6, maxLength: 40, unit: "grapheme" }),
      fc.string(),
      (secret, around) => {
        const hidden = redaction();
        hidden.add(secret);
        fc.pre(secret.trim().length >= 6);
        const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(secret)));
        for (
          const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64]
        ) {
          // What is left over by chance around it is no leak.
          if (around.includes(form) || "***".includes(form)) continue;
          assert.equal(hidden.hide(`${around}|${form}|`).includes(`|${form}|`), false, form);
        }
      },
    ),
  );
});

Deno.test("a secret that was cut at the end of a text is hidden too", () => {
  const hidden = redaction();
  hidden.add("pl4nted-s3cret");
  assert.equal(hidden.hideCut("so far: pl4nted-s3"), "so far: ***");
  assert.equal(hidden.hideCut("so far: pl4"), "so far: pl4");
  assert.equal(hidden.hideCut("so far"), "so far");
});

Deno.test("URLs are shown without user info and without values of parameters that are credentials by their name", () => {
  const hidden = redaction();
  const shown = (url: string) => hidden.url(url);
  assert.equal(
    shown("https://u:pw@h.example/a?page=2&api_key=abc&access_token=d%20e&X-Amz-Signature=ff&sort=key#frag"),
    "https://h.example/a?page=2&api_key=***&access_token=***&X-Amz-Signature=***&sort=key",
  );
  assert.equal(
    shown("https://h.example/a?per_page=100&next_page_token_hint=3&q=a%20b"),
    "https://h.example/a?per_page=100&next_page_token_hint=3&q=a%20b",
  );
  assert.equal(shown("not a url"), "not a url");
  assert.equal(hidden.hide("see https://h/?token=abc&x=1"), "see https://h/?token=***&x=1");
});

Deno.test("a secret too short to protect anything does not blank out ordinary words", () => {
  const hidden = redaction();
  hidden.add("a");
  hidden.add("");
  hidden.add("the");
  assert.equal(hidden.hide("a cat on the mat"), "a cat on the mat");
});
