/** A bucket by the S3 API: requests signed by Signature Version 4, sent through the guarded client, errors in the words of the port. */
import { createHash } from "node:crypto";
import {
  DataFailure,
  type HttpAnswer,
  type HttpClient,
  type HttpReply,
  type HttpVerdict,
} from "../data/port.ts";
import { type S3Place, unconditional, verdictOf } from "./s3_errors.ts";
import { type ListedObject, type ListedUpload, type S3Error, s3Error, xmlOf } from "./s3_xml.ts";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What a conditional write came to. `conditions`: the store does not know them. */
export type PutOutcome = { readonly kind: "put"; readonly etag: string } | {
  readonly kind: "refused" | "busy";
};

export interface ObjectStore {
  /** The object as a whole, up to `maxBytes`; null when there is none. */
  get(key: string, maxBytes: number): Promise<{ text: string; etag: string } | null>;
  /** The object as it comes. Throws `not-found`. */
  open(key: string): Promise<ReadableStream<Uint8Array>>;
  put(key: string, body: Uint8Array): Promise<void>;
  /** Writes only when the object is as `condition` says: not there (null), or with this ETag. */
  putIf(key: string, body: Uint8Array, condition: string | null): Promise<PutOutcome>;
  remove(key: string): Promise<void>;
  /** Objects below a prefix, all pages. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** Names of the folders directly below a prefix, without it and without the slash. */
  folders(prefix: string): Promise<string[]>;
  begin(key: string): Promise<string>;
  /** Gives the part's ETag. */
  part(key: string, upload: string, number: number, body: Uint8Array): Promise<string>;
  complete(key: string, upload: string, etags: readonly string[]): Promise<"done" | "unknown">;
  abort(key: string, upload: string): Promise<void>;
  /** Uploads below a prefix that were neither completed nor aborted; empty where the store does not tell. */
  uploads(prefix: string): Promise<readonly ListedUpload[]>;
}

const XML_BYTES = 8 * 1024 * 1024;
const NONE = new Uint8Array();

/** The URL below which a bucket's objects lie. */
export function bucketUrl({ endpoint, bucket, addressing }: S3Place): string {
  const url = new URL(endpoint);
  if (addressing === "virtual") url.hostname = `${bucket}.${url.hostname}`;
  else url.pathname = `${url.pathname.replace(/\/+$/, "")}/${bucket}`;
  return url.href.replace(/\/+$/, "");
}

