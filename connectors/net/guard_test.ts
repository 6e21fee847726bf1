import assert from "node:assert/strict";
import { type GuardOptions, guardUrl, looksLikeUrl } from "./guard.ts";

const PUBLIC = ["140.82.112.3", "2606:4700::1111"];
const resolve = (addresses: string[]): GuardOptions["resolve"] => () => Promise.resolve(addresses);

async function guarded(url: string, options: GuardOptions = { resolve: resolve(PUBLIC) }) {
  const result = await guardUrl(url, options);
  return result.ok ? result.value : result.error.message;
}

Deno.test("https and ssh URLs of a public host pass, with the addresses that were checked", async () => {
  assert.deepEqual(await guarded("https://example.com/a/b.git"), {
    url: "https://example.com/a/b.git",
    protocol: "https",
    host: "example.com",
    port: 443,
    addresses: PUBLIC,
  });
  assert.deepEqual(await guarded("ssh://git@example.com/a/b.git"), {
    url: "ssh://git@example.com/a/b.git",
    protocol: "ssh",
    host: "example.com",
    port: 22,
    addresses: PUBLIC,
  });
  assert.deepEqual(await guarded("git@example.com:a/b.git"), {
    url: "ssh://git@example.com/a/b.git",
    protocol: "ssh",
    host: "example.com",
    port: 22,
    addresses: PUBLIC,
  });
});

Deno.test("other schemes are refused, also those that git would run as programs", async () => {
  for (
    const url of [
      "http://example.com/a",
      "git://example.com/a",
      "file:///etc",
      "ext::sh -c id",
      "ext::id",
      "fd::17",
      "ftp://example.com/a",
    ]
  ) {
    assert.match(String(await guarded(url)), /not https or ssh|is not a URL|has spaces/, url);
  }
});

// req: N5-19
Deno.test("every address of the host is checked, not only the first", async () => {
  const mixed = { resolve: resolve(["140.82.112.3", "10.0.0.5"]) };
  assert.match(
    String(await guarded("https://example.com/a", mixed)),
    /10\.0\.0\.5, which is not on the public internet/,
  );
});

// req: N5-19
Deno.test("an address in disguise is seen for what it is, in https and in ssh", async () => {
  const never: GuardOptions = { resolve: () => Promise.reject(new Error("must not be asked")) };
  for (
    const host of [
      "127.0.0.1",
      "2130706433",
      "0x7f.1",
      "0177.0.0.1",
      "127.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "[fe80::1]",
      "169.254.169.254",
    ]
  ) {
    assert.match(String(await guarded(`https://${host}/a`, never)), /not on the public internet/, host);
    assert.match(String(await guarded(`ssh://git@${host}/a`, never)), /not on the public internet/, host);
  }
});

Deno.test("private addresses pass where the owner allows them", async () => {
  const options = { allowPrivate: true, resolve: resolve(["127.0.0.1"]) };
  assert.deepEqual((await guarded("https://localhost/a", options) as { addresses: string[] }).addresses, [
    "127.0.0.1",
  ]);
});

Deno.test("a host without an address, or with a strange one, is refused", async () => {
  assert.match(String(await guarded("https://example.com/a", { resolve: resolve([]) })), /no usable address/);
  assert.match(
    String(await guarded("https://example.com/a", { resolve: resolve(["fe80::1%eth0"]) })),
    /no usable address/,
  );
  const failing = { resolve: () => Promise.reject(new Error("ENOTFOUND")) };
  assert.match(String(await guarded("https://example.com/a", failing)), /ENOTFOUND/);
});

// req: N5-19 N5-22
Deno.test("URLs that could be read as options, carry secrets or hide something are refused", async () => {
  for (
    const url of [
      ...["https://user:hunter2@example.com/a", "https://user@example.com/a", "ssh://git:pw@example.com/a"],
      ...[
        "ssh://-oProxyCommand=id/a",
        "ssh://-x@example.com/a",
        "-oProxyCommand@example.com:a",
        "https://example.com/-x",
      ],
      ...[
        "https://example.com/",
        "https://example.com",
        "https://example.com/a?b",
        "https://example.com/a#b",
        "https://ex ample.com/a",
      ],
      ...[
        "https://example.com\\@evil.com/a",
        "https://example.com/a\nb",
        "https://example.com:8080/a",
        "ssh://example.com:80/a",
      ],
      "https://" + "a".repeat(3000),
    ]
  ) assert.equal(typeof await guarded(url), "string", url);
});

Deno.test("a refusal never repeats the password of the URL", async () => {
  for (
    const url of [
      "https://user:hunter2@example.com/a",
      "https://user:hunter2@example.com/a b",
      "http://u:hunter2@h/",
    ]
  ) {
    assert.doesNotMatch(String(await guarded(url)), /hunter2/, url);
  }
});

Deno.test("directories are not taken for URLs", () => {
  for (const path of ["/srv/repo", "./repo", "repo", "C:/repo", "a@b", "dir/with@at:colon"]) {
    assert.equal(looksLikeUrl(path), false, path);
  }
  for (const url of ["https://h/a", "git@h:a", "ext::x", "file:///a", "HTTP://h/a"]) {
    assert.equal(looksLikeUrl(url), true, url);
  }
});
