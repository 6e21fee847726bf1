import assert from "node:assert/strict";
import { DataFailure } from "../data/port.ts";
import { s3Sink } from "./s3.ts";
import { rowsIn } from "./testing/conformance.ts";
import { s3Fault, type S3Request } from "./testing/s3_server.ts";
import { type StorePlace, withStore } from "./testing/s3_place.ts";
import { rowOf, stagedLoad } from "./testing/staged.ts";

const never = new AbortController().signal;
const DIR = "lake/dt=2026/orders/";
const MANIFEST = `${DIR}_manifest.json`;
const small = { multipartFrom: 300, part: 150 };
const rows = (count: number, from = 1) => Array.from({ length: count }, (_, at) => rowOf(from + at));

const isFailure = (kind: string, words: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof DataFailure, String(error));
  assert.deepEqual([error.kind, words.test(error.message)], [kind, true], `${error.kind}: ${error.message}`);
  return true;
};
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const manifestOf = ({ server }: StorePlace) => JSON.parse(text(server.objects.get(MANIFEST)?.body));
const isManifest = (request: S3Request) => request.key === MANIFEST && request.action === "PutObject";

/** A sink whose one publish is tried with a store that misbehaves; afterwards an honest one must still be exact. */
async function hostile(
  misbehave: (place: StorePlace) => void,
  check: (error: unknown) => boolean,
  options: Parameters<typeof withStore>[0] & { sizes?: typeof small } = {},
): Promise<void> {
  await withStore({ minPart: 100, ...options }, async (place) => {
    const sink = s3Sink(place.settings, { ...place.options, sizes: options.sizes ?? small });
    await sink.publish(await stagedLoad(place.dir, "k1", rows(1)), never);
    misbehave(place);
    const load = await stagedLoad(place.dir, "k2", rows(20, 10), { after: "k1" });
    await assert.rejects(sink.publish(load, never), check);
    assert.equal(place.server.uploads.size, 0, "what failed was aborted");
    place.server.before = () => {};
    place.server.after = (_request, answer) => answer;
    assert.equal((await sink.state("shop", "orders"))?.load, "k1", "nothing was published");
    assert.equal((await rowsIn(sink)).length, 1);
    assert.equal((await sink.publish(load, never)).written, 20);
    assert.equal((await rowsIn(sink)).length, 21);
    assert.equal(place.server.uploads.size, 0, "no upload is left open");
  });
}

Deno.test("s3 sink: parts are named by their digest, the manifest names them with size and digest and is written last", () =>
  withStore({}, async (place) => {
    const sink = s3Sink(place.settings, place.options);
    const published = await sink.publish(await stagedLoad(place.dir, "k1", rows(4)), never);
    const { server } = place;
    const writes = server.log.filter((action) => action === "PutObject" || action === "ListObjectsV2");
    assert.equal(writes.at(-2), "PutObject");
    const manifest = manifestOf(place);
    assert.equal(manifest.rows, 4);
    assert.deepEqual(
      published.outputs.map(({ name }) => name),
      manifest.resources.map((one: { path: string }) => `orders/${one.path}`),
    );
    for (const part of manifest.resources) {
      const { body } = server.objects.get(`${DIR}${part.path}`) ?? {};
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body as Uint8Array<ArrayBuffer>))
        .toHex();
      assert.deepEqual([part.bytes, part.hash], [body?.length, `sha256:${digest}`]);
      assert.ok(part.path.includes(digest));
    }
    assert.equal(
      [...Deno.readDirSync(place.options.scratch)].filter(({ name }) => name !== ".lock").length,
      0,
    );
  }));

Deno.test("s3 sink: the bucket stands in the path or before the host, with a session token, in a region that the store names", async () => {
  const resolve = () => Promise.resolve(["127.0.0.1"]);
  await withStore({ sessionToken: "a-session-token" }, async ({ server, settings, options, dir }) => {
    const virtual = {
      ...settings,
      addressing: "virtual" as const,
      endpoint: `http://store.example:${server.port}`,
      region: "auto",
    };
    const sink = s3Sink(virtual, options);
    await sink.publish(await stagedLoad(dir, "k1", rows(2)), never);
    assert.equal((await rowsIn(sink)).length, 2);
    const fixed = s3Sink({ ...settings, region: "other-region-1" }, options);
    await assert.rejects(fixed.state("shop", "orders"), isFailure("permanent", /its region is eu-test-1/));
    const withoutToken = { ...settings };
    delete withoutToken.sessionToken;
    await assert.rejects(
      s3Sink(withoutToken, options).state("shop", "orders"),
      isFailure("auth", /InvalidToken/),
    );
  }, { resolve });
});

