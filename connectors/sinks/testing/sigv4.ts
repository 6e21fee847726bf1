/** Signature Version 4 as a server checks it, written from Amazon's description and by other means than the client's. */
import { createHash, createHmac } from "node:crypto";

export interface SignedBy {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
}

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Uint8Array, text: string): Uint8Array =>
  createHmac("sha256", key).update(text).digest();
const encoded = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");

/** The error code that the server answers with, or null when the request is whom it says it is. */
export function signatureFault(
  request: {
    readonly method: string;
    readonly target: string;
    readonly headers: Headers;
    readonly body: Uint8Array;
  },
  by: SignedBy,
  nowMs: number,
): string | null {
  const { headers } = request;
  const given = headers.get("authorization") ?? "";
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
      .exec(given);
  if (match === null) return "AccessDenied";
  const [, id, date, region, names = "", signature] = match;
  if (id !== by.accessKeyId) return "InvalidAccessKeyId";
  if (region !== by.region) return "AuthorizationHeaderMalformed";
  if ((headers.get("x-amz-security-token") ?? undefined) !== by.sessionToken) return "InvalidToken";
  const at = headers.get("x-amz-date") ?? "";
  const stamp = Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!at.startsWith(date ?? "-") || !(Math.abs(nowMs - stamp) < 15 * 60_000)) return "RequestTimeTooSkewed";
  const content = headers.get("x-amz-content-sha256");
  if (content !== sha256(request.body)) return "XAmzContentSHA256Mismatch";
  const signed = names.split(";");
  // All headers that the store acts by have to be covered.
  const mustBe = [...headers.keys()].filter((name) => name.startsWith("x-amz-") || name.startsWith("if-"));
  if (["host", ...mustBe].some((name) => !signed.includes(name))) return "AccessDenied";
  const [path = "", query = ""] = request.target.split("?", 2);
  const canonical = [
    request.method,
    decodeURIComponent(path).split("/").map(encoded).join("/"),
    query.split("&").filter((pair) => pair !== "").map((pair) => {
      const [name = "", value = ""] = pair.split("=", 2).map(decodeURIComponent);
      return `${encoded(name)}=${encoded(value)}`;
    }).sort().join("&"),
    ...signed.map((name) => `${name}:${(headers.get(name) ?? "").trim().replace(/\s+/g, " ")}`),
    "",
    names,
    content,
  ].join("\n");
  const key = ["aws4_request"].reduce(
    hmac,
    hmac(hmac(hmac(`AWS4${by.secretAccessKey}`, date ?? ""), by.region), "s3"),
  );
  const expected = createHmac("sha256", key)
    .update(["AWS4-HMAC-SHA256", at, `${date}/${region}/s3/aws4_request`, sha256(canonical)].join("\n"))
    .digest("hex");
  return expected === signature ? null : "SignatureDoesNotMatch";
}
