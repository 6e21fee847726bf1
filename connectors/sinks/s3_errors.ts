/** What an S3 store means by its errors, in the words of the port. */
import type { HttpAnswer, HttpVerdict } from "../data/port.ts";
import type { S3Error } from "./s3_xml.ts";

export interface S3Place {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly addressing: "path" | "virtual";
}

/** What a status with its error code means; undefined leaves it to the common table. */
export function verdictOf(
  answer: Pick<HttpAnswer, "status"> & { headers?: Headers },
  error: S3Error,
  place: S3Place,
): HttpVerdict | undefined {
  const said = error.code === "" ? undefined : `${error.code}: ${error.message}`;
  const reason = said === undefined ? {} : { reason: said };
  const region = answer.headers?.get("x-amz-bucket-region") ?? error.region;
  if ([301, 307, 308].includes(answer.status) || error.code === "AuthorizationHeaderMalformed") {
    const where = region === "" ? "" : `; its region is ${region}`;
    return {
      kind: "permanent",
      reason: `${
        error.code || "the store redirects"
      }: bucket ${place.bucket} is not at this endpoint in region ${place.region}${where}`,
      remedy: "Set `endpoint` and `region` of the sink to those of the bucket.",
    };
  }
  switch (error.code) {
    case "AccessDenied":
    case "AllAccessDisabled":
    case "AccountProblem":
      return {
        kind: "auth",
        ...reason,
        remedy: "Give the key the rights to list, read, write and delete below the sink's prefix.",
      };
    case "InvalidAccessKeyId":
    case "SignatureDoesNotMatch":
    case "InvalidToken":
    case "ExpiredToken":
      return {
        kind: "auth",
        ...reason,
        remedy: "Check the variables that the env file names for this sink, and that they have not expired.",
      };
    case "RequestTimeTooSkewed":
      return { kind: "permanent", ...reason, remedy: "Set this machine's clock." };
    case "NoSuchBucket":
      return {
        kind: "not-found",
        ...reason,
        remedy: "Create the bucket, or mend `bucket` and `endpoint` of the sink.",
      };
    case "QuotaExceeded":
    case "XMinioStorageFull":
      return {
        kind: "permanent",
        ...reason,
        remedy: "Nothing was published. Make room in the store, then run again.",
      };
    case "SlowDown":
    case "ServiceUnavailable":
    case "InternalError":
    case "RequestTimeout":
    case "OperationAborted":
      return {
        kind: "transient",
        ...reason,
        remedy: "Run again later; nothing was published.",
        ...(error.code === "SlowDown" ? { waitMs: 1_000 } : {}),
      };
    case "InvalidPart":
    case "InvalidPartOrder":
    case "EntityTooSmall":
    case "BadDigest":
    case "XAmzContentSHA256Mismatch":
      return {
        kind: "contract",
        ...reason,
        remedy: "Nothing was published. Run again; when it stays, ask the store's owner.",
      };
    default:
      return undefined;
  }
}

/** A store that does not know conditions on a write says so in one of these ways. */
export function unconditional(answer: HttpAnswer, error: S3Error, place: S3Place): HttpVerdict | undefined {
  const isRefusal = answer.status === 501 || error.code === "NotImplemented" ||
    (answer.status === 400 && /^(InvalidArgument|InvalidRequest|UnsupportedOperation)$/.test(error.code));
  if (!isRefusal) return undefined;
  return {
    kind: "permanent",
    reason: `the store refuses conditional writes (${
      error.code || answer.status
    }), so two writers of bucket ${place.bucket} could not be told apart`,
    remedy: "Use a store that supports If-Match and If-None-Match on PUT: S3, MinIO and R2 do.",
  };
}
