import assert from "node:assert/strict";
import { corsHeaders, originTrouble } from "./origin.ts";

const policy = {
  allowedHosts: ["localhost", "[::1]", "forge.example:8443"],
  allowedOrigins: ["https://ci.example"],
};
const code = (url: string, headers: Record<string, string> = {}, method = "GET") =>
  originTrouble(new Request(url, { headers, method }), policy)?.code ?? "let in";

// req: N5-17
// req: N5-17
Deno.test("only hosts of the list are answered for", () => {
  assert.equal(code("http://localhost:8787/"), "let in");
  assert.equal(code("http://[::1]:8787/"), "let in");
  assert.equal(code("https://forge.example:8443/"), "let in");
  assert.equal(code("https://forge.example:9999/"), "misdirected-host");
  for (
    const host of [
      "attacker.example",
      "localhost.attacker.example",
      "127.0.0.1.nip.io",
      "localhost@evil",
      "",
      "localhost:80:80",
    ]
  ) {
    assert.equal(code("http://localhost/", { host }), "misdirected-host", host);
  }
});

Deno.test("a foreign URL with an allowed Host header is refused as well", () => {
  assert.equal(code("http://attacker.example/", { host: "localhost" }), "misdirected-host");
});

// req: N5-17
Deno.test("pages of other origins are refused, also those of another port of this machine", () => {
  assert.equal(code("http://localhost:8787/", { origin: "http://localhost:8787" }, "POST"), "let in");
  assert.equal(code("http://localhost:8787/", { origin: "https://ci.example" }, "POST"), "let in");
  for (
    const origin of [
      "http://localhost:3000",
      "https://evil.example",
      "null",
      "http://localhost:8787.evil.example",
      "file://",
    ]
  ) {
    assert.equal(code("http://localhost:8787/", { origin }), "forbidden-origin", origin);
  }
});

Deno.test("a cross-site change without an Origin is refused, a navigation is not", () => {
  assert.equal(code("http://localhost/", { "sec-fetch-site": "cross-site" }, "POST"), "forbidden-origin");
  assert.equal(code("http://localhost/", { "sec-fetch-site": "same-site" }, "POST"), "forbidden-origin");
  assert.equal(code("http://localhost/", { "sec-fetch-site": "cross-site" }), "let in");
  assert.equal(code("http://localhost/", { "sec-fetch-site": "same-origin" }, "POST"), "let in");
});

Deno.test("CORS is closed, but for the origins that are allowed", () => {
  const headers = (origin?: string) =>
    corsHeaders(
      new Request("http://localhost/", { headers: origin === undefined ? {} : { origin } }),
      policy,
    );
  assert.equal(headers("https://ci.example")["access-control-allow-origin"], "https://ci.example");
  assert.equal(headers("https://evil.example")["access-control-allow-origin"], undefined);
  assert.equal(headers()["access-control-allow-origin"], undefined);
  assert.equal(headers("https://ci.example")["access-control-allow-credentials"], undefined);
});
