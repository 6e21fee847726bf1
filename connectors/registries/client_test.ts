import assert from "node:assert/strict";
import type { RegistryEntry } from "../../specs/mod.ts";
import { httpPool } from "../net/pool.ts";
import { dialectServer } from "../sources/testing/dialect_server.ts";
import { leapingClock } from "../sources/testing/leaping_clock.ts";
import { httpRegistries } from "./client.ts";
import type { PackageQuery } from "./port.ts";

type Answers = Readonly<Record<string, unknown>>;

/** Asks a server on loopback that answers by path; what it does not know is 404, and a number is a status. */
async function ask(
  answers: Answers,
  queries: readonly PackageQuery[],
): Promise<{ entries: RegistryEntry[]; asked: string[] }> {
  await using server = dialectServer(({ target }) => {
    const known = answers[target];
    if (known === undefined) return { status: 404, json: { error: "not found" } };
    if (typeof known === "number") return { status: known, json: {} };
    return typeof known === "string" ? { body: known } : { json: known as never };
  });
  const at = (name: string) => `${server.url}/${name}`;
  const registries = httpRegistries({
    pool: () => httpPool({ clock: leapingClock(), random: () => 1 }),
    addresses: {
      npm: at("npm"),
      npmDownloads: at("counts"),
      pypi: at("pypi"),
      crates: at("crates"),
      goProxy: at("proxy"),
      goSums: at("sums"),
    },
    network: { allowPrivate: true },
    userAgent: "test",
  });
  const entries = await registries.look(queries, new AbortController().signal);
  return { entries, asked: server.seen.map(({ target }) => target) };
}

const only = async (answers: Answers, query: PackageQuery): Promise<RegistryEntry> => {
  const { entries } = await ask(answers, [query]);
  assert.equal(entries.length, 1);
  return entries[0] as RegistryEntry;
};
const AT = "2020-01-02T03:04:05.000Z";
const LATER = "2023-01-02T03:04:05.000Z";

Deno.test("npm: age, downloads, hashes, licence, deprecation and install scripts of one version", async () => {
  const entry = await only({
    "/npm/@acme%2Fkit": {
      time: { created: AT, "1.2.0": LATER },
      versions: {
        "1.2.0": {
          version: "1.2.0",
          license: "MIT",
          deprecated: "use another",
          scripts: { postinstall: "node x.js" },
          dist: { integrity: "sha512-AA", shasum: "ab" },
        },
      },
    },
    "/counts/downloads/point/last-week/@acme/kit": { downloads: 1234 },
  }, { ecosystem: "npm", name: "@acme/kit", version: "1.2.0" });
  assert.deepEqual(entry, {
    ecosystem: "npm",
    name: "@acme/kit",
    version: "1.2.0",
    state: "found",
    firstPublished: AT,
    published: LATER,
    downloads: 1234,
    integrity: ["sha512-AA", "sha1-hex:ab"],
    licence: "MIT",
    deprecated: "use another",
    installScript: true,
  });
});

Deno.test("a package that is not there, a version that is not there, and a registry that does not answer are three answers", async () => {
  const answers = { "/npm/kit": { time: { created: AT }, versions: {} }, "/npm/down": 500 };
  const { entries } = await ask(
    answers,
    ["none", "kit", "down"].map((name) => ({ ecosystem: "npm", name, version: "1.0.0" })),
  );
  assert.deepEqual(entries.map(({ name, state, firstPublished }) => [name, state, firstPublished]), [
    ["none", "no-package", null],
    ["kit", "no-version", AT],
    ["down", "unreachable", null],
  ]);
});