Deno.test("s3 sink: a large part goes up in parts and comes back as it was, a listing comes by pages", () =>
  withStore({ minPart: 150, pageSize: 1 }, async (place) => {
    const sink = s3Sink(place.settings, { ...place.options, sizes: small });
    await sink.publish(await stagedLoad(place.dir, "k1", rows(40)), never);
    await sink.publish(await stagedLoad(place.dir, "k2", rows(2, 50), { after: "k1" }), never);
    assert.ok(place.server.log.filter((action) => action === "UploadPart").length > 8);
    assert.equal((await rowsIn(sink)).length, 42);
    assert.deepEqual(await sink.tables(), [{ table: "orders", rows: 42 }]);
  }));

Deno.test("s3 sink: after a crash before the manifest, parts that are there are not sent again, and open uploads are aborted", () =>
  withStore({ minPart: 100 }, async (place) => {
    const load = await stagedLoad(place.dir, "k1", rows(30));
    const crash = (point: string) => {
      if (point === "parts") throw new Error("power cut");
    };
    const options = { ...place.options, sizes: small };
    await assert.rejects(
      s3Sink(place.settings, { ...options, fault: crash }).publish(load, never),
      /power cut/,
    );
    const { server } = place;
    const [key] = [...server.objects.keys()].filter((name) => name.includes("part-"));
    server.uploads.set("left", { key: key ?? "", parts: new Map() });
    server.uploads.set("others", { key: "somebody/else", parts: new Map() });
    server.objects.set(`${DIR}part-000001-abc-${"0".repeat(64)}.jsonl`, {
      body: new Uint8Array(3),
      etag: '"x"',
    });
    server.objects.set(`${DIR}notes.txt`, { body: new Uint8Array(3), etag: '"x"' });
    server.log.length = 0;
    await s3Sink(place.settings, options).publish(load, never);
    assert.equal(server.log.includes("UploadPart"), false);
    assert.deepEqual([...server.uploads.keys()], ["others"]);
    const named = manifestOf(place).resources.map(({ path }: { path: string }) => `${DIR}${path}`);
    assert.deepEqual(
      [...server.objects.keys()].filter((name) => name.startsWith(DIR)).sort(),
      [MANIFEST, `${DIR}notes.txt`, ...named].sort(),
    );
  }));

Deno.test("s3 sink: two streams that write one table at the same time are both published", () =>
  withStore({}, async (place) => {
    const open = () => s3Sink(place.settings, place.options);
    await open().publish(await stagedLoad(place.dir, "k0", rows(1)), never);
    const [a, b] = [open(), open()];
    const loads = [
      await stagedLoad(place.dir, "k1", rows(2, 10), { after: "k0" }),
      await stagedLoad(place.dir, "k2", rows(3, 20), { stream: "returns" }),
    ] as const;
    await Promise.all([a.publish(loads[0], never), b.publish(loads[1], never)]);
    assert.equal((await rowsIn(open())).length, 6);
    assert.deepEqual(
      [(await a.state("shop", "orders"))?.load, (await a.state("shop", "returns"))?.load],
      ["k1", "k2"],
    );
    assert.equal(manifestOf(place).generation, 3);
  }));

Deno.test("s3 sink: a writer whose parts went with another one's commit begins its turn anew", () =>
  withStore({}, async (place) => {
    let turns = 0;
    const fault = async (point: string) => {
      if (point !== "uploaded" || turns++ > 0) return;
      const other = await stagedLoad(place.dir, "k2", rows(3, 20), { stream: "returns" });
      await s3Sink(place.settings, place.options).publish(other, never);
    };
    const slow = s3Sink(place.settings, { ...place.options, fault });
    assert.equal((await slow.publish(await stagedLoad(place.dir, "k1", rows(2)), never)).written, 2);
    assert.ok(turns > 1);
    assert.equal((await rowsIn(slow)).length, 5);
  }));

Deno.test("s3 sink: a store that refuses conditional writes, or does not keep them, is no sink", async () => {
  for (
    const [conditions, words] of [["refused", /refuses conditional writes/], [
      "ignored",
      /does not keep/,
    ]] as const
  ) {
    await withStore({ conditions }, async (place) => {
      const sink = s3Sink(place.settings, place.options);
      await assert.rejects(
        sink.publish(await stagedLoad(place.dir, "k1", rows(1)), never),
        isFailure("permanent", words),
      );
      await assert.rejects(sink.setState("shop", "orders", null), isFailure("permanent", words));
      assert.equal(place.server.objects.has(MANIFEST), false);
    });
  }
});