export function objectStore(
  client: HttpClient,
  place: S3Place,
  credentials: () => S3Credentials,
  now: () => number,
): ObjectStore {
  const base = bucketUrl(place);
  const shown = `bucket ${place.bucket}`;
  const cache = new Map<string, ArrayBuffer>();
  /** The region that the store named last. */
  let named = "";
  let region = place.region === "auto" ? regionOf(place.endpoint) : place.region;

  interface Call {
    method: "GET" | "PUT" | "POST" | "DELETE";
    key?: string;
    query?: Readonly<Record<string, string>>;
    headers?: Readonly<Record<string, string>>;
    body?: Uint8Array;
    accept?: readonly number[];
    maxBytes?: number;
    classify?(answer: HttpAnswer, error: S3Error): HttpVerdict | undefined;
  }
  const asked = (call: Call) => {
    const body = call.body ?? NONE;
    const digest = createHash("sha256").update(body).digest("hex");
    const query = Object.entries(call.query ?? {}).map(([name, value]) =>
      `${name}=${encodeURIComponent(value)}`
    );
    return {
      method: call.method,
      url: `${base}/${call.key ?? ""}${query.length === 0 ? "" : `?${query.join("&")}`}`,
      idempotent: true,
      accept: [301, 307, 308, ...call.accept ?? []],
      maxBytes: call.maxBytes ?? XML_BYTES,
      // Stored bytes and their ETag, not what something in between made of them.
      headers: { ...call.headers, "accept-encoding": "identity" },
      ...(call.method === "PUT" || call.method === "POST" ? { body } : {}),
      async sign({ method, url }: { method: string; url: URL }) {
        const { AwsV4Signer } = await import("aws4fetch");
        const signed = await new AwsV4Signer({
          ...credentials(),
          method,
          url: url.href,
          headers: { ...call.headers, "x-amz-content-sha256": digest },
          service: "s3",
          region,
          cache,
          datetime: new Date(now()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
        }).sign();
        return Object.fromEntries(signed.headers);
      },
    };
  };
  const speaking = (call: Call) =>
    client.as({
      classify(answer) {
        const error = s3Error(answer.text());
        named = answer.headers.get("x-amz-bucket-region") ?? error.region;
        return call.classify?.(answer, error) ?? verdictOf(answer, error, place);
      },
    });
  /** With the region that the store names, where none was given. */
  const adapting = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = region;
    named = "";
    try {
      return await work();
    } catch (error) {
      if (place.region !== "auto" || !/^[a-z0-9-]{2,40}$/.test(named) || named === before) throw error;
      region = named;
      return await work();
    }
  };
  const send = (call: Call): Promise<HttpReply> => adapting(() => speaking(call).request(asked(call)));
  const missing = (key: string): DataFailure =>
    new DataFailure("not-found", `There is no object ${key} in ${shown}`, "Was it removed by hand?");

  async function* pages(query: Record<string, string>) {
    let token = "";
    for (;;) {
      const page = await xmlOf(
        (await send({
          method: "GET",
          query: { "list-type": "2", ...query, ...(token === "" ? {} : { "continuation-token": token }) },
        })).text(),
        "ListBucketResult",
        shown,
      );
      yield page;
      if (page.next === null) return;
      if (page.next === token) {
        throw new DataFailure(
          "contract",
          `The listing of ${shown} repeats its token`,
          "Ask the store's owner.",
        );
      }
      token = page.next;
    }
  }

  return {
    async get(key, maxBytes) {
      const reply = await send({ method: "GET", key, accept: [404], maxBytes });
      if (reply.status === 404) return null;
      return { text: reply.text(), etag: etagOf(reply.headers, key, shown) };
    },
    async open(key) {
      const call: Call = { method: "GET", key, accept: [404] };
      const { reply, body } = await adapting(() =>
        speaking(call).stream({ ...asked(call), maxBytes: 2 ** 43 })
      );
      if (reply.status !== 404) return body;
      await body.cancel();
      throw missing(key);
    },
    async put(key, body) {
      await send({ method: "PUT", key, body });
    },
    async putIf(key, body, condition) {
      const headers: Record<string, string> = condition === null
        ? { "if-none-match": "*" }
        : { "if-match": condition };
      const reply = await send({
        method: "PUT",
        key,
        body,
        headers,
        accept: [404, 409, 412],
        classify: (answer, error) => unconditional(answer, error, place),
      });
      if (reply.status === 412) return { kind: "refused" };
      // 404: what was to be replaced is gone. 409: another write is under way.
      if (reply.status === 404) return { kind: "refused" };
      if (reply.status === 409) return { kind: "busy" };
      return { kind: "put", etag: etagOf(reply.headers, key, shown) };
    },
    async remove(key) {
      await send({ method: "DELETE", key, accept: [404] });
    },
    async *list(prefix) {
      for await (const page of pages({ prefix })) yield* page.objects;
    },
    async folders(prefix) {
      const names: string[] = [];
      for await (const page of pages({ prefix, delimiter: "/" })) {
        for (const folder of page.folders) names.push(folder.slice(prefix.length).replace(/\/$/, ""));
      }
      return names;
    },
    async begin(key) {
      const reply = await send({ method: "POST", key, query: { uploads: "" } });
      const { upload } = await xmlOf(reply.text(), "InitiateMultipartUploadResult", shown);
      if (upload === "") {
        throw new DataFailure(
          "contract",
          `${shown} begins an upload without an id`,
          "Ask the store's owner.",
        );
      }
      return upload;
    },
    async part(key, upload, number, body) {
      const reply = await send({
        method: "PUT",
        key,
        query: { partNumber: String(number), uploadId: upload },
        body,
      });
      return etagOf(reply.headers, `${key} part ${number}`, shown);
    },
    async complete(key, upload, etags) {
      const parts = etags.map((etag, at) =>
        `<Part><PartNumber>${at + 1}</PartNumber><ETag>${
          etag.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
        }</ETag></Part>`
      );
      const reply = await send({
        method: "POST",
        key,
        query: { uploadId: upload },
        headers: {},
        body: new TextEncoder().encode(
          `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`,
        ),
        accept: [404],
        // The status is sent before the store has joined the parts: what became of it stands in the body, also below a 200.
        classify: (answer, error) =>
          answer.status === 200 && error.code !== ""
            ? verdictOf({ ...answer, status: 500 }, error, place)
            : undefined,
      });
      const error = s3Error(reply.text());
      // An upload that is gone was completed by a try whose answer was lost, or was aborted: the object tells.
      if (reply.status === 404) {
        if (error.code === "NoSuchUpload") return "unknown";
        throw new DataFailure("not-found", `${shown} is gone: ${error.code}`, "Check the bucket's name.");
      }
      if (error.code !== "") {
        const { kind, remedy } = verdictOf({ status: 500 }, error, place) ?? { kind: "transient" as const };
        throw new DataFailure(
          kind === "ok" ? "contract" : kind,
          client.redact(
            `${shown} answers ${reply.status} to the completion of ${key} and says ${error.code}: ${error.message}`,
          ),
          remedy ?? "Nothing was published. Run the pipeline again.",
          { status: reply.status },
        );
      }
      await xmlOf(reply.text(), "CompleteMultipartUploadResult", shown);
      return "done";
    },
    async abort(key, upload) {
      await send({ method: "DELETE", key, query: { uploadId: upload }, accept: [404] });
    },
    async uploads(prefix) {
      try {
        const reply = await send({ method: "GET", query: { uploads: "", prefix } });
        return (await xmlOf(reply.text(), "ListMultipartUploadsResult", shown)).uploads;
      } catch (error) {
        // Not every dialect has it; the bucket's own rules end such uploads then.
        if (error instanceof DataFailure && (error.kind === "permanent" || error.kind === "auth")) return [];
        throw error;
      }
    },
  };
}

function etagOf(headers: Headers, what: string, shown: string): string {
  const etag = headers.get("etag")?.trim() ?? "";
  // What is sent back in a header or in XML: an opaque tag in quotes, as RFC 9110 has it. Some stores leave the quotes out.
  if (/^"[\x21\x23-\x7e]{1,200}"$/.test(etag)) return etag;
  if (/^[\w+/=.-]{1,200}$/.test(etag)) return `"${etag}"`;
  throw new DataFailure(
    "contract",
    `${shown} gives ${what} ${etag === "" ? "no ETag" : "an ETag that is none"}`,
    "Nothing was published. A store without ETags, or a proxy that takes them away, cannot be a sink.",
  );
}

/** The region in the name of Amazon's hosts; `auto` elsewhere, as R2 wants it, until the store names another. */
function regionOf(endpoint: string): string {
  const host = new URL(endpoint).hostname;
  if (!/\.amazonaws\.com(\.cn)?$/.test(host)) return "auto";
  return /(?:^|\.)s3[.-](?:dualstack\.)?([a-z]{2}-[a-z0-9-]+-\d)\./.exec(host)?.[1] ?? "us-east-1";
}
