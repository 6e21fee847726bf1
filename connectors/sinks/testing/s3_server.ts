/**
 * An object store on the loopback interface that speaks S3 as its API reference describes it: signatures, conditional writes, listing
 * by pages, uploads in parts, errors. What it holds can be looked at, and it can be told to lie.
 */
import { createHash } from "node:crypto";
import { signatureFault, type SignedBy } from "./sigv4.ts";

export interface S3Request {
  readonly method: string;
  /** Empty for requests to the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** What it is, such as `PutObject`. */
  readonly action: string;
}

export interface S3ServerOptions {
  /** How conditions on writes are treated. */
  readonly conditions?: "kept" | "ignored" | "refused";
  readonly region?: string;
  readonly sessionToken?: string;
  /** Objects of one page of a listing. */
  readonly pageSize?: number;
  /** Smallest part but the last. */
  readonly minPart?: number;
}

export interface S3Server {
  readonly endpoint: string;
  readonly port: number;
  readonly bucket: string;
  readonly by: SignedBy;
  readonly objects: Map<string, { body: Uint8Array; etag: string }>;
  readonly uploads: Map<string, { key: string; parts: Map<number, { body: Uint8Array; etag: string }> }>;
  /** Actions in order. */
  readonly log: string[];
  /** Answers in place of the store. */
  before: (request: S3Request) => Response | undefined | void | Promise<Response | undefined | void>;
  /** Answers after the store has done what was asked. */
  after: (request: S3Request, answer: Response) => Response | Promise<Response>;
  close(): Promise<void>;
}

export const s3Fault = (
  status: number,
  code: string,
  message = "as the test wants it",
  more = "",
): Response =>
  new Response(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`,
    { status, headers: { "content-type": "application/xml" } },
  );
const xml = (root: string, inner: string): Response =>
  new Response(
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${root}>`,
    { headers: { "content-type": "application/xml" } },
  );
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const md5 = (body: Uint8Array): Uint8Array => createHash("md5").update(body).digest();
const hex = (bytes: Uint8Array): string => bytes.toHex();