Deno.test("s3 sink: a manifest that was written though the answer says 500 is a commit, told once", () =>
  withStore({}, async (place) => {
    const { server } = place;
    let failures = 0;
    server.after = (request, answer) =>
      isManifest(request) && answer.ok ? (failures++, s3Fault(500, "InternalError")) : answer;
    const sink = s3Sink(place.settings, place.options);
    const load = await stagedLoad(place.dir, "k1", rows(2));
    const published = await sink.publish(load, never);
    assert.deepEqual([published.written, published.existed, failures], [2, false, 1]);
    assert.equal((await sink.publish(load, never)).existed, true);
    assert.equal((await rowsIn(sink)).length, 2);
  }));

Deno.test("s3 sink: the end of an upload that fails below a 200 is tried again, and believed when the object is there", async () => {
  await withStore({ minPart: 100 }, async (place) => {
    let lies = 2;
    // As Amazon describes it: the head is sent while the parts are joined, the body then tells the error.
    place.server.before = ({ action }) =>
      action === "CompleteMultipartUpload" && lies-- > 0 ? s3Fault(200, "InternalError") : undefined;
    const sink = s3Sink(place.settings, { ...place.options, sizes: small });
    await sink.publish(await stagedLoad(place.dir, "k1", rows(30)), never);
    assert.equal((await rowsIn(sink)).length, 30);
  });
  await withStore({ minPart: 100 }, async (place) => {
    // Done, but the answer says 500: the next try finds no upload.
    place.server.after = ({ action }, answer) =>
      action === "CompleteMultipartUpload" && answer.ok ? s3Fault(500, "InternalError") : answer;
    const sink = s3Sink(place.settings, { ...place.options, sizes: small });
    await sink.publish(await stagedLoad(place.dir, "k1", rows(30)), never);
    assert.equal((await rowsIn(sink)).length, 30);
  });
});

Deno.test("s3 sink: an upload that never ends well below a 200 is a failure, and is aborted", () =>
  hostile(
    ({ server }) =>
      server.before = ({ action }) =>
        action === "CompleteMultipartUpload" ? s3Fault(200, "InternalError") : undefined,
    isFailure("transient", /InternalError/),
  ));

Deno.test("s3 sink: an empty 200 or a proxy's page in place of the result is no completion", async () => {
  for (const body of ["", "<html>welcome</html>"]) {
    await hostile(
      ({ server }) =>
        server.before = ({ action }) => action === "CompleteMultipartUpload" ? new Response(body) : undefined,
      isFailure("contract", /no CompleteMultipartUploadResult/),
    );
  }
});

Deno.test("s3 sink: tags that are wrong, missing or no tags publish nothing", async () => {
  const tagged = (etag: string | null) => ({ server }: StorePlace) => {
    server.after = ({ action }, answer) => {
      if (action !== "UploadPart") return answer;
      const headers = new Headers(answer.headers);
      headers.delete("etag");
      if (etag !== null) headers.set("etag", etag);
      return new Response(null, { headers });
    };
  };
  await hostile(tagged('"0123"'), isFailure("contract", /InvalidPart/));
  await hostile(tagged(null), isFailure("contract", /no ETag/));
  await hostile(tagged('"<x>" evil'), isFailure("contract", /an ETag that is none/));
});

Deno.test("s3 sink: a store that says yes and keeps nothing is found out before the manifest names the part", () =>
  hostile(
    ({ server }) =>
      server.before = ({ action, key }) =>
        action === "PutObject" && key.includes("part-")
          ? new Response(null, { headers: { etag: '"x"' } })
          : undefined,
    isFailure("contract", /lists none of it/),
    { sizes: { multipartFrom: 1e9, part: 1e9 } },
  ));

Deno.test("s3 sink: endless, repeating and alien listings end in a clear failure", async () => {
  const listing = (answer: () => Response) => ({ server }: StorePlace) => {
    server.before = ({ action }) => action === "ListObjectsV2" ? answer() : undefined;
  };
  const again =
    "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
  await hostile(listing(() => new Response(again)), isFailure("contract", /repeats its token/));
  await hostile(listing(() => new Response("<html/>")), isFailure("contract", /no ListBucketResult/));
  const endless = () => {
    const block = new Uint8Array(64 * 1024).fill(60);
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(block) }));
  };
  await hostile(listing(endless), isFailure("limit", /larger than/));
});

