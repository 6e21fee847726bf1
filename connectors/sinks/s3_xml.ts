/** What is read of S3's XML. */
import type { XMLParser } from "fast-xml-parser";
import { DataFailure } from "../data/port.ts";

export interface ListedObject {
  readonly key: string;
  readonly size: number;
}

export interface ListedUpload {
  readonly key: string;
  readonly upload: string;
}

export interface S3Error {
  /** Empty when the text is no error. */
  readonly code: string;
  readonly message: string;
  /** The bucket's region, where the error names it. */
  readonly region: string;
}

export interface S3Document {
  readonly objects: readonly ListedObject[];
  readonly folders: readonly string[];
  readonly uploads: readonly ListedUpload[];
  readonly upload: string;
  /** Token of the next page; null at the end. */
  readonly next: string | null;
}

const LISTS = new Set(["Contents", "CommonPrefixes", "Upload"]);

let library: Promise<XMLParser> | null = null;
const parser = () =>
  library ??= import("fast-xml-parser").then(({ XMLParser }) =>
    new XMLParser({
      ignoreAttributes: true,
      parseTagValue: false,
      trimValues: true,
      isArray: (name) => LISTS.has(name),
    })
  );

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => value !== null && typeof value === "object";
const textOf = (node: Node, name: string): string => {
  const value = node[name];
  return typeof value === "string" ? value : "";
};
const nodes = (node: Node, name: string): Node[] => {
  const value = node[name];
  return Array.isArray(value) ? value.filter(isNode) : [];
};

/** The error that a body tells, by whatever status it came. By pattern: what is cut or no XML is read as far as it goes. */
export function s3Error(text: string): S3Error {
  const start = text.slice(0, 4_000);
  const field = (name: string) =>
    new RegExp(`<${name}>([^<]{0,500})</${name}>`).exec(start)?.[1]?.trim() ?? "";
  if (!/^\s*(?:<\?xml[^>]*\?>)?\s*<Error\b/.test(start)) return { code: "", message: "", region: "" };
  const code = field("Code").replace(/[^\w.]/g, "").slice(0, 80);
  return {
    code: code === "" ? "Error" : code,
    message: field("Message"),
    region: field("Region").replace(/[^a-z0-9-]/g, ""),
  };
}

/** A document with this root, or a `contract` failure: a page of a proxy is no empty listing. */
export async function xmlOf(text: string, root: string, shown: string): Promise<S3Document> {
  const reader = await parser();
  let document: unknown;
  try {
    document = reader.parse(text);
  } catch {
    document = null;
  }
  const node = isNode(document) ? document[root] : undefined;
  if (!isNode(node)) {
    throw new DataFailure(
      "contract",
      `${shown} answers what is no ${root}`,
      "Check `endpoint` of the sink: a proxy or another service may stand there.",
    );
  }
  const objects = nodes(node, "Contents").map((one) => ({
    key: textOf(one, "Key"),
    size: Number(textOf(one, "Size")),
  }));
  const isCut = textOf(node, "IsTruncated") === "true";
  const next = textOf(node, "NextContinuationToken");
  if (root === "ListBucketResult" && isCut && next === "") {
    throw new DataFailure(
      "contract",
      `The listing of ${shown} is cut and has no token`,
      "Ask the store's owner.",
    );
  }
  return {
    objects,
    folders: nodes(node, "CommonPrefixes").map((one) => textOf(one, "Prefix")),
    uploads: nodes(node, "Upload").map((one) => ({
      key: textOf(one, "Key"),
      upload: textOf(one, "UploadId"),
    })),
    upload: textOf(node, "UploadId"),
    next: isCut ? next : null,
  };
}
