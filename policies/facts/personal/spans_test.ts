import assert from "node:assert/strict";
import fc from "fast-check";
import { personalMarker, unmarked } from "./marks.ts";
import { personalSpans } from "./spans.ts";

const key = new Uint8Array(32).fill(7);
const found = (text: string) =>
  personalSpans(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);

Deno.test("personal data is found by its form and its check digits", () => {
  for (
    const [text, ...expected] of [
      ["ask jane.o'neill+x@mail.example.co.uk, please", "email jane.o'neill+x@mail.example.co.uk"],
      ["jörg@münchen.de.", "email jörg@münchen.de"],
      ["<a@b.io>;c@d.org", "email a@b.io", "email c@d.org"],
      ["+49 30 901820-0", "phone +49 30 901820-0"],
      ["call +1 (415) 555-2671 now", "phone +1 (415) 555-2671"],
      ["(415) 555-2671", "phone (415) 555-2671"],
      ["Tel.: 030 1234567", "phone 030 1234567"],
      [
        "IBAN DE89 3704 0044 0532 0130 00 or GB82WEST12345698765432",
        "iban DE89 3704 0044 0532 0130 00",
        "iban GB82WEST12345698765432",
      ],
      ["4111 1111 1111 1111", "card 4111 1111 1111 1111"],
      ["378282246310005", "card 378282246310005"],
      ["SSN 536-90-4399", "national-id 536-90-4399"],
      ["social security number: 536904399", "national-id 536904399"],
      ["NINO AB 12 34 56 C", "national-id AB 12 34 56 C"],
      ["DNI 12345678Z", "national-id 12345678Z"],
      ["NIE X1234567L", "national-id X1234567L"],
      ["RSSMRA85T10A562S", "national-id RSSMRA85T10A562S"],
      ["1 84 12 76 451 089 46", "national-id 1 84 12 76 451 089 46"],
      ["Steuer-ID: 86095742719", "national-id 86095742719"],
      ["86 095 742 719", "national-id 86 095 742 719"],
      ["BSN 111222333", "national-id 111222333"],
      ["PESEL 44051401359", "national-id 44051401359"],
      ["529.982.247-25", "national-id 529.982.247-25"],
      ["131052-308T", "national-id 131052-308T"],
      ["811218-9876", "national-id 811218-9876"],
      ["11010519491231002X", "national-id 11010519491231002X"],
      ["756.9217.0769.85", "national-id 756.9217.0769.85"],
      ["85.07.30-033.28", "national-id 85.07.30-033.28"],
      ["2341 2341 2346", "national-id 2341 2341 2346"],
    ]
  ) assert.deepEqual(found(text ?? ""), expected, text);
});

Deno.test("what only looks like it is left alone: versions, dates, digests, ids, numbers without their check digit", () => {
  for (
    const text of [
      "git@github.com:acme/tools.git",
      "npm:zod@4.1.0 and @std/assert@1.0.0",
      "2026-11-23T17:42:20.123Z, 2026-11-23 17:42:20, 20261123174220",
      "sha256:9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "run_01m84s3fm902h2tywr8pmv8raz/pull-request #1234567890",
      "4111 1111 1111 1112",
      "GB83WEST12345698765432",
      "DNI 12345678A",
      "10.0.0.1:8080, 192.168.100.200, v1.2.3-45, +34 -2",
      "lines 1000000000 to 2000000000, 3.14159265358979",
      "123-45-67, 000-12-3456, 666-12-3456",
      "550e8400-e29b-41d4-a716-446655440000",
      "16 passed, 0 failed, 0 skipped, 1.1 s",
    ]
  ) assert.deepEqual(found(text), [], text);
});

Deno.test("marks are keyed: the same value gives the same one, another installation another one, and they hold nothing to find", () => {
  const text = "jane@acme.example wrote to 4111111111111111, jane@acme.example answered";
  const values = new Map<string, string>();
  const marked = personalMarker(key, (mark, value) => void values.set(mark, value))(text);
  const [first, , again] = marked.match(/\[personal:[^\]]+\]/g) ?? [];
  assert.equal(first, again);
  assert.match(marked, /^\[personal:email:[a-p]{32}\] wrote to \[personal:card:[a-p]{32}\], /);
  assert.deepEqual(personalSpans(marked), []);
  assert.notEqual(personalMarker(new Uint8Array(32))(text), marked);
  assert.equal(unmarked(marked, values), text);
  assert.equal(unmarked(marked, new Map()), marked);
});

Deno.test("whatever a text is, marking it twice changes nothing, and every value can be put back", () => {
  const part = fc.constantFrom(
    "a@b.io",
    "4111111111111111",
    "+49 30 901820",
    "[personal:email:",
    "]",
    " ",
    "\n",
    '"',
    "x",
    "7",
    "@",
    ".",
    "DE89370400440532013000",
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
    const text = parts.join("");
    const values = new Map<string, string>();
    const mark = personalMarker(key, (name, value) => void values.set(name, value));
    const once = mark(text);
    assert.equal(unmarked(once, values), text);
    assert.equal(personalMarker(key)(once), once);
  }));
});

Deno.test("a long text of what almost is personal data takes linear time", () => {
  const seconds = ["a@", "a.", "+1 ", "4111 ", "1-", "DE12 ", "tel "].map((part) => {
    const text = part.repeat(Math.ceil(400_000 / part.length));
    const from = performance.now();
    personalSpans(text);
    return (performance.now() - from) / 1000;
  });
  assert.ok(Math.max(...seconds) < 20, `${seconds}`);
});