Deno.test("s3 sink: what a part holds is held against the manifest before a row of it is given", () =>
  withStore({}, async (place) => {
    const sink = s3Sink(place.settings, place.options);
    await sink.publish(await stagedLoad(place.dir, "k1", rows(2)), never);
    const [key] = [...place.server.objects.keys()].filter((name) => name.includes("part-"));
    const object = place.server.objects.get(key ?? "");
    assert.ok(object);
    const bodies = [
      text(object.body).replace('"id":1', '"id":7'),
      text(object.body).slice(5),
      `${text(object.body)} `,
    ];
    for (const body of bodies) {
      place.server.objects.set(key ?? "", { ...object, body: new TextEncoder().encode(body) });
      await assert.rejects(rowsIn(sink), isFailure("contract", /is not what the manifest says/));
    }
    place.server.objects.delete(key ?? "");
    await assert.rejects(rowsIn(sink), isFailure("conflict", /replaced while it was read/));
  }));

Deno.test("s3 sink: errors are told by their kind, and a secret is in none of them", () =>
  withStore({}, async (place) => {
    const { server, settings, options, dir, waits } = place;
    const sink = s3Sink(settings, options);
    const fails = async (answer: Response, kind: string, words: RegExp) => {
      server.before = () => answer.clone();
      await assert.rejects(sink.state("shop", "orders"), (error: DataFailure) => {
        assert.ok(!`${error.message} ${error.remedy}`.includes(server.by.secretAccessKey));
        return isFailure(kind, words)(error);
      });
      server.before = () => {};
    };
    await fails(s3Fault(403, "AccessDenied"), "auth", /AccessDenied/);
    await fails(s3Fault(403, "ExpiredToken"), "auth", /ExpiredToken/);
    await fails(s3Fault(403, "RequestTimeTooSkewed"), "permanent", /TooSkewed/);
    await fails(s3Fault(404, "NoSuchBucket"), "not-found", /NoSuchBucket/);
    await fails(
      s3Fault(403, "SignatureDoesNotMatch", `you sent ${server.by.secretAccessKey}`),
      "auth",
      /\*\*\*/,
    );
    await fails(
      new Response(null, { status: 307, headers: { location: `${server.endpoint}/elsewhere` } }),
      "permanent",
      /redirects/,
    );
    const before = server.log.length;
    waits.length = 0;
    await fails(s3Fault(503, "SlowDown"), "transient", /SlowDown.*4 tries/);
    assert.equal(server.log.length - before, 4);
    assert.ok(waits.length === 3 && waits.every((ms) => ms >= 1000), String(waits));
    const wrong = s3Sink(settings, {
      ...options,
      secret: (reference) => reference === "env:S3_KEY" ? "wrong" : options.secret(reference),
    });
    await assert.rejects(wrong.state("shop", "orders"), isFailure("auth", /SignatureDoesNotMatch/));
    await assert.rejects(
      s3Sink({ ...settings, bucket: "other-bucket" }, options).publish(
        await stagedLoad(dir, "k1", rows(1)),
        never,
      ),
      isFailure("not-found", /NoSuchBucket/),
    );
  }));

Deno.test("s3 sink: SlowDown and lost connections are tried again, each try signed anew", () =>
  withStore({}, async (place) => {
    const seen = new Map<string, number>();
    place.server.before = ({ action, key, query }) => {
      const what = `${action} ${key} ${query}`;
      seen.set(what, (seen.get(what) ?? 0) + 1);
      return seen.get(what) === 1 ? s3Fault(503, "SlowDown") : undefined;
    };
    const sink = s3Sink(place.settings, place.options);
    assert.equal((await sink.publish(await stagedLoad(place.dir, "k1", rows(3)), never)).written, 3);
    assert.equal((await rowsIn(sink)).length, 3);
  }));

Deno.test("s3 sink: private addresses are refused unless the env file allows them, and nothing is sent", () =>
  withStore({}, async ({ server, settings, options }) => {
    const sink = s3Sink(settings, { ...options, network: { allowPrivate: false } });
    await assert.rejects(sink.state("shop", "orders"), isFailure("refused", /not on the public internet/));
    const listed = s3Sink(settings, { ...options, network: { allowPrivate: true, hosts: ["s3.example"] } });
    await assert.rejects(listed.state("shop", "orders"), isFailure("refused", /lists the hosts/));
    assert.equal(server.log.length, 0);
  }));

Deno.test("s3 sink: a table of one format is not written in another, and names that are no tables are refused", () =>
  withStore({}, async ({ settings, options, dir }) => {
    await s3Sink(settings, options).publish(await stagedLoad(dir, "k1", rows(1)), never);
    const other = s3Sink({ ...settings, format: "csv" }, options);
    await assert.rejects(
      other.publish(await stagedLoad(dir, "k2", rows(1)), never),
      isFailure("invalid", /jsonl, not of csv/),
    );
    for (const table of ["../x", "a/b", "", "1x"]) {
      await assert.rejects(
        s3Sink(settings, options).publish(await stagedLoad(dir, "k3", rows(1), { table }), never),
        isFailure("invalid", /no name of a table/),
      );
    }
  }));
