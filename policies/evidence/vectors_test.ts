import assert from "node:assert/strict";
import { fromBase64 } from "../../kernel/tlog/mod.ts";
import { pae } from "./dsse.ts";
import { derOfRaw, readEvidenceKey, verifySignature } from "./keys.ts";
import { testKeyProblem } from "./published_keys.ts";
import { canonicalBytesOf } from "./statement.ts";

const utf8 = new TextEncoder();
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A P-256 key by its coordinates in decimal, as PEM (SPKI). */
function pemOf(x: bigint, y: bigint): string {
  const hex = [x, y].map((number) => number.toString(16).padStart(64, "0")).join("");
  const spki = Uint8Array.fromHex(`3059301306072a8648ce3d020106082a8648ce3d03010703420004${hex}`);
  return `-----BEGIN PUBLIC KEY-----\n${spki.toBase64()}\n-----END PUBLIC KEY-----\n`;
}

Deno.test("the test vector of the DSSE protocol document: encoding, key and signature", async () => {
  const signed = pae("http://example.com/HelloWorld", utf8.encode("hello world"));
  assert.equal(text(signed), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  const key = await readEvidenceKey(pemOf(
    46950820868899156662930047687818585632848591499744589407958293238635476079160n,
    5640078356564379163099075877009565129882514886557779369047442380624545832820n,
  ));
  assert.ok(key);
  const raw = fromBase64(
    "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==",
  );
  assert.ok(raw && await verifySignature(key, derOfRaw(raw), signed));
  const other = pae("http://example.com/HelloWorld", utf8.encode("hello world!"));
  assert.ok(!await verifySignature(key, derOfRaw(raw), other));
  // Everybody has its private half.
  assert.match(testKeyProblem({ id: key.id }) ?? "", /published in the DSSE protocol document/);
});

Deno.test("the pre-authentication encoding counts bytes, not characters, and takes an empty type and body", () => {
  assert.equal(text(pae("", new Uint8Array())), "DSSEv1 0  0 ");
  assert.equal(text(pae("\u00e9", utf8.encode("\u20ac"))), "DSSEv1 2 \u00e9 3 \u20ac");
});

Deno.test("RFC 8785: the sample of section 3.2.2, and the order of section 3.2.3", () => {
  const sample = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  );
  assert.equal(
    text(canonicalBytesOf(sample)),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  const names = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  assert.deepEqual(Object.values(JSON.parse(text(canonicalBytesOf(names)))).length, 7);
  const order = [...text(canonicalBytesOf(names)).matchAll(/:"([^"]*)"/g)].map(([, value]) => value);
  assert.deepEqual(order, [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ]);
});

Deno.test("RFC 8785, appendix B: numbers by their bits", () => {
  const numbers: [string, string][] = [
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["ffefffffffffffff", "-1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["c340000000000000", "-9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef4f", "999999999999999900000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555553", "333333333.3333332"],
    ["41b3de4355555554", "333333333.33333325"],
    ["41b3de4355555555", "333333333.3333333"],
    ["41b3de4355555556", "333333333.3333334"],
    ["41b3de4355555557", "333333333.33333343"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ];
  for (const [bits, expected] of numbers) {
    const view = new DataView(Uint8Array.fromHex(bits).buffer);
    assert.equal(text(canonicalBytesOf(view.getFloat64(0))), expected, bits);
  }
  for (const bits of ["7fffffffffffffff", "7ff0000000000000"]) {
    const view = new DataView(Uint8Array.fromHex(bits).buffer);
    assert.throws(() => canonicalBytesOf(view.getFloat64(0)));
  }
});