export function s3Server(options: S3ServerOptions = {}): S3Server {
  const { conditions = "kept", pageSize = 1000, minPart = 5 * 1024 * 1024 } = options;
  const by: SignedBy = {
    accessKeyId: "AKIDTESTTESTTEST",
    secretAccessKey: "secret/Key+for=tests-0123456789abcdef",
    region: options.region ?? "eu-test-1",
    ...(options.sessionToken === undefined ? {} : { sessionToken: options.sessionToken }),
  };
  const bucket = "data-bucket";
  const objects: S3Server["objects"] = new Map();
  const uploads: S3Server["uploads"] = new Map();
  const log: string[] = [];
  let ids = 0;

  const conditionFault = (request: S3Request): Response | null => {
    if (conditions === "ignored") return null;
    const none = request.headers.get("if-none-match");
    const match = request.headers.get("if-match");
    if (none === null && match === null) return null;
    if (conditions === "refused") {
      return s3Fault(501, "NotImplemented", "A header you provided is not implemented");
    }
    const there = objects.get(request.key);
    if (none === "*" && there !== undefined) return s3Fault(412, "PreconditionFailed");
    if (match !== null && there === undefined) return s3Fault(404, "NoSuchKey");
    if (match !== null && there?.etag !== match) return s3Fault(412, "PreconditionFailed");
    return null;
  };

  const list = ({ query }: S3Request): Response => {
    const prefix = query.get("prefix") ?? "";
    const delimiter = query.get("delimiter") ?? "";
    const entries = new Map<string, string>();
    for (const key of [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()) {
      const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      if (cut >= 0) {
        const folder = key.slice(0, cut + delimiter.length);
        entries.set(folder, `<CommonPrefixes><Prefix>${escaped(folder)}</Prefix></CommonPrefixes>`);
      } else {
        entries.set(
          key,
          `<Contents><Key>${escaped(key)}</Key><Size>${objects.get(key)?.body.length}</Size></Contents>`,
        );
      }
    }
    const after = atob(query.get("continuation-token") ?? "");
    const rest = [...entries].filter(([name]) => name > after);
    const page = rest.slice(0, pageSize);
    const isCut = rest.length > page.length;
    const next = isCut
      ? `<NextContinuationToken>${btoa(page.at(-1)?.[0] ?? "")}</NextContinuationToken>`
      : "";
    return xml(
      "ListBucketResult",
      `<Name>${bucket}</Name><Prefix>${escaped(prefix)}</Prefix><IsTruncated>${isCut}</IsTruncated>${next}${
        page.map(([, text]) => text).join("")
      }`,
    );
  };

  const complete = (request: S3Request): Response => {
    const id = request.query.get("uploadId") ?? "";
    const open = uploads.get(id);
    if (open === undefined || open.key !== request.key) return s3Fault(404, "NoSuchUpload");
    const asked = [
      ...new TextDecoder().decode(request.body).matchAll(
        /<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag><\/Part>/g,
      ),
    ].map(([, number, etag]) => ({ number: Number(number), etag }));
    const bodies: Uint8Array[] = [];
    for (const [at, { number, etag }] of asked.entries()) {
      const part = open.parts.get(number);
      if (part === undefined || part.etag !== etag) return s3Fault(400, "InvalidPart");
      if (at > 0 && number <= (asked[at - 1]?.number ?? 0)) return s3Fault(400, "InvalidPartOrder");
      if (at < asked.length - 1 && part.body.length < minPart) return s3Fault(400, "EntityTooSmall");
      bodies.push(part.body);
    }
    if (bodies.length === 0) return s3Fault(400, "MalformedXML");
    const body = new Uint8Array(bodies.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of bodies) {
      body.set(one, at);
      at += one.length;
    }
    const digests = createHash("md5");
    for (const one of bodies) digests.update(md5(one));
    const etag = `"${digests.digest("hex")}-${bodies.length}"`;
    objects.set(request.key, { body, etag });
    uploads.delete(id);
    return xml(
      "CompleteMultipartUploadResult",
      `<Bucket>${bucket}</Bucket><Key>${escaped(request.key)}</Key><ETag>${escaped(etag)}</ETag>`,
    );
  };

  const done = (request: S3Request): Response => {
    const { key, body, query } = request;
    switch (request.action) {
      case "ListObjectsV2":
        return list(request);
      case "ListMultipartUploads": {
        const open = [...uploads].filter(([, one]) => one.key.startsWith(query.get("prefix") ?? ""));
        return xml(
          "ListMultipartUploadsResult",
          `<Bucket>${bucket}</Bucket><IsTruncated>false</IsTruncated>${
            open.map(([id, one]) =>
              `<Upload><Key>${escaped(one.key)}</Key><UploadId>${id}</UploadId></Upload>`
            )
              .join("")
          }`,
        );
      }
      case "GetObject": {
        const there = objects.get(key);
        return there === undefined
          ? s3Fault(404, "NoSuchKey")
          : new Response(there.body as Uint8Array<ArrayBuffer>, { headers: { etag: there.etag } });
      }
      case "PutObject": {
        const fault = conditionFault(request);
        if (fault !== null) return fault;
        const etag = `"${hex(md5(body))}"`;
        objects.set(key, { body, etag });
        return new Response(null, { headers: { etag } });
      }
      case "DeleteObject":
        objects.delete(key);
        return new Response(null, { status: 204 });
      case "CreateMultipartUpload": {
        const id = `upload/${++ids}+`;
        uploads.set(id, { key, parts: new Map() });
        return xml(
          "InitiateMultipartUploadResult",
          `<Bucket>${bucket}</Bucket><Key>${escaped(key)}</Key><UploadId>${id}</UploadId>`,
        );
      }
      case "UploadPart": {
        const open = uploads.get(query.get("uploadId") ?? "");
        if (open === undefined || open.key !== key) return s3Fault(404, "NoSuchUpload");
        const etag = `"${hex(md5(body))}"`;
        open.parts.set(Number(query.get("partNumber")), { body, etag });
        return new Response(null, { headers: { etag } });
      }
      case "CompleteMultipartUpload":
        return complete(request);
      case "AbortMultipartUpload":
        return uploads.delete(query.get("uploadId") ?? "")
          ? new Response(null, { status: 204 })
          : s3Fault(404, "NoSuchUpload");
      default:
        return s3Fault(405, "MethodNotAllowed");
    }
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (incoming) => {
    const url = new URL(incoming.url);
    const host = incoming.headers.get("host") ?? "";
    const isVirtual = host.startsWith(`${bucket}.`);
    const body = new Uint8Array(await incoming.arrayBuffer());
    const path = decodeURIComponent(url.pathname.slice(1));
    const [name = "", ...rest] = isVirtual ? [bucket, path] : path.split("/");
    const key = rest.join("/");
    const { method, headers } = incoming;
    const request: S3Request = {
      method,
      key,
      query: url.searchParams,
      headers,
      body,
      action: actionOf(method, key, url.searchParams),
    };
    log.push(request.action);
    const instead = await found.before(request);
    if (instead instanceof Response) return instead;
    const fault = signatureFault(
      { method, target: `${url.pathname}${url.search}`, headers, body },
      by,
      Date.now(),
    );
    if (fault === "AuthorizationHeaderMalformed") {
      return s3Fault(400, fault, "the region is wrong", `<Region>${by.region}</Region>`);
    }
    if (fault !== null) return s3Fault(fault.startsWith("X") ? 400 : 403, fault);
    if (name !== bucket) return s3Fault(404, "NoSuchBucket", "The specified bucket does not exist");
    return await found.after(request, done(request));
  });

  const found: S3Server = {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    port: server.addr.port,
    bucket,
    by,
    objects,
    uploads,
    log,
    before: () => {},
    after: (_request, answer) => answer,
    close: () => server.shutdown(),
  };
  return found;
}

function actionOf(method: string, key: string, query: URLSearchParams): string {
  const named = query.has("uploadId");
  switch (`${method} ${key === "" ? "bucket" : "object"}`) {
    case "GET bucket":
      return query.has("uploads")
        ? "ListMultipartUploads"
        : query.get("list-type") === "2"
        ? "ListObjectsV2"
        : "";
    case "GET object":
      return "GetObject";
    case "PUT object":
      return named ? "UploadPart" : "PutObject";
    case "POST object":
      return query.has("uploads") ? "CreateMultipartUpload" : named ? "CompleteMultipartUpload" : "";
    case "DELETE object":
      return named ? "AbortMultipartUpload" : "DeleteObject";
    default:
      return "";
  }
}