Deno.test("PyPI: the hashes of all files of a release; one that is yanked, and one that has only sources", async () => {
  const file = (packagetype: string, sha256: string, more: object = {}) => ({
    upload_time_iso_8601: LATER,
    digests: { sha256 },
    packagetype,
    ...more,
  });
  const answers = {
    "/pypi/pypi/kit/json": {
      info: {
        license: "",
        license_expression: null,
        classifiers: ["License :: OSI Approved :: MIT License"],
      },
      releases: {
        "0.1": [{ upload_time_iso_8601: AT }],
        "1.0": [file("bdist_wheel", "a"), file("sdist", "b")],
        "1.1": [file("sdist", "c", { yanked: true, yanked_reason: "broken" })],
      },
    },
  };
  const at = (version: string) => only(answers, { ecosystem: "pypi", name: "kit", version });
  const good = await at("1.0");
  assert.deepEqual(
    [good.integrity, good.firstPublished, good.licence, good.installScript, good.deprecated, good.downloads],
    [["sha256:a", "sha256:b"], AT, "MIT License", false, null, null],
  );
  const bad = await at("1.1");
  assert.deepEqual([bad.deprecated, bad.installScript], ["yanked: broken", true]);
  assert.equal((await at("2.0")).state, "no-version");
});

Deno.test("crates.io: checksum, licence, yanked versions, and downloads of a week from those of 90 days", async () => {
  const entry = await only({
    "/crates/api/v1/crates/kit": {
      crate: { created_at: AT, recent_downloads: 900 },
      versions: [{
        num: "1.0.0",
        created_at: LATER,
        checksum: "ff",
        license: "MIT OR Apache-2.0",
        yanked: true,
      }],
    },
  }, { ecosystem: "cargo", name: "kit", version: "1.0.0" });
  assert.deepEqual(
    [entry.state, entry.integrity, entry.licence, entry.downloads, entry.deprecated],
    ["found", ["ff"], "MIT OR Apache-2.0", 70, "yanked: without a reason"],
  );
});

Deno.test("Go: capitals are escaped, the first version by number is the oldest, and hashes come from the checksum database", async () => {
  const { entries, asked } = await ask({
    "/proxy/github.com/!acme/kit/@v/v1.10.0.info": { Version: "v1.10.0", Time: LATER },
    "/proxy/github.com/!acme/kit/@v/v1.2.0.info": { Version: "v1.2.0", Time: AT },
    "/proxy/github.com/!acme/kit/@v/v1.10.0.mod": "// Deprecated: use v2\nmodule github.com/Acme/kit\n",
    "/proxy/github.com/!acme/kit/@v/list": "v1.10.0\nv1.2.0\n",
    "/sums/lookup/github.com/!acme/kit@v1.10.0":
      "1\ngithub.com/Acme/kit v1.10.0 h1:AA=\ngithub.com/Acme/kit v1.10.0/go.mod h1:BB=\n",
  }, [{ ecosystem: "go", name: "github.com/Acme/kit", version: "v1.10.0" }]);
  assert.deepEqual(
    entries.map((
      { state, firstPublished, integrity, deprecated },
    ) => [state, firstPublished, integrity, deprecated]),
    [["found", AT, ["h1:AA="], "use v2"]],
  );
  assert.ok(asked.every((target) => !/[A-Z]cme/.test(target)));
});

Deno.test("who has no questions asks nobody, and ecosystems without a client are told as not reached", async () => {
  assert.deepEqual((await ask({}, [])).asked, []);
  const { entries, asked } = await ask({}, [{ ecosystem: "maven", name: "a:b", version: "1" }]);
  assert.deepEqual([entries.map(({ state }) => state), asked], [["unreachable"], []]);
});

Deno.test("a private address is not asked unless the installation lets it", async () => {
  await using server = dialectServer(() => ({ json: {} }));
  const registries = httpRegistries({
    pool: () => httpPool({ clock: leapingClock(), random: () => 1 }),
    addresses: { npm: server.url },
    userAgent: "test",
  });
  const entries = await registries.look(
    [{ ecosystem: "npm", name: "kit", version: "1.0.0" }],
    new AbortController().signal,
  );
  assert.deepEqual([entries.map(({ state }) => state), server.seen.length], [["unreachable"], 0]);
});
